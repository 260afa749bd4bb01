"""What a run costs at most: one dated price table, and the amounts that the scenario uses.

Prices are list prices of US East (N. Virginia), free tiers not counted. Other Regions cost up to about twice as much,
so the sum is doubled. A run costs cents; the bound exists to be shown before anything is made.
"""

from __future__ import annotations

from dataclasses import dataclass

PRICES_OF = "2026-08-15"
"""Day of the price lists behind the table."""
REGIONAL_FACTOR = 2.0
LONGEST_HOURS = 3.0
"""Hours that a run lasts at most, cleaning up included."""
_MONTH_HOURS = 730.0

_DYNAMODB = "https://aws.amazon.com/dynamodb/pricing/"
_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
_STEP_FUNCTIONS = "https://aws.amazon.com/step-functions/pricing/"
_LAMBDA = "https://aws.amazon.com/lambda/pricing/"


@dataclass(frozen=True)
class Price:
    """Price of one thing.

    Attributes:
        dollars: US dollars for one ``unit``.
        unit: what is paid for.
        source: page that states it.
        assumed: whether the page states only that it is charged, and the amount is our upper bound.
    """

    dollars: float
    unit: str
    source: str
    assumed: bool = False


PRICES = {
    "provisioned write": Price(0.00065, "write capacity unit and hour", _DYNAMODB + "provisioned/"),
    "provisioned read": Price(0.00013, "read capacity unit and hour", _DYNAMODB + "provisioned/"),
    "on-demand write": Price(0.625e-6, "write request unit", _DYNAMODB + "on-demand/"),
    "on-demand read": Price(0.125e-6, "read request unit", _DYNAMODB + "on-demand/"),
    "alarm metric": Price(0.10 / _MONTH_HOURS, "alarm metric and hour", _CLOUDWATCH),
    "metric read": Price(0.01 / 1_000, "metric requested with GetMetricData", _CLOUDWATCH),
    "log": Price(0.50, "GB of logs ingested", _CLOUDWATCH),
    "state transition": Price(0.025 / 1_000, "state transition", _STEP_FUNCTIONS),
    "function": Price(0.0000166667, "GB-second", _LAMBDA),
    # Guide: warm-throughput says that a raise is charged once; no reachable page states the amount.
    "warm write": Price(0.0013, "write unit per second raised, once", _DYNAMODB, assumed=True),
}
"""The only place with prices."""

WARM_UNITS = 20
"""Writes per second by which ``--warm`` raises the table, and as many its index."""

_AMOUNTS: dict[str, float] = {
    # two tables with one index each, at most 6 write units each (scenario.HIGHEST and one)
    "provisioned write": 2 * 2 * 6 * LONGEST_HOURS,
    "provisioned read": 2 * 2 * 3 * LONGEST_HOURS,
    # the trickle for all hours, and a storm of an hour that an on-demand table serves whole (item, index)
    "on-demand write": 2 * 2 * 360 * LONGEST_HOURS + 2 * 20 * 3_600,
    "on-demand read": 2 * 360 * LONGEST_HOURS,
    # four metrics in each of four rollback alarms, two measuring alarms, four alarms a scaled dimension
    "alarm metric": (4 * 4 + 2 + 4 * 4) * LONGEST_HOURS,
    # recordings, gates every 15 seconds, and what is measured in the end
    "metric read": 8_000,
    "log": 0.05,
    # two gates a round, two transitions a look
    "state transition": 4 * 2 * 2 * 240,
    "function": 4 * 2 * 240 * 2 * 2.0 * 0.25,
}


@dataclass(frozen=True)
class Estimate:
    """What a run costs at most.

    Attributes:
        lines: amount in words, US dollars in us-east-1.
        dollars: the sum in US dollars, with the factor for other Regions.
    """

    lines: tuple[tuple[str, float], ...]
    dollars: float

    def __str__(self) -> str:
        rows = [f"  {text:62} {dollars:8.4f}" for text, dollars in self.lines]
        pages = sorted({price.source for price in PRICES.values()})
        return "\n".join(
            [
                f"Cost at most, US dollars (list prices of us-east-1 of {PRICES_OF}, no free tier):",
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
