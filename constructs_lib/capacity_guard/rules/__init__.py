"""The rules: one file each, in the order in which their findings are shown."""

from __future__ import annotations

from . import (
    cg01_unguarded,
    cg02_baseline,
    cg03_table_ceiling,
    cg04_index_ceiling,
    cg05_provisioned,
    cg06_step_down,
    cg07_way_back,
    cg08_veto,
    cg09_bake,
    cg10_alone,
    cg11_maximum,
    cg12_protection,
    cg13_acknowledgment,
    cg14_simulated,
    cg15_frozen,
    cg16_noise,
    cg17_warm_in_template,
    cg18_shape,
)
from .model import Case, Dialect, Figure, Finding, Level, Rule, judge
from .template_facts import TemplateFacts

ALL_RULES: tuple[Rule, ...] = (
    cg01_unguarded.RULE,
    cg02_baseline.RULE,
    cg03_table_ceiling.RULE,
    cg04_index_ceiling.RULE,
    cg05_provisioned.RULE,
    cg06_step_down.RULE,
    cg07_way_back.RULE,
    cg08_veto.RULE,
    cg09_bake.RULE,
    cg10_alone.RULE,
    cg11_maximum.RULE,
    cg12_protection.RULE,
    cg13_acknowledgment.RULE,
    cg14_simulated.RULE,
    cg15_frozen.RULE,
    cg16_noise.RULE,
    cg17_warm_in_template.RULE,
    cg18_shape.RULE,
)
"""Every rule."""


def evaluate(case: Case) -> tuple[Finding, ...]:
    """Findings of all rules on one case: lowered where the cure is at stake, then acknowledged.

    Args:
        case: one table's declared capacity beside its baseline.
    """
    return judge(case, ALL_RULES)


__all__ = [
    "ALL_RULES",
    "Case",
    "Dialect",
    "Figure",
    "Finding",
    "Level",
    "Rule",
    "TemplateFacts",
    "evaluate",
    "judge",
]
