"""CG16: a baseline that already throttles, so that throttling does not show the effect of the change."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta

from ..capacity.dimension import Dimension, resource_key
from ..evidence.digest import noise_of
from ..evidence.traffic import Traffic
from .formatting import utc_text
from .model import Case, Figure, Finding, Level, Rule


def _condition(case: Case) -> Iterator[Finding]:
    if not case.in_transition or case.rollout.alarm_threshold is not None:
        return  # a threshold in code accepts the noise
    baseline = case.recorded
    traffic = None if baseline is None else baseline.traffic
    if baseline is None or traffic is None or case.transition is None or case.transition.is_creation:
        return
    for index in (None, *case.indexes):
        if not baseline.noise(resource_key(index)):
            continue  # the digest has it: the recorded minutes are not read
        noisy = {
            dimension: events
            for dimension, events in traffic.throttled.items()
            if dimension.resource == resource_key(index) and noise_of(events) > 0
        }
        if noisy:
            yield _finding(case, traffic, index, noisy)


def _finding(
    case: Case, traffic: Traffic, index: str | None, noisy: dict[Dimension, Sequence[float]]
) -> Finding:
    noise = sum(map(noise_of, noisy.values()))
    dimension = max(noisy, key=lambda noisy_dimension: (noise_of(noisy[noisy_dimension]), noisy_dimension))
    worst_minute = max(range(traffic.minutes), key=lambda minute: _zero_if_gap(noisy[dimension][minute]))
    throttled_minutes = sum(
        any(_zero_if_gap(events) > 0 for events in minute) for minute in zip(*noisy.values(), strict=True)
    )
    threshold = math.ceil(noise)
    return case.finding(
        RULE,
        "it throttles already, so its alarm would ignore that much throttling",
        dimension=dimension,
        figures=[
            Figure("throttled minutes", f"{throttled_minutes:,}", f"of {traffic.minutes:,} recorded"),
            Figure("noise", f"{threshold:,} events a minute", "exceeded in one minute of a hundred at most"),
            Figure(
                "worst minute",
                f"{_zero_if_gap(noisy[dimension][worst_minute]):,.0f} events",
                utc_text(traffic.start + timedelta(minutes=worst_minute)),
            ),
        ],
        fix=f"raise the capacity of {'the table' if index is None else f'index {index}'} first, then record again\n"
        f"or accept it as normal: {_accepted(case, threshold)}",
    )


def _accepted(case: Case, threshold: int) -> str:
    if case.dialect == "template":
        return "--settings FILE.json with an acknowledgment of CG16"  # there is no alarm that could have a threshold
    return f"options=GuardOptions(rollout=Rollout(alarm_threshold={threshold}))"


def _zero_if_gap(events: float) -> float:
    return 0.0 if math.isnan(events) else events


RULE = Rule(
    id="CG16",
    level=Level.ERROR,
    title="The baseline itself throttles",
    refuses="a change of a table that throttles already, until you set `alarm_threshold`",
    needs="throttle events",
    condition=_condition,
)
