"""The rules that judge a capacity change, one module ``cgNN_<name>.py`` each."""

from __future__ import annotations

from collections.abc import Sequence

from .answer import Alternative, Answer, Step, StepCost
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


def find_answers(case: Case, findings: Sequence[Finding]) -> tuple[Answer, ...]:
    """The answers to the findings of a table: one for all findings that have one fix, in the order of the findings.

    Args:
        case: what the rules judged.
        findings: the findings on the table.
    """
    if not findings:
        return ()
    # Loaded where there is something to answer: most syntheses have no finding.
    from .answers import find_answers as find

    return find(case, findings, evaluate)


__all__ = [
    "ALL_RULES",
    "KIND_OF_DIALECT",
    "Alternative",
    "Answer",
    "Case",
    "Dialect",
    "Figure",
    "Finding",
    "Level",
    "Rule",
    "Step",
    "StepCost",
    "TemplateFacts",
    "evaluate",
    "find_answers",
    "judge",
]
