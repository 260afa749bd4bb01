"""Whether a deployment leaves the capacity of a table alone, since the live table has the declared capacity already.

A gate that is created for such a deployment passes at once: after break-glass or a relief was deployed, while the baseline
still knows the capacity before it, and for a table that the baseline does not know yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.scheduled_action import ScheduledAction
from ..dynamodb.describe_table import LiveTable
from ..dynamodb.table_properties import holds_no_capacity
from .table_change import changed_properties
from .verify import find_differences

SCALING_TYPES = "AWS::ApplicationAutoScaling::"
"""How the types of a Table's separate scaling resources begin."""


def find_open_changes(
    declared: Capacity,
    table: LiveTable,
    changes: Sequence[Mapping[str, Any]],
    logical_ids: Collection[str],
    schedules: Sequence[ScheduledAction] = (),
) -> list[str]:
    """Texts about what this deployment may still change of a table's capacity; none if the capacity is deployed already.

    Args:
        declared: the declared capacity; its warm throughput is not compared.
        table: the live table, with its auto scaling.
        changes: resource changes of the operation's change set.
        logical_ids: logical ids of the table and, where they are known, of its separate scaling resources.
        schedules: scheduled actions of auto scaling, whose bounds are no difference.
    """
    return [
        *find_differences(declared, table, scaled_units=False, schedules=schedules),
        *find_capacity_edits(changes, logical_ids, table.name),
    ]


def find_capacity_edits(
    changes: Sequence[Mapping[str, Any]], logical_ids: Collection[str], table_name: str | None
) -> list[str]:
    """Texts about the changes of a change set that edit the capacity of a table, or may do so.

    Args:
        changes: resource changes (CloudFormation API: ResourceChange).
        logical_ids: logical ids of the table and, where they are known, of its separate scaling resources.
        table_name: name of the table, by which its scaling resources are known that the template no longer has.
    """
    return list(_capacity_edits(changes, logical_ids, table_name))


def _capacity_edits(
    changes: Sequence[Mapping[str, Any]], logical_ids: Collection[str], table_name: str | None
) -> Iterator[str]:
    for change in changes:
        logical_id, kind = change.get("LogicalResourceId"), str(change.get("ResourceType"))
        if kind.startswith(SCALING_TYPES):
            if logical_id in logical_ids or is_scaling_of(change, table_name):
                yield f"{logical_id} ({kind}) changes"
        elif kind.startswith("AWS::DynamoDB::") and logical_id in logical_ids:
            edited = _edited_properties(change)
            if edited:
                yield f"{', '.join(edited)} of {logical_id} changes"


def _edited_properties(change: Mapping[str, Any]) -> list[str]:
    """The edited properties that hold capacity, in words, or the text for unknown ones."""
    replaced = change.get("Replacement") or "False"
    if change.get("Action") != "Modify" or replaced != "False" or not change.get("Details"):
        return [f"everything ({change.get('Action') or 'unknown action'})"]
    found = changed_properties(change, {})
    return list(
        dict.fromkeys(
            edited.text or "a property"
            for edited in found
            if edited.entry or not holds_no_capacity(edited.name)
        )
    )


def is_scaling_of(change: Mapping[str, Any], table_name: str | None) -> bool:
    """Whether a change is of the table's own auto scaling, for which a Table has separate resources.

    Logical ids of those that are removed are not in the template. Their physical ids contain the name of the table
    (CloudFormation Template Reference, ScalableTarget and ScalingPolicy, Ref).
    """
    if table_name is None or not str(change.get("ResourceType")).startswith(SCALING_TYPES):
        return False
    physical_id = str(change.get("PhysicalResourceId", ""))
    is_target = physical_id.startswith((f"table/{table_name}|", f"table/{table_name}/index/"))
    return is_target or any(f"/dynamodb/table/{table_name}{end}" in physical_id for end in (":", "/index/"))


__all__ = ["SCALING_TYPES", "find_capacity_edits", "find_open_changes", "is_scaling_of"]
