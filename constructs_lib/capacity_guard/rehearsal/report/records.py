"""The raw records of a rehearsal, read from their folder: outputs of commands, answers of services, played traffic.

The rehearsal writes the folder while it runs; nothing edits it later:

    commands.json         one entry a command: step, words, exit code, start and end on the rehearsal clock, wall seconds
    NN-<step>.txt         output of that command
    stack-events.json     DescribeStackEvents, all pages, oldest first
    alarm-history.json    DescribeAlarmHistory (StateUpdate), oldest first
    alarms.json           DescribeAlarms, every metric alarm
    tables.jsonl          DescribeTable, one line whenever its answer changed, with the time of the answer
    journal.json          the journal of the watch, its entries, oldest first; empty without a watch
    traffic.jsonl         the traffic player's record; its minutes contain demand, served, ceiling and throttle events

Every time is rehearsal-clock time in UTC.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ...capacity.dimension import resource_key
from ...capacity.errors import InputError
from ...dynamodb.names import CAPACITY_UNITS, INDEX_DIMENSION, MAXIMUM_UNITS

COMMANDS = "commands.json"
STACK_EVENTS = "stack-events.json"
ALARM_HISTORY = "alarm-history.json"
ALARMS = "alarms.json"
TABLES = "tables.jsonl"
JOURNAL = "journal.json"
TRAFFIC = "traffic.jsonl"

_REMEDY = "Run the rehearsal again"
_TABLE_TYPES = ("AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table")
_STACK_TYPE = "AWS::CloudFormation::Stack"
_T = TypeVar("_T")


def read_utc_time(value: object, location: str) -> datetime:
    """A time in UTC from ISO 8601 text with any time zone.

    Args:
        value: the text.
        location: file and field, for errors.

    Raises:
        InputError: it is not a time with a time zone.
    """
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise InputError(location, f"{value!r} is not a moment with a time zone", _REMEDY)
    return time.astimezone(UTC)


@dataclass(frozen=True)
class Command:
    """One command of a step.

    Attributes:
        step: its step of the rehearsal.
        words: the command line.
        exit_code: its exit code.
        started, ended: on the rehearsal clock.
        wall_seconds: its duration on the wall clock.
        output: stdout and stderr in the order they were printed.
    """

    step: str
    words: tuple[str, ...]
    exit_code: int
    started: datetime
    ended: datetime
    wall_seconds: float
    output: str


@dataclass(frozen=True)
class StackEvent:
    """One event of the stack, as DescribeStackEvents gives it."""

    at: datetime
    logical_id: str
    resource_type: str
    status: str
    reason: str

    @property
    def is_stack(self) -> bool:
        """Whether it is an event of the stack itself."""
        return self.resource_type == _STACK_TYPE

    @property
    def is_table(self) -> bool:
        """Whether it is an event of the table; its UPDATE_IN_PROGRESS is CloudFormation's first UpdateTable."""
        return self.resource_type in _TABLE_TYPES

    def is_gate(self, gate: str) -> bool:
        """Whether it is an event of the gate ``Preflight`` or ``Bake``."""
        return self.resource_type == f"Custom::CapacityGuard{gate}"


@dataclass(frozen=True)
class AlarmChange:
    """One state transition of an alarm, as DescribeAlarmHistory gives it."""

    at: datetime
    alarm: str
    state: str
    reason: str


@dataclass(frozen=True)
class TableObservation:
    """One answer of DescribeTable and the time at which it was first returned."""

    at: datetime
    answer: Mapping[str, Any]

    def capacity(self) -> dict[str, Any]:
        """Billing mode, provisioned throughput and on-demand maxima of table and indexes.

        Counters and dates are not capacity. Warm throughput never falls, so a rollback does not restore it. A table
        without BillingModeSummary has never been on-demand (API: TableDescription). Units per second; ``None`` where
        there is no maximum.
        """
        summary = self.answer.get("BillingModeSummary", {})
        return {
            "billing_mode": summary.get("BillingMode", "PROVISIONED"),
            "table": _throughput(self.answer),
            **{f"index/{index['IndexName']}": _throughput(index) for index in self._indexes()},
        }

    def is_active(self) -> bool:
        """Whether the table and every index are ACTIVE."""
        return all(
            status == "ACTIVE"
            for status in (
                self.answer["TableStatus"],
                *(index["IndexStatus"] for index in self._indexes()),
            )
        )

    def is_warming(self) -> bool:
        """Whether warm throughput of the table or of an index is being raised."""
        return any(
            resource.get("WarmThroughput", {}).get("Status") == "UPDATING"
            for resource in (self.answer, *self._indexes())
        )

    def _indexes(self) -> list[Mapping[str, Any]]:
        return sorted(
            self.answer.get("GlobalSecondaryIndexes", []), key=lambda index: str(index["IndexName"])
        )


