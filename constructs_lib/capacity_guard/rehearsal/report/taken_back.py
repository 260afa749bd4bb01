"""How the watch took a change back after its deployment had ended: its times, each from the raw record that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ...capacity.errors import InputError
from .moments import first_event, first_restored, seconds_between, whole_seconds
from .records import JOURNAL, TRAFFIC, JournalEntry, Minute, Records

ARMED = "armed"
WATCHED = "watched"
"""The steps: the watch is deployed, and then the change that it watches."""

VETOED, RESTORED = "watch vetoed", "restored, verified"
"""Events of the journal (docs/watch.md, "States")."""


@dataclass(frozen=True)
class WatchSeconds:
    """Duration of taking a change back, in rehearsal-clock seconds.

    Attributes:
        throttled_to_veto: from the start of the first throttled minute to the look that vetoes. In it metrics are published.
        veto_to_update: from there to the stack's update.
        update_to_restored: from there to the former capacity of the table and every index.
    """

    throttled_to_veto: float
    veto_to_update: float
    update_to_restored: float

    @property
    def throttled_to_restored(self) -> float:
        """The sum of the three."""
        return round(self.throttled_to_veto + self.veto_to_update + self.update_to_restored, 1)

    @property
    def whole(self) -> WatchSeconds:
        """The same in whole seconds, as a page shows them: the parts add up to the sum."""
        return WatchSeconds(
            *whole_seconds(self.throttled_to_veto, self.veto_to_update, self.update_to_restored)
        )

    def to_json(self) -> dict[str, float]:
        """The three parts and their sum."""
        return {
            "throttled_to_veto": self.throttled_to_veto,
            "veto_to_update": self.veto_to_update,
            "update_to_restored": self.update_to_restored,
            "throttled_to_restored": self.throttled_to_restored,
        }


@dataclass(frozen=True)
class TakenBack:
    """The times of it.

    Attributes:
        changed: UPDATE_IN_PROGRESS of the table: CloudFormation's UpdateTable of the change.
        throttled: the first minute with throttle events after the deployment; its start is the time.
        alarm: the first transition to ALARM after it; ``None`` if none came before the table was restored.
        vetoed: the journal's entry.
        updated: UPDATE_IN_PROGRESS of the stack, after the veto.
        restored: first answer of DescribeTable from which on table and indexes stay ACTIVE with their former capacity.
        confirmed: the journal's entry about table and indexes that are as before.
        stack_status: the stack's last status.
    """

    changed: datetime
    throttled: Minute
    alarm: datetime | None
    vetoed: JournalEntry
    updated: datetime
    restored: datetime
    confirmed: JournalEntry
    stack_status: str

    @property
    def seconds(self) -> WatchSeconds:
        """Its duration, part by part."""
        return WatchSeconds(
            seconds_between(self.throttled.at, self.vetoed.at),
            seconds_between(self.vetoed.at, self.updated),
            seconds_between(self.updated, self.restored),
        )

    @property
    def quiet(self) -> timedelta:
        """How long the change was in effect before it throttled."""
        return self.throttled.at - self.changed


def taken_back(records: Records, step: str = WATCHED) -> TakenBack:
    """The times of a step whose change the watch took back after its deployment.

    Raises:
        InputError: no record shows one of the times; the error names what did not happen.
    """
    command = records.command(step)
    changed = first_event(
        records.events_of(command),
        "the table's UPDATE_IN_PROGRESS",
        lambda event: event.is_table and event.status == "UPDATE_IN_PROGRESS",
    )
    throttled = next(
        (minute for minute in records.minutes if minute.at > command.ended and minute.throttle_events), None
    )
    if throttled is None:
        raise InputError(
            TRAFFIC, f"shows nothing throttled after step {step!r}", "Look at the player's traffic"
        )
    vetoed = _entry(records, VETOED, command.ended)
    later = [event for event in records.events if event.at >= vetoed.at]
    updated = first_event(
        later,
        "the stack's UPDATE_IN_PROGRESS after the veto",
        lambda event: event.is_stack and event.status == "UPDATE_IN_PROGRESS",
    )
    restored = first_restored(records, records.table_at(command.started).capacity(), updated.at)
    if restored is None:
        raise InputError(
            "tables.jsonl", f"never shows the table restored after step {step!r}", "Look at the stack events"
        )
    alarm = next(
        (c.at for c in records.alarms if c.state == "ALARM" and throttled.at <= c.at <= restored), None
    )
    status = [event.status for event in later if event.is_stack][-1]
    confirmed = _entry(records, RESTORED, vetoed.at)
    return TakenBack(changed.at, throttled, alarm, vetoed, updated.at, restored, confirmed, status)


def taken_back_json(records: Records) -> dict[str, Any]:
    """Its part of `result.json`.

    Raises:
        InputError: a record that it needs is missing.
    """
    command, times = records.command(WATCHED), taken_back(records)
    return {
        "before": records.table_at(command.started).capacity(),
        "after": records.tables[-1].capacity(),
        "quiet_hours": round(times.quiet / timedelta(hours=1), 1),
        "reason": times.vetoed.reason,
        "stack_status": times.stack_status,
        "seconds": times.seconds.to_json(),
    }


def taken_back_failures(records: Records, verdict: Mapping[str, Any]) -> list[str]:
    """What did not happen as required, one sentence each.

    Args:
        records: the raw records.
        verdict: what `taken_back_json` gives.
    """
    problems = [
        f"step {step!r} was not deployed" for step in (ARMED, WATCHED) if records.command(step).exit_code != 0
    ]
    if verdict["stack_status"] != "UPDATE_COMPLETE":
        problems.append(f"the watch left the stack in {verdict['stack_status']}, not in UPDATE_COMPLETE")
    if verdict["before"] != verdict["after"]:
        problems.append(
            f"the watch left another capacity: before {verdict['before']}, after {verdict['after']}"
        )
    return problems


def _entry(records: Records, event: str, since: datetime) -> JournalEntry:
    found = next((entry for entry in records.journal if entry.event == event and entry.at >= since), None)
    if found is None:
        raise InputError(JOURNAL, f"has no {event!r}", "Look at the log of the function of the watch")
    return found
