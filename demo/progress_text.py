"""The lines that the demo shows for stack events and for the state of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capacity_guard.capacity.capacity import BillingMode
from capacity_guard.capacity.dimension import index_of
from capacity_guard.dynamodb.describe_table import LiveTable

_STACK = "AWS::CloudFormation::Stack"
_PREFLIGHT, _BAKE = "Custom::CapacityGuardPreflight", "Custom::CapacityGuardBake"
_EVENTS = {
    (_PREFLIGHT, "CREATE_IN_PROGRESS"): "preflight looks at the live table",
    (_PREFLIGHT, "CREATE_COMPLETE"): "preflight passed, CloudFormation changes the table",
    (_PREFLIGHT, "CREATE_FAILED"): "preflight refused",
    (_BAKE, "CREATE_IN_PROGRESS"): "bake watches",
    (_BAKE, "CREATE_COMPLETE"): "bake passed",
    (_BAKE, "CREATE_FAILED"): "bake failed: veto",
    (_STACK, "UPDATE_IN_PROGRESS"): "stack: UPDATE_IN_PROGRESS",
    (_STACK, "UPDATE_COMPLETE"): "stack: UPDATE_COMPLETE",
    (_STACK, "UPDATE_ROLLBACK_IN_PROGRESS"): "stack: UPDATE_ROLLBACK_IN_PROGRESS",
    (_STACK, "UPDATE_ROLLBACK_COMPLETE"): "stack: UPDATE_ROLLBACK_COMPLETE",
}


def event_text(event: Mapping[str, Any]) -> str | None:
    """The line for a stack event, ``None`` for an event that the demo does not show.

    Args:
        event: one entry of DescribeStackEvents.
    """
    return _EVENTS.get((event["ResourceType"], event["ResourceStatus"]))


def journal_text(entry: Mapping[str, Any]) -> str:
    """The line for an entry of the journal of the watch.

    Args:
        entry: plain data with ``event``, ``state``, and ``reason`` if it has one.
    """
    reason = entry.get("reason")
    return f"journal of the watch: {entry['event']}, {entry['state']}" + (f" ({reason})" if reason else "")


def table_text(table: LiveTable) -> str:
    """Billing mode, write units and status of the table and its indexes, on one line."""
    parts = []
    for key, resource in table.resources.items():
        units, warm = resource.units["write"], resource.warm["write"]
        capacity = f"{units:,} writes/s" if units else f"up to {warm:,} writes/s at once"
        status = f", {resource.status}"
        if resource.status == "ACTIVE":
            status = ", warming" if resource.warm_status == "UPDATING" else ""
        parts.append(f"{index_of(key) or 'table'} {capacity}{status}")
    return f"{'on-demand' if table.mode is BillingMode.ON_DEMAND else 'provisioned'}: {'; '.join(parts)}"


def is_active(table: LiveTable) -> bool:
    """Whether the table and every index are ACTIVE."""
    return all(resource.status == "ACTIVE" for resource in table.resources.values())
