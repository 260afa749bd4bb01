"""What a look does with a change that is held: the next step of taking it back, until the table is shown to be as before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from ..capacity.errors import InputError
from ..capacity.limits import SWITCH_SECONDS_LONGEST
from ..handlers.aws_error import AwsError
from ..handlers.bake import DIFFERENCE_SECONDS
from ..handlers.live_table import read_table
from ..handlers.messages import log_decision
from ..watch.events import FOUND_HELD
from ..watch.journal import Journal, when_it_was
from ..watch.states import Event, State
from . import held_texts, texts
from .attempts import WatchLimits, read_attempts
from .calls import RollbackAws
from .memory import Memory
from .obstacles import find_obstacles
from .step import Stage, Step, take_step
from .told import Told
from .watched_change import WatchedChange
from .way_back import WayBack, find_way_back

_SETTLES = timedelta(minutes=15)
"""Time after an update that succeeded in which the table is compared, and no further update is sent."""
_TOLD = "restored"
LONG = timedelta(minutes=30)
"""Time after which a message states that a change is held and not restored yet."""


class _Watcher(Protocol):
    @property
    def aws(self) -> RollbackAws: ...
    @property
    def stack(self) -> str: ...
    @property
    def memory(self) -> Memory: ...


class Looked(Protocol):
    """What is asked of a look at one change (``look.One``)."""

    change: WatchedChange
    now: datetime
    described: Mapping[str, Any]
    body: object
    journal: Journal
    table_name: str | None
    compared: str
    throttles: str

    @property
    def watcher(self) -> _Watcher:
        """What the looks of a stack have in common."""

    def note(self, event: Event, reason: str, **figures: float) -> None:
        """Write an event into the journal."""

    def tell(self, told: Told, *, again: timedelta | None = ...) -> bool:
        """Send a message about the change, unless it was sent."""


def table_name(one: Looked) -> str | None:
    """Name of the table; ``None`` if the stack does not have it.

    Raises:
        AwsError: the stack cannot be read.
    """
    plan = one.change.plan
    name = plan.table_name or one.watcher.aws.table.physical_id(one.watcher.stack, plan.logical_id)
    one.table_name = name
    return name


def way_back_of(one: Looked, table: str) -> WayBack:
    """The way back that the template has.

    Raises:
        InputError: it has none.
    """
    return _found(find_way_back(one.body, one.described, logical_id=one.change.logical_id, table=table))


def find_again(one: Looked, table: str) -> WayBack:
    """The way back that the stack has by now, which another deployment may have changed.

    Raises:
        AwsError: the stack cannot be read.
        InputError: it has none.
    """
    aws, stack = one.watcher.aws, one.watcher.stack
    logical_id = one.change.logical_id
    return _found(find_way_back(aws.template(stack), aws.stack(stack), logical_id=logical_id, table=table))


def _found(found: WayBack | InputError) -> WayBack:
    if isinstance(found, InputError):
        raise found
    return found


def go_on(one: Looked, changed_at: datetime) -> None:
    """Take the next step of taking a change back.

    Args:
        one: the look.
        changed_at: when the table had its new capacity, UTC.

    Raises:
        AwsError: a call failed.
        InputError: the template has no way back.
    """
    if one.journal.state is not State.HELD:
        one.note(Event.VETOED, FOUND_HELD)
    name = table_name(one)
    if name is None:
        one.tell(texts.gone(), again=None)
        return
    aws, way_back = one.watcher.aws, way_back_of(one, name)
    if _TOLD in one.journal.told and _is_restored(one.journal) and way_back.is_applied:
        return
    quiet = timedelta(0)
    try:
        limits = limits_of(one, changed_at, lambda: _obstacles(one, name, changed_at))
        attempts = limits.attempts
        quiet = timedelta(0) if attempts.newest_at is None else one.now - attempts.newest_at
        is_updated = attempts.is_newest and not attempts.has_failed and quiet < _SETTLES
        step = take_step(aws, way_back, lambda: find_again(one, name), limits, is_updated=is_updated)
    except AwsError as error:
        if error.is_transient:
            raise
        # The change is held, and what people must know is that the table is not as before.
        step = Step(Stage.FAILED, str(error))
    log_decision("watch", step.stage.name.lower(), table=one.change.plan.table, text=step.text)
    conclude(one, step, quiet)


def limits_of(one: Looked, changed_at: datetime, obstacles: Callable[[], list[str]]) -> WatchLimits:
    """What limits the writes of a look at a change.

    Args:
        one: the look.
        changed_at: when the table had its new capacity, UTC.
        obstacles: reads why the capacity of before must not, or cannot, be restored now.

    Raises:
        AwsError: the events of the stack cannot be read.
    """
    aws, stack, journal = one.watcher.aws, one.watcher.stack, one.journal
    by_person = [entry.at for entry in journal.entries if entry.event is Event.ROLLED_BACK]
    attempts = read_attempts(
        aws,
        stack,
        one.change.fingerprint,
        since=changed_at,
        person_at=when_it_was(max(by_person, default=None), one.now),
    )
    return WatchLimits(attempts, one.now, journal.pause_at(one.now), obstacles, lambda: aws.failures(stack))


def _obstacles(one: Looked, name: str, changed_at: datetime) -> list[str]:
    """Why the capacity of before must not, or cannot, be restored now: quotas and traffic change between two attempts."""
    aws = one.watcher.aws
    table = read_table(aws.table, name)
    traffic = one.watcher.memory.read(aws.table, table, changed_at, one.now)
    return find_obstacles(aws, one.change.plan, table, traffic, one.watcher.stack, one.now)


def conclude(one: Looked, step: Step, quiet: timedelta) -> None:
    """Note and report what a step has shown.

    Args:
        one: the look.
        step: the step.
        quiet: time since the last event of the stack.
    """
    if step.caution:
        one.tell(texts.stack_policy(step.caution), again=None)
    if step.stage is Stage.RESTORED:
        if not _is_restored(one.journal):
            one.note(Event.RESTORED, step.text)
        one.tell(texts.restored(step.text), again=None)
        return
    since = one.journal.since(State.HELD)
    if step.stage is Stage.STOPPED:
        if one.tell(held_texts.stopped(step.text, since), again=timedelta(hours=1)):
            one.note(Event.NOT_RESTORED, step.text)
        return
    late = step.stage is Stage.FAILED
    late |= step.stage is Stage.INACTIVE and quiet > timedelta(seconds=SWITCH_SECONDS_LONGEST.value)
    late |= step.stage is Stage.DIFFERENT and quiet > timedelta(seconds=DIFFERENCE_SECONDS)
    slow = since is not None and one.now - since > LONG
    if not late and not slow:
        return
    if one.tell(held_texts.not_restored(step.text, since), again=timedelta(hours=1)):
        one.note(Event.NOT_RESTORED, step.text)


def _is_restored(journal: Journal) -> bool:
    """Whether the journal says that the table was shown to be as before."""
    return any(entry.event is Event.RESTORED for entry in journal.entries)


__all__ = ["LONG", "Looked", "conclude", "find_again", "go_on", "limits_of", "table_name", "way_back_of"]
