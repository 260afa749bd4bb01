"""The operation that runs on a stack, as its events show it: whether it made a change, so that it may be cancelled.

CloudFormation cancels an update in ``UPDATE_IN_PROGRESS`` alone, and rolls it back as a whole (API: CancelUpdateStack). A
transition travels alone, so the update that made a change has the tables in transition of the stack and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from ..capacity.errors import InputError
from ..capacity.gate_plan import GatePlan
from ..handlers.aws_error import AwsError
from .calls import RollbackAws
from .stages import PREFLIGHT
from .watched_change import BAKE, UnreadBake, WatchedChange, read_bake

CANCELLABLE = "UPDATE_IN_PROGRESS"
"""Status in which an update can be cancelled (API: CancelUpdateStack)."""
_OURS = "capacity-guard-"
"""How the token of an update begins that takes a change back (``step.token_of``)."""


class Running(str, Enum):
    """What runs, in words for people."""

    OWN = "it is the deployment that made this change"
    RESTORING = "it takes a change back"
    UNDOING = "CloudFormation rolls a deployment back"
    ENDING = "it has changed everything and cleans up"
    TABLE = "it changes this table again, and its own gates judge that; it may be what helps, so it is not cancelled"
    OTHER = "it is a deployment of something else, so it is not cancelled"
    UNKNOWN = "the events of the stack do not show what it is, so it is not cancelled"


def read_running(aws: RollbackAws, stack: str, status: str, fingerprint: str, table: str) -> Running:
    """What runs on a stack. It never fails: what is not known is not cancelled.

    Args:
        aws: the calls.
        stack: id of the stack.
        status: its status.
        fingerprint: the change.
        table: logical id of its table.
    """
    if "CLEANUP_IN_PROGRESS" in status:
        return Running.ENDING
    if "ROLLBACK_IN_PROGRESS" in status:
        return Running.UNDOING
    if status != CANCELLABLE:
        return Running.OTHER
    try:
        events = aws.running_events(stack)
    except AwsError:
        return Running.UNKNOWN
    if events is None:
        return Running.UNKNOWN
    if any(str(event.get("ClientRequestToken") or "").startswith(_OURS) for event in events):
        return Running.RESTORING
    baked = [change for change in baked_in(events) if isinstance(change, WatchedChange)]
    if any(change.fingerprint == fingerprint and change.logical_id == table for change in baked):
        return Running.OWN
    changes_table = any(
        event["LogicalResourceId"] == table or _plan_of(event) in ((table, PREFLIGHT), (table, BAKE))
        for event in events
    )
    return Running.TABLE if changes_table else Running.OTHER


def baked_in(events: Sequence[Mapping[str, Any]]) -> Iterator[WatchedChange | UnreadBake]:
    """The changes whose Bake has passed in an operation, and the Bakes that cannot be read.

    Args:
        events: the events of the operation.
    """
    for event in events:
        if event.get("ResourceType") == BAKE and event.get("ResourceStatus") == "CREATE_COMPLETE":
            bake = str(event["LogicalResourceId"])
            try:
                yield read_bake(bake, _properties(event))
            except InputError as error:
                yield UnreadBake(bake, f"{bake}, in the events of the stack: {error}")


def baked_meanwhile(
    aws: RollbackAws, stack: str, status: str, known: Sequence[WatchedChange | UnreadBake]
) -> list[WatchedChange | UnreadBake]:
    """Changes of the running update whose Bake has passed and that the template does not show, as ``find_watched`` gives them.

    No source states whether GetTemplate shows the template of before or of the running update.

    Args:
        aws: the calls.
        stack: id of the stack.
        status: its status.
        known: the changes that its template shows.

    Raises:
        AwsError: the events of the update cannot be read.
    """
    if status != CANCELLABLE:
        return []
    shown = {each.bake for each in known}
    why = "the stack still shows the template of before, which does not name one"
    return [
        replace(change, control=why) if isinstance(change, WatchedChange) else change
        for change in baked_in(aws.running_events(stack) or ())
        if change.bake not in shown
    ]


def _properties(event: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found = json.loads(event.get("ResourceProperties") or "{}")
    except (ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _plan_of(event: Mapping[str, Any]) -> tuple[str, str] | None:
    """Table and kind of the gate of an event; ``None`` for anything else."""
    kind = event.get("ResourceType")
    if kind not in (PREFLIGHT, BAKE):
        return None
    try:
        return GatePlan.from_property(str(_properties(event).get("Plan"))).logical_id, str(kind)
    except InputError:
        return None


__all__ = ["CANCELLABLE", "Running", "baked_in", "baked_meanwhile", "read_running"]
