"""CG13: an acknowledgment that is past its date, or has no reason."""

from __future__ import annotations

from collections.abc import Iterator

from .fix_code import acknowledge_code
from .model import Case, Figure, Finding, Level, Rule


def _condition(case: Case) -> Iterator[Finding]:
    rules_accepted = {
        acknowledgment.rule for acknowledgment in case.acknowledgments if acknowledgment.holds(case.now)
    }
    for acknowledgment in case.acknowledgments:
        if acknowledgment.rule in rules_accepted or acknowledgment.until is None:
            continue  # renewed, or without an end date
        yield case.finding(
            RULE,
            f"its acknowledgment of {acknowledgment.rule} has expired",
            figures=[
                Figure(
                    "held until", acknowledgment.until.isoformat(), f"judged on {case.now.date().isoformat()}"
                ),
                Figure("reason", acknowledgment.reason),
            ],
            fix=f"remove it, or acknowledge again: {_code(case, acknowledgment.rule)}",
        )
    # The CDK's own acknowledgment accepts an empty reason; `acknowledge` of this library does not.
    for rule in case.suppressed_without_reason:
        yield case.finding(
            RULE,
            f"its acknowledgment of {rule} gives no reason",
            figures=[
                Figure("given by", "Validations.acknowledge", "which has no end and asks for no reason")
            ],
            fix=_reasoned_code(case, rule),
        )


def _code(case: Case, rule: str) -> str:
    if case.dialect == "template":
        return f'{{"table": "{case.logical_id}", "rule": "{rule}", "reason": "...", "until": "..."}}'
    return acknowledge_code(rule, case)


def _reasoned_code(case: Case, rule: str) -> str:
    if not case.guarded:
        return f'say why: aws_cdk.Acknowledgment(id="CapacityGuardChecks::{rule}", reason="...")'
    return f"remove it, or acknowledge with a reason: {_code(case, rule)}"


RULE = Rule(
    id="CG13",
    level=Level.ERROR,
    title="Acknowledgment past its date, or without a reason",
    refuses="an acknowledgment that is past its date",
    needs="the acknowledgments",
    condition=_condition,
    judges_unguarded=True,
)
