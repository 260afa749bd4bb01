"""``capacity-guard status`` writes a journal that is lost or damaged anew, from what the stack shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..capacity.errors import InputError
from ..capacity.hold import is_fingerprint
from ..handlers.aws_error import AwsError
from ..watch.journal import Journal
from ..watch.states import ON_DUTY, Event, State
from ..watch.way import EARLY, with_way
from .calls import RollbackAws
from .journal_store import JournalStore, Kept
from .memory import Memory
from .people import find_journals
from .stages import journal_with_way, last_attempt, read_deployed, read_stages
from .watched_change import WatchedChange

BY = "status"
"""Who repaired a journal."""


@dataclass(frozen=True)
class Found:
    """A journal as it was found.

    Attributes:
        journal: the journal; ``None`` if there is none, and nothing to write into it.
        problem: what is wrong with it; ``None`` if nothing is.
        is_repaired: whether it was lost or damaged, and has been written anew.
    """

    journal: Journal | None
    problem: str | None = None
    is_repaired: bool = False


def read_and_repair(
    aws: RollbackAws,
    stack: str,
    template: Mapping[str, Any],
    change: WatchedChange,
    *,
    changed_at: datetime | None,
    now: datetime,
    is_held: bool,
) -> Found:
    """Read the journal of a change, and write it anew if it is lost or damaged, or does not have the way of the change yet.

    It never fails: no rollback needs a journal. Pauses and acceptances of a lost one are lost.

    Args:
        aws: the calls.
        stack: id of the stack.
        template: its template.
        change: the change.
        changed_at: when the table had its new capacity, UTC; ``None`` if Bake has not passed.
        now: the current time, UTC.
        is_held: whether the change is held.
    """
    try:
        name = find_journals(aws, stack, template)
    except AwsError as error:
        return Found(None, str(error))
    if name is None:
        return Found(None)
    store = aws.journals(name)
    kept = store.read(change.logical_id)
    before = kept.journal if kept.journal and kept.journal.fingerprint == change.fingerprint else None
    if kept.must_stay:
        return Found(None, kept.problem)
    journal = journal_with_way(
        aws, stack, template, change, before, changed_at=changed_at, now=now, by=BY, is_held=is_held
    )
    journal = _with_hold(journal, now, is_held=is_held)
    return _written(store, change.logical_id, kept, before, journal)


def _with_hold(journal: Journal, now: datetime, *, is_held: bool) -> Journal:
    """A journal that says that its change is held, where the change is and the journal does not have it."""
    if not is_held or journal.state not in (State.WATCHING, State.UNPROVEN):
        return journal
    return journal.with_event(Event.VETOED, at=now, by=BY, reason="found held")


def _written(
    store: JournalStore, logical_id: str, kept: Kept, before: Journal | None, journal: Journal
) -> Found:
    """Write a journal that differs from what was read."""
    if journal == before or not journal.entries:
        return Found(before, kept.problem)
    problem = store.write(logical_id, journal, kept)
    if problem is not None:
        return Found(journal, f"it could not be written: {problem}")
    # On its way a journal is written with what is new; only one that should have had it was lost.
    is_lost = kept.problem is not None or (before is None and journal.state not in EARLY)
    return Found(journal, kept.problem, is_lost)


def last_change(
    aws: RollbackAws, stack: str, template: Mapping[str, Any], logical_id: str, hold: str, now: datetime
) -> str | None:
    """What became of the last change of a table whose template has no way back of it: it was undone with its gates, or deployed
    without a watch.

    The journal of one that was undone is written, too. It never fails.

    Args:
        aws: the calls.
        stack: id of the stack.
        template: its template.
        logical_id: logical id of the table.
        hold: name of its hold.
        now: the current time, UTC.

    Returns:
        A sentence; ``None`` if nothing is known of one.
    """
    try:
        attempt = last_attempt(aws.events(stack, None), logical_id)
        held = _held(aws, hold)
        if attempt is None:
            return f"change {held} is held" if held else None
        is_held = held == attempt.fingerprint
        gates, memory = (attempt.preflight, attempt.bake), Memory()
        seen = read_stages(aws, stack, *gates, now, is_held=is_held, memory=memory)
        deployed_at = read_deployed(aws, stack, *gates, now, memory)
        name = find_journals(aws, stack, template)
    except AwsError:
        return None
    store = None if name is None else aws.journals(name)
    kept = Kept(None, None) if store is None else store.read(logical_id)
    before = kept.journal if kept.journal and kept.journal.fingerprint == attempt.fingerprint else None
    journal = _with_hold(
        with_way(before or Journal(logical_id, attempt.fingerprint), seen), now, is_held=is_held
    )
    if deployed_at is not None and not is_held and (journal.state in EARLY or journal.state in ON_DUTY):
        # The watch no longer writes this journal, so a state that is written now would never change.
        when = f"{deployed_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        return f"change {attempt.fingerprint} was deployed ({when}), and is not watched"
    if store is not None and not kept.must_stay:
        _written(store, logical_id, kept, before, journal)
    if not journal.entries:
        return None
    # The reason is with what undid it; that its gates were deleted says less.
    last = next((entry for entry in reversed(journal.entries) if entry.reason), journal.entries[-1])
    when = f"{last.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    why = f": {last.reason}" if last.reason else ""
    return f"change {attempt.fingerprint} is {journal.state.value} ({last.event.value}, {when}{why})"


def _held(aws: RollbackAws, hold: str) -> str | None:
    try:
        value = aws.holds.read(hold)
    except (AwsError, InputError):
        return None
    return value if is_fingerprint(value) else None


__all__ = ["Found", "last_change", "read_and_repair"]
