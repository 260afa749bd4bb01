"""The live units of a scalable target: read from DescribeTable, changed through UpdateTable."""

from __future__ import annotations

import logging
import time
from typing import Any

from . import ministack
from .ministack import ServiceError, dynamodb, table_description
from .scaling_targets import NAMESPACE, ScalableTargetKey, find_target

_log = logging.getLogger("application-autoscaling")


def live_units(key: ScalableTargetKey) -> int | None:
    """Provisioned units per second of a target; None in on-demand, while the table changes, or without a table."""
    try:
        table = table_description(key.table)
    except ServiceError:
        return None
    if (table.get("BillingModeSummary") or {}).get("BillingMode") == "PAY_PER_REQUEST":
        return None
    if table["TableStatus"] != "ACTIVE":
        return None
    description = table
    if key.index is not None:
        indexes = [
            index for index in table.get("GlobalSecondaryIndexes") or [] if index["IndexName"] == key.index
        ]
        if not indexes:
            return None
        description = indexes[0]
    return int(description["ProvisionedThroughput"][key.unit])


def set_units(key: ScalableTargetKey, units: int, cause: str) -> bool:
    """Change the live units of a target, in units per second, and record a scaling activity with its cause.

    Returns False when DynamoDB refuses; the caller tries again later.
    """
    table = table_description(key.table)
    description = table
    if key.index is not None:
        description = next(
            index for index in table["GlobalSecondaryIndexes"] if index["IndexName"] == key.index
        )
    throughput = {
        unit: int(description["ProvisionedThroughput"][unit])
        for unit in ("ReadCapacityUnits", "WriteCapacityUnits")
    }
    throughput[key.unit] = units
    change: dict[str, Any] = (
        {"ProvisionedThroughput": throughput}
        if key.index is None
        else {
            "GlobalSecondaryIndexUpdates": [
                {"Update": {"IndexName": key.index, "ProvisionedThroughput": throughput}}
            ]
        }
    )
    target = find_target(key)
    activity = {
        "ActivityId": ministack.module("core.responses").new_uuid(),
        "ServiceNamespace": NAMESPACE,
        "ResourceId": key.resource,
        "ScalableDimension": key.dimension,
        "Description": f"Setting {_unit_words(key)} to {units}.",
        "Cause": cause,
        "StartTime": time.time(),
    }
    try:
        dynamodb("_update_table", TableName=key.table, **change)
    except ServiceError as error:
        _log.info("auto scaling of %s refused: %s", key.resource, error)
        if target is not None and error.code != "ResourceInUseException":
            activity.update(StatusCode="Failed", StatusMessage=str(error), EndTime=time.time())
            target.activities.append(activity)
        return False
    if target is not None:
        activity.update(
            StatusCode="Successful", StatusMessage=f"Successfully set {_unit_words(key)} to {units}."
        )
        target.activities.append({**activity, "EndTime": time.time()})
    return True


def _unit_words(key: ScalableTargetKey) -> str:
    return "read capacity units" if key.unit.startswith("Read") else "write capacity units"


__all__ = ["live_units", "set_units"]
