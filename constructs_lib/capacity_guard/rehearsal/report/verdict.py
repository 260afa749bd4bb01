"""The verdict of the demo: what was refused, committed, rolled back and taken back, and the seconds of both.

It is computed from the raw records only; `out/demo/result.json` is its JSON.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ...capacity.errors import InputError
from .moments import first_event, first_restored, seconds_between, whole_seconds
from .records import AlarmChange, Command, Records, StackEvent
from .taken_back import WATCHED, taken_back_failures, taken_back_json

REFUSED = "refused"
FLOOR = "floor"
ON_DEMAND = "on-demand"
ROLLED_BACK = "rolled-back"
"""The steps of the demo that the verdict covers."""

DISCLAIMER = "emulator, not AWS; seconds are rehearsal-clock seconds"

_LATEST_ALARM = timedelta(minutes=5)
"""From the end of the deployment to an alarm of its throttled minutes. Bake reads the metrics itself, so a quick rollback can end
before the alarm, which fires within five minutes of the first throttled minute (ADR 0007)."""
_FINDING = re.compile(r"\b(CG\d+) +(?:ERROR) +\S.*")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class RollbackSeconds:
    """Duration of a rollback, in rehearsal-clock seconds.

    Attributes:
        change_to_alarm: from CloudFormation's first UpdateTable of the step to the alarm's transition.
        alarm_to_rollback: from there to UPDATE_ROLLBACK_IN_PROGRESS of the stack; negative when Bake, which reads
            the throttle metrics too, was faster than the alarm.
        rollback_to_restored: from there to the former capacity of the table and every index.
    """

    change_to_alarm: float
    alarm_to_rollback: float
    rollback_to_restored: float

    @property
    def change_to_restored(self) -> float:
        """The sum of the three."""
        return round(self.change_to_alarm + self.alarm_to_rollback + self.rollback_to_restored, 1)

    @property
    def whole(self) -> RollbackSeconds:
        """The same in whole seconds, as a page shows them: the parts add up to the sum."""
        return RollbackSeconds(
            *whole_seconds(self.change_to_alarm, self.alarm_to_rollback, self.rollback_to_restored)
        )

    def to_json(self) -> dict[str, float]:
        """The three parts and their sum."""
        return {
            "change_to_alarm": self.change_to_alarm,
            "alarm_to_rollback": self.alarm_to_rollback,
            "rollback_to_restored": self.rollback_to_restored,
            "change_to_restored": self.change_to_restored,
        }


@dataclass(frozen=True)
class DeploymentStage:
    """One stage of a deployment, on the rehearsal clock.

    Attributes:
        step: the step of the demo.
        name: ``preflight``, ``pre-warm``, ``change``, ``bake`` or ``rollback``.
        started, ended: on the rehearsal clock.
        passed: whether it succeeded.
    """

    step: str
    name: str
    started: datetime
    ended: datetime
    passed: bool

    @property
    def seconds(self) -> float:
        """Its duration in seconds of the rehearsal clock."""
        return seconds_between(self.started, self.ended)

    def to_json(self) -> dict[str, Any]:
        """Its entry in `result.json`; seconds of the rehearsal clock."""
        return {
            "deployment": self.step,
            "stage": self.name,
            "seconds": self.seconds,
            "passed": self.passed,
        }


@dataclass(frozen=True)
class Rollback:
    """The times of a rollback, each from the raw record that shows it.

    Attributes:
        changed: UPDATE_IN_PROGRESS of the table: CloudFormation's first UpdateTable of the step.
        alarm: the first transition to ALARM after the change.
        started: UPDATE_ROLLBACK_IN_PROGRESS of the stack.
        restored: first answer of DescribeTable from which on table and indexes stay ACTIVE with their former capacity.
        reason: CloudFormation's complete reason of the failed gate.
        stack_status: the stack's last status.
    """

    changed: datetime
    alarm: AlarmChange
    started: datetime
    restored: datetime
    reason: str
    stack_status: str

    @property
    def seconds(self) -> RollbackSeconds:
        """Its duration, part by part."""
        return RollbackSeconds(
            seconds_between(self.changed, self.alarm.at),
            seconds_between(self.alarm.at, self.started),
            seconds_between(self.started, self.restored),
        )


def findings(output: str) -> list[str]:
    """The findings of level ERROR in the output of a command, one line each, without duplicates.

    Args:
        output: output of `cdk synth`.
    """
    matches = (_FINDING.search(_COLOUR.sub("", line)) for line in output.splitlines())
    return list(dict.fromkeys(re.sub(r" {2,}", " ", match.group(0)).strip() for match in matches if match))


def stages(records: Records, step: str) -> list[DeploymentStage]:
    """The stages of a deployment in order of time, from stack events and DescribeTable.

    Raises:
        InputError: the step ran no command.
    """
    command = records.command(step)
    events = records.events_of(command)
    found = [
        *_forward_stage(events, "preflight", step, [event for event in events if event.is_gate("Preflight")]),
        *_forward_stage(events, "change", step, [event for event in events if event.is_table]),
        *_forward_stage(events, "bake", step, [event for event in events if event.is_gate("Bake")]),
    ]
    warming = _warming(records, command)
    if warming is not None:
        found.append(DeploymentStage(step, "pre-warm", *warming, True))
    rollback_events = [
        event for event in events if event.is_stack and event.status.startswith("UPDATE_ROLLBACK")
    ]
    if rollback_events:
        first, last = rollback_events[0], rollback_events[-1]
        passed = last.status == "UPDATE_ROLLBACK_COMPLETE"
        found.append(DeploymentStage(step, "rollback", first.at, last.at, passed))
    return sorted(found, key=lambda stage: stage.started)


def rollback(records: Records, step: str = ROLLED_BACK) -> Rollback:
    """The times of a step that CloudFormation rolled back.

    Raises:
        InputError: no record shows one of the times; the error names what did not happen.
    """
    command = records.command(step)
    events = records.events_of(command)
    changed = first_event(
        events,
        "the table's UPDATE_IN_PROGRESS",
        lambda event: event.is_table and event.status == "UPDATE_IN_PROGRESS",
    )
    started = first_event(
        events,
        "the stack's UPDATE_ROLLBACK_IN_PROGRESS",
        lambda event: event.is_stack and event.status == "UPDATE_ROLLBACK_IN_PROGRESS",
    )
    failed = first_event(
        events,
        "a gate's CREATE_FAILED",
        lambda event: event.is_gate("Bake") and event.status == "CREATE_FAILED" and bool(event.reason),
    )
    alarm = next(
        (
            change
            for change in records.alarms
            if change.state == "ALARM" and changed.at <= change.at <= command.ended + _LATEST_ALARM
        ),
        None,
    )
    if alarm is None:
        raise InputError(
            "alarm-history.json", f"shows no alarm in step {step!r}", "Look at the player's traffic"
        )
    before = records.table_at(command.started).capacity()
    restored = first_restored(records, before, started.at, command.ended)
    if restored is None:
        raise InputError(
            "tables.jsonl", f"never shows the table restored in step {step!r}", "Look at the stack events"
        )
    status = [event.status for event in events if event.is_stack][-1]
    return Rollback(changed.at, alarm, started.at, restored, failed.reason, status)


def result(records: Records) -> dict[str, Any]:
    """The verdict as plain data for `result.json`.

    Raises:
        InputError: a record that it needs is missing.
    """
    refused, floor, switched, rolled_back = (
        records.command(step) for step in (REFUSED, FLOOR, ON_DEMAND, ROLLED_BACK)
    )
    times = rollback(records)
    return {
        "labels": DISCLAIMER,
        "refused": {"exit_code": refused.exit_code, "findings": findings(refused.output)},
        "committed": {
            "before": records.table_at(floor.started).capacity(),
            "after": records.table_at(switched.ended).capacity(),
            "stages": [stage.to_json() for step in (FLOOR, ON_DEMAND) for stage in stages(records, step)],
        },
        "rolled_back": {
            "before": records.table_at(rolled_back.started).capacity(),
            "after": records.table_at(rolled_back.ended).capacity(),
            "alarm": times.alarm.alarm,
            "reason": times.reason,
            "stack_status": times.stack_status,
            "seconds": times.seconds.to_json(),
        },
        "taken_back": taken_back_json(records)
        | {"stages": [stage.to_json() for stage in stages(records, WATCHED)]},
    }


def failures(records: Records, expected_rules: Sequence[str] = ("CG4", "CG15")) -> list[str]:
    """What did not happen as required, one sentence each; empty for a successful demo.

    Args:
        records: the raw records.
        expected_rules: rules that the findings of the refused change must include.

    Raises:
        InputError: a record that the verdict needs is missing.
    """
    verdict = result(records)
    refused, committed, rolled_back = verdict["refused"], verdict["committed"], verdict["rolled_back"]
    problems = []
    if refused["exit_code"] == 0:
        problems.append("the change of the incident was not refused at synth")
    found_rules = {line.split(" ", 1)[0] for line in refused["findings"]}
    problems += [
        f"{rule} is not among the findings of the refused change"
        for rule in expected_rules
        if rule not in found_rules
    ]
    for step in (FLOOR, ON_DEMAND):
        if records.command(step).exit_code != 0:
            problems.append(f"step {step!r} was not committed")
        passed = {stage.name for stage in stages(records, step) if stage.passed}
        problems += [f"step {step!r} did not pass {name}" for name in _required(step) if name not in passed]
    passed = {stage.name for stage in stages(records, WATCHED) if stage.passed}
    problems += [f"step {WATCHED!r} did not pass {name}" for name in _required(WATCHED) if name not in passed]
    if committed["after"]["billing_mode"] != "PAY_PER_REQUEST":
        problems.append("the table is not on-demand after the change done right")
    if records.command(ROLLED_BACK).exit_code == 0:
        problems.append("the deployment that had to be rolled back ended with exit code 0")
    if rolled_back["stack_status"] != "UPDATE_ROLLBACK_COMPLETE":
        problems.append(f"the stack ended in {rolled_back['stack_status']}, not in UPDATE_ROLLBACK_COMPLETE")
    if rolled_back["before"] != rolled_back["after"]:
        problems.append(
            f"the rollback left another capacity: before {rolled_back['before']}, after {rolled_back['after']}"
        )
    return problems + taken_back_failures(records, verdict["taken_back"])


def _required(step: str) -> tuple[str, ...]:
    # The floor is a relief, which has no Bake; only the switch to on-demand raises warm throughput.
    return {FLOOR: ("preflight", "change"), ON_DEMAND: ("preflight", "pre-warm", "change", "bake")}.get(
        step, ("preflight", "change", "bake")
    )


def _forward_stage(
    all_events: Sequence[StackEvent], name: str, step: str, events: Sequence[StackEvent]
) -> list[DeploymentStage]:
    """The stage of one resource before a rollback, from its first event to its first final event; empty without one."""
    if not events:
        return []
    rollback_times = [
        event.at for event in all_events if event.is_stack and event.status == "UPDATE_ROLLBACK_IN_PROGRESS"
    ]
    ends = [
        event
        for event in events
        if event.status.endswith(("_COMPLETE", "_FAILED"))
        and not (rollback_times and event.at > rollback_times[0])
    ]
    # A resource that only a deletion or the rollback changed did not go through this stage.
    if not ends or not events[0].status.startswith(("CREATE", "UPDATE")):
        return []
    return [DeploymentStage(step, name, events[0].at, ends[0].at, ends[0].status.endswith("_COMPLETE"))]


def _warming(records: Records, command: Command) -> tuple[datetime, datetime] | None:
    """Start and end of a raise of warm throughput during a command; None without one."""
    tables = [table for table in records.tables if command.started <= table.at <= command.ended]
    first = next((table.at for table in tables if table.is_warming()), None)
    if first is None:
        return None
    end = next((table.at for table in tables if table.at > first and not table.is_warming()), None)
    return None if end is None else (first, end)
