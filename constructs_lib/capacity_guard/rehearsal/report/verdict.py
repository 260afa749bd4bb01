"""The verdict of the demo: what was refused, what was committed, what was rolled back, and in how many seconds.

Computed from raw records alone; `out/demo/result.json` is its JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...capacity.errors import InputError
from .records import AlarmChange, Command, Records, StackEvent

REFUSED = "refused"
FLOOR = "floor"
ON_DEMAND = "on-demand"
ROLLED_BACK = "rolled-back"
"""The steps of the demo that its verdict is about."""

DISCLAIMER = "emulator, not AWS; seconds are rehearsal-clock seconds"

_FINDING = re.compile(r"\b(CG\d+) +(?:ERROR) +\S.*")
_LOWERED = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Seconds:
    """How long a rollback took, in rehearsal-clock seconds.

    Attributes:
        change_to_alarm: from CloudFormation's first UpdateTable of the step to the alarm's transition.
        alarm_to_rollback: from there to UPDATE_ROLLBACK_IN_PROGRESS of the stack; negative when the bake, which reads
            the throttle metrics itself, was faster than the alarm.
        rollback_to_restored: from there to the table and every index as they were before.
    """

    change_to_alarm: float
    alarm_to_rollback: float
    rollback_to_restored: float

    @property
    def change_to_restored(self) -> float:
        """The sum of the three."""
        return round(self.change_to_alarm + self.alarm_to_rollback + self.rollback_to_restored, 1)

    def to_json(self) -> dict[str, float]:
        """The three parts and their sum."""
        return {
            "change_to_alarm": self.change_to_alarm,
            "alarm_to_rollback": self.alarm_to_rollback,
            "rollback_to_restored": self.rollback_to_restored,
            "change_to_restored": self.change_to_restored,
        }


@dataclass(frozen=True)
class Stage:
    """One stage of a deployment, on the rehearsal clock.

    Attributes:
        step: the step of the demo.
        name: ``preflight``, ``pre-warm``, ``change``, ``bake`` or ``rollback``.
        started, ended: on the rehearsal clock.
        passed: whether it ended well.
    """

    step: str
    name: str
    started: datetime
    ended: datetime
    passed: bool

    @property
    def seconds(self) -> float:
        """How long it took, seconds of the rehearsal clock."""
        return _between(self.started, self.ended)

    def to_json(self) -> dict[str, Any]:
        """What `result.json` says of it; seconds of the rehearsal clock."""
        return {
            "deployment": self.step,
            "stage": self.name,
            "seconds": self.seconds,
            "passed": self.passed,
        }


@dataclass(frozen=True)
class Rollback:
    """The moments of a rollback, each from the raw record that shows it.

    Attributes:
        changed: UPDATE_IN_PROGRESS of the table: CloudFormation's first UpdateTable of the step.
        alarm: the alarm that spoke first, and when.
        started: UPDATE_ROLLBACK_IN_PROGRESS of the stack.
        restored: first answer of DescribeTable from which on table and every index are ACTIVE and as before.
        reason: CloudFormation's reason of the failed gate, whole.
        stack_status: the stack's last status.
    """

    changed: datetime
    alarm: AlarmChange
    started: datetime
    restored: datetime
    reason: str
    stack_status: str

    @property
    def seconds(self) -> Seconds:
        """The time it took, part by part."""
        return Seconds(
            _between(self.changed, self.alarm.at),
            _between(self.alarm.at, self.started),
            _between(self.started, self.restored),
        )


def findings(output: str) -> list[str]:
    """The findings of level ERROR that a command has printed, one line each, every finding once.

    Args:
        output: what `cdk synth` printed.
    """
    lines = (_FINDING.search(_LOWERED.sub("", line)) for line in output.splitlines())
    return list(dict.fromkeys(re.sub(r" {2,}", " ", found.group(0)).strip() for found in lines if found))


def stages(records: Records, step: str) -> list[Stage]:
    """The stages a deployment went through, in order of time, from stack events and DescribeTable.

    Raises:
        InputError: the step ran no command.
    """
    command = records.command(step)
    events = records.events_of(command)
    found = [
        *_spans(events, "preflight", step, [e for e in events if e.is_gate("Preflight")]),
        *_spans(events, "change", step, [e for e in events if e.is_table]),
        *_spans(events, "bake", step, [e for e in events if e.is_gate("Bake")]),
    ]
    warming = _warming(records, command)
    if warming is not None:
        found.append(Stage(step, "pre-warm", *warming, True))
    back = [e for e in events if e.is_stack and e.status.startswith("UPDATE_ROLLBACK")]
    if back:
        found.append(
            Stage(step, "rollback", back[0].at, back[-1].at, back[-1].status == "UPDATE_ROLLBACK_COMPLETE")
        )
    return sorted(found, key=lambda stage: stage.started)


def rollback(records: Records, step: str = ROLLED_BACK) -> Rollback:
    """The moments of a step that CloudFormation rolled back.

    Raises:
        InputError: one of the moments stands in no record, which says what did not happen.
    """
    command = records.command(step)
    events = records.events_of(command)
    changed = _first(
        events, "the table's UPDATE_IN_PROGRESS", lambda e: e.is_table and e.status == "UPDATE_IN_PROGRESS"
    )
    started = _first(
        events,
        "the stack's UPDATE_ROLLBACK_IN_PROGRESS",
        lambda e: e.is_stack and e.status == "UPDATE_ROLLBACK_IN_PROGRESS",
    )
    failed = _first(
        events,
        "a gate's CREATE_FAILED",
        lambda e: e.is_gate("Bake") and e.status == "CREATE_FAILED" and bool(e.reason),
    )
    alarm = next(
        (a for a in records.alarms if a.state == "ALARM" and changed.at <= a.at <= command.ended), None
    )
    if alarm is None:
        raise InputError(
            "alarm-history.json", f"shows no alarm in step {step!r}", "Look at the player's traffic"
        )
    before = records.seen_at(command.started).capacity()
    # From the first answer after which nothing differs any more: a reversal that is not finished does not count.
    restored: datetime | None = None
    for seen in (s for s in records.tables if started.at <= s.at <= command.ended):
        is_back = seen.is_active() and seen.capacity() == before
        restored = (restored or seen.at) if is_back else None
    if restored is None:
        raise InputError(
            "tables.jsonl", f"never shows the table restored in step {step!r}", "Look at the stack events"
        )
    status = [e.status for e in events if e.is_stack][-1]
    return Rollback(changed.at, alarm, started.at, restored, failed.reason, status)


def result(records: Records) -> dict[str, Any]:
    """The verdict as plain data for `result.json`.

    Raises:
        InputError: a record that it needs is missing.
    """
    refused, floor, switched, undone = (records.command(s) for s in (REFUSED, FLOOR, ON_DEMAND, ROLLED_BACK))
    back = rollback(records)
    return {
        "labels": DISCLAIMER,
        "refused": {"exit_code": refused.exit_code, "findings": findings(refused.output)},
        "committed": {
            "before": records.seen_at(floor.started).capacity(),
            "after": records.seen_at(switched.ended).capacity(),
            "stages": [stage.to_json() for step in (FLOOR, ON_DEMAND) for stage in stages(records, step)],
        },
        "rolled_back": {
            "before": records.seen_at(undone.started).capacity(),
            "after": records.seen_at(undone.ended).capacity(),
            "alarm": back.alarm.alarm,
            "reason": back.reason,
            "stack_status": back.stack_status,
            "seconds": back.seconds.to_json(),
        },
    }


def failures(records: Records, expected_rules: Sequence[str] = ("CG4", "CG15")) -> list[str]:
    """What did not happen as it must, one sentence each; empty when the demo holds.

    Args:
        records: the raw records.
        expected_rules: rules that must be among the findings of the refused change.

    Raises:
        InputError: a record that the verdict needs is missing.
    """
    verdict = result(records)
    refused, committed, undone = verdict["refused"], verdict["committed"], verdict["rolled_back"]
    problems = []
    if refused["exit_code"] == 0:
        problems.append("the change of the incident was not refused at synth")
    found = {line.split(" ", 1)[0] for line in refused["findings"]}
    problems += [
        f"{rule} is not among the findings of the refused change"
        for rule in expected_rules
        if rule not in found
    ]
    for step in (FLOOR, ON_DEMAND):
        if records.command(step).exit_code != 0:
            problems.append(f"step {step!r} was not committed")
        passed = {stage.name for stage in stages(records, step) if stage.passed}
        problems += [f"step {step!r} did not pass {name}" for name in _required(step) if name not in passed]
    if committed["after"]["billing_mode"] != "PAY_PER_REQUEST":
        problems.append("the table is not on-demand after the change done right")
    if records.command(ROLLED_BACK).exit_code == 0:
        problems.append("the deployment that had to be rolled back ended with exit code 0")
    if undone["stack_status"] != "UPDATE_ROLLBACK_COMPLETE":
        problems.append(f"the stack ended in {undone['stack_status']}, not in UPDATE_ROLLBACK_COMPLETE")
    if undone["before"] != undone["after"]:
        problems.append(
            f"the rollback left another capacity: before {undone['before']}, after {undone['after']}"
        )
    return problems


def _required(step: str) -> tuple[str, ...]:
    return ("preflight", "change", "bake") if step == FLOOR else ("preflight", "pre-warm", "change", "bake")


def _spans(
    all_events: Sequence[StackEvent], name: str, step: str, events: Sequence[StackEvent]
) -> list[Stage]:
    """The way forward of one resource: from its first event to its first end."""
    if not events:
        return []
    rolled = [e.at for e in all_events if e.is_stack and e.status == "UPDATE_ROLLBACK_IN_PROGRESS"]
    ends = [
        e for e in events if e.status.endswith(("_COMPLETE", "_FAILED")) and not (rolled and e.at > rolled[0])
    ]
    # What only a deletion or the way back touched did not go through this stage.
    if not ends or not events[0].status.startswith(("CREATE", "UPDATE")):
        return []
    return [Stage(step, name, events[0].at, ends[0].at, ends[0].status.endswith("_COMPLETE"))]


def _warming(records: Records, command: Command) -> tuple[datetime, datetime] | None:
    within = [seen for seen in records.tables if command.started <= seen.at <= command.ended]
    first = next((seen.at for seen in within if seen.is_warming()), None)
    if first is None:
        return None
    end = next((seen.at for seen in within if seen.at > first and not seen.is_warming()), None)
    return None if end is None else (first, end)


def _first(events: Iterable[StackEvent], what: str, matches: Any) -> StackEvent:
    found = next((event for event in events if matches(event)), None)
    if found is None:
        raise InputError("stack-events.json", f"holds no {what}", "Look at the output of the deployment")
    return found


def _between(start: datetime, end: datetime) -> float:
    return round((end - start).total_seconds(), 1)
