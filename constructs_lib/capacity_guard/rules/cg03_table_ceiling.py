"""CG3: the table is switched or created with a ceiling below its recorded peak with margin."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Case, Finding, Level, Rule
from .on_demand_ceiling import low_ceilings


def _condition(case: Case) -> Iterator[Finding]:
    return low_ceilings(case, RULE, of_indexes=False)


RULE = Rule("CG3", Level.ERROR, "On-demand ceiling of the table below its recorded peak", _condition)
