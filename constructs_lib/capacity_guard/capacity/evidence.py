"""Summary of recorded traffic for rules and gates, small enough for a property of a gate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from .dimension import Dimension
from .errors import InputError

HOURS_OF_WEEK = 168
MINUTE = timedelta(minutes=1)
MOST_STEPS = 100
"""Steps up to the highest of the values by hour of the week, in a plan that has room for them."""
_Value = TypeVar("_Value")


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
            minute was recorded. Empty in the plan of a gate.
        rise: for each hour of the week, the largest rise during a switch that starts in that hour, units per second. Empty
            where the plan of a gate leaves it out.
        noise: throttle events per minute; at most one recorded minute of a hundred has more.
        hours_in_plan: units per second of ``by_hour``, in the plan of a gate. Empty where the plan leaves it out.
    """

    peak: Peak | None
    by_hour: tuple[Peak | None, ...]
    rise: tuple[float, ...]
    noise: float
    hours_in_plan: tuple[float | None, ...] = ()

    @property
    def hourly(self) -> tuple[float | None, ...]:
        """Units per second of the busiest minute during a switch that starts in each hour of the week."""
        return self.hours_in_plan or tuple(None if peak is None else peak.units for peak in self.by_hour)


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
        """Busiest minute during a switch that starts in one of these hours of the week; no plan of a gate holds it."""
        recorded = self.of(dimension)
        peaks = [] if recorded is None else [recorded.by_hour[hour] for hour in hours]
        return max((peak for peak in peaks if peak is not None), key=lambda peak: peak.units, default=None)

    def units_in(self, dimension: Dimension, hour: int) -> float | None:
        """Units per second of the busiest minute during a switch that starts in an hour of the week.

        ``None`` if no minute was recorded.

        Raises:
            InputError: the plan of the gate leaves it out.
        """
        recorded = self.of(dimension)
        return None if recorded is None else _carried(recorded.hourly, "hourly")[hour]

    def rise_in(self, dimension: Dimension, hour: int) -> float:
        """Largest rise during a switch that starts in an hour of the week, units per second; 0 if it was not recorded.

        Raises:
            InputError: the plan of the gate leaves it out.
        """
        recorded = self.of(dimension)
        return 0.0 if recorded is None else _carried(recorded.rise, "rise")[hour]

    def without(self, *, hourly: bool, rise: bool) -> Evidence:
        """The evidence without values that no gate of a transition reads. A plan has to fit into an event (``limits``).

        Args:
            hourly: whether to leave out the busiest minutes by hour of the week.
            rise: whether to leave out the rises.
        """
        return replace(
            self,
            dimensions={
                dimension: replace(
                    recorded,
                    by_hour=() if hourly else recorded.by_hour,
                    hours_in_plan=() if hourly else recorded.hours_in_plan,
                    rise=() if rise else recorded.rise,
                )
                for dimension, recorded in self.dimensions.items()
            },
        )

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

    def to_json(self, steps: int = MOST_STEPS) -> dict[str, Any]:
        """Plain data for a property of a gate.

        Peaks are rounded up to whole units, values by hour of the week to a step of the highest (``_write_hours``).

        Args:
            steps: steps up to the highest value.
        """
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "switch_minutes": self.switch_minutes,
            "dimensions": {
                dimension.key: {
                    "peak": None if recorded.peak is None else recorded.peak.to_json(),
                    **({"hourly": _write_hours(recorded.hourly, steps)} if recorded.hourly else {}),
                    **({"rise": _write_hours(recorded.rise, steps)} if recorded.rise else {}),
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
                        (),
                        _read_rise(recorded.get("rise", [])),
                        float(recorded["noise"]),
                        _read_hourly(recorded),
                    )
                    for key, recorded in value["dimensions"].items()
                },
            )
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                "evidence", f"cannot be read ({error!r})", "Synthesize and deploy again"
            ) from None


def _carried(values: tuple[_Value, ...], name: str) -> tuple[_Value, ...]:
    """Values of the hours of the week.

    Raises:
        InputError: there are none. A condition that took them for zero would let pass what it cannot judge.
    """
    if not values:
        raise InputError(
            f"evidence: {name}", "is not in the plan of this gate", "Synthesize and deploy again"
        )
    return values


def _write_hours(values: Sequence[float | None], most_steps: int) -> dict[str, Any]:
    """Values in two hexadecimal digits each, as multiples of a unit: compressed, the digits take half of decimal numbers.

    Each is rounded up by less than the unit, a part of the highest: fewer steps take less room, compressed. The digits are
    one more than the multiple; ``00`` is ``None``.

    Args:
        values: a value for each hour of the week.
        most_steps: steps up to the highest value, 254 at most.
    """
    highest = max((value for value in values if value is not None), default=0)
    unit = max(1, math.ceil(highest / most_steps))
    steps = (0 if value is None else -(-math.ceil(value) // unit) + 1 for value in values)
    return {"unit": unit, "steps": bytes(steps).hex()}


def _read_hours(value: Any) -> tuple[float | None, ...]:
    """Read what ``_write_hours`` wrote."""
    unit = int(value["unit"])
    return tuple(None if step == 0 else float((step - 1) * unit) for step in bytes.fromhex(value["steps"]))


def _read_hourly(recorded: Mapping[str, Any]) -> tuple[float | None, ...]:
    """Units per second by hour; an earlier version wrote the peaks as a list, each with its minute."""
    if "hourly" in recorded:
        return _read_hours(recorded["hourly"])
    return tuple(None if peak is None else float(peak[0]) for peak in recorded.get("by_hour", ()))


def _read_rise(value: Any) -> tuple[float, ...]:
    """Rises in units per second; an earlier version wrote them as a list."""
    rises = value if isinstance(value, list) else _read_hours(value)
    return tuple(map(float, rises))


__all__ = [
    "HOURS_OF_WEEK",
    "MINUTE",
    "MOST_STEPS",
    "DimensionEvidence",
    "Evidence",
    "Peak",
    "hour_of_week",
]
