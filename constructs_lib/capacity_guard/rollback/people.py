"""What people decide about a watched change: accepting it, pausing its watch, taking it back; each written with who and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from ..capacity.errors import InputError, NotKnown, Refused
from ..capacity.hold import is_journals
from ..cloudformation.intrinsics import parse_template
from ..handlers.aws_error import AwsError
from ..watch.events import FOUND_HELD
from ..watch.journal import Journal
from ..watch.states import Event, State, after
from .calls import RollbackAws
from .journal_store import JournalStore, Kept
from .pauses import MINUTES
from .stages import journal_with_way
from .watched_change import WatchedChange, find_watched, read_changed_at

_TRIES = 5
"""Times a journal is read and written before somebody else's writes are given up on."""
_RETRY = "Let it be tried again: capacity-guard retry BASELINE.json"
_OVER: Mapping[State, str] = MappingProxyType(
    {
        State.SETTLED: "Record it: capacity-guard record --settled. capacity-guard rollback still takes it back",
        State.ACCEPTED: "Record it: capacity-guard record --accepted REASON. capacity-guard rollback still takes it back",
        State.HELD: _RETRY,
    }
)
"""What a person can do with a change whose watch is over."""
_REMEDY = "Declare a change of a table with watch=Watch(), and deploy it"


@dataclass(frozen=True)
class Decision:
    """What a person decided.

    Attributes:
        event: what happens.
        by: who.
        reason: why.
        at: when, UTC.
        pause: how long a pause lasts; ``None`` for anything else.
    """

    event: Event
    by: str
    reason: str
    at: datetime
    pause: timedelta | None = None


@dataclass(frozen=True)
class WatchedTable:
    """A table with a watched change, and its journal.

    Attributes:
        stack: id of the stack.
        change: the change.
        journals: the journals of the stack.
        template: the template of the stack.
    """

    stack: str
    change: WatchedChange
    journals: JournalStore
    template: Mapping[str, Any] = field(default_factory=dict)


def find_watched_table(aws: RollbackAws, table: str) -> WatchedTable:
    """Find the watched change of a table.

    Args:
        aws: the calls.
        table: name of the table.

    Raises:
        InputError: it has none, or its stack has no journals.
        AwsError: a call failed.
    """
    owner = aws.owner(table)
    if owner is None:
        raise InputError(table, "belongs to no CloudFormation stack", "Check table, Region and profile")
    stack, logical_id = owner
    template = parse_template(aws.template(stack), f"template of {table}", _REMEDY)
    for change in find_watched(template):
        if isinstance(change, WatchedChange) and change.logical_id == logical_id:
            journals = find_journals(aws, stack, template)
            if journals is None:
                raise InputError(
                    table, "has a stack without journals", "Deploy the guard of this version first"
                )
            return WatchedTable(stack, change, aws.journals(journals), template)
    raise InputError(table, "has no change that is watched", _REMEDY)


def find_journals(aws: RollbackAws, stack: str, template: Mapping[str, Any]) -> str | None:
    """Name of the table of the journals of a stack, ``None`` if it has none.

    Args:
        aws: the calls.
        stack: id of the stack.
        template: its template.

    Raises:
        AwsError: the stack cannot be read.
    """
    for logical_id in template["Resources"]:
        if is_journals(logical_id):
            return aws.table.physical_id(stack, logical_id)
    return None


def decide(aws: RollbackAws, found: WatchedTable, decision: Decision) -> Journal:
    """Write a decision into the journal of a change.

    Args:
        aws: the calls.
        found: the change.
        decision: the decision.

    Returns:
        The journal with it.

    Raises:
        Refused: it is not possible in the state of the change.
        NotKnown: the journal cannot be written.
        AwsError: the stack or the hold cannot be read.
    """
    is_held = _is_held(aws, found.change)
    if is_held and after(State.HELD, decision.event) is None:
        # The hold decides, whatever the journal says: it may be lost, or not written yet.
        raise _not_possible(found.change, State.HELD, decision.event)
    changed_at = read_changed_at(aws, found.stack, found.change.bake, decision.at)
    if changed_at is None:
        raise Refused(
            found.change.plan.table, "is still with its gates: Bake has not passed", "Wait for the deployment"
        )
    until = None if decision.pause is None else decision.at + decision.pause
    figures = {} if decision.pause is None else {MINUTES: decision.pause / timedelta(minutes=1)}
    problem: str | None = None
    for _ in range(_TRIES):
        kept: Kept = found.journals.read(found.change.logical_id)
        journal = journal_with_way(
            aws,
            found.stack,
            found.template,
            found.change,
            kept.journal,
            changed_at=changed_at,
            now=decision.at,
            by=decision.by,
            is_held=is_held,
        )
        if is_held and after(journal.state, Event.VETOED) is State.HELD:
            journal = journal.with_event(Event.VETOED, at=decision.at, by=decision.by, reason=FOUND_HELD)
        if journal.state in _OVER and after(journal.state, decision.event) is None:
            raise _not_possible(found.change, journal.state, decision.event)
        journal = journal.with_event(
            decision.event,
            at=decision.at,
            by=decision.by,
            reason=decision.reason,
            figures=figures,
            until=until,
        )
        problem = found.journals.write(found.change.logical_id, journal, kept)
        if problem is None:
            return journal
    raise NotKnown("the journal", f"could not be written ({problem})", "Run the command again")


def _is_held(aws: RollbackAws, change: WatchedChange) -> bool:
    if change.hold is None:
        return False
    try:
        return aws.holds.read(change.hold) == change.fingerprint
    except AwsError as error:
        if error.kind != "missing":
            raise
        return False


def _not_possible(change: WatchedChange, state: State, event: Event) -> Refused:
    """Why a decision about a change whose watch is over is not possible."""
    why = "its watch is over"
    if state is State.HELD:
        why = "it was taken back"
    elif state is State.SETTLED and event is Event.ACCEPTED:
        why = "it needs nobody's word"
    return Refused(change.plan.table, f"is {state.value}: {why}", _OVER[state])


__all__ = ["Decision", "WatchedTable", "decide", "find_journals", "find_watched_table"]
