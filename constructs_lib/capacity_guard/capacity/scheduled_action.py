"""Scheduled actions of auto scaling, which move the bounds of a dimension at set times, outside any template or change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .dimension import Dimension
from .errors import InputError
from .plain_data import RECORD_AGAIN, read_object, read_text, read_time, shown, time_text


@dataclass(frozen=True)
class ScheduledAction:
    """One scheduled action (Application Auto Scaling API: ScheduledAction).

    Attributes:
        dimension: the dimension whose bounds it sets.
        name: its name.
        schedule: when it runs: ``at(...)``, ``rate(...)`` or ``cron(...)``.
        timezone: time zone of the schedule, ``None`` for UTC.
        minimum: the minimum that it sets, units per second; ``None`` if it does not change the minimum.
        maximum: the maximum that it sets, units per second; ``None`` if it does not change the maximum.
        start: when it begins to run, UTC; ``None`` without a beginning.
        end: when it runs for the last time, UTC; ``None`` without an end.
    """

    dimension: Dimension
    name: str
    schedule: str
    timezone: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    start: datetime | None = None
    end: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return {
            "dimension": self.dimension.key,
            "name": self.name,
            "schedule": self.schedule,
            "timezone": self.timezone,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "start": None if self.start is None else time_text(self.start),
            "end": None if self.end is None else time_text(self.end),
        }

    @staticmethod
    def from_json(value: object, location: str) -> ScheduledAction:
        """Read what ``to_json`` wrote.

        Args:
            value: the value in the file.
            location: file and field, for errors.

        Raises:
            InputError: a field is wrong; the error names it.
        """
        data = read_object(value, location, *ScheduledAction.__dataclass_fields__)
        try:
            dimension = Dimension.parse(read_text(data, "dimension", location))
        except InputError as error:
            raise InputError(f"{location}.dimension", error.problem, error.remedy) from None
        times = {
            name: None if data.get(name) is None else read_time(data[name], f"{location}.{name}")
            for name in ("start", "end")
        }
        return ScheduledAction(
            dimension,
            read_text(data, "name", location),
            read_text(data, "schedule", location),
            None if data.get("timezone") is None else read_text(data, "timezone", location),
            _bound(data, "minimum", location),
            _bound(data, "maximum", location),
            times["start"],
            times["end"],
        )


def read_scheduled_actions(value: object, location: str) -> tuple[ScheduledAction, ...]:
    """Read a list of scheduled actions.

    Args:
        value: the value in the file; ``None`` if it has none.
        location: file and field, for errors.

    Raises:
        InputError: it is not a list, or an action is wrong.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InputError(location, "is not a list", RECORD_AGAIN)
    return tuple(
        ScheduledAction.from_json(item, f"{location}[{position}]") for position, item in enumerate(value)
    )


@dataclass(frozen=True)
class ScheduledBounds:
    """The bounds that scheduled actions set in one dimension, units per second."""

    minima: frozenset[int] = frozenset()
    maxima: frozenset[int] = frozenset()


def scheduled_bounds(actions: Sequence[ScheduledAction]) -> Mapping[Dimension, ScheduledBounds]:
    """What the scheduled actions of a table may have made of the bounds, by dimension.

    An action may set one bound and leave the other, so minima and maxima are separate.
    """
    return {
        dimension: ScheduledBounds(
            frozenset(a.minimum for a in actions if a.dimension == dimension and a.minimum is not None),
            frozenset(a.maximum for a in actions if a.dimension == dimension and a.maximum is not None),
        )
        for dimension in {action.dimension for action in actions}
    }


def _bound(data: Mapping[str, Any], name: str, location: str) -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"{location}.{name}", f"{shown(value)} is not a whole number from 1", RECORD_AGAIN)
    return value


__all__ = ["ScheduledAction", "ScheduledBounds", "read_scheduled_actions", "scheduled_bounds"]
