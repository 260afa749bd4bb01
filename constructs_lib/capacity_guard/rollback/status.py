"""Where a change of a table's capacity is: what is held, and what the minutes since the change say.

It only reads, and repairs a journal that is lost or damaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ..capacity.errors import InputError
from ..capacity.hold import hold_name
from ..capacity.limits import METRIC_RETENTION_DAYS
from ..cloudformation.intrinsics import parse_template
from ..handlers.aws_error import AwsError
from ..handlers.live_table import read_scaling, read_table
from ..handlers.live_traffic import read_traffic
from ..handlers.verify import find_inactive
from ..watch.journal import Journal
from ..watch.judgment import Judgment, judge
from .calls import RollbackAws
from .capacity_before import CapacityBefore
from .repair import last_change, read_and_repair
from .stages import last_attempt
from .watched_change import WatchedChange, find_change, read_changed_at
from .way_back import WayBack, explain, find_way_back, stated_capacity

_REMEDY = "Synthesize and deploy again"


@dataclass(frozen=True)
class Status:
    """Where a change is.

    Attributes:
        way_back: how it is taken back.
        stack_status: status of the stack.
        held: the value of the hold; empty if it was deleted.
        changed_at: when its Bake began, that is, when the table had its new capacity, UTC; ``None`` if it has not yet.
        judgment: what the minutes since then say; ``None`` if it has not begun, or is held.
        journal: the journal of the change; ``None`` if there is none, or it cannot be read.
        journal_problem: what is wrong with it; ``None`` if nothing is, or there is none.
        journal_repaired: whether it was lost or damaged, and has been written anew.
    """

    way_back: WayBack
    stack_status: str
    held: str
    changed_at: datetime | None
    judgment: Judgment | None
    journal: Journal | None = None
    journal_problem: str | None = None
    journal_repaired: bool = False

    @property
    def is_held(self) -> bool:
        """Whether this change is held."""
        return self.held == self.way_back.fingerprint


def read_status(aws: RollbackAws, table: str, now: datetime, *, is_later_wave: bool) -> Status:
    """Read where the change of a table is.

    Args:
        aws: the calls.
        table: name of the table.
        now: the current time, UTC.
        is_later_wave: whether another cell has settled before, also where the table's options do not say so.

    Raises:
        InputError: the table has no change that can be taken back, or its template cannot be read.
        AwsError: a call failed.
    """
    owner = aws.owner(table)
    if owner is None:
        raise InputError(table, "belongs to no CloudFormation stack", "Check table, Region and profile")
    stack, logical_id = owner
    body, described = aws.template(stack), aws.stack(stack)
    way_back = find_way_back(body, described, logical_id=logical_id, table=table)
    if isinstance(way_back, InputError):
        raise _with_last_change(
            aws, explain(aws, way_back, described, logical_id, table), body, described, logical_id, table, now
        )
    held, status = _held(aws, way_back.hold), str(described["StackStatus"])
    template = parse_template(body, way_back.stack_name, _REMEDY)
    change = _change(template, way_back)
    changed_at, is_held = read_changed_at(aws, stack, change.bake, now), held == way_back.fingerprint
    found = read_and_repair(aws, stack, template, change, changed_at=changed_at, now=now, is_held=is_held)
    journal = found.journal and replace(found.journal, paused_until=found.journal.pause_at(now))
    of_journal = (journal, found.problem, found.is_repaired)
    if changed_at is None or is_held:
        return Status(way_back, status, held, changed_at, None, *of_journal)
    oldest = now - timedelta(days=METRIC_RETENTION_DAYS.value)
    traffic = read_traffic(aws.table, read_table(aws.table, table), max(changed_at, oldest), now)
    judgment = judge(
        change.plan,
        traffic.consumed,
        traffic.throttled,
        changed_at=changed_at,
        complete_until=traffic.complete_until,
        settings=change.options.settings,
        is_first_wave=not (is_later_wave or change.options.later_wave),
    )
    return Status(way_back, status, held, changed_at, judgment, *of_journal)


def _held(aws: RollbackAws, hold: str) -> str:
    try:
        return aws.holds.read(hold)
    except AwsError as error:
        if error.kind != "missing":
            raise
        return ""


def _with_last_change(
    aws: RollbackAws,
    error: InputError,
    body: object,
    described: Mapping[str, Any],
    logical_id: str,
    table: str,
    now: datetime,
) -> InputError:
    """The error of a table without a change in its template, with what became of its last one, and of the table."""
    name = str(described["StackName"])
    template = parse_template(body, name, _REMEDY)
    hold = hold_name(name, logical_id)
    text = last_change(aws, str(described["StackId"]), template, logical_id, hold, now)
    if text is None:
        return error
    compared = _compared_with_template(aws, body, described, logical_id, table)
    return InputError(error.location, f"{error.problem}. The last {text}. {compared}", error.remedy)


def _compared_with_template(
    aws: RollbackAws, body: object, described: Mapping[str, Any], logical_id: str, table: str
) -> str:
    """Whether a table has the capacity that its template states, as a sentence without a full stop. It never fails."""
    try:
        stated = stated_capacity(body, described, logical_id=logical_id, table=table)
        live = read_scaling(aws.table, read_table(aws.table, table))
        last = last_attempt(aws.events(str(described["StackId"]), None), logical_id)
    except InputError as error:
        return f"The table could not be compared with its template: {error.location}: {error.problem}"
    except AwsError as error:
        return f"The table could not be compared with its template: {str(error).rstrip('.')}"
    before = CapacityBefore.of_transition(None if last is None else last.transition, stated)
    differs = [*find_inactive(live), *before.differences(live)]
    if differs:
        return f"The table differs from its template: {'; '.join(differs)}"
    return "Table and indexes have the capacity that the template states"


def _change(template: Mapping[str, Any], way_back: WayBack) -> WatchedChange:
    """The change of which a way back is, from its Bake."""
    change = find_change(template, way_back.fingerprint, way_back.logical_id)
    if change is not None:
        return change
    raise InputError(way_back.table, f"has no Bake of change {way_back.fingerprint} in its stack", _REMEDY)


__all__ = ["Status", "read_status"]
