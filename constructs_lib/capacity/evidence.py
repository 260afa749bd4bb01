"""What rules and gates need to know of recorded traffic, small enough to travel with a gate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import accumulate
from operator import sub
from typing import Any

from .capacity import Dimension
from .errors import InputError
from .traffic import MINUTE, Traffic

HOURS_OF_WEEK = 168


def hour_of_week(moment: datetime) -> int:
    """Hour of the week in UTC, 0 is Monday 00:00."""
    moment = moment.astimezone(UTC)
    return moment.weekday() * 24 + moment.hour


@dataclass(frozen=True)
class Peak:
    """A busiest minute: mean units per second in it, and which minute it was."""

    units: float
    at: datetime

    def to_json(self) -> list[float]:
        """Plain data that ``from_json`` reads back."""
        return [math.ceil(self.units), int(self.at.timestamp() // 60)]

    @staticmethod
    def from_json(value: Sequence[float]) -> Peak:
        """What ``to_json`` gave; raises InputError naming the field at fault."""
        return Peak(value[0], datetime.fromtimestamp(value[1] * 60, UTC))


@dataclass(frozen=True)
class DimensionEvidence:
    """Recorded traffic of one dimension.

    Attributes:
        peak: busiest minute of the recording, ``None`` if no minute was recorded.
        by_hour: for each hour of the week the busiest minute that a switch started in that hour would meet;
            ``None`` where nothing was recorded.
        rise: for each hour of the week the largest rise in units per second that a switch started in it would meet.
        noise: throttle events per minute that the recording exceeds in one minute of a hundred at most.
    """

    peak: Peak | None
    by_hour: tuple[Peak | None, ...]
    rise: tuple[float, ...]
    noise: float


@dataclass(frozen=True)
class Evidence:
    """Recorded traffic of a table and its indexes, digested.

    Attributes:
        start: first recorded minute, UTC.
        end: minute after the last recorded one, UTC.
        switch_minutes: the longest switch that ``by_hour`` and ``rise`` reckon with, minutes.
        dimensions: one entry a recorded dimension.
    """

    start: datetime
    end: datetime
    switch_minutes: int
    dimensions: Mapping[Dimension, DimensionEvidence]

    @property
    def days(self) -> float:
        """Days between first and last recorded minute."""
        return (self.end - self.start).total_seconds() / 86_400

    def of(self, dimension: Dimension) -> DimensionEvidence | None:
        """Evidence of a dimension, ``None`` if it was not recorded."""
        return self.dimensions.get(dimension)

    def peak(self, dimension: Dimension) -> Peak | None:
        """Busiest recorded minute of a dimension."""
        one = self.dimensions.get(dimension)
        return None if one is None else one.peak

    def peak_in(self, dimension: Dimension, hours: Iterable[int]) -> Peak | None:
        """Busiest minute that a switch started in one of these hours of the week would meet."""
        one = self.dimensions.get(dimension)
        peaks = [] if one is None else [p for p in (one.by_hour[h] for h in hours) if p is not None]
        return max(peaks, key=lambda p: p.units, default=None)

    def noise(self, resource: str) -> float:
        """Throttle events per minute, reads and writes together, that a resource shows on a normal day."""
        return sum(one.noise for dimension, one in self.dimensions.items() if dimension.resource == resource)

    def to_json(self) -> dict[str, Any]:
        """Plain data for a gate's properties; figures of single hours are rounded up to whole units."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "switch_minutes": self.switch_minutes,
            "dimensions": {
                dimension.key: {
                    "peak": None if one.peak is None else one.peak.to_json(),
                    "by_hour": [None if p is None else p.to_json() for p in one.by_hour],
                    "rise": [math.ceil(r) for r in one.rise],
                    "noise": one.noise,
                }
                for dimension, one in self.dimensions.items()
            },
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Evidence:
        """Evidence as ``to_json`` wrote it.

        Raises:
            InputError: it is not what ``to_json`` writes.
        """
        try:
            return Evidence(
                datetime.fromisoformat(value["start"]),
                datetime.fromisoformat(value["end"]),
                int(value["switch_minutes"]),
                {
                    Dimension.parse(key): DimensionEvidence(
                        None if one["peak"] is None else Peak.from_json(one["peak"]),
                        tuple(None if p is None else Peak.from_json(p) for p in one["by_hour"]),
                        tuple(float(r) for r in one["rise"]),
                        float(one["noise"]),
                    )
                    for key, one in value["dimensions"].items()
                },
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                "evidence", f"cannot be read ({error!r})", "Synthesize and deploy again"
            ) from None


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


__all__ = [
    "HOURS_OF_WEEK",
    "MINUTE",
    "DimensionEvidence",
    "Evidence",
    "Peak",
    "digest",
    "highest_ahead",
    "hour_of_week",
    "hours_of_week",
    "noise_of",
    "peak_of",
    "without_gaps",
]