def _throughput(resource: Mapping[str, Any]) -> dict[str, Any]:
    provisioned = resource["ProvisionedThroughput"]
    maximum = resource.get("OnDemandThroughput", {})
    return {
        "read": provisioned[CAPACITY_UNITS["read"]],
        "write": provisioned[CAPACITY_UNITS["write"]],
        "maximum_read": maximum.get(MAXIMUM_UNITS["read"]),
        "maximum_write": maximum.get(MAXIMUM_UNITS["write"]),
    }


@dataclass(frozen=True)
class JournalEntry:
    """One entry of the journal of the watch (docs/watch.md): what happened, when, who saw it, and why."""

    at: datetime
    event: str
    by: str
    reason: str


@dataclass(frozen=True)
class Minute:
    """What the traffic player measured in one minute on one dimension.

    Attributes:
        at: start of the minute.
        dimension: ``table/write``, ``index/<name>/read`` and so on.
        demand: demanded units per second.
        served: served units per second.
        ceiling: units per second that the live capacity serves at once, without burst; the lowest of the minute.
        kind: ``provisioned``, ``on-demand``, or ``frozen`` while the mode switches.
        throttle_events: throttle events in the minute.
    """

    at: datetime
    dimension: str
    demand: float
    served: float
    ceiling: float
    kind: str
    throttle_events: float


@dataclass(frozen=True)
class Records:
    """The records of one rehearsal, each kind in order of time.

    Attributes:
        alarm_resources: the resource key (``table``, ``index/<name>``) that each DynamoDB alarm watches, by alarm name.
    """

    commands: tuple[Command, ...]
    events: tuple[StackEvent, ...]
    alarms: tuple[AlarmChange, ...]
    alarm_resources: Mapping[str, str]
    tables: tuple[TableObservation, ...]
    minutes: tuple[Minute, ...]
    journal: tuple[JournalEntry, ...]

    @staticmethod
    def load(folder: Path) -> Records:
        """The records in a folder.

        Raises:
            InputError: a file is missing, not JSON or lacks a field; the error names file and field.
        """
        return Records(
            commands=_sorted(folder / COMMANDS, partial(_command, folder), lambda command: command.started),
            events=_sorted(folder / STACK_EVENTS, _event, lambda event: event.at),
            alarms=_sorted(folder / ALARM_HISTORY, _alarm_change, lambda change: change.at),
            alarm_resources=dict(_read(ALARMS, _entries(folder / ALARMS), _alarm_resource)),
            tables=_sorted(folder / TABLES, _observation, lambda observation: observation.at),
            minutes=_minutes(folder),
            journal=_sorted(folder / JOURNAL, _journal_entry, lambda entry: entry.at),
        )

    def command(self, step: str) -> Command:
        """The last command of a step (the commands before it are preparations).

        Raises:
            InputError: the step ran no command.
        """
        commands = [command for command in self.commands if command.step == step]
        if not commands:
            raise InputError(COMMANDS, f"has no command of step {step!r}", _REMEDY)
        return commands[-1]

    def table_at(self, time: datetime) -> TableObservation:
        """DescribeTable's last answer at a time.

        Raises:
            InputError: the records have no answer from before.
        """
        earlier = [observation for observation in self.tables if observation.at <= time]
        if not earlier:
            raise InputError(TABLES, f"holds no answer from before {time.isoformat()}", _REMEDY)
        return earlier[-1]

    def events_of(self, command: Command) -> tuple[StackEvent, ...]:
        """The stack events between the start and the end of a command."""
        return tuple(event for event in self.events if command.started <= event.at <= command.ended)


