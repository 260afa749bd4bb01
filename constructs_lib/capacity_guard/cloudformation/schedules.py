"""Read the scheduled actions that a template gives the auto scaling of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ..capacity.dimension import ACCESSES, Dimension
from ..capacity.errors import InputError
from ..capacity.plain_data import utc_time
from ..capacity.scheduled_action import ScheduledAction
from ..dynamodb.names import scalable_dimension, scaling_resource_id
from .intrinsics import Intrinsics
from .scaling import scaling_resources


def read_scheduled_actions(read: Intrinsics, logical_id: str) -> tuple[ScheduledAction, ...]:
    """The scheduled actions of a table's scalable targets, by dimension and name.

    ``ScheduledActions`` is a property of ``AWS::ApplicationAutoScaling::ScalableTarget``; a table's own auto scaling
    (``AWS::DynamoDB::GlobalTable``) has none (CloudFormation Template Reference).

    Args:
        read: the template.
        logical_id: logical id of the table.

    Raises:
        InputError: a value of an action cannot be read.
    """
    scaling = scaling_resources(read, logical_id)
    found = [
        action
        for name, target in scaling.targets.items()
        for action in _actions_of(read, name, target, scaling.table)
    ]
    return tuple(sorted(found, key=lambda action: (action.dimension.key, action.name)))


def _actions_of(
    read: Intrinsics, path: str, target: Mapping[str, Any], table: str
) -> Iterator[ScheduledAction]:
    scaled = read.text(target, "ScalableDimension", path=path)
    table_id = scaling_resource_id(table, None)
    resource_id = read.text(target, "ResourceId", path=path) or table_id
    index = None if resource_id == table_id else resource_id.removeprefix(f"{table_id}/index/")
    dimensions = [Dimension(index, access) for access in ACCESSES]
    dimension = next((each for each in dimensions if scalable_dimension(each) == scaled), None)
    for action in read.items(target, "ScheduledActions", path=path):
        name = read.text(action, "ScheduledActionName", path=path)
        schedule = read.text(action, "Schedule", path=path)
        if dimension is None or name is None or schedule is None:
            raise InputError(
                f"{path}.ScheduledActions", "states no dimension, name or schedule", "State them"
            )
        yield ScheduledAction(
            dimension,
            name,
            schedule,
            read.text(action, "Timezone", path=path),
            read.number(action, "ScalableTargetAction", "MinCapacity", path=path),
            read.number(action, "ScalableTargetAction", "MaxCapacity", path=path),
            _time(read, action, "StartTime", path),
            _time(read, action, "EndTime", path),
        )


def _time(read: Intrinsics, action: Any, name: str, path: str) -> datetime | None:
    text = read.text(action, name, path=path)
    if text is None:
        return None
    time = utc_time(text)
    if time is None:
        raise InputError(
            f"{path}.ScheduledActions.{name}", f"{text!r} is not a time", "Write it like 2026-07-09T06:00:00Z"
        )
    return time.replace(microsecond=0)


__all__ = ["read_scheduled_actions"]
