"""The digest of recorded traffic for rules and gates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from operator import sub

from ..capacity.dimension import Dimension
from ..capacity.evidence import HOURS_OF_WEEK, MINUTE, DimensionEvidence, Evidence, Peak, hour_of_week
from .traffic import Traffic
from .windows import without_gaps


def digest(traffic: Traffic, switch_minutes: int) -> Evidence:
    """Digest recorded traffic.

    Args:
        traffic: the recorded traffic.
        switch_minutes: longest switch of the billing mode that the digest covers, minutes.
    """
    hours = hours_of_week(traffic)
    dimensions = {
        dimension: _dimension_digest(
            traffic, dimension, hours, switch_minutes, noise_of(traffic.throttled[dimension])
        )
        for dimension in traffic.consumed
    }
    return Evidence(traffic.start, traffic.end, switch_minutes, dimensions)


def peak_of(traffic: Traffic, dimension: Dimension) -> Peak | None:
    """Busiest recorded minute of a dimension, the first of equal minutes; ``None`` if no minute was recorded."""
    series = traffic.consumed.get(dimension)
    if not series:
        return None
    position = traffic.busiest[dimension]
    units = series[position]
    return None if math.isnan(units) else Peak(units / 60, traffic.minute(position))


def noise_of(throttled: Sequence[float]) -> float:
    """The 99th percentile of throttle events per minute: at most one minute of a hundred has more.

    Args:
        throttled: throttle events of each minute.
    """
    if not any(throttled):
        return 0.0
    events = sorted((count for count in throttled if count > 0), reverse=True)
    minutes_above = len(throttled) // 100
    return events[minutes_above] if minutes_above < len(events) else 0.0


def hours_of_week(traffic: Traffic) -> Sequence[tuple[int, range]]:
    """Hour of the week and positions of the minutes of each recorded hour (the first and the last may be shorter)."""
    return _hours_of_week(traffic.start, traffic.minutes)


@lru_cache(maxsize=4)
def _hours_of_week(time: datetime, length: int) -> Sequence[tuple[int, range]]:
    hours, start = [], 0
    while start < length:
        stop = min(length, start + 60 - time.minute)
        hours.append((hour_of_week(time), range(start, stop)))
        time += (stop - start) * MINUTE
        start = stop
    return tuple(hours)


def _dimension_digest(
    traffic: Traffic,
    dimension: Dimension,
    hours: Sequence[tuple[int, range]],
    switch_minutes: int,
    noise: float,
) -> DimensionEvidence:
    series = traffic.consumed[dimension]
    recorded = without_gaps(series, -math.inf)
    ahead = traffic.highest_ahead(dimension, switch_minutes)
    # A rise begins in a recorded minute: a gap does not count as zero.
    rises = list(map(sub, ahead, without_gaps(series, math.inf)))
    by_hour: list[tuple[float, int] | None] = [None] * HOURS_OF_WEEK
    rise = [0.0] * HOURS_OF_WEEK
    for hour, positions in hours:
        rise[hour] = max(rise[hour], max(rises[positions.start : positions.stop]) / 60)
        reached = recorded[positions.start : positions.stop + switch_minutes]
        highest = max(reached)
        previous = by_hour[hour]
        if highest >= 0 and (previous is None or highest > previous[0]):
            by_hour[hour] = highest, positions.start + reached.index(highest)

    def peak(minute: tuple[float, int] | None) -> Peak | None:
        return None if minute is None else Peak(minute[0] / 60, traffic.minute(minute[1]))

    # Every minute belongs to an hour, so the busiest minute of all hours is the busiest minute of the recording.
    busiest = max(
        (minute for minute in by_hour if minute is not None),
        key=lambda minute: (minute[0], -minute[1]),
        default=None,
    )
    return DimensionEvidence(peak(busiest), tuple(map(peak, by_hour)), tuple(rise), noise)


__all__ = ["digest", "hours_of_week", "noise_of", "peak_of"]
