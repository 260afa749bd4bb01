"""One look of the watch at the changes of a stack.

A look starts from facts: the template, the hold, the stack's events and the metrics. The journal has what no fact shows, such as
a pause or sent messages, and the look continues without it. So a look may end anywhere, and the next completes its work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from ..capacity.errors import InputError
from ..cloudformation.intrinsics import parse_template
from ..handlers.aws_error import AwsError
from ..handlers.messages import log_decision
from ..watch.events import Subject, of_entry, of_message
from ..watch.journal import Journal, when_it_was
from ..watch.states import START, Event, State
from . import texts, unread_texts
from .calls import RollbackAws
from .journal_store import JournalStore, Kept
from .judged_change import JudgedChange
from .memory import Memory
from .pager import Message, Pager
from .problems import NotLookedError, problem_of, trace_of
from .publisher import Publisher
from .restoring import go_on
from .running import baked_meanwhile
from .stages import journal_with_way
from .step import UPDATABLE
from .texts import change_text
from .told import Place, Told, name_of, stack_message
from .watched_change import UnreadBake, WatchedChange, find_watched, read_changed_at

BY = "watch"
"""Who the function is in a journal."""
_REMEDY = "Roll back by deploying the code of before"
_EVENTS = "events"
"""Name in the journal of the time up to which events were put."""
_OLDEST_EVENT = timedelta(days=1)
"""Older entries of a journal are put as no event: it was written before there were events, or nobody waits for them any more."""
_MOST_UNSENT = 50
AGAIN = timedelta(hours=6)
"""Time after which a message about a lasting state is sent again."""


@dataclass(frozen=True)
class Watcher:
    """What the looks of a stack have in common.

    Attributes:
        aws: the calls.
        journals: the journals.
        pager: sends messages.
        memory: what the process remembers.
        stack: id of the stack.
        publisher: puts events for programs; ``None`` for none.
        failed: what this look could not do, in sentences.
    """

    aws: RollbackAws
    journals: JournalStore
    pager: Pager
    memory: Memory
    stack: str
    publisher: Publisher | None = None
    failed: list[str] = field(default_factory=list)

    def look(self, now: datetime) -> None:
        """Look once at every change of the stack. A change that cannot be looked at is reported, and the others are looked at.

        Args:
            now: the current time, UTC.

        Raises:
            AwsError: the stack cannot be read.
            InputError: its template cannot be read.
            NotLookedError: something else cannot be read, or a message could not be sent.
        """
        self.failed.clear()
        for message, key, about in self.memory.take_outbox():
            self._send(message, key, about, now, is_kept=True)
        aws = self.aws.look()
        try:
            described = aws.stack(self.stack)
            body = aws.template(self.stack)
            name = str(described["StackName"])
            changes = list(find_watched(parse_template(body, f"template of {name}", _REMEDY)))
        except Exception as error:
            text = (
                f"The stack of the watch cannot be read, so no change of it is watched: {problem_of(error)}"
            )
            if self.memory.is_told(error, "", "blind", now):
                self.tell(None, stack_message("blind", self.stack, "changes are NOT watched", text), now)
            raise
        self.memory.works("", "blind")
        changes += self._baked_meanwhile(aws, str(described["StackStatus"]), changes, now)
        # Another one comes first each time, so that no change is always the one for which there is no time.
        first = int(now.timestamp() // 60) % len(changes) if changes else 0
        for change in (*changes[first:], *changes[:first]):
            if isinstance(change, UnreadBake):
                self._unread(change.bake, change.problem, now)
                continue
            try:
                One(replace(self, aws=self.aws.look()), change, described, body, now).look()
            except Exception as error:  # noqa: BLE001 - reported and raised at the end; the other changes are looked at first
                log_decision(
                    BY, "not looked", table=change.plan.table, why=repr(error), trace=trace_of(error)
                )
                self._unread(change.bake, f"{change.bake}: {problem_of(error)}", now)
        if self.failed:
            raise NotLookedError("; ".join(self.failed))

    def _baked_meanwhile(
        self, aws: RollbackAws, status: str, known: Sequence[WatchedChange | UnreadBake], now: datetime
    ) -> list[WatchedChange | UnreadBake]:
        """``baked_meanwhile``; where the events cannot be read, that is reported, and the known changes are looked at."""
        try:
            found = baked_meanwhile(aws, self.stack, status, known)
        except AwsError as error:
            self.failed.append(str(error))
            log_decision(BY, "running update not read", why=str(error))
            if self.memory.is_told(error, "", "running", now):
                text = (
                    f"An update of stack {name_of(self.stack)} runs, and its events cannot be read, so a change whose Bake has "
                    f"passed in it is not watched until it ends: {error}"
                )
                what = "a change is perhaps NOT watched"
                self.tell(None, stack_message("running", self.stack, what, text), now)
            return []
        self.memory.works("", "running")
        return found

    def _unread(self, bake: str, problem: str, now: datetime) -> None:
        self.failed.append(problem)
        text = f"A change of stack {name_of(self.stack)} is not watched: {problem}"
        message = stack_message("unreadable", self.stack, "a change is NOT watched", text)
        self.tell(None, message, now, subject=bake)

    def tell(
        self,
        journal: Journal | None,
        message: Message,
        now: datetime,
        *,
        subject: str = "",
        again: timedelta | None = AGAIN,
        about: Subject | None = None,
    ) -> Journal | None:
        """Send a message, unless it was sent; programs get an event of it.

        Args:
            journal: the journal of the change, ``None`` for none.
            message: what.
            now: the current time, UTC.
            subject: the change that it is about.
            again: time after which it is sent again; ``None`` for never.
            about: the same change for the event.

        Returns:
            The journal with it; ``None`` if it was sent before, or could not be sent.
        """
        key = (subject, message.name)
        before = self.memory.told.get(key) if journal is None else journal.told.get(message.name)
        known = (when_it_was(each, now) for each in (before, self.memory.told.get(key)))
        before = max(filter(None, known), default=None)
        if before is not None and (again is None or now - before < again):
            return None
        if not self._send(message, key, about, now, is_kept=again is None):
            return None
        return None if journal is None else journal.with_told(message.name, now)

    def _send(
        self, message: Message, key: tuple[str, str], about: Subject | None, now: datetime, *, is_kept: bool
    ) -> bool:
        """Send a message, with an event of it. One that is not sent fails the look; one that ``is_kept`` is sent by the next."""
        if not self.pager.send(message):
            self.failed.append(f"a message was not sent: {message.subject}")
            if is_kept:
                self.memory.outbox[key] = (message, key, about)
            return False
        self.memory.told[key] = now
        stack = (self.stack, name_of(self.stack))
        lines = message.sections.get("What happened", ())
        self.memory.unsent.append(of_message(about, stack, message.reason, message.subject, lines, now))
        del self.memory.unsent[:-_MOST_UNSENT]
        if self.publish(self.memory.unsent, now):
            self.memory.unsent.clear()
        return True

    def publish(self, events: Sequence[tuple[str, Mapping[str, Any]]], now: datetime) -> bool:
        """Put events, where the stack has a publisher. It never fails.

        Args:
            events: kind and detail of each.
            now: the current time, UTC.

        Returns:
            Whether all were accepted.
        """
        return self.publisher is None or self.publisher.put(events, now)


class One:
    """One look at one change.

    Args:
        watcher: what the looks have in common.
        change: the change.
        described: the stack (DescribeStacks).
        body: its template.
        now: the current time, UTC.
    """

    def __init__(
        self,
        watcher: Watcher,
        change: WatchedChange,
        described: Mapping[str, Any],
        body: object,
        now: datetime,
    ) -> None:
        self.watcher, self.change, self.now = watcher, change, now
        self.described, self.body = described, body
        self.journal = Journal(change.logical_id, change.fingerprint)
        self.table_name = change.plan.table_name
        self.compared = _COMPARED
        """What messages say about an unchanged cell."""
        self.throttles = ""
        """What throttles so that it vetoes at once, for the message where the look cannot continue."""

    def look(self) -> None:
        """Look, and keep the journal. What cannot be read is reported."""
        change, watcher, key = self.change, self.watcher, self._key
        kept = watcher.journals.read(change.logical_id)
        if kept.problem is not None:
            log_decision(BY, "no journal", table=change.plan.table, why=kept.problem)
        before = kept.journal
        if before is not None and before.fingerprint == change.fingerprint:
            self.journal = before
        try:
            self._look()
            watcher.memory.works(key, "look")
        except Exception as error:  # noqa: BLE001 - reported, and raised when the other changes were looked at
            problem = problem_of(error)
            watcher.failed.append(f"{change.plan.table}: {problem}")
            log_decision(BY, "not looked", table=change.plan.table, why=problem, trace=trace_of(error))
            if watcher.memory.is_told(error, key, "look", self.now):
                found = self.throttles
                self.tell(
                    unread_texts.not_continued(found, problem) if found else unread_texts.not_watched(problem)
                )
        if kept.problem is None:
            watcher.memory.works(key, "journal")
        elif not kept.is_transient or watcher.memory.has_lasted(key, "journal", self.now):
            self.tell(unread_texts.journal_unread(kept.problem, is_lost=not kept.must_stay))
        self._publish(is_journal_read=kept.problem is None)
        self._write(before, kept)

    @property
    def _key(self) -> str:
        return f"{self.change.logical_id} {self.change.fingerprint}"

    def _write(self, before: Journal | None, kept: Kept) -> None:
        """Write the journal if it has changed. What could not be written is reported once that has lasted."""
        change, memory, problem = self.change, self.watcher.memory, None
        if self.journal != before and self.journal.entries + tuple(self.journal.told):
            problem = self.watcher.journals.write(change.logical_id, self.journal, kept)
        if problem is None or kept.must_stay:
            memory.works(self._key, "journal not written")
        elif memory.has_lasted(self._key, "journal not written", self.now):
            self.tell(unread_texts.journal_unwritten(problem))
        if problem is not None:
            log_decision(BY, "journal not written", table=change.plan.table, why=problem)

    def _publish(self, *, is_journal_read: bool) -> None:
        """Put an event for each entry of the journal that is newer than the last one that was put.

        Without a journal the entries are written anew in each look, so those that this process has put are left out.
        """
        memory, told = self.watcher.memory, self.journal.told
        key = (self.subject.incident, _EVENTS)
        put = (when_it_was(each, self.now) for each in (told.get(_EVENTS), memory.told.get(key)))
        last = max(filter(None, put), default=self.now - _OLDEST_EVENT)
        events, state = [], START
        new = []
        for entry in self.journal.entries:
            made = of_entry(self.subject, state, entry)
            state = entry.state
            name = (self.subject.incident, entry.event.name)
            if entry.at > last and (is_journal_read or name not in memory.published):
                new.append((entry.at, name))
                events += [made] if made is not None else []
        if not new or not self.watcher.publish(events, self.now):
            return
        last = max(at for at, _ in new)
        memory.told[key] = last
        memory.published |= {name for _, name in new}
        if events and self.watcher.publisher is not None:
            self.journal = self.journal.with_told(_EVENTS, last)

    @property
    def subject(self) -> Subject:
        """The change, for events."""
        change = self.change
        return Subject(
            self.watcher.stack,
            str(self.described.get("StackName")),
            change.plan.table,
            change.logical_id,
            self.table_name,
            change.plan.transition,
        )

    def _look(self) -> None:
        change, aws = self.change, self.watcher.aws
        memory = self.watcher.memory
        changed_at = read_changed_at(aws, self.watcher.stack, change.bake, self.now, memory)
        try:
            held = None if change.hold is None else aws.holds.read(change.hold)
        except AwsError as error:
            if error.kind != "missing":
                raise
            held = None
        self.journal = journal_with_way(
            aws,
            self.watcher.stack,
            parse_template(self.body, f"template of {self.described.get('StackName')}", _REMEDY),
            change,
            self.journal,
            changed_at=changed_at,
            now=self.now,
            by=BY,
            is_held=held == change.fingerprint,
            memory=memory,
        )
        if changed_at is None:
            log_decision(BY, "not deployed yet", table=change.plan.table, state=self.journal.state.value)
            return
        is_updatable = str(self.described.get("StackStatus")) in UPDATABLE
        if change.hold is not None and held is None and is_updatable:
            # While an operation runs, it may be the one that removes the guard, and the hold with it.
            self.tell(texts.hold_missing(change.hold))
        if held == change.fingerprint:
            go_on(self, changed_at)
        elif not self.journal.is_closed or self.journal.state is State.HELD:
            JudgedChange(self, changed_at).judge()

    def note(self, event: Event, reason: str, **figures: float) -> None:
        """Write an event into the journal; one that its state does not have is left out, since facts decide."""
        try:
            self.journal = self.journal.with_event(event, at=self.now, by=BY, reason=reason, figures=figures)
        except InputError as error:
            log_decision(BY, "not journaled", why=str(error))

    def tell(self, told: Told, *, again: timedelta | None = AGAIN) -> bool:
        """Send a message about the change, unless it was sent.

        Args:
            told: the message.
            again: time after which it is sent again; ``None`` for never.

        Returns:
            Whether it was sent now.
        """
        change, stack = self.change, str(self.described.get("StackName"))
        place = Place(
            self.watcher.stack,
            stack,
            change.plan.table,
            self.table_name,
            change.fingerprint,
            change_text(change.plan),
        )
        message = told.message(place, self.now, self.compared)
        journal = self.watcher.tell(
            self.journal,
            message,
            self.now,
            subject=self._key,
            again=again,
            about=self.subject,
        )
        if journal is None:
            return False
        self.journal = journal
        return True


_COMPARED = "Compared is before and after only: an unchanged cell is looked at when something throttles."

__all__ = ["AGAIN", "BY", "One", "Watcher"]
