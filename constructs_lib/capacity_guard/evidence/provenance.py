"""Which table a baseline is about, when and by what it was recorded, and what the service had counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from ..capacity.dimension import TABLE, Dimension
from ..capacity.errors import InputError
from ..capacity.plain_data import RECORD_AGAIN, read_object, read_time, time_text


@dataclass(frozen=True)
class TableIdentity:
    """Which table a baseline is about; ``None`` where it is not known.

    Attributes:
        name: the table's name.
        account: AWS account id, twelve digits.
        region: AWS Region.
        stack: name of the CloudFormation stack that owns the table.
        logical_id: its logical id there.
    """

    name: str
    account: str | None = None
    region: str | None = None
    stack: str | None = None
    logical_id: str | None = None


@dataclass(frozen=True)
class Recording:
    """When and by what a baseline was recorded, and what a reader should know of it.

    Attributes:
        at: when.
        by: with what.
        source: where the traffic comes from.
        note: what a reader should know.
        asked: first minute that was asked for and the minute after the last one, UTC, where that is known: what lies
            outside of the traffic was not recorded.
        throttled_by: throttle events in all by dimension key and cause, where the service tells causes.
    """

    at: datetime
    by: str
    source: str
    note: str | None = None
    asked: tuple[datetime, datetime] | None = None
    throttled_by: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class History:
    """What the service has counted and what bounds the way back.

    Attributes:
        last_switch_to_on_demand: moment of the last one, ``None`` if the table never was on-demand.
        decreases_today: decreases of provisioned throughput in the current UTC day, by resource key.
    """

    last_switch_to_on_demand: datetime | None = None
    decreases_today: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "decreases_today", MappingProxyType(dict(self.decreases_today)))


def recording_json(recording: Recording) -> dict[str, Any]:
    """What ``Recording`` states of the minutes asked for and the causes of throttling, as plain data."""
    data: dict[str, Any] = {}
    if recording.asked is not None:
        data["asked"] = {"from": time_text(recording.asked[0]), "to": time_text(recording.asked[1])}
    if recording.throttled_by:
        data["throttled_by"] = {key: dict(causes) for key, causes in recording.throttled_by.items()}
    return data


def read_asked(value: object, location: str) -> tuple[datetime, datetime] | None:
    """The minutes that a recording asked for; ``None`` where it does not state them.

    Raises:
        InputError: naming the field at fault.
    """
    if value is None:
        return None
    data = read_object(value, location, "from", "to")
    first, stop = read_time(data.get("from"), f"{location}.from"), read_time(data.get("to"), f"{location}.to")
    if first >= stop:
        raise InputError(location, f"{time_text(first)} is not before {time_text(stop)}", RECORD_AGAIN)
    return first, stop


def read_causes(value: object, location: str) -> dict[str, dict[str, int]]:
    """Throttle events by dimension key and cause.

    Raises:
        InputError: naming the field at fault.
    """
    found: dict[str, dict[str, int]] = {}
    for key, causes in read_object(value, location).items():
        try:
            Dimension.parse(key)
        except InputError as error:
            raise InputError(f"{location}.{key}", error.problem, error.remedy) from None
        for cause, events in read_object(causes, f"{location}.{key}").items():
            if isinstance(events, bool) or not isinstance(events, int) or events < 0:
                raise InputError(f"{location}.{key}.{cause}", f"{events!r} is no count", RECORD_AGAIN)
            found.setdefault(key, {})[cause] = events
    return found


def history_from_json(value: object, location: str) -> History:
    """The service's history from plain data.

    Raises:
        InputError: naming the field at fault.
    """
    data = read_object(value, location, "last_switch_to_on_demand", "decreases_today")
    last = data.get("last_switch_to_on_demand")
    decreases = read_object(data.get("decreases_today"), f"{location}.decreases_today")
    for key, count in decreases.items():
        if key != TABLE and not key.startswith("index/"):
            raise InputError(
                f"{location}.decreases_today.{key}", "is no table or index", f"Use {TABLE} or index/<name>"
            )
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise InputError(f"{location}.decreases_today.{key}", f"{count!r} is no count", RECORD_AGAIN)
    return History(
        None if last is None else read_time(last, f"{location}.last_switch_to_on_demand"), decreases
    )


__all__ = [
    "History",
    "Recording",
    "TableIdentity",
    "history_from_json",
    "read_asked",
    "read_causes",
    "recording_json",
]
