"""Where the changes of a fleet are: every watched or held table of the stacks of an app, in their accounts and Regions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from ..capacity.errors import InputError
from ..handlers.aws_error import AwsError
from ..rollback.calls import RollbackAws
from ..rollback.status import Status, read_status
from ..watch.states import State
from .assembly import AssemblyStack
from .planned import PlannedChange, find_changes
from .stack_calls import Connect, read_live

NO_CHANGE, NOT_DEPLOYED, UNKNOWN, UNWATCHED = "no change", "not deployed", "unknown", "not watched"
ENDED = frozenset({NO_CHANGE, UNWATCHED, "settled", "accepted", "held"})
"""States after which nothing more happens by itself."""
_AT_ONCE = 8
"""Stacks that are read at the same time: about ten calls each, one after the other."""
BAD = frozenset({"vetoed", "unproven"})


@dataclass(frozen=True)
class Cell:
    """A table of a stack, or a stack without a table in transition.

    Attributes:
        stack: id of the stack.
        place: its account and Region, in words.
        table: name of the table in AWS, or its construct id; ``None`` for a stack without one.
        state: in one or two words (docs/watch.md, States).
        detail: what is still to come, or why the state is not known.
        status: where its change is; ``None`` if it has none that is watched, or it cannot be read.
    """

    stack: str
    place: str
    table: str | None
    state: str
    detail: str = ""
    status: Status | None = None


def read_cells(
    stacks: Iterable[AssemblyStack],
    connect: Connect,
    now: datetime,
    *,
    is_later_wave: bool,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Cell]:
    """Read where the tables of stacks are. What cannot be read is a cell that says why.

    Args:
        stacks: the stacks.
        connect: gives the calls on a stack.
        now: the current time, UTC.
        is_later_wave: whether another cell has settled before, also where the options of a table do not say so.
        progress: called with the number of stacks that were read and of all, before the first and after each; from several
            threads, never at once.
    """
    asked = list(stacks)
    read_stacks, lock = 0, Lock()
    if progress is not None:
        progress(0, len(asked))

    def count() -> None:
        nonlocal read_stacks
        with lock:
            read_stacks += 1
            if progress is not None:
                progress(read_stacks, len(asked))

    def connected(stack: AssemblyStack) -> RollbackAws | InputError:
        try:
            return connect(stack)
        except InputError as error:
            count()  # it may have waited for an endpoint that does not answer
            return error

    def read(one: tuple[AssemblyStack, RollbackAws | InputError]) -> list[Cell]:
        stack, aws = one
        if isinstance(aws, InputError):
            return [Cell(stack.id, stack.place, None, UNKNOWN, str(aws))]
        try:
            return list(_cells(stack, aws, now, is_later_wave=is_later_wave))
        except (AwsError, InputError) as error:
            return [Cell(stack.id, stack.place, None, UNKNOWN, str(error))]
        finally:
            count()

    connections = [(stack, connected(stack)) for stack in asked]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for cells in pool.map(read, connections):
            yield from cells


def _cells(stack: AssemblyStack, aws: RollbackAws, now: datetime, *, is_later_wave: bool) -> Iterator[Cell]:
    live = read_live(aws, stack.name)
    if live.status is None or live.template is None:
        yield Cell(stack.id, stack.place, None, NOT_DEPLOYED)
        return
    changes = [change for change in find_changes(live.template, stack.name) if change.bake is not None]
    if not changes:
        running = f"an operation runs ({live.status})" if live.runs else ""
        yield Cell(stack.id, stack.place, None, "changing" if live.runs else NO_CHANGE, running)
    for change in changes:
        yield _cell(stack, aws, live.id, change, now, is_later_wave=is_later_wave)


def _cell(
    stack: AssemblyStack,
    aws: RollbackAws,
    stack_id: str,
    change: PlannedChange,
    now: datetime,
    *,
    is_later_wave: bool,
) -> Cell:
    plan = change.plan
    if not change.is_watched:
        return Cell(stack.id, stack.place, plan.table, UNWATCHED, "its options have no watch")
    try:
        name = plan.table_name or aws.table.physical_id(stack_id, plan.logical_id)
        if name is None:
            return Cell(stack.id, stack.place, plan.table, UNKNOWN, "the stack does not have the table")
        status = read_status(aws, name, now, is_later_wave=is_later_wave)
    except (AwsError, InputError) as error:
        return Cell(stack.id, stack.place, plan.table, UNKNOWN, str(error))
    return Cell(stack.id, stack.place, name, state_of(status), detail_of(status), status)


def state_of(status: Status) -> str:
    """Where a change is, in one word of docs/watch.md.

    Args:
        status: where it is.
    """
    journal = status.journal
    if status.is_held:
        return "held"
    if journal is not None and journal.state is State.ACCEPTED:
        return "accepted"
    if status.judgment is None:
        if not status.stack_status.endswith("_IN_PROGRESS"):
            return NOT_DEPLOYED
        early = (State.PREFLIGHT, State.CHANGING, State.BAKING)
        return journal.state.value if journal is not None and journal.state in early else "changing"
    if status.judgment.vetoed:
        return "vetoed"
    verdict = status.judgment.progress.verdict.value
    return "watching" if verdict == "open" else verdict


def detail_of(status: Status) -> str:
    """What a change still has to come to, in a few words.

    Args:
        status: where it is.
    """
    judgment, parts = status.judgment, []
    if status.is_held and not status.way_back.is_applied:
        parts.append("the stack has not read the hold yet")
    if judgment is not None and state_of(status) != "accepted":
        found = judgment.progress.dimensions.values()
        carried = sum(each.is_settled for each in found)
        parts += [f"throttles: {key}" for key in judgment.vetoed]
        parts += [f"no metrics of {key}" for key in judgment.blind]
        parts.append(f"{carried} of {len(found)} dimensions have carried their load")
        if state_of(status) == "watching":
            parts.append(f"not before {judgment.progress.shortest_ends:%a %d %b %H:%M} UTC")
    if status.journal is not None and status.journal.paused_until is not None:
        parts.append(f"paused until {status.journal.paused_until:%a %d %b %H:%M} UTC")
    return "; ".join(parts)


def is_blind(status: Status | None) -> bool:
    """Whether the metrics of the last minutes of a change are missing."""
    return status is not None and status.judgment is not None and bool(status.judgment.blind)


__all__ = [
    "BAD",
    "ENDED",
    "NOT_DEPLOYED",
    "NO_CHANGE",
    "UNKNOWN",
    "UNWATCHED",
    "Cell",
    "detail_of",
    "is_blind",
    "read_cells",
    "state_of",
]
