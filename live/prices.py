"""The highest cost of a run: a dated price table, and the amounts that the scenario uses.

Prices are list prices of US East (N. Virginia) without free tiers. Other Regions cost up to about twice as much, so the
sum is doubled. A run costs cents; this upper bound is shown before anything is created.
"""

from __future__ import annotations

from dataclasses import dataclass

PRICE_DATE = "2026-08-15"
"""Day of the price lists."""
REGIONAL_FACTOR = 2.0
LONGEST_HOURS = 4.0
"""Longest duration of a run with its cleanup, hours."""
_HOURS_A_MONTH = 730.0

_DYNAMODB = "https://aws.amazon.com/dynamodb/pricing/"
_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
_STEP_FUNCTIONS = "https://aws.amazon.com/step-functions/pricing/"
_LAMBDA = "https://aws.amazon.com/lambda/pricing/"


@dataclass(frozen=True)
class UnitPrice:
    """Price of one unit that AWS charges.

    Attributes:
        dollars: US dollars for one ``unit``.
        unit: the unit.
        source: page that states the price.
        assumed: whether the page states only that there is a charge, and the amount is our upper bound.
    """

    dollars: float
    unit: str
    source: str
    assumed: bool = False


PRICES = {
    "provisioned write": UnitPrice(0.00065, "write capacity unit and hour", _DYNAMODB + "provisioned/"),
    "provisioned read": UnitPrice(0.00013, "read capacity unit and hour", _DYNAMODB + "provisioned/"),
    "on-demand write": UnitPrice(0.625e-6, "write request unit", _DYNAMODB + "on-demand/"),
    "on-demand read": UnitPrice(0.125e-6, "read request unit", _DYNAMODB + "on-demand/"),
    "alarm metric": UnitPrice(0.10 / _HOURS_A_MONTH, "alarm metric and hour", _CLOUDWATCH),
    "metric read": UnitPrice(0.01 / 1_000, "metric requested with GetMetricData", _CLOUDWATCH),
    "log": UnitPrice(0.50, "GB of logs ingested", _CLOUDWATCH),
    "state transition": UnitPrice(0.025 / 1_000, "state transition", _STEP_FUNCTIONS),
    "function": UnitPrice(0.0000166667, "GB-second", _LAMBDA),
    # Guide: warm-throughput says that a raise is charged once. No page that we could read states the amount.
    "warm write": UnitPrice(0.0013, "write unit per second raised, once", _DYNAMODB, assumed=True),
}
"""Every price that the estimate uses."""

WARM_UNITS = 20
"""Writes per second by which ``--warm`` raises warm throughput of a table, and of its index."""

_AMOUNTS: dict[str, float] = {
    # two tables with one index each, at most 10 write units each (scenario.UNITS_MAXIMUM and one), and 8 read units; two tables
    # with at most 1 write unit and 3 read units (held_stack)
    "provisioned write": (2 * 2 * 10 + 2 * 1) * LONGEST_HOURS,
    "provisioned read": (2 * 2 * 8 + 2 * 3) * LONGEST_HOURS,
    # the steady traffic for all hours, on table and index; the overload runs on provisioned units alone
    "on-demand write": 2 * 2 * 360 * LONGEST_HOURS,
    "on-demand read": 2 * 360 * LONGEST_HOURS,
    # two metrics in each of four rollback alarms and of five candidates, four alarms for each scaled dimension
    "alarm metric": (4 * 2 + 5 * 2 + 4 * 4) * LONGEST_HOURS,
    # recordings, gates every 15 seconds, and the measurements at the end
    "metric read": 10_000,
    "log": 0.05,
    # 18 runs of a gate, each of at most 120 calls, one in 15 seconds, with two transitions and two functions of 2 seconds a call
    "state transition": 18 * 120 * 2,
    "function": 18 * 120 * 2 * 2.0 * 0.25,
}


@dataclass(frozen=True)
class Estimate:
    """The highest cost of a run.

    Attributes:
        lines: each amount as text, with its US dollars in us-east-1.
        dollars: the sum in US dollars, times the factor for other Regions.
    """

    lines: tuple[tuple[str, float], ...]
    dollars: float

    def __str__(self) -> str:
        rows = [f"  {text:62} {dollars:8.4f}" for text, dollars in self.lines]
        pages = sorted({price.source for price in PRICES.values()})
        return "\n".join(
            [
                f"Cost at most, US dollars (list prices of us-east-1 of {PRICE_DATE}, no free tier):",
                *rows,
                f"  {f'sum, times {REGIONAL_FACTOR:g} for dearer Regions':62} {self.dollars:8.4f}",
                *(f"  {page}" for page in pages),
            ]
        )


def estimate(warm: bool = False) -> Estimate:
    """The estimate of a run.

    Args:
        warm: whether warm throughput is raised too (``--warm``).
    """
    amounts = dict(_AMOUNTS) | ({"warm write": 2.0 * WARM_UNITS} if warm else {})
    lines = []
    for name, amount in amounts.items():
        price = PRICES[name]
        mark = " (price assumed)" if price.assumed else ""
        lines.append((f"{amount:,.10g} x {price.unit}{mark}", amount * price.dollars))
    return Estimate(tuple(lines), REGIONAL_FACTOR * sum(dollars for _, dollars in lines))
