"""What rules and gates need to know of recorded traffic, small enough to travel with a gate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .dimension import Dimension
from .errors import InputError

HOURS_OF_WEEK = 168
MINUTE = timedelta(minutes=1)


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


__all__ = [
    "HOURS_OF_WEEK",
    "MINUTE",
    "DimensionEvidence",
    "Evidence",
    "Peak",
    "hour_of_week",
]
