"""The raw records of a rehearsal: what was really printed, returned and played, and the folder that holds them.

One folder, written while the rehearsal runs and never edited:

    commands.json         one entry a command: step, words, exit code, start and end on the rehearsal clock, wall seconds
    NN-<step>.txt         what that command printed
    stack-events.json     DescribeStackEvents, all pages, oldest first
    alarm-history.json    DescribeAlarmHistory (StateUpdate), oldest first
    alarms.json           DescribeAlarms, every metric alarm
    tables.jsonl          DescribeTable, one line whenever its answer changed, with the moment it was seen
    traffic.jsonl         the traffic player's record; its minutes hold demand, served, ceiling and throttle events

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

COMMANDS = "commands.json"
STACK_EVENTS = "stack-events.json"
ALARM_HISTORY = "alarm-history.json"
ALARMS = "alarms.json"
TABLES = "tables.jsonl"
TRAFFIC = "traffic.jsonl"

_AGAIN = "Run the rehearsal again"
_TABLE_TYPES = ("AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table")
_STACK_TYPE = "AWS::CloudFormation::Stack"
_T = TypeVar("_T")


def moment(value: object, location: str) -> datetime:
    """A moment in UTC from its ISO text.

    Raises:
        InputError: it is no moment with a time zone.
    """
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InputError(location, f"{value!r} is not a moment with a time zone", _AGAIN)
    return at.astimezone(UTC)


@dataclass(frozen=True)
class Command:
    """One command of a step.

    Attributes:
        step: which step of the rehearsal it belongs to.
        words: the command line.
        exit_code: what it returned.
        started, ended: on the rehearsal clock.
        wall_seconds: what it cost on the wall clock.
        output: what it printed, both streams as they came.
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
        """Whether it is about the stack itself."""
        return self.resource_type == _STACK_TYPE

    @property
    def is_table(self) -> bool:
        """Whether it is about the table; its UPDATE_IN_PROGRESS is CloudFormation's first UpdateTable."""
        return self.resource_type in _TABLE_TYPES

    def is_gate(self, kind: str) -> bool:
        """Whether it is about the gate ``Preflight`` or ``Bake``."""
        return self.resource_type == f"Custom::CapacityGuard{kind}"


@dataclass(frozen=True)
class AlarmChange:
    """One state transition of an alarm, as DescribeAlarmHistory gives it."""

    at: datetime
    alarm: str
    state: str
    reason: str


@dataclass(frozen=True)
class TableSeen:
    """One answer of DescribeTable and the moment it was first seen."""

    at: datetime
    answer: Mapping[str, Any]

    def capacity(self) -> dict[str, Any]:
        """Billing mode, the two throughput numbers and the maxima of table and index.

        Counters, dates and warm throughput are left out: the first two are no capacity, and warm throughput never
        falls, so it is not part of what a rollback restores. A table without BillingModeSummary has never been
        on-demand (DynamoDB API Reference, TableDescription). Units per second; ``None`` where there is no maximum.
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
            s == "ACTIVE" for s in (self.answer["TableStatus"], *(i["IndexStatus"] for i in self._indexes()))
        )

    def is_warming(self) -> bool:
        """Whether warm throughput of the table or of an index is being raised."""
        return any(
            r.get("WarmThroughput", {}).get("Status") == "UPDATING" for r in (self.answer, *self._indexes())
        )

    def _indexes(self) -> list[Mapping[str, Any]]:
        return sorted(
            self.answer.get("GlobalSecondaryIndexes", []), key=lambda index: str(index["IndexName"])
        )


def _throughput(resource: Mapping[str, Any]) -> dict[str, Any]:
    provisioned = resource["ProvisionedThroughput"]
    maximum = resource.get("OnDemandThroughput", {})
    return {
        "read": provisioned["ReadCapacityUnits"],
        "write": provisioned["WriteCapacityUnits"],
        "maximum_read": maximum.get("MaxReadRequestUnits"),
        "maximum_write": maximum.get("MaxWriteRequestUnits"),
    }


@dataclass(frozen=True)
class Minute:
    """What the traffic player measured in one minute on one dimension.

    Attributes:
        at: start of the minute.
        dimension: ``table/write``, ``index/<name>/read`` and so on.
        demand: units per second that were asked for.
        served: units per second that were served.
        ceiling: units per second that the capacity live in it serves at once, burst apart; the lowest of the minute.
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
    """Everything a rehearsal has left behind, each kind in order of time.

    Attributes:
        alarm_resources: the resource key (``table``, ``index/<name>``) that each DynamoDB alarm watches, by its name.
    """

    commands: tuple[Command, ...]
    events: tuple[StackEvent, ...]
    alarms: tuple[AlarmChange, ...]
    alarm_resources: Mapping[str, str]
    tables: tuple[TableSeen, ...]
    minutes: tuple[Minute, ...]

    @staticmethod
    def load(folder: Path) -> Records:
        """The records in a folder.

        Raises:
            InputError: naming the file and field: it is missing, no JSON, or lacks a field.
        """
        return Records(
            commands=_each(folder / COMMANDS, partial(_command, folder), lambda command: command.started),
            events=_each(folder / STACK_EVENTS, _event, lambda event: event.at),
            alarms=_each(folder / ALARM_HISTORY, _alarm_change, lambda change: change.at),
            alarm_resources=dict(_read(ALARMS, _entries(folder / ALARMS), _alarm_resource)),
            tables=_each(folder / TABLES, _seen, lambda seen: seen.at),
            minutes=_minutes(folder),
        )

    def command(self, step: str) -> Command:
        """The last command of a step (a step may prepare what its last command does).

        Raises:
            InputError: the step ran no command.
        """
        found = [command for command in self.commands if command.step == step]
        if not found:
            raise InputError(COMMANDS, f"has no command of step {step!r}", _AGAIN)
        return found[-1]

    def seen_at(self, at: datetime) -> TableSeen:
        """DescribeTable's answer that held at a moment.

        Raises:
            InputError: none had been seen by then.
        """
        before = [seen for seen in self.tables if seen.at <= at]
        if not before:
            raise InputError(TABLES, f"holds no answer from before {at.isoformat()}", _AGAIN)
        return before[-1]

    def events_of(self, command: Command) -> tuple[StackEvent, ...]:
        """The stack events between the start and the end of a command."""
        return tuple(event for event in self.events if command.started <= event.at <= command.ended)


