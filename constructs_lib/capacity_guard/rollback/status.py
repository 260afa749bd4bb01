"""Where a change of a table's capacity is: what is held, and what the minutes since the change say. It only reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..capacity.errors import InputError
from ..capacity.limits import METRIC_RETENTION_DAYS
from ..cloudformation.intrinsics import parse_template
from ..handlers.aws_error import AwsError
from ..handlers.live_table import read_table
from ..handlers.live_traffic import read_traffic
from ..watch.journal import Journal
from ..watch.judgment import Judgment, judge
from .calls import RollbackAws
from .people import find_journals
from .watched_change import BAKE, WatchedChange, read_bake, read_changed_at
from .way_back import WayBack, explain, find_way_back

_REMEDY = "Synthesize and deploy again"


@dataclass(frozen=True)
class Status:
    """Where a change is.

    Attributes:
        way_back: how it is taken back.
        stack_status: status of the stack.
        held: the value of the hold.
        changed_at: when its Bake began, that is, when the table had its new capacity, UTC; ``None`` if it has not yet.
        judgment: what the minutes since then say; ``None`` if it has not begun, or is held.
        journal: the journal of the change; ``None`` if there is none, or it cannot be read.
        journal_problem: why it cannot be read; ``None`` if it can, or there is none.
    """

    way_back: WayBack
    stack_status: str
    held: str
    changed_at: datetime | None
    judgment: Judgment | None
    journal: Journal | None = None
    journal_problem: str | None = None

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
        raise explain(aws, way_back, described, logical_id, table)
    held, status = aws.holds.read(way_back.hold), str(described["StackStatus"])
    template = parse_template(body, way_back.stack_name, _REMEDY)
    change = _change(template, way_back)
    journal, problem = _journal(aws, stack, template, change)
    changed_at = read_changed_at(aws, stack, change.bake, now)
    if changed_at is None or held == way_back.fingerprint:
        return Status(way_back, status, held, changed_at, None, journal, problem)
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
    return Status(way_back, status, held, changed_at, judgment, journal, problem)


def _journal(
    aws: RollbackAws, stack: str, template: Mapping[str, Any], change: WatchedChange
) -> tuple[Journal | None, str | None]:
    """The journal of a change, and why it cannot be read."""
    try:
        name = find_journals(aws, stack, template)
    except AwsError as error:
        return None, str(error)
    if name is None:
        return None, None
    kept = aws.journals(name).read(change.logical_id)
    if kept.journal is None or kept.journal.fingerprint != change.fingerprint:
        return None, kept.problem
    return kept.journal, None


def _change(template: Mapping[str, Any], way_back: WayBack) -> WatchedChange:
    """The change of which a way back is, from its Bake."""
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource.get("Type") == BAKE and properties.get("Fingerprint") == way_back.fingerprint:
            change = read_bake(str(logical_id), properties)
            if change.logical_id == way_back.logical_id:
                return change
    raise InputError(way_back.table, f"has no Bake of change {way_back.fingerprint} in its stack", _REMEDY)


__all__ = ["Status", "read_status"]
