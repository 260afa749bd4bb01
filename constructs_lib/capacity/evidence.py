"""What rules and gates need to know of recorded traffic, small enough to travel with a gate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from operator import sub
from typing import Any

from .capacity import Dimension
from .errors import InputError
from .traffic import MINUTE, Traffic

HOURS_OF_WEEK = 168


def hour_of_week(moment: datetime) -> int:
    """Hour of the week in UTC, 0 is Monday 00:00."""
    moment = moment.astimezone(timezone.utc)
    return moment.weekday() * 24 + moment.hour


@dataclass(frozen=True)
class Peak:
    """A busiest minute: mean units per second in it, and which minute it was."""

    units: float
    at: datetime

    def to_json(self) -> list[float]:
        return [math.ceil(self.units), int(self.at.timestamp() // 60)]

    @staticmethod
    def from_json(value: Sequence[float]) -> Peak:
        return Peak(value[0], datetime.fromtimestamp(value[1] * 60, timezone.utc))


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
            raise InputError("evidence", f"cannot be read ({error!r})", "Synthesize and deploy again") from None


def digest(traffic: Traffic, switch_minutes: int) -> Evidence:
    """Digest recorded traffic.

    Args:
        traffic: the recording.
        switch_minutes: the longest switch to reckon with, minutes.
    """
    dimensions = {
        dimension: DimensionEvidence(
            _peak(traffic, series, range(len(series))),
            _by_hour(traffic, series, switch_minutes),
            _rises(traffic, series, switch_minutes),
            noise_of(traffic.throttled[dimension]),
        )
        for dimension, series in traffic.consumed.items()
    }
    return Evidence(traffic.start, traffic.end, switch_minutes, dimensions)


def noise_of(throttled: Sequence[float]) -> float:
    """The 99th percentile of throttle events per minute: what one minute of a hundred exceeds at most."""
    events = sorted((v for v in throttled if v > 0), reverse=True)
    allowed = len(throttled) // 100
    return events[allowed] if allowed < len(events) else 0.0


def _peak(traffic: Traffic, series: Sequence[float], span: range) -> Peak | None:
    part = series[span.start : span.stop]
    highest = max((v for v in part if v == v), default=None)
    if highest is None:
        return None
    return Peak(highest / 60, traffic.minute(span.start + list(part).index(highest)))


def _hours(traffic: Traffic, length: int) -> Iterable[tuple[int, range]]:
    """Hour of the week and positions of each recorded hour (the first may be cut)."""
    start = 0
    while start < length:
        stop = min(length, start + 60 - traffic.minute(start).minute)
        yield hour_of_week(traffic.minute(start)), range(start, stop)
        start = stop


def _by_hour(traffic: Traffic, series: Sequence[float], switch_minutes: int) -> tuple[Peak | None, ...]:
    found: list[Peak | None] = [None] * HOURS_OF_WEEK
    for hour, span in _hours(traffic, len(series)):
        peak = _peak(traffic, series, range(span.start, min(len(series), span.stop + switch_minutes)))
        before = found[hour]
        if peak is not None and (before is None or peak.units > before.units):
            found[hour] = peak
    return tuple(found)


def _rises(traffic: Traffic, series: Sequence[float], switch_minutes: int) -> tuple[float, ...]:
    later = [-math.inf if v != v else v for v in series]
    earlier = [math.inf if v != v else v for v in series]
    best = [0.0] * len(series)
    for lag in range(1, switch_minutes + 1):
        rise = list(map(sub, later[lag:], earlier))
        best[: len(rise)] = map(max, best, rise)
    found = [0.0] * HOURS_OF_WEEK
    for hour, span in _hours(traffic, len(series)):
        found[hour] = max(found[hour], max(best[span.start : span.stop]) / 60)
    return tuple(found)


__all__ = [
    "HOURS_OF_WEEK",
    "MINUTE",
    "DimensionEvidence",
    "Evidence",
    "Peak",
    "digest",
    "hour_of_week",
    "noise_of",
]
