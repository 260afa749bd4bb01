"""One timeline of a rehearsal: traffic against capacity, stages, alarms and moments, from raw records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ...capacity.dimension import Dimension
from .records import Minute, Records
from .verdict import ROLLED_BACK, Stage, rollback, stages

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Span:
    """Something that lasted: a step, or an alarm that was on.

    Attributes:
        started, ended: on the rehearsal clock.
        label: what it was, for people.
        passed: whether it ended well.
    """

    started: datetime
    ended: datetime
    label: str
    passed: bool = True


@dataclass(frozen=True)
class Mark:
    """A moment with what happened then.

    Attributes:
        at: on the rehearsal clock.
        kind: ``change``, ``alarm``, ``rollback`` or ``restored``.
        label: what happened, for people.
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
        """The dimension for people."""
        location = "table" if self.dimension.index is None else f"index {self.dimension.index}"
        return f"{location}, {self.dimension.access}s"


@dataclass(frozen=True)
class Timeline:
    """What the chart draws, between two moments of the rehearsal clock."""

    start: datetime
    end: datetime
    lanes: tuple[Lane, ...]
    steps: tuple[Span, ...]
    stages: tuple[Stage, ...]
    alarms: Mapping[str, tuple[Span, ...]]
    marks: tuple[Mark, ...]

    def between(self, start: datetime, end: datetime, lanes: Iterable[Dimension] | None = None) -> Timeline:
        """The part between two moments, with these dimensions only."""
        chosen = None if lanes is None else set(lanes)
        return replace(
            self,
            start=start,
            end=end,
            lanes=tuple(
                replace(lane, minutes=tuple(m for m in lane.minutes if start - MINUTE <= m.at < end + MINUTE))
                for lane in self.lanes
                if chosen is None or lane.dimension in chosen
            ),
            steps=tuple(s for s in self.steps if s.ended > start and s.started < end),
            stages=tuple(s for s in self.stages if s.ended > start and s.started < end),
            marks=tuple(m for m in self.marks if start <= m.at <= end),
        )


def timeline(records: Records, steps: Mapping[str, str]) -> Timeline:
    """The timeline of a whole rehearsal: the writes of every index and of the table.

    Args:
        records: the raw records.
        steps: label of each step, by its name.

    Raises:
        InputError: a record that it needs is missing.
    """
    lanes = _lanes(records)
    start = min(command.started for command in records.commands)
    end = max([command.ended for command in records.commands] + [m.at + MINUTE for m in records.minutes])
    shown = [name for name in steps if any(command.step == name for command in records.commands)]
    return Timeline(
        start=start,
        end=end,
        lanes=lanes,
        steps=tuple(
            Span(
                min(c.started for c in records.commands if c.step == name),
                records.command(name).ended,
                steps[name],
                records.command(name).exit_code == 0,
            )
            for name in shown
        ),
        stages=tuple(stage for name in shown for stage in stages(records, name)),
        alarms=_alarm_spans(records, end),
        marks=_marks(records),
    )


def rollback_part(whole: Timeline, records: Records) -> Timeline:
    """The rollback alone: some minutes before the change to some minutes after everything was as before.

    The dimension shown is the one with the most throttle events meanwhile.
    """
    back = rollback(records)
    start, end = back.changed - 4 * MINUTE, back.restored + 4 * MINUTE

    def throttled(lane: Lane) -> float:
        return sum(m.throttle_events for m in lane.minutes if start <= m.at <= end)

    worst = max(whole.lanes, key=throttled)
    return whole.between(start, min(end, whole.end), [worst.dimension])


def _lanes(records: Records) -> tuple[Lane, ...]:
    keys = sorted({m.dimension for m in records.minutes if m.dimension.endswith("/write")})
    # An index first: it is where a table that looks healthy throttles.
    return tuple(
        Lane(Dimension.parse(key), tuple(m for m in records.minutes if m.dimension == key)) for key in keys
    )


def _alarm_spans(records: Records, end: datetime) -> dict[str, tuple[Span, ...]]:
    alarms = records.alarm_resources
    found: dict[str, list[Span]] = {resource: [] for resource in alarms.values()}
    since: dict[str, datetime] = {}
    for change in records.alarms:
        resource = alarms.get(change.alarm)
        if resource is None:
            continue
        if change.state == "ALARM":
            since.setdefault(change.alarm, change.at)
        elif change.alarm in since:
            found[resource].append(Span(since.pop(change.alarm), change.at, change.alarm, passed=False))
    for name, started in since.items():
        found[alarms[name]].append(Span(started, end, name, passed=False))
    return {resource: tuple(spans) for resource, spans in found.items()}


def _marks(records: Records) -> tuple[Mark, ...]:
    back = rollback(records)
    seconds = back.seconds
    before = records.seen_at(records.command(ROLLED_BACK).started).capacity()["billing_mode"]
    mode = "on-demand" if before == "PAY_PER_REQUEST" else "provisioned"
    early = -seconds.alarm_to_rollback
    rolls = f"rollback begins, {seconds.alarm_to_rollback:,.0f} s after the alarm"
    if early > 0:
        rolls = f"rollback begins, {early:,.0f} s before the alarm: the bake reads the metrics too"
    marks = [
        Mark(back.changed, "change", "CloudFormation changes table and index"),
        Mark(back.alarm.at, "alarm", f"alarm, {seconds.change_to_alarm:,.0f} s after the change"),
        Mark(back.started, "rollback", rolls),
        Mark(back.restored, "restored", f"{mode} as before, {seconds.rollback_to_restored:,.0f} s later"),
    ]
    return tuple(sorted(marks, key=lambda mark: mark.at))
