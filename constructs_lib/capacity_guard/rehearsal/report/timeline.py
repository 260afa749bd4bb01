"""The timeline of a rehearsal: traffic against capacity, stages, alarms and times of the rollback, from raw records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ...capacity.dimension import Dimension
from .records import Minute, Records
from .verdict import ROLLED_BACK, DeploymentStage, rollback, stages

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Span:
    """A period of time: a step, or an alarm in ALARM.

    Attributes:
        started, ended: on the rehearsal clock.
        label: text for the chart.
        passed: whether it succeeded.
    """

    started: datetime
    ended: datetime
    label: str
    passed: bool = True


@dataclass(frozen=True)
class Mark:
    """A time with the event at that time.

    Attributes:
        at: on the rehearsal clock.
        kind: ``change``, ``alarm``, ``rollback`` or ``restored``.
        label: text for the chart.
    """

    at: datetime
    kind: str
    label: str


@dataclass(frozen=True)
class Lane:
    """Traffic and capacity of one dimension, minute by minute, units per second."""

    dimension: Dimension
    minutes: tuple[Minute, ...]

    @property
    def title(self) -> str:
        """The dimension as text for the chart."""
        location = "table" if self.dimension.index is None else f"index {self.dimension.index}"
        return f"{location}, {self.dimension.access}s"


@dataclass(frozen=True)
class Timeline:
    """The content of a chart, between two times of the rehearsal clock."""

    start: datetime
    end: datetime
    lanes: tuple[Lane, ...]
    steps: tuple[Span, ...]
    stages: tuple[DeploymentStage, ...]
    alarms: Mapping[str, tuple[Span, ...]]
    marks: tuple[Mark, ...]

    def between(self, start: datetime, end: datetime, lanes: Iterable[Dimension] | None = None) -> Timeline:
        """The part between two times; lanes: dimensions to keep (None: all)."""
        chosen = None if lanes is None else set(lanes)
        return replace(
            self,
            start=start,
            end=end,
            lanes=tuple(
                replace(
                    lane,
                    minutes=tuple(
                        minute for minute in lane.minutes if start - MINUTE <= minute.at < end + MINUTE
                    ),
                )
                for lane in self.lanes
                if chosen is None or lane.dimension in chosen
            ),
            steps=tuple(step for step in self.steps if step.ended > start and step.started < end),
            stages=tuple(stage for stage in self.stages if stage.ended > start and stage.started < end),
            marks=tuple(mark for mark in self.marks if start <= mark.at <= end),
        )


def timeline(records: Records, steps: Mapping[str, str]) -> Timeline:
    """The timeline of a complete rehearsal, with the writes of every index and of the table.

    Args:
        records: the raw records.
        steps: label of each step, by step name.

    Raises:
        InputError: a record that it needs is missing.
    """
    lanes = _lanes(records)
    start = min(command.started for command in records.commands)
    end = max(
        [command.ended for command in records.commands] + [minute.at + MINUTE for minute in records.minutes]
    )
    recorded = [name for name in steps if any(command.step == name for command in records.commands)]
    return Timeline(
        start=start,
        end=end,
        lanes=lanes,
        steps=tuple(
            Span(
                min(command.started for command in records.commands if command.step == name),
                records.command(name).ended,
                steps[name],
                records.command(name).exit_code == 0,
            )
            for name in recorded
        ),
        stages=tuple(stage for name in recorded for stage in stages(records, name)),
        alarms=_alarm_spans(records, end),
        marks=_marks(records),
    )


def rollback_part(rehearsal: Timeline, records: Records) -> Timeline:
    """The rollback, from 4 minutes before the change to 4 minutes after the capacity is restored.

    It has the dimension with the most throttle events in that time.
    """
    times = rollback(records)
    start, end = times.changed - 4 * MINUTE, times.restored + 4 * MINUTE

    def throttled(lane: Lane) -> float:
        return sum(minute.throttle_events for minute in lane.minutes if start <= minute.at <= end)

    most_throttled = max(rehearsal.lanes, key=throttled)
    return rehearsal.between(start, min(end, rehearsal.end), [most_throttled.dimension])


def _lanes(records: Records) -> tuple[Lane, ...]:
    keys = sorted({minute.dimension for minute in records.minutes if minute.dimension.endswith("/write")})
    # Indexes first ("index/..." sorts before "table/..."): an index can throttle while its table does not.
    return tuple(
        Lane(Dimension.parse(key), tuple(minute for minute in records.minutes if minute.dimension == key))
        for key in keys
    )


def _alarm_spans(records: Records, end: datetime) -> dict[str, tuple[Span, ...]]:
    resources = records.alarm_resources
    spans: dict[str, list[Span]] = {resource: [] for resource in resources.values()}
    since: dict[str, datetime] = {}
    for change in records.alarms:
        resource = resources.get(change.alarm)
        if resource is None:
            continue
        if change.state == "ALARM":
            since.setdefault(change.alarm, change.at)
        elif change.alarm in since:
            spans[resource].append(Span(since.pop(change.alarm), change.at, change.alarm, passed=False))
    for name, started in since.items():
        spans[resources[name]].append(Span(started, end, name, passed=False))
    return {resource: tuple(alarm_spans) for resource, alarm_spans in spans.items()}


def _marks(records: Records) -> tuple[Mark, ...]:
    times = rollback(records)
    seconds = times.seconds
    before = records.table_at(records.command(ROLLED_BACK).started).capacity()["billing_mode"]
    mode = "on-demand" if before == "PAY_PER_REQUEST" else "provisioned"
    seconds_before_alarm = -seconds.alarm_to_rollback
    rollback_label = f"rollback begins, {seconds.alarm_to_rollback:,.0f} s after the alarm"
    if seconds_before_alarm > 0:
        rollback_label = f"rollback begins, {seconds_before_alarm:,.0f} s before the alarm"
    marks = [
        Mark(times.changed, "change", "CloudFormation changes table and index"),
        Mark(times.alarm.at, "alarm", f"alarm, {seconds.change_to_alarm:,.0f} s after the change"),
        Mark(times.started, "rollback", rollback_label),
        Mark(times.restored, "restored", f"{mode} as before, {seconds.rollback_to_restored:,.0f} s later"),
    ]
    return tuple(sorted(marks, key=lambda mark: mark.at))
