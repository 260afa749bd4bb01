"""Plain words for what the table and the stack do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_STACK = "AWS::CloudFormation::Stack"
_PREFLIGHT, _BAKE = "Custom::CapacityGuardPreflight", "Custom::CapacityGuardBake"
_EVENTS = {
    (_PREFLIGHT, "CREATE_IN_PROGRESS"): "preflight looks at the live table",
    (_PREFLIGHT, "CREATE_COMPLETE"): "preflight passed, CloudFormation changes the table",
    (_PREFLIGHT, "CREATE_FAILED"): "preflight refused",
    (_BAKE, "CREATE_IN_PROGRESS"): "bake watches",
    (_BAKE, "CREATE_COMPLETE"): "bake passed",
    (_BAKE, "CREATE_FAILED"): "bake failed: veto",
    (_STACK, "UPDATE_COMPLETE"): "stack: UPDATE_COMPLETE",
    (_STACK, "UPDATE_ROLLBACK_IN_PROGRESS"): "stack: UPDATE_ROLLBACK_IN_PROGRESS",
    (_STACK, "UPDATE_ROLLBACK_COMPLETE"): "stack: UPDATE_ROLLBACK_COMPLETE",
}


def tell_event(event: Mapping[str, Any]) -> str | None:
    """A stack event in plain words; ``None`` for one that is not worth a line."""
    return _EVENTS.get((event["ResourceType"], event["ResourceStatus"]))


def mode(table: Mapping[str, Any]) -> str:
    """Billing mode in an answer of DescribeTable; without a summary the table never was on-demand (API:
    TableDescription)."""
    return str(table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"))


def is_active(table: Mapping[str, Any]) -> bool:
    """Whether the table and every index are ACTIVE."""
    return all(status == "ACTIVE" for _, _, status in _scopes(table))


def describe(table: Mapping[str, Any]) -> str:
    """Mode, write units and state of table and indexes, on one line."""
    parts = []
    for name, one, status in _scopes(table):
        units = one["ProvisionedThroughput"]["WriteCapacityUnits"]
        warm = one.get("WarmThroughput", {})
        capacity = (
            f"{units:,} writes/s"
            if units
            else f"up to {warm.get('WriteUnitsPerSecond', 0):,} writes/s at once"
        )
        warming = status == "ACTIVE" and warm.get("Status") == "UPDATING"
        parts.append(
            f"{name} {capacity}{', warming' if warming else '' if status == 'ACTIVE' else f', {status}'}"
        )
    return f"{'on-demand' if mode(table) == 'PAY_PER_REQUEST' else 'provisioned'}: {'; '.join(parts)}"


def _scopes(table: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any], str]]:
    indexes = [(i["IndexName"], i, i["IndexStatus"]) for i in table.get("GlobalSecondaryIndexes", [])]
    return [("table", table, table["TableStatus"]), *indexes]
