"""CG16: the baseline itself throttles, so throttling says little about the change."""

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
        return  # a threshold in code is a decision that somebody took
    traffic = None if case.recorded is None else case.recorded.traffic
    if traffic is None or case.transition is None or case.transition.is_creation:
        return
    for index in (None, *case.indexes):
        series = {d: s for d, s in traffic.throttled.items() if d.resource == resource_key(index)}
        noisy = {d: s for d, s in series.items() if noise_of(s) > 0}
        if noisy:
            yield _finding(case, traffic, index, noisy)


def _finding(
    case: Case, traffic: Traffic, index: str | None, noisy: dict[Dimension, Sequence[float]]
) -> Finding:
    noise = sum(map(noise_of, noisy.values()))
    dimension = max(noisy, key=lambda d: (noise_of(noisy[d]), d))
    worst = max(range(traffic.minutes), key=lambda minute: _number(noisy[dimension][minute]))
    at = traffic.start + timedelta(minutes=worst)
    throttled = sum(1 for events in zip(*noisy.values(), strict=True) if any(_number(e) > 0 for e in events))
    level = math.ceil(noise)
    return case.finding(
        RULE,
        "it throttles already, so the veto would begin above that",
        dimension=dimension,
        figures=[
            Figure("throttled minutes", f"{throttled:,}", f"of {traffic.minutes:,} recorded"),
            Figure("noise", f"{level:,} events a minute", "exceeded in one minute of a hundred at most"),
            Figure("worst minute", f"{_number(noisy[dimension][worst]):,.0f} events", utc_text(at)),
        ],
        fix=f"mend {'the table' if index is None else f'index {index}'} first: raise what throttles, record again\n"
        f"or decide that this is normal: rollout=Rollout(alarm_threshold={level})",
    )


def _number(events: float) -> float:
    return 0.0 if math.isnan(events) else events


RULE = Rule("CG16", Level.ERROR, "The baseline itself throttles", _condition)
