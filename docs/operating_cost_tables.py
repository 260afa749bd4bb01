"""Writes the figures of docs/operating-cost.md from the code that computes them.

``python docs/operating_cost_tables.py`` in the environment of the project. Each table stands between two markers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from capacity_guard.cdk.dashboard_body import METRICS, METRICS_OF_RESOURCE
from capacity_guard.cdk.slow_alarms import METRICS as SLOW_METRICS
from capacity_guard.pricing.operating_cost import (
    COST_AT_REST,
    HOURS_A_MONTH,
    PRICES,
    WATCHED_DAYS,
    at_rest,
    dashboards,
    gates,
    month,
    slow_alarms,
    watched,
)

PAGE = Path(__file__).with_name("operating-cost.md")
FLEETS = ((1, 1), (1, 20), (100, 1), (100, 20))
DAY = 26
"""Hours of a watch that settles after its busiest hour of the day: a day and the hours around it."""


def _usd(amount: float) -> str:
    return f"{amount:,.2f}"


def _table(head: str, *rows: tuple[str, ...]) -> str:
    columns = head.count("|") - 1
    lines = [head, "|" + "---|" * columns, *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


def tables() -> Mapping[str, str]:
    """The tables of the page, by the name in their markers."""
    month_rows = [
        (
            str(count),
            str(indexes),
            _usd(at_rest(count, indexes)),
            _usd(month(count, indexes, hours=DAY)),
            _usd(month(count, indexes)),
            _usd(month(count, indexes, hours=HOURS_A_MONTH)),
            _usd(month(count, indexes, hours=HOURS_A_MONTH, look_minutes=1)),
        )
        for count, indexes in FLEETS
    ]
    return {
        "months": _table(
            f"| tables | indexes of each | at rest | watched {DAY} hours | watched {WATCHED_DAYS} days | watched all month "
            "| the same, a look each minute |",
            *month_rows,
        ),
        "watch": _table(
            f"| one table with one index, watched {WATCHED_DAYS} days | USD |",
            *((line.name, f"{line.amount:.3f}") for line in watched(1, 1)),
        ),
        "rest": _table(
            "| resource | cost at rest |", *((f"`{kind}`", cost) for kind, cost in COST_AT_REST.items())
        ),
        "prices": _table(
            "| for | USD | source | day |",
            *(
                (name, f"{price.amount * quantity:.4g}", price.source, price.at.isoformat())
                for name, (price, quantity) in PRICES.items()
            ),
        ),
        "dashboards": _table(
            "| tables | indexes of each | dashboards, USD a month |",
            *(
                (
                    str(count),
                    str(indexes),
                    _usd(dashboards(count, indexes, metrics=METRICS_OF_RESOURCE, most=METRICS)),
                )
                for count, indexes in FLEETS
            ),
        ),
        "slow": _table(
            "| tables | indexes of each | slow alarms, USD a month |",
            *(
                (str(count), str(indexes), _usd(slow_alarms(count, indexes, metrics=len(SLOW_METRICS))))
                for count, indexes in FLEETS
            ),
        ),
        "gates": f"The gates of one change cost {gates(10, 15):.4f} US dollars, with a Bake of 10 minutes that looks every 15 "
        "seconds.\n",
    }


def with_tables(text: str) -> str:
    """The page with every table anew.

    Raises:
        ValueError: the page does not have the markers of each table once.
    """
    for name, table in tables().items():
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->\n"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"the page needs {begin.strip()} and {end.strip()}, once each")
        before, _, rest = text.partition(begin)
        after = rest.partition(end)[2]
        text = f"{before}{begin}{table}{end}{after}"
    return text


def main() -> None:
    """Write the page."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
