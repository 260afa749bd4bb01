"""The watched changes of a stack, from the Bakes in its template, and since when each has its new capacity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from .memory import Memory, StackEvent

BAKE = "Custom::CapacityGuardBake"
_PASSED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_BEGUN = "CREATE_IN_PROGRESS"
_UNDONE = ("CREATE_FAILED", "DELETE_IN_PROGRESS", "DELETE_COMPLETE", "DELETE_FAILED")
_LONGEST_CREATION = timedelta(hours=2)
"""CloudFormation gives the creation of a custom resource an hour (User Guide: aws-resource-cloudformation-customresource,
ServiceTimeout); the second hour is a margin."""
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


def read_changed_at(
    aws: RollbackAws, stack: str, bake: str, now: datetime, memory: Memory | None = None
) -> datetime | None:
    """When CloudFormation created a Bake, which it does once the table has its new capacity.

    Args:
        aws: the calls.
        stack: id of the stack.
        bake: logical id of the Bake.
        now: the current time, UTC.
        memory: what the process remembers; ``None`` for nothing.

    Returns:
        The time, UTC; ``None`` if the Bake has not passed. Where it passed longer ago than metrics are kept, the time from which
        they are. Where the stack has had so many events since that its own are not read, the time when its status changed last.

    Raises:
        AwsError: the events cannot be read.
    """
    oldest = now - timedelta(days=METRIC_RETENTION_DAYS.value)
    known = (memory or Memory()).events(aws, stack, (bake,), oldest, _is_creation_read)
    began: datetime | None = None
    has_passed = False
    for event in known.events:
        status = str(event.get("ResourceStatus"))
        if status == _BEGUN:
            # Its first event says that it began; a second one, later, that the creation was initiated.
            began = event["Timestamp"]
        elif began is not None:
            break
        elif status in _UNDONE:
            return None
        elif status == "CREATE_COMPLETE" or status.startswith("UPDATE_"):
            # Its options were changed since it was created.
            has_passed = True
    if began is not None:
        return began if has_passed else None
    if has_passed and not known.is_cut:
        return oldest
    found = aws.status_of(stack, bake)
    if found is None or found[0] not in _PASSED:
        return None
    return max(oldest, found[1]) if known.is_cut else oldest


def _is_creation_read(events: Sequence[StackEvent], event: StackEvent) -> bool:
    """Whether older events of a stack say nothing of the creation of a Bake any more.

    Args:
        events: the events of the Bake so far, the newest first.
        event: the event of the stack that was read last.
    """
    if not events:
        return False
    oldest = events[-1]
    if oldest.get("ResourceStatus") in _UNDONE:
        return True
    if oldest.get("ResourceStatus") != _BEGUN:
        return any(each.get("ResourceStatus") == _BEGUN for each in events)
    # An event of the stack itself begins the operation. Where none comes, no creation lasts that long.
    is_of_stack = event.get("PhysicalResourceId") == event["StackId"]
    return bool(is_of_stack or event["Timestamp"] < oldest["Timestamp"] - _LONGEST_CREATION)


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
