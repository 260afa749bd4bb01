"""One stack of a deployment: its events as they come, and what became of it in the end."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from ..capacity.errors import InputError
from ..handlers import clock
from ..handlers.aws_error import AwsError
from ..handlers.live_table import read_scaling, read_table
from ..handlers.verify import find_inactive
from ..rollback.calls import RollbackAws
from ..rollback.capacity_before import CapacityBefore
from ..rollback.people import find_journals
from ..watch.states import Event
from .lost_holds import LostHold, find_lost_holds
from .planned import PlannedChange, PlannedStack
from .stack_calls import Live, read_live
from .stages import STACK, Stages, warm_line


class Result(str, Enum):
    """What became of a stack."""

    DONE = "deployed"
    UNCHANGED = "nothing was deployed"
    UNDONE = "refused or rolled back"
    UNKNOWN = "not known"


_MADE_ANEW = (None, "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
"""Statuses in which the CDK CLI deletes a stack and creates it anew."""
_BY_EVENTS = frozenset(
    {
        Event.PREFLIGHT_STARTED,
        Event.PREFLIGHT_REFUSED,
        Event.PREFLIGHT_PASSED,
        Event.CHANGE_UNDONE,
        Event.TABLE_CHANGED,
        Event.BAKE_VETOED,
        Event.BAKE_PASSED,
    }
)
"""What the events of the stack show, with its reason."""


@dataclass(frozen=True)
class Outcome:
    """What became of a stack, in words.

    Attributes:
        result: what.
        lines: the same for people.
    """

    result: Result
    lines: tuple[str, ...]


class Followed:
    """One stack of a deployment.

    Args:
        planned: the stack and its changes.
        aws: the calls on it.
        live: the stack as it was before.
    """

    def __init__(self, planned: PlannedStack, aws: RollbackAws, live: Live) -> None:
        self.planned, self.live = planned, live
        self.stages = Stages(planned.stack.id, planned.changes)
        self._aws, self._newest = aws, live.newest
        self._warm: dict[str, str | None] = {}
        self._problem: str | None = None
        self._began = clock.now()
        self._entries: set[tuple[str, str, datetime]] = set()
        self.unread = 0
        """Looks in a row that could not read the stack."""

    @property
    def name(self) -> str:
        """How the stack is called."""
        return self.planned.stack.id

    @property
    def runs(self) -> bool:
        """Whether an operation that was seen continues."""
        return self.stages.seen.started and self.stages.seen.ended is None

    @property
    def _source(self) -> str:
        """Id of the stack; its name where a deployment makes a stack with another id, as after a creation that was undone."""
        return self.planned.stack.name if self.live.status in _MADE_ANEW else self.live.id

    def refresh(self) -> None:
        """Read the stack anew, as what was before.

        Raises:
            AwsError: a call failed.
            InputError: its template cannot be read.
        """
        self.live = read_live(self._aws, self.planned.stack.name)
        self._newest = self.live.newest
        self.stages = Stages(self.name, self.planned.changes)

    def attach(self) -> Iterator[str]:
        """The lines of the operation that runs already.

        Raises:
            AwsError: its events cannot be read.
        """
        events = of_operation(self._aws.events(self._source, None))
        yield from self.stages.read(events)
        if not self.stages.seen.started:
            self.stages.join(str(self.live.status))

    def is_attached_to(self, change: PlannedChange) -> bool:
        """Whether the operation that was read has gates of a change."""
        return self.stages.has_seen(change.preflight)

    def look(self) -> Iterator[str]:
        """The lines of what has happened since the last look. What cannot be read is said once."""
        try:
            events = self._aws.events(self._source, self._newest)
            lines = [*self.stages.read(events), *self._warm_lines(), *self._journal_lines()]
        except AwsError as error:
            if error.kind == "invalid" and "does not exist" in error.detail:
                return
            self.unread += 1
            if str(error) != self._problem:
                self._problem = str(error)
                yield f"{self.name}: its stages cannot be read: {error}"
            return
        self.unread, self._problem = 0, None
        yield from lines

    def _warm_lines(self) -> Iterator[str]:
        for change in self.planned.changes:
            if not self.stages.is_preparing(change):
                continue
            table = self._table(change)
            line = None if table is None else warm_line(self._aws.table.describe_table(table))
            if line != self._warm.get(change.fingerprint):
                self._warm[change.fingerprint] = line
                if line is not None:
                    yield f"{self.name}: {change.plan.table}: {line}"

    def _journal_lines(self) -> Iterator[str]:
        """What the journals have that no event of the stack shows: what people decided, and what the watch did."""
        if not self.stages.seen.started or self.live.template is None:
            return
        name = find_journals(self._aws, self.live.id, self.live.template)
        if name is None:
            return
        journals = self._aws.journals(name)
        for change in self.planned.changes:
            journal = journals.read(change.plan.logical_id).journal
            if journal is None or journal.fingerprint != change.fingerprint:
                continue
            for entry in journal.entries:
                key = (change.fingerprint, entry.event.value, entry.at)
                if entry.event in _BY_EVENTS or entry.at < self._began or key in self._entries:
                    continue
                self._entries.add(key)
                why = f": {entry.reason}" if entry.reason else ""
                yield f"{entry.at:%H:%M:%S} {self.name}: {change.plan.table}: {entry.event.value}, {entry.by}{why}"

    def held(self) -> tuple[PlannedChange, ...]:
        """The changes that are held.

        Raises:
            AwsError: a hold cannot be read.
        """
        return tuple(change for change in self.planned.changes if self._is_held(change))

    def lost_holds(self) -> tuple[LostHold, ...]:
        """The held changes that the new template would send again.

        Raises:
            AwsError: a hold or the stack cannot be read.
            InputError: a template cannot be read.
        """
        return tuple(find_lost_holds(self.planned, self.live, self._aws))

    def _is_held(self, change: PlannedChange) -> bool:
        if change.hold is None:
            return False
        try:
            return self._aws.holds.read(change.hold) == change.fingerprint
        except AwsError as error:
            if error.kind != "missing":
                raise
            return False

    def is_deployed(self, change: PlannedChange) -> bool:
        """Whether the stack had the gates of a change before."""
        return self.live.template is not None and change.preflight in self.live.template["Resources"]

    def outcome(self) -> Outcome:
        """What became of the stack. An operation that continues, or that cannot be read, is not known."""
        seen = self.stages.seen
        if not seen.started:
            return Outcome(Result.UNCHANGED, ())
        if seen.ended is None:
            return Outcome(Result.UNKNOWN, (f"{self.name}: it is not known how its operation ended",))
        if not seen.is_undone and seen.ended in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return Outcome(Result.DONE, ())
        refused = [
            change
            for change in self.planned.changes
            if any(reason.startswith(f"{change.preflight}: ") for reason in seen.reasons)
        ]
        by = "refused by Preflight, " if refused else ""
        lines = [f"{self.name}: {by}{_ended_text(seen.ended, is_undone=seen.is_undone)}"]
        lines += [f"  why: {reason}" for reason in seen.reasons[:3]]
        if seen.ended not in ("UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE", "DELETE_COMPLETE"):
            lines.append(f"  {_remedy(seen.ended, self.planned.stack.name)}")
            return Outcome(Result.UNKNOWN, tuple(lines))
        result = Result.UNDONE
        for change in self.planned.changes:
            if self.stages.has_seen(change.preflight):
                is_restored, text = self._restored(change)
                lines.append(f"  {text}")
                result = result if is_restored else Result.UNKNOWN
        return Outcome(result, tuple(lines))

    def _restored(self, change: PlannedChange) -> tuple[bool, str]:
        """Whether a table has the capacity of before, and that in words."""
        plan = change.plan
        try:
            name = self._table(change)
            if name is None:
                return False, f"{plan.table}: the stack does not have the table"
            table = read_scaling(self._aws.table, read_table(self._aws.table, name))
        except AwsError as error:
            return False, f"{plan.table}: it is not known what was restored: {error}"
        before = CapacityBefore.of_transition(plan.transition, plan.deployed.template)
        different = [*find_inactive(table), *before.differences(table)]
        if different:
            return False, f"{plan.table}: not as before the change: {'; '.join(different)}"
        indexes = len(plan.deployed.template.indexes)
        resources = (
            f"table and {indexes} {'index' if indexes == 1 else 'indexes'} have"
            if indexes
            else "the table has"
        )
        return True, f"{plan.table}: {resources} the capacity of before the change"

    def table_names(self) -> Mapping[str, str]:
        """Names of the tables in AWS, by fingerprint; those that cannot be read are left out."""
        found = {}
        for change in self.planned.changes:
            try:
                name = self._table(change)
            except AwsError:
                continue
            if name is not None:
                found[change.fingerprint] = name
        return found

    def _table(self, change: PlannedChange) -> str | None:
        plan = change.plan
        return plan.table_name or self._aws.table.physical_id(self._source, plan.logical_id)


def follow(planned: PlannedStack, aws: RollbackAws) -> Followed:
    """Begin with one stack.

    Args:
        planned: the stack and its changes.
        aws: the calls on it.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return Followed(planned, aws, read_live(aws, planned.stack.name))
    except AwsError as error:
        raise InputError(
            planned.stack.id, f"cannot be read ({error})", "Check profile, credentials and Region"
        ) from None


def of_operation(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The events of the newest operation.

    Args:
        events: events of a stack, the oldest first.
    """
    began = 0
    for position, event in enumerate(events):
        is_stack = event.get("ResourceType") == STACK and event.get("PhysicalResourceId") == event.get(
            "StackId"
        )
        status = str(event.get("ResourceStatus"))
        if is_stack and status in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"):
            began = position
    return list(events[began:])


def _ended_text(status: str, *, is_undone: bool) -> str:
    if status in ("UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE"):
        return f"rolled back ({status})"
    return f"{'its rollback did not end' if is_undone else 'its operation did not end'} well ({status})"


def _remedy(status: str, stack: str) -> str:
    if status == "UPDATE_ROLLBACK_FAILED":
        return f"continue its rollback: aws cloudformation continue-update-rollback --stack-name {shlex.quote(stack)}"
    return f"look at it: aws cloudformation describe-stack-events --stack-name {shlex.quote(stack)}"


__all__ = ["Followed", "Outcome", "Result", "follow", "of_operation"]
