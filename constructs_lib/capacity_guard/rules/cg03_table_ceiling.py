"""CG3: the table switched to on-demand, or created, with a ceiling below its recorded peak with headroom."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Case, Finding, Level, Rule
from .on_demand_ceiling import find_low_ceilings


def _condition(case: Case) -> Iterator[Finding]:
    return find_low_ceilings(case, RULE, of_indexes=False)


RULE = Rule(
    id="CG3",
    level=Level.ERROR,
    title="On-demand ceiling of the table below its recorded peak",
    refuses="a table switched to on-demand, or created, with a ceiling below its recorded peak x 1.3",
    needs="traffic, warm throughput",
    condition=_condition,
)
