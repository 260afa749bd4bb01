"""The watched changes of a stack, from the Bakes in its template, and since when each has its new capacity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ..capacity.errors import InputError
from ..capacity.gate_plan import GatePlan
from ..capacity.hold import PROPERTY as HOLD
from ..capacity.limits import METRIC_RETENTION_DAYS
from ..capacity.plain_data import shown
from ..watch.control import METADATA, Control
from ..watch.options import PROPERTY, WatchOptions
from .calls import RollbackAws

BAKE = "Custom::CapacityGuardBake"
_PASSED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_REMEDY = "Synthesize and deploy again"


@dataclass(frozen=True)
class WatchedChange:
    """A change of a table whose gates are in the template of its stack.

    Attributes:
        bake: logical id of its Bake.
        plan: the plan of that Bake.
        hold: name of its hold; ``None`` if it has none.
        options: what the table asks of its watch.
        control: the unchanged cell with which a veto is compared; why there is none, as a clause; or ``None`` where the synthesis
            found none.
    """

    bake: str
    plan: GatePlan
    hold: str | None
    options: WatchOptions
    control: Control | str | None = None

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the change."""
        return self.plan.transition.fingerprint

    @property
    def logical_id(self) -> str:
        """Logical id of the table."""
        return self.plan.logical_id


@dataclass(frozen=True)
class UnreadBake:
    """A Bake that cannot be read, so its change is not watched.

    Attributes:
        bake: its logical id.
        problem: why, in a sentence.
    """

    bake: str
    problem: str


def find_watched(template: Mapping[str, Any]) -> Iterator[WatchedChange | UnreadBake]:
    """The changes of a stack with a Bake, in the order of the template, and the Bakes that cannot be read.

    Args:
        template: the template of the stack.
    """
    for logical_id, resource in template.get("Resources", {}).items():
        if isinstance(resource, Mapping) and resource.get("Type") == BAKE:
            try:
                change = read_bake(logical_id, resource.get("Properties"))
                yield replace(change, control=read_control(resource.get("Metadata")))
            except InputError as error:
                yield UnreadBake(logical_id, f"{logical_id}: {error}")


def find_change(template: Mapping[str, Any], fingerprint: str, table: str) -> WatchedChange | None:
    """One change of a stack, from its Bake.

    Args:
        template: the template of the stack.
        fingerprint: the change.
        table: logical id of its table.

    Returns:
        The change; ``None`` if the template has no Bake of it, or one that cannot be read.
    """
    for logical_id, resource in template.get("Resources", {}).items():
        if not isinstance(resource, Mapping) or resource.get("Type") != BAKE:
            continue
        properties = resource.get("Properties")
        if not isinstance(properties, Mapping) or properties.get("Fingerprint") != fingerprint:
            continue
        try:
            change = read_bake(str(logical_id), properties)
        except InputError:
            continue
        if change.logical_id == table:
            return change
    return None


def read_bake(logical_id: str, properties: object) -> WatchedChange:
    """The change of a Bake.

    Args:
        logical_id: its logical id.
        properties: its properties.

    Raises:
        InputError: properties, plan or options cannot be read.
    """
    if not isinstance(properties, Mapping):
        raise InputError("Properties", f"{shown(properties)} are no properties", _REMEDY)
    hold = properties.get(HOLD)
    return WatchedChange(
        logical_id,
        GatePlan.from_property(str(properties.get("Plan"))),
        hold if isinstance(hold, str) else None,
        WatchOptions.from_property(properties.get(PROPERTY)),
    )


def read_control(metadata: object) -> Control | str | None:
    """The control in the metadata of a Bake (``WatchedChange.control``). It never fails: a veto needs no control.

    Args:
        metadata: the metadata.
    """
    found = metadata.get(METADATA) if isinstance(metadata, Mapping) else None
    if found is None:
        return None
    if isinstance(found, Mapping) and isinstance(found.get("none"), str):
        return str(found["none"])
    try:
        return Control.from_json(found)
    except InputError as error:
        return f"the control in the template cannot be read ({error})"


def read_changed_at(aws: RollbackAws, stack: str, bake: str, now: datetime) -> datetime | None:
    """When CloudFormation created a Bake, which it does once the table has its new capacity.

    Args:
        aws: the calls.
        stack: id of the stack.
        bake: logical id of the Bake.
        now: the current time, UTC.

    Returns:
        The time, UTC; ``None`` if the Bake has not passed. Where it passed longer ago than metrics are kept, the time from which
        they are.

    Raises:
        AwsError: the events cannot be read.
    """
    oldest = now - timedelta(days=METRIC_RETENTION_DAYS.value)
    events = [event for event in aws.table.stack_events(stack, bake, oldest) if event["Timestamp"] >= oldest]
    if not events:
        return oldest if aws.status_of(stack, bake) in _PASSED else None
    began: datetime | None = None
    found: datetime | None = None
    for event in events:
        status = event.get("ResourceStatus")
        if status == "CREATE_IN_PROGRESS":
            # A second one says that the creation was initiated.
            began = began or event["Timestamp"]
        elif status == "CREATE_COMPLETE":
            found, began = began, None
        elif status in ("CREATE_FAILED", "DELETE_IN_PROGRESS", "DELETE_COMPLETE", "DELETE_FAILED"):
            found, began = None, None
        elif status == "UPDATE_COMPLETE" and began is None and found is None:
            found = oldest  # created before, and its options were changed since
    return found


__all__ = [
    "BAKE",
    "UnreadBake",
    "WatchedChange",
    "find_change",
    "find_watched",
    "read_bake",
    "read_changed_at",
    "read_control",
]
