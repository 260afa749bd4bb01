"""CG13: an acknowledgment is past its date, or gives no reason."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Case, Figure, Finding, Level, Rule


def _condition(case: Case) -> Iterator[Finding]:
    holding = {one.rule for one in case.acknowledgments if one.holds(case.now)}
    for one in case.acknowledgments:
        if one.rule in holding or one.until is None:
            continue  # renewed, or without an end
        yield case.finding(
            RULE,
            f"its acknowledgment of {one.rule} no longer holds",
            figures=[
                Figure("held until", one.until.isoformat(), f"judged on {case.now.date().isoformat()}"),
                Figure("reason", one.reason),
            ],
            fix=f"take it out, or decide again: acknowledge(table, {one.rule!r}, reason=..., until=...)".replace(
                "'", '"'
            ),
        )
    # `acknowledge` of this library takes none without a reason; the CDK's does.
    for rule in case.without_reason:
        yield case.finding(
            RULE,
            f"its acknowledgment of {rule} gives no reason",
            figures=[
                Figure("given by", "Validations.acknowledge", "which has no end and asks for no reason")
            ],
            fix=_instead(case, rule),
        )


def _instead(case: Case, rule: str) -> str:
    if not case.guarded:
        return f'say why: Acknowledgment(id="CapacityGuardChecks::{rule}", reason="...")'
    return f'take it out, or decide with a reason: acknowledge(table, "{rule}", reason=..., until=...)'


RULE = Rule(
    "CG13", Level.ERROR, "Acknowledgment past its date, or without a reason", _condition, of_unguarded=True
)
