"""Making the digest of recorded traffic that rules and gates judge by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import accumulate
from operator import sub

from ..capacity.dimension import Dimension
from ..capacity.evidence import HOURS_OF_WEEK, MINUTE, DimensionEvidence, Evidence, Peak, hour_of_week
from .traffic import Traffic


def digest(traffic: Traffic, switch_minutes: int) -> Evidence:
    """Digest recorded traffic.

    Args:
        traffic: the recording.
        switch_minutes: the longest switch to reckon with, minutes.
    """
    hours = hours_of_week(traffic)
    dimensions = {
        dimension: _digest(traffic, series, hours, switch_minutes, noise_of(traffic.throttled[dimension]))
        for dimension, series in traffic.consumed.items()
    }
    return Evidence(traffic.start, traffic.end, switch_minutes, dimensions)


def peak_of(traffic: Traffic, dimension: Dimension) -> Peak | None:
    """Busiest recorded minute of a dimension, the first of equal ones; ``None`` where none was recorded."""
    series = traffic.consumed.get(dimension)
    if not series:
        return None
    at = traffic.busiest[dimension]
    return None if series[at] != series[at] else Peak(series[at] / 60, traffic.minute(at))


def noise_of(throttled: Sequence[float]) -> float:
    """The 99th percentile of throttle events per minute: what one minute of a hundred exceeds at most."""
    events = sorted((v for v in throttled if v > 0), reverse=True)
    allowed = len(throttled) // 100
    return events[allowed] if allowed < len(events) else 0.0


def hours_of_week(traffic: Traffic) -> Sequence[tuple[int, range]]:
    """Hour of the week and positions of each recorded hour (the first and the last may be cut)."""
    return _hours_of_week(traffic.start, traffic.minutes)


@lru_cache(maxsize=4)
def _hours_of_week(at: datetime, length: int) -> Sequence[tuple[int, range]]:
    hours, start = [], 0
    while start < length:
        stop = min(length, start + 60 - at.minute)
        hours.append((hour_of_week(at), range(start, stop)))
        at += (stop - start) * MINUTE
        start = stop
    return tuple(hours)


def highest_ahead(series: Sequence[float], minutes: int) -> list[float]:
    """For each minute the highest value from it to ``minutes`` later, both included; ``-inf`` where all are gaps.

    A window of minutes lies in at most two blocks of its own length: the rest of the one and the beginning of the next,
    whose running maxima are known after a pass each way (van Herk and Gil-Werman; three passes, however far it looks).

    Args:
        series: values per minute, NaN is a gap.
        minutes: how far to look ahead, minutes.
    """
    values = list(without_gaps(series, -math.inf))
    width = minutes + 1
    # Behind the end there is nothing.
    values += [-math.inf] * (minutes + -(len(values) + minutes) % width)
    blocks = [values[start : start + width] for start in range(0, len(values), width)]
    begun = [highest for block in blocks for highest in accumulate(block, max)]
    left = [highest for block in blocks for highest in [*accumulate(reversed(block), max)][::-1]]
    return list(map(max, left[: len(series)], begun[minutes:]))


def without_gaps(series: Sequence[float], instead: float) -> Sequence[float]:
    """The series with another value in place of its gaps; the series itself where it has none."""
    total = sum(series)
    return series if total == total else [instead if v != v else v for v in series]


def _digest(
    traffic: Traffic,
    series: Sequence[float],
    hours: Sequence[tuple[int, range]],
    switch_minutes: int,
    noise: float,
) -> DimensionEvidence:
    recorded = without_gaps(series, -math.inf)
    ahead = highest_ahead(series, switch_minutes)
    # A rise counts from a recorded minute to a later one: a gap is no zero to rise from.
    rises = list(map(sub, ahead, without_gaps(series, math.inf)))
    by_hour: list[tuple[float, int] | None] = [None] * HOURS_OF_WEEK
    rise = [0.0] * HOURS_OF_WEEK
    for hour, span in hours:
        rise[hour] = max(rise[hour], max(rises[span.start : span.stop]) / 60)
        part = recorded[span.start : span.stop + switch_minutes]
        highest = max(part)
        before = by_hour[hour]
        if highest >= 0 and (before is None or highest > before[0]):
            by_hour[hour] = highest, span.start + part.index(highest)

    def peak(found: tuple[float, int] | None) -> Peak | None:
        return None if found is None else Peak(found[0] / 60, traffic.minute(found[1]))

    # Each minute lies in some hour, so the busiest of all is the busiest of theirs.
    highest_of_all = max((p for p in by_hour if p is not None), key=lambda p: (p[0], -p[1]), default=None)
    return DimensionEvidence(peak(highest_of_all), tuple(map(peak, by_hour)), tuple(rise), noise)


__all__ = ["digest", "highest_ahead", "hours_of_week", "noise_of", "peak_of", "without_gaps"]
