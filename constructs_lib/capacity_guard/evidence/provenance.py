"""The provenance of a baseline: its table, its recording, and the counters of DynamoDB at that time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from ..capacity.dimension import TABLE, Dimension
from ..capacity.errors import InputError
from ..capacity.plain_data import RECORD_AGAIN, read_object, read_text, read_time, time_text

FROM_FILE = "file "
"""How the source of a recording from files begins; the name of the CSV file follows."""


@dataclass(frozen=True)
class TableIdentity:
    """The table of a baseline; ``None`` for an unknown value.

    Attributes:
        name: name of the table.
        account: AWS account id, twelve digits.
        region: AWS Region.
        stack: name of the CloudFormation stack that owns the table.
        logical_id: logical id of the table in that stack.
    """

    name: str
    account: str | None = None
    region: str | None = None
    stack: str | None = None
    logical_id: str | None = None

    @property
    def is_known_by_name_only(self) -> bool:
        """Whether neither stack nor logical id is known."""
        return self.stack is None and self.logical_id is None


@dataclass(frozen=True)
class Recording:
    """The recording of a baseline.

    Attributes:
        at: time of the recording, UTC.
        by: tool and version that recorded it.
        source: source of the traffic.
        note: remark for readers of the baseline.
        asked: first requested minute and the minute after the last one, UTC, if known. Requested minutes outside the
            traffic were not recorded.
        throttled_by: total throttle events by dimension key and cause, if the service reports causes.
    """

    at: datetime
    by: str
    source: str
    note: str | None = None
    asked: tuple[datetime, datetime] | None = None
    throttled_by: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def is_from_files(self) -> bool:
        """Whether it was made from CSV and a file of capacities (``record --from-csv``), and not read from AWS."""
        return self.source.startswith(FROM_FILE)


@dataclass(frozen=True)
class History:
    """Counters of DynamoDB that limit the way back.

    Attributes:
        last_switch_to_on_demand: time of the last switch, ``None`` if the table never was in on-demand mode.
        decreases_today: decreases of provisioned throughput in the current UTC day, by resource key.
    """

    last_switch_to_on_demand: datetime | None = None
    decreases_today: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "decreases_today", MappingProxyType(dict(self.decreases_today)))


def is_generated_name(name: str, stack: str, logical_id: str) -> bool:
    """Whether CloudFormation may have generated the name of a table: ``<stack>-<logical id>-<random>``, not cut (CloudFormation
    User Guide: Name type).

    Args:
        name: the name of the table.
        stack: name of the stack.
        logical_id: logical id of the table.
    """
    beginning = f"{stack}-{logical_id}-"
    return name.startswith(beginning) and name[len(beginning) :].isalnum()


def identity_from_json(value: object, location: str) -> TableIdentity:
    """Read the table of a baseline from plain data.

    Args:
        value: what a file holds.
        location: file and field, for errors.

    Raises:
        InputError: a field is wrong; the error names it.
    """
    identity = read_object(value, location, *TableIdentity.__dataclass_fields__)
    for field_name in ("name", *identity):
        read_text(identity, field_name, location)
    if not re.fullmatch(r"[0-9]{12}", identity.get("account", "0" * 12)):
        raise InputError(
            f"{location}.account", f"{identity['account']!r} is not an account id", "Give twelve digits"
        )
    return TableIdentity(**identity)


def recording_to_json(recording: Recording) -> dict[str, Any]:
    """A recording as plain data, without the values that it does not have."""
    data: dict[str, Any] = {
        "at": time_text(recording.at),
        "by": recording.by,
        "source": recording.source,
    }
    if recording.note is not None:
        data["note"] = recording.note
    if recording.asked is not None:
        data["asked"] = {"from": time_text(recording.asked[0]), "to": time_text(recording.asked[1])}
    if recording.throttled_by:
        data["throttled_by"] = {key: dict(causes) for key, causes in recording.throttled_by.items()}
    return data


def requested_period_from_json(value: object, location: str) -> tuple[datetime, datetime] | None:
    """Read ``Recording.asked``; ``None`` if the recording does not have it.

    Raises:
        InputError: a field is wrong; the error names it.
    """
    if value is None:
        return None
    data = read_object(value, location, "from", "to")
    first, stop = read_time(data.get("from"), f"{location}.from"), read_time(data.get("to"), f"{location}.to")
    if first >= stop:
        raise InputError(location, f"{time_text(first)} is not before {time_text(stop)}", RECORD_AGAIN)
    return first, stop


def throttle_causes_from_json(value: object, location: str) -> dict[str, dict[str, int]]:
    """Read ``Recording.throttled_by``: throttle events by dimension key and cause.

    Raises:
        InputError: a field is wrong; the error names it.
    """
    events_by_cause: dict[str, dict[str, int]] = {}
    for key, causes in read_object(value, location).items():
        try:
            Dimension.parse(key)
        except InputError as error:
            raise InputError(f"{location}.{key}", error.problem, error.remedy) from None
        for cause, events in read_object(causes, f"{location}.{key}").items():
            count = _checked_count(events, f"{location}.{key}.{cause}")
            events_by_cause.setdefault(key, {})[cause] = count
    return events_by_cause


def history_to_json(history: History) -> dict[str, Any]:
    """The history as plain data that ``history_from_json`` reads back."""
    last = history.last_switch_to_on_demand
    return {
        "last_switch_to_on_demand": None if last is None else time_text(last),
        "decreases_today": dict(history.decreases_today),
    }


def history_from_json(value: object, location: str) -> History:
    """Read the history from plain data.

    Args:
        value: what ``history_to_json`` wrote, or what a file holds.
        location: file and field, for errors.

    Raises:
        InputError: a field is wrong; the error names it.
    """
    data = read_object(value, location, "last_switch_to_on_demand", "decreases_today")
    last = data.get("last_switch_to_on_demand")
    decreases = read_object(data.get("decreases_today"), f"{location}.decreases_today")
    for key, count in decreases.items():
        if key != TABLE and not key.startswith("index/"):
            raise InputError(
                f"{location}.decreases_today.{key}", "is not a table or index", f"Use {TABLE} or index/<name>"
            )
        _checked_count(count, f"{location}.decreases_today.{key}")
    return History(
        None if last is None else read_time(last, f"{location}.last_switch_to_on_demand"), decreases
    )


def _checked_count(value: object, location: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError(location, f"{value!r} is not a count", RECORD_AGAIN)
    return value


__all__ = [
    "History",
    "Recording",
    "TableIdentity",
    "history_from_json",
    "history_to_json",
    "identity_from_json",
    "is_generated_name",
    "recording_to_json",
    "requested_period_from_json",
    "throttle_causes_from_json",
]
