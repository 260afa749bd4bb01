"""One look of the watch at the changes of a stack.

A look starts from facts: the template, the hold, the stack's events and the metrics. The journal has what no fact shows, such as
a pause or what people were told, and the look goes on without it. So a look may end anywhere, and the next completes its work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ..capacity.errors import InputError
from ..cloudformation.intrinsics import parse_template
from ..handlers.aws_error import AwsError
from ..handlers.messages import log_decision
from ..watch.journal import Journal
from ..watch.states import Event, State
from . import texts
from .calls import RollbackAws
from .journal_store import JournalStore
from .judged_change import JudgedChange
from .memory import Memory
from .pager import Message, Pager
from .restoring import go_on
from .running import baked_meanwhile
from .stages import journal_with_way
from .texts import change_text
from .told import Place, Told, stack_message
from .watched_change import WatchedChange, find_watched, read_changed_at

BY = "watch"
"""Who the function is in a journal."""
_REMEDY = "Roll back by deploying the code of before"
AGAIN = timedelta(hours=6)
"""Time after which people are told again of what lasts."""


@dataclass(frozen=True)
class Watcher:
    """What the looks of a stack have in common.

    Attributes:
        aws: the calls.
        journals: the journals.
        pager: tells people.
        memory: what the process remembers.
        stack: id of the stack.
    """

    aws: RollbackAws
    journals: JournalStore
    pager: Pager
    memory: Memory
    stack: str

    def look(self, now: datetime) -> None:
        """Look once at every change of the stack.

        Args:
            now: the current time, UTC.

        Raises:
            AwsError: the stack cannot be read.
        """
        aws = self.aws.look()
        try:
            described = aws.stack(self.stack)
            body = aws.template(self.stack)
        except AwsError as error:
            if not error.is_transient:
                text = f"The stack of the watch cannot be read, so no change of it is watched: {error}"
                message = stack_message("blind", self.stack, "changes are NOT watched", text)
                self.tell(None, message, now)
            raise
        name = str(described.get("StackName"))
        changes = list(find_watched(parse_template(body, f"template of {name}", _REMEDY)))
        changes += baked_meanwhile(aws, self.stack, str(described.get("StackStatus")), changes)
        # Another one comes first each time, so that no change is always the one for which there is no time.
        first = int(now.timestamp() // 60) % len(changes) if changes else 0
        for change in (*changes[first:], *changes[:first]):
            if isinstance(change, InputError):
                text = f"A change of stack {name} is not watched: {change}"
                self.tell(None, stack_message("unreadable", self.stack, "a change is NOT watched", text), now)
                continue
            One(replace(self, aws=self.aws.look()), change, described, body, now).look()

    def tell(
        self,
        journal: Journal | None,
        message: Message,
        now: datetime,
        *,
        subject: str = "",
        again: timedelta | None = AGAIN,
    ) -> Journal | None:
        """Tell people something, unless they were told.

        Args:
            journal: the journal of the change, ``None`` for none.
            message: what.
            now: the current time, UTC.
            subject: the change that it is about.
            again: time after which they are told again; ``None`` for never.

        Returns:
            The journal with it; ``None`` if they were told before, or could not be told.
        """
        key = (subject, message.name)
        before = self.memory.told.get(key) if journal is None else journal.told.get(message.name)
        before = max(filter(None, (before, self.memory.told.get(key))), default=None)
        if before is not None and (again is None or now - before < again):
            return None
        if not self.pager.send(message):
            return None
        self.memory.told[key] = now
        return None if journal is None else journal.with_told(message.name, now)


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

    def look(self) -> None:
        """Look, and keep the journal. What cannot be read is told, and the other changes of the stack are looked at."""
        change, watcher = self.change, self.watcher
        kept = watcher.journals.read(change.logical_id)
        if kept.problem is not None:
            log_decision(BY, "no journal", table=change.plan.table, why=kept.problem)
        before = kept.journal
        if before is not None and before.fingerprint == change.fingerprint:
            self.journal = before
        try:
            self._look()
        except (AwsError, InputError) as error:
            log_decision(BY, "not looked", table=change.plan.table, why=str(error))
            if not (isinstance(error, AwsError) and error.is_transient):
                self.tell(texts.not_watched(str(error)))
        if self.journal != before and self.journal.entries + tuple(self.journal.told):
            problem = watcher.journals.write(change.logical_id, self.journal, kept)
            if problem is not None:
                log_decision(BY, "journal not written", table=change.plan.table, why=problem)

    def _look(self) -> None:
        change, aws = self.change, self.watcher.aws
        changed_at = read_changed_at(aws, self.watcher.stack, change.bake, self.now)
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
        )
        if changed_at is None:
            log_decision(BY, "not deployed yet", table=change.plan.table, state=self.journal.state.value)
            return
        if held == change.fingerprint:
            go_on(self)
        elif not self.journal.is_closed or self.journal.state is State.HELD:
            JudgedChange(self, changed_at).judge()

    def note(self, event: Event, reason: str, **figures: float) -> None:
        """Write an event into the journal; one that its state does not have is left out, since facts decide."""
        try:
            self.journal = self.journal.with_event(event, at=self.now, by=BY, reason=reason, figures=figures)
        except InputError as error:
            log_decision(BY, "not journaled", why=str(error))

    def tell(self, told: Told, *, again: timedelta | None = AGAIN) -> bool:
        """Tell people about the change, unless they were told.

        Args:
            told: what is told.
            again: time after which they are told again; ``None`` for never.

        Returns:
            Whether they were told now.
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
            self.journal, message, self.now, subject=f"{change.logical_id} {change.fingerprint}", again=again
        )
        if journal is None:
            return False
        self.journal = journal
        return True


_COMPARED = "Compared is before and after only: an unchanged cell is looked at when something throttles."

__all__ = ["AGAIN", "BY", "One", "Watcher"]
