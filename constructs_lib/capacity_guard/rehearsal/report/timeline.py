"""The timeline of a rehearsal: traffic against capacity, stages, alarms and times of the rollback, from raw records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from string import ascii_uppercase

from ...capacity.dimension import Dimension
from .moments import seconds_between
from .records import Minute, Records
from .taken_back import WATCHED, TakenBack, taken_back
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
        kind: ``change``, ``throttled``, ``alarm``, ``veto``, ``rollback``, ``restored`` or ``confirmed``.
        label: text for the chart.
        letter: its letter in the chart.
    """

    at: datetime
    kind: str
    label: str
    letter: str = ""

    @property
    def style(self) -> str:
        """The class of its line and letter: a veto looks as an alarm does, and the first throttled minute as a change does."""
        return {"veto": "alarm", "throttled": "change"}.get(self.kind, self.kind)


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

    def lettered(self) -> Timeline:
        """The same with letters from A on, for a picture without its page."""
        return replace(self, marks=_lettered(self.marks))


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
    watch = taken_back(records)
    return Timeline(
        start=start,
        end=end,
        lanes=lanes,
        steps=_step_spans(records, {name: steps[name] for name in recorded}, watch),
        stages=(
            *(stage for name in recorded for stage in stages(records, name)),
            DeploymentStage(WATCHED, "rollback", watch.updated, watch.restored, True),
        ),
        alarms=_alarm_spans(records, end),
        marks=_lettered((*_rollback_marks(records), *_watch_marks(records, watch))),
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
    return rehearsal.between(start, _last_metered(rehearsal, end), [most_throttled.dimension])


def first_steps(rehearsal: Timeline, records: Records) -> Timeline:
    """The steps until the rollback, which follow each other: from the start to 4 minutes after the rollback's command."""
    end = records.command(ROLLED_BACK).ended + 4 * MINUTE
    return rehearsal.between(rehearsal.start, _last_metered(rehearsal, end))


def watch_part(rehearsal: Timeline, records: Records) -> Timeline:
    """What the watch did, from 20 minutes before the first throttled minute to 4 minutes after its last look.

    It has the dimension of the first throttled minute.
    """
    times = taken_back(records)
    start, end = times.throttled.at - 20 * MINUTE, times.confirmed.at + 4 * MINUTE
    dimension = Dimension.parse(times.throttled.dimension)
    return rehearsal.between(max(start, times.changed), _last_metered(rehearsal, end), [dimension])


def _last_metered(rehearsal: Timeline, end: datetime) -> datetime:
    """A time, or the end of the last minute before it that was metered: the player may have stopped earlier."""
    minutes = [minute.at for lane in rehearsal.lanes for minute in lane.minutes if minute.at < end]
    return min(end, max(minutes) + MINUTE)


def _step_spans(records: Records, steps: Mapping[str, str], watch: TakenBack) -> tuple[Span, ...]:
    """A span for each label; steps in a row that have the same label are one. The last lasts until the watch is done."""
    spans: list[Span] = []
    for name, label in steps.items():
        started = min(command.started for command in records.commands if command.step == name)
        last = records.command(name)
        ended = watch.confirmed.at if name == WATCHED else last.ended
        span = Span(started, ended, label, last.exit_code == 0)
        if spans and spans[-1].label == label:
            span = replace(span, started=spans[-1].started, passed=span.passed and spans.pop().passed)
        spans.append(span)
    return tuple(spans)


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


def _rollback_marks(records: Records) -> list[Mark]:
    times = rollback(records)
    seconds = times.seconds.whole
    seconds_before_alarm = -seconds.alarm_to_rollback
    rollback_label = f"rollback begins, {seconds.alarm_to_rollback:,.0f} s after the alarm"
    if seconds_before_alarm > 0:
        rollback_label = f"rollback begins, {seconds_before_alarm:,.0f} s before the alarm"
    mode = _mode_before(records, ROLLED_BACK)
    marks = [
        Mark(times.changed, "change", "CloudFormation changes table and index"),
        Mark(times.alarm.at, "alarm", f"alarm, {seconds.change_to_alarm:,.0f} s after the change"),
        Mark(times.started, "rollback", rollback_label),
        Mark(times.restored, "restored", f"{mode} as before, {seconds.rollback_to_restored:,.0f} s later"),
    ]
    return sorted(marks, key=lambda mark: mark.at)


def _watch_marks(records: Records, times: TakenBack) -> list[Mark]:
    seconds = times.seconds.whole
    mode = _mode_before(records, WATCHED)
    hours = times.quiet / timedelta(hours=1)
    marks = [
        Mark(times.throttled.at, "throttled", f"first throttled minute, {hours:,.0f} hours after the change"),
        Mark(
            times.vetoed.at,
            "veto",
            f"the watch vetoes, {seconds.throttled_to_veto:,.0f} s after that minute began",
        ),
        Mark(times.updated, "rollback", f"UpdateStack, {seconds.veto_to_update:,.0f} s after the veto"),
        Mark(times.restored, "restored", f"{mode} as before, {seconds.update_to_restored:,.0f} s later"),
        Mark(times.confirmed.at, "confirmed", "the watch has compared table and index"),
    ]
    if times.alarm is not None:
        late = seconds_between(times.throttled.at, times.alarm)
        marks.append(Mark(times.alarm, "alarm", f"alarm, {late:,.0f} s after that minute began"))
    return sorted(marks, key=lambda mark: mark.at)


def _mode_before(records: Records, step: str) -> str:
    before = records.table_at(records.command(step).started).capacity()["billing_mode"]
    return "on-demand" if before == "PAY_PER_REQUEST" else "provisioned"


def _lettered(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    return tuple(replace(mark, letter=letter) for mark, letter in zip(marks, ascii_uppercase, strict=False))
