"""CG12: a table could be deleted, or has no way to recover its items."""

from __future__ import annotations

from collections.abc import Iterator

from ._model import Case, Figure, Finding, Level, Rule

_MISSING = (
    ("deletion_protection", "deletion protection", "deletion_protection=True"),
    ("point_in_time_recovery", "point-in-time recovery", "point_in_time_recovery=True"),
    ("retained", "retention", "removal_policy=RemovalPolicy.RETAIN"),
)


def _condition(case: Case) -> Iterator[Finding]:
    missing = [
        (words, code)
        for name, words, code in _MISSING
        if any(not getattr(facts, name) for facts in case.template)
    ]
    if missing:
        yield case.finding(
            RULE,
            "a mistake beside the capacity could cost its items",
            figures=[Figure("missing", words) for words, _ in missing],
            fix=", ".join(code for _, code in missing),
        )


RULE = Rule("CG12", Level.WARN, "No deletion protection, point-in-time recovery or retention", _condition)
