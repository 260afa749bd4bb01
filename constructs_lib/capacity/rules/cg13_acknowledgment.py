"""CG13: an acknowledgment is past its date."""

from __future__ import annotations

from collections.abc import Iterator

from ._model import Case, Figure, Finding, Level, Rule


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


RULE = Rule("CG13", Level.ERROR, "Acknowledgment past its date", _condition)
