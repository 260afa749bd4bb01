"""The rules: one file each, in the order in which their findings are shown."""

from __future__ import annotations

from . import (
    cg02_baseline,
    cg03_table_ceiling,
    cg04_index_ceiling,
    cg05_provisioned,
    cg07_way_back,
    cg09_bake,
    cg15_frozen,
    cg17_warm_in_template,
)
from ._model import Case, Figure, Finding, Level, Rule, judge

ALL_RULES: tuple[Rule, ...] = (
    cg02_baseline.RULE,
    cg03_table_ceiling.RULE,
    cg04_index_ceiling.RULE,
    cg05_provisioned.RULE,
    cg07_way_back.RULE,
    cg09_bake.RULE,
    cg15_frozen.RULE,
    cg17_warm_in_template.RULE,
)
"""Every rule."""


def evaluate(case: Case) -> tuple[Finding, ...]:
    """Findings of all rules on one case: lowered where the cure is at stake, then acknowledged.

    Args:
        case: one table's declared capacity beside its baseline.
    """
    return judge(case, ALL_RULES)


__all__ = ["ALL_RULES", "Case", "Figure", "Finding", "Level", "Rule", "evaluate", "judge"]