def _each(path: Path, read: Callable[[Any], _T], at: Callable[[_T], datetime]) -> tuple[_T, ...]:
    # Stable: events of one second keep the order in which the service gave them.
    return tuple(sorted(_read(path.name, _entries(path), read), key=at))


def _read(name: str, entries: Iterable[Any], read: Callable[[Any], _T]) -> Iterator[_T]:
    for position, data in enumerate(entries, start=1):
        try:
            yield read(data)
        except InputError:
            raise
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise InputError(f"{name}: entry {position}", f"cannot be read ({error!r})", _AGAIN) from None


def _entries(path: Path) -> Iterator[Any]:
    try:
        text = path.read_text(encoding="utf-8")
        data = (
            [json.loads(line) for line in text.splitlines() if line]
            if path.suffix == ".jsonl"
            else json.loads(text)
        )
    except (OSError, ValueError) as error:
        raise InputError(path.name, f"cannot be read ({error})", _AGAIN) from None
    if not isinstance(data, list):
        raise InputError(path.name, f"is {type(data).__name__}, not a list", _AGAIN)
    yield from data


def _command(folder: Path, data: Mapping[str, Any]) -> Command:
    return Command(
        step=str(data["step"]),
        words=tuple(data["words"]),
        exit_code=int(data["exit_code"]),
        started=moment(data["started"], f"{COMMANDS}: started"),
        ended=moment(data["ended"], f"{COMMANDS}: ended"),
        wall_seconds=float(data["wall_seconds"]),
        output=(folder / str(data["output"])).read_text(encoding="utf-8", errors="replace"),
    )


def _event(data: Mapping[str, Any]) -> StackEvent:
    return StackEvent(
        at=moment(data["Timestamp"], f"{STACK_EVENTS}: Timestamp"),
        logical_id=str(data["LogicalResourceId"]),
        resource_type=str(data["ResourceType"]),
        status=str(data["ResourceStatus"]),
        reason=str(data.get("ResourceStatusReason") or ""),
    )


def _alarm_change(data: Mapping[str, Any]) -> AlarmChange:
    # HistoryData is JSON in a string (CloudWatch API Reference, AlarmHistoryItem).
    state = json.loads(data["HistoryData"])["newState"]
    return AlarmChange(
        at=moment(data["Timestamp"], f"{ALARM_HISTORY}: Timestamp"),
        alarm=str(data["AlarmName"]),
        state=str(state["stateValue"]),
        reason=str(state.get("stateReason") or ""),
    )


def _alarm_resource(data: Mapping[str, Any]) -> tuple[str, str]:
    metrics = [m["MetricStat"]["Metric"] for m in data.get("Metrics", []) if "MetricStat" in m] or [data]
    dimensions = {d["Name"]: d["Value"] for metric in metrics for d in metric["Dimensions"]}
    return str(data["AlarmName"]), resource_key(dimensions.get("GlobalSecondaryIndexName"))


def _seen(data: Mapping[str, Any]) -> TableSeen:
    return TableSeen(moment(data["at"], f"{TABLES}: at"), data["table"])


def _minutes(folder: Path) -> tuple[Minute, ...]:
    # The player notes surges, backfills and capacities in the same file.
    played = [
        line for line in _entries(folder / TRAFFIC) if isinstance(line, dict) and line.get("kind") == "minute"
    ]
    return tuple(sorted(_read(TRAFFIC, played, _minute), key=lambda minute: minute.at))


def _minute(data: Mapping[str, Any]) -> Minute:
    return Minute(
        at=moment(data["minute"], f"{TRAFFIC}: minute"),
        dimension=str(data["dimension"]),
        demand=float(data["demand"]),
        served=float(data["served"]),
        ceiling=float(data["ceiling"]),
        kind=str(data["ceiling_kind"]),
        throttle_events=float(data["throttle_events"]),
    )
