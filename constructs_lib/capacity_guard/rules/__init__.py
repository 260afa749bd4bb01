"""The rules that judge a capacity change, one module ``cgNN_<name>.py`` each."""

from __future__ import annotations

from .discovery import discover_rules
from .model import KIND_OF_DIALECT, Case, Dialect, Figure, Finding, Level, Rule, judge
from .template_facts import TemplateFacts

ALL_RULES: tuple[Rule, ...] = discover_rules(__name__, __path__)
"""Every rule, in the order in which findings are shown."""


def evaluate(case: Case) -> tuple[Finding, ...]:
    """The findings of all rules on one case, with their levels and acknowledgments as ``judge`` sets them.

    Args:
        case: one table's declared capacity and its baseline.
    """
    return judge(case, ALL_RULES)


__all__ = [
    "ALL_RULES",
    "KIND_OF_DIALECT",
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