def _sorted(path: Path, read: Callable[[Any], _T], time_of: Callable[[_T], datetime]) -> tuple[_T, ...]:
    # Stable: events of one second keep the order of the service's answer.
    return tuple(sorted(_read(path.name, _entries(path), read), key=time_of))


def _read(name: str, entries: Iterable[Any], read: Callable[[Any], _T]) -> Iterator[_T]:
    for position, data in enumerate(entries, start=1):
        try:
            yield read(data)
        except InputError:
            raise
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise InputError(f"{name}: entry {position}", f"cannot be read ({error!r})", _REMEDY) from None


def _entries(path: Path) -> Iterator[Any]:
    try:
        text = path.read_text(encoding="utf-8")
        data = (
            [json.loads(line) for line in text.splitlines() if line]
            if path.suffix == ".jsonl"
            else json.loads(text)
        )
    except (OSError, ValueError) as error:
        raise InputError(path.name, f"cannot be read ({error})", _REMEDY) from None
    if not isinstance(data, list):
        raise InputError(path.name, f"is {type(data).__name__}, not a list", _REMEDY)
    yield from data


def _command(folder: Path, data: Mapping[str, Any]) -> Command:
    return Command(
        step=str(data["step"]),
        words=tuple(data["words"]),
        exit_code=int(data["exit_code"]),
        started=read_utc_time(data["started"], f"{COMMANDS}: started"),
        ended=read_utc_time(data["ended"], f"{COMMANDS}: ended"),
        wall_seconds=float(data["wall_seconds"]),
        output=(folder / str(data["output"])).read_text(encoding="utf-8", errors="replace"),
    )


def _event(data: Mapping[str, Any]) -> StackEvent:
    return StackEvent(
        at=read_utc_time(data["Timestamp"], f"{STACK_EVENTS}: Timestamp"),
        logical_id=str(data["LogicalResourceId"]),
        resource_type=str(data["ResourceType"]),
        status=str(data["ResourceStatus"]),
        reason=str(data.get("ResourceStatusReason") or ""),
    )


def _alarm_change(data: Mapping[str, Any]) -> AlarmChange:
    # HistoryData is JSON in a string (CloudWatch API Reference, AlarmHistoryItem).
    state = json.loads(data["HistoryData"])["newState"]
    return AlarmChange(
        at=read_utc_time(data["Timestamp"], f"{ALARM_HISTORY}: Timestamp"),
        alarm=str(data["AlarmName"]),
        state=str(state["stateValue"]),
        reason=str(state.get("stateReason") or ""),
    )


def _alarm_resource(data: Mapping[str, Any]) -> tuple[str, str]:
    metrics = [
        query["MetricStat"]["Metric"] for query in data.get("Metrics", []) if "MetricStat" in query
    ] or [data]
    dimensions = {
        dimension["Name"]: dimension["Value"] for metric in metrics for dimension in metric["Dimensions"]
    }
    return str(data["AlarmName"]), resource_key(dimensions.get(INDEX_DIMENSION))


def _observation(data: Mapping[str, Any]) -> TableObservation:
    return TableObservation(read_utc_time(data["at"], f"{TABLES}: at"), data["table"])


def _journal_entry(data: Mapping[str, Any]) -> JournalEntry:
    return JournalEntry(
        at=read_utc_time(data["at"], f"{JOURNAL}: at"),
        event=str(data["event"]),
        by=str(data["by"]),
        reason=str(data.get("reason") or ""),
    )


def _minutes(folder: Path) -> tuple[Minute, ...]:
    # The player writes surges, backfills and capacities to the same file.
    lines = [
        line for line in _entries(folder / TRAFFIC) if isinstance(line, dict) and line.get("kind") == "minute"
    ]
    return tuple(sorted(_read(TRAFFIC, lines, _minute), key=lambda minute: minute.at))


def _minute(data: Mapping[str, Any]) -> Minute:
    return Minute(
        at=read_utc_time(data["minute"], f"{TRAFFIC}: minute"),
        dimension=str(data["dimension"]),
        demand=float(data["demand"]),
        served=float(data["served"]),
        ceiling=float(data["ceiling"]),
        kind=str(data["ceiling_kind"]),
        throttle_events=float(data["throttle_events"]),
    )
