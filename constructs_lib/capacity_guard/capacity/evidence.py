"""Summary of recorded traffic for rules and gates, small enough for a property of a gate."""

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


def hour_of_week(time: datetime) -> int:
    """Hour of the week in UTC: 0 is Monday 00:00 to 01:00."""
    time = time.astimezone(UTC)
    return time.weekday() * 24 + time.hour


@dataclass(frozen=True)
class Peak:
    """The busiest minute of a period.

    Attributes:
        units: mean units per second in that minute.
        at: start of the minute, UTC.
    """

    units: float
    at: datetime

    def to_json(self) -> list[float]:
        """Plain data that ``from_json`` reads back."""
        return [math.ceil(self.units), int(self.at.timestamp() // 60)]

    @staticmethod
    def from_json(value: Sequence[float]) -> Peak:
        """Read what ``to_json`` wrote: units per second, and minutes since 1970-01-01 UTC."""
        return Peak(value[0], datetime.fromtimestamp(value[1] * 60, UTC))


@dataclass(frozen=True)
class DimensionEvidence:
    """Recorded traffic of one dimension.

    Attributes:
        peak: busiest minute of the recording, ``None`` if no minute was recorded.
        by_hour: for each hour of the week, the busiest minute during a switch that starts in that hour; ``None`` if no
            minute was recorded.
        rise: for each hour of the week, the largest rise during a switch that starts in that hour, units per second.
        noise: throttle events per minute; at most one recorded minute of a hundred has more.
    """

    peak: Peak | None
    by_hour: tuple[Peak | None, ...]
    rise: tuple[float, ...]
    noise: float


@dataclass(frozen=True)
class Evidence:
    """Summary of the recorded traffic of a table and its indexes.

    Attributes:
        start: first recorded minute, UTC.
        end: minute after the last recorded one, UTC.
        switch_minutes: longest switch that ``by_hour`` and ``rise`` cover, minutes.
        dimensions: one entry for each recorded dimension.
    """

    start: datetime
    end: datetime
    switch_minutes: int
    dimensions: Mapping[Dimension, DimensionEvidence]

    @property
    def days(self) -> float:
        """Length of the recording in days."""
        return (self.end - self.start).total_seconds() / 86_400

    def of(self, dimension: Dimension) -> DimensionEvidence | None:
        """Evidence of a dimension, ``None`` if it was not recorded."""
        return self.dimensions.get(dimension)

    def peak(self, dimension: Dimension) -> Peak | None:
        """Busiest recorded minute of a dimension, ``None`` if no minute was recorded."""
        recorded = self.of(dimension)
        return None if recorded is None else recorded.peak

    def peak_in(self, dimension: Dimension, hours: Iterable[int]) -> Peak | None:
        """Busiest minute during a switch that starts in one of these hours of the week."""
        recorded = self.of(dimension)
        peaks = [] if recorded is None else [recorded.by_hour[hour] for hour in hours]
        return max((peak for peak in peaks if peak is not None), key=lambda peak: peak.units, default=None)

    def noise(self, resource: str) -> float:
        """Normal throttle events per minute of a resource, reads and writes together.

        Args:
            resource: resource key of the table or index.
        """
        return sum(
            recorded.noise
            for dimension, recorded in self.dimensions.items()
            if dimension.resource == resource
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data for a property of a gate; peaks and rises are rounded up to whole units."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "switch_minutes": self.switch_minutes,
            "dimensions": {
                dimension.key: {
                    "peak": None if recorded.peak is None else recorded.peak.to_json(),
                    "by_hour": [None if peak is None else peak.to_json() for peak in recorded.by_hour],
                    "rise": [math.ceil(units) for units in recorded.rise],
                    "noise": recorded.noise,
                }
                for dimension, recorded in self.dimensions.items()
            },
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Evidence:
        """Read what ``to_json`` wrote.

        Raises:
            InputError: the value is not what ``to_json`` writes.
        """
        try:
            return Evidence(
                datetime.fromisoformat(value["start"]),
                datetime.fromisoformat(value["end"]),
                int(value["switch_minutes"]),
                {
                    Dimension.parse(key): DimensionEvidence(
                        None if recorded["peak"] is None else Peak.from_json(recorded["peak"]),
                        tuple(None if peak is None else Peak.from_json(peak) for peak in recorded["by_hour"]),
                        tuple(float(units) for units in recorded["rise"]),
                        float(recorded["noise"]),
                    )
                    for key, recorded in value["dimensions"].items()
                },
            )
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
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
