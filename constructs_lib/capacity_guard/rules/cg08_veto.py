"""CG8: a dimension has no veto: nothing would say that the change throttles it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..capacity.dimension import ACCESSES, Dimension, index_of, resource_key
from ..capacity.evidence import Evidence
from .model import Case, Figure, Finding, Level, Rule

_MINUTE = 60


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None or not case.in_transition or transition.is_creation:
        return
    for facts in case.template:
        # An index that came by an override is in the template and not among the declared ones.
        stated = () if facts.structure is None else facts.structure.indexes
        for index in (None, *dict.fromkeys((*case.declared.indexes, *stated))):
            if resource_key(index) not in facts.vetoes:
                location = [] if facts.branch is None else [Figure("where", facts.branch)]
                yield case.finding(
                    RULE,
                    "no alarm of the guard watches its throttle events",
                    dimension=Dimension(index, "write"),
                    figures=[
                        Figure("watched", ", ".join(facts.vetoes) or "nothing", "in the template"),
                        *location,
                    ],
                    fix="leave the guard's alarms as it makes them: take the override or the removal out",
                )
    yield from _deaf(case)


def _deaf(case: Case) -> Iterator[Finding]:
    """A threshold that all recorded traffic together could not reach, where no alarm of the user's own vetoes."""
    if case.rollout.alarms:
        return
    given = {key: case.rollout.alarm_threshold for key, _ in case.declared.resources()}
    for facts in case.template:
        given |= facts.thresholds
    for key, threshold in given.items():
        if not threshold or case.evidence is None or threshold <= _noise(case, case.evidence, key, threshold):
            continue
        index = index_of(key)
        peaks = [(case.evidence.peak(d), d) for d in (Dimension(index, access) for access in ACCESSES)]
        most = sum(peak.units * _MINUTE for peak, _ in peaks if peak is not None)
        if 0 < most <= threshold:
            highest = max((p.units, d) for p, d in peaks if p is not None)[1]
            yield case.finding(
                RULE,
                "its alarm could not speak if every recorded unit were throttled",
                dimension=highest,
                figures=[
                    Figure("threshold", f"{threshold:,.0f} events a minute", _source(case, threshold)),
                    Figure("recorded peak", f"{most:,.0f} units a minute", "reads and writes"),
                ],
                fix="leave the threshold out: the baseline's noise is taken",
            )


def _noise(case: Case, evidence: Evidence, key: str, threshold: float) -> int:
    """The noise at which an alarm has spoken already: clients that retry throttle more often than they are served.

    One threshold in code is for all alarms, so there the noisiest resource counts.
    """
    for_all = threshold == case.rollout.alarm_threshold
    keys = [one for one, _ in case.declared.resources()] if for_all else [key]
    return max(math.ceil(evidence.noise(one)) for one in keys)


def _source(case: Case, threshold: float) -> str:
    return "Rollout.alarm_threshold" if threshold == case.rollout.alarm_threshold else "in the template"


RULE = Rule("CG8", Level.ERROR, "A dimension without a veto", _condition)
