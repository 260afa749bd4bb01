"""CG8: a dimension has no veto: nothing would say that the change throttles it."""

from __future__ import annotations

from collections.abc import Iterator

from ..capacity import ACCESSES, Dimension, resource_key
from ._model import Case, Figure, Finding, Level, Rule

_MINUTE = 60


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None or not case.in_transition or transition.is_creation:
        return
    for facts in case.template:
        for index in (None, *case.declared.indexes):
            if resource_key(index) not in facts.vetoes and facts.structure is not None:
                where = [] if facts.branch is None else [Figure("where", facts.branch)]
                yield case.finding(
                    RULE,
                    "no alarm of the guard watches its throttle events",
                    dimension=Dimension(index, "write"),
                    figures=[
                        Figure("watched", ", ".join(facts.vetoes) or "nothing", "in the template"),
                        *where,
                    ],
                    fix="leave the guard's alarms as it makes them: take the override or the removal out",
                )
    yield from _deaf(case)


def _deaf(case: Case) -> Iterator[Finding]:
    """A threshold that all recorded traffic together could not reach."""
    threshold = case.rollout.alarm_threshold
    if threshold is None or threshold <= 0 or case.evidence is None:
        return
    for index in (None, *case.declared.indexes):
        peaks = [(case.evidence.peak(d), d) for d in (Dimension(index, access) for access in ACCESSES)]
        most = sum(peak.units * _MINUTE for peak, _ in peaks if peak is not None)
        if 0 < most <= threshold:
            highest = max((p.units, d) for p, d in peaks if p is not None)[1]
            yield case.finding(
                RULE,
                "its alarm could not speak if every recorded unit were throttled",
                dimension=highest,
                figures=[
                    Figure("threshold", f"{threshold:,.0f} events a minute", "Rollout.alarm_threshold"),
                    Figure("recorded peak", f"{most:,.0f} units a minute", "reads and writes"),
                ],
                fix="leave Rollout.alarm_threshold out: the baseline's noise is taken",
            )


RULE = Rule("CG8", Level.ERROR, "A dimension without a veto", _condition)
