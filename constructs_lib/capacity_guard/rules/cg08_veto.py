"""CG8: a table or an index whose throttling no alarm watches, or whose alarm cannot go to ALARM."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..capacity.dimension import ACCESSES, Dimension, index_of, resource_key
from ..capacity.evidence import Evidence
from ..evidence.digest import noise_of
from .model import Case, Figure, Finding, Level, Rule
from .template_facts import TemplateFacts

_MINUTE_SECONDS = 60
_AS_MADE = "remove the override that changes or deletes the guard's alarm"


def _condition(case: Case) -> Iterator[Finding]:
    # Also without a transition, as a warning: the alarm that the template has today vetoes the next change.
    if case.transition is not None and case.transition.is_creation:
        return
    for facts in case.template:
        # The template also has the indexes that an override adds.
        in_template = () if facts.structure is None else facts.structure.indexes
        for index in (None, *dict.fromkeys((*case.declared.indexes, *in_template))):
            if resource_key(index) not in facts.watched:
                location = [] if facts.branch is None else [Figure("where", facts.branch)]
                yield case.finding(
                    RULE,
                    "no alarm of the guard counts its throttle events",
                    dimension=Dimension(index, "write"),
                    figures=[
                        Figure("watched", ", ".join(facts.watched) or "nothing", "in the template"),
                        *_fault(facts, resource_key(index)),
                        *location,
                    ],
                    fix=_AS_MADE,
                )
    unreachable = list(_unreachable_thresholds(case))
    yield from unreachable
    if not unreachable:
        yield from _overridden_settings(case)
    yield from _muted_alarms(case)


def _fault(facts: TemplateFacts, key: str) -> list[Figure]:
    fault = facts.alarm_faults.get(key)
    return [] if fault is None else [Figure("its alarm", fault, "in the template")]


def _muted_alarms(case: Case) -> Iterator[Finding]:
    """Alarms that run no action. The gates read their state, so a change is still rolled back: a warning."""
    muted = {key: why for facts in case.template for key, why in facts.alarm_muting.items()}
    for key, why in muted.items():
        yield case.finding(
            RULE,
            "its alarm still vetoes, but notifies nobody",
            dimension=Dimension(index_of(key), "write"),
            figures=[Figure("its alarm", why, "in the template")],
            fix=_AS_MADE,
            level=Level.WARN,
        )


def _overridden_settings(case: Case) -> Iterator[Finding]:
    """Alarms that another number of minutes, or more events a minute, must reach than the code declares.

    A lower threshold is no finding: the alarm then reports throttling that the declared one reports too.
    """
    declared = (case.rollout.alarm_periods, case.rollout.alarm_datapoints)
    for facts in case.template:
        for key, counts in facts.alarm_counts.items():
            if counts != declared:
                yield case.finding(
                    RULE,
                    "its alarm evaluates other periods than declared",
                    dimension=Dimension(index_of(key), "write"),
                    figures=[
                        Figure("alarm", "{1} of {0} minutes".format(*counts), "in the template"),
                        Figure("declared", "{1} of {0} minutes".format(*declared), "Rollout"),
                    ],
                    fix=_AS_MADE,
                )
        for key, threshold in facts.thresholds.items():
            # The recorded noise takes time, and most alarms have no threshold.
            allowed = _declared_threshold(case, key) if threshold > 0 else threshold
            if threshold > allowed:
                yield case.finding(
                    RULE,
                    "its alarm allows more throttle events than declared",
                    dimension=Dimension(index_of(key), "write"),
                    figures=[
                        Figure("threshold", f"{threshold:,.0f} events a minute", "in the template"),
                        Figure("declared", f"{allowed:,.0f} events a minute"),
                    ],
                    fix=f"options=GuardOptions(rollout=Rollout(alarm_threshold={threshold:.15g})), without the override",
                )


def _declared_threshold(case: Case, key: str) -> float:
    """Throttle events per minute that are noise, as the alarm's construct takes them: none without recorded traffic."""
    if case.rollout.alarm_threshold is not None:
        return case.rollout.alarm_threshold
    traffic = None if case.recorded is None else case.recorded.traffic
    if traffic is None:
        return 0
    return sum(
        noise_of(series) for dimension, series in traffic.throttled.items() if dimension.resource == key
    )


def _unreachable_thresholds(case: Case) -> Iterator[Finding]:
    """Thresholds above all recorded traffic together, where no alarm of the user's own can veto the change."""
    if case.rollout.alarms:
        return
    thresholds = {key: case.rollout.alarm_threshold for key, _ in case.declared.resources()}
    for facts in case.template:
        thresholds |= facts.thresholds
    for key, threshold in thresholds.items():
        if not threshold or case.evidence is None or threshold <= _noise(case, case.evidence, key, threshold):
            continue
        peaks = {
            dimension: peak.units
            for dimension in (Dimension(index_of(key), access) for access in ACCESSES)
            if (peak := case.evidence.peak(dimension)) is not None
        }
        most = sum(units * _MINUTE_SECONDS for units in peaks.values())
        if 0 < most <= threshold:
            busiest = max(peaks, key=lambda dimension: (peaks[dimension], dimension))
            yield case.finding(
                RULE,
                "its alarm would stay OK even if all recorded traffic were throttled",
                dimension=busiest,
                figures=[
                    Figure("threshold", f"{threshold:,.0f} events a minute", _source(case, threshold)),
                    Figure("recorded peak", f"{most:,.0f} units a minute", "reads and writes"),
                ],
                fix="remove alarm_threshold: the guard then takes the noise in the baseline",
            )


def _noise(case: Case, evidence: Evidence, key: str, threshold: float) -> int:
    """Recorded throttle events per minute up to which a threshold is reachable.

    They can exceed the units that are served, since clients retry. ``Rollout.alarm_threshold`` is the threshold of every
    alarm, so the noisiest resource counts for it.
    """
    is_for_all = threshold == case.rollout.alarm_threshold
    keys = [resource for resource, _ in case.declared.resources()] if is_for_all else [key]
    return max(math.ceil(evidence.noise(resource)) for resource in keys)


def _source(case: Case, threshold: float) -> str:
    return "Rollout.alarm_threshold" if threshold == case.rollout.alarm_threshold else "in the template"


RULE = Rule(
    id="CG8",
    level=Level.ERROR,
    title="A dimension without a veto",
    refuses="a table or an index whose throttling no alarm watches, or an alarm that can never go to ALARM",
    needs="the template, traffic",
    condition=_condition,
)
