"""CG4: an index switched to on-demand, or created, with a ceiling below its recorded peak with headroom."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Case, Finding, Level, Rule
from .on_demand_ceiling import find_low_ceilings


def _condition(case: Case) -> Iterator[Finding]:
    return find_low_ceilings(case, RULE, of_indexes=True)


RULE = Rule(
    id="CG4",
    level=Level.ERROR,
    title="On-demand ceiling of an index below its recorded peak",
    refuses="an index switched to on-demand, or created, with a ceiling below its recorded peak x 1.3",
    needs="traffic, warm throughput",
    condition=_condition,
)
