"""Which members an UpdateTable request may hold, together and in which billing mode.

Source: `docs/api-quirks` of aws-controllers-k8s/dynamodb-controller (DDB-TABLE-nnn).
"""

from __future__ import annotations

from typing import Any

from .refusals import Refusal, TableLocation, in_use, invalid
from .table_capacity import ACCESS_NAMES, ON_DEMAND, PROVISIONED, TableState

_SINGLE_MEMBERS = (
    # DDB-TABLE-433: order of precedence where several are present
    ("SSESpecification", "Server-Side Encryption modification must be the only operation in the request"),
    ("TableClass", "TableClass modification must be the only operation in the request"),
    (
        "DeletionProtectionEnabled",
        "DeletionProtection modification must be the only operation in the request",
    ),
    ("WarmThroughput", "WarmThroughput must be the only operation in the request"),
)
"""Members that no other change can accompany, with the service's message."""
_CHANGE_MEMBERS = (
    "ProvisionedThroughput",
    "BillingMode",
    "GlobalSecondaryIndexUpdates",
    "StreamSpecification",
    "SSESpecification",
    "ReplicaUpdates",
    "TableClass",
    "OnDemandThroughput",
    "DeletionProtectionEnabled",
    "WarmThroughput",
)


def check_presence(request: dict[str, Any]) -> None:
    """UpdateTable must change something; an empty list changes nothing (DDB-TABLE-015, -359). Raises Refusal."""
    is_empty_list = request.get("GlobalSecondaryIndexUpdates") == []
    others = set(request) - {"TableName", "AttributeDefinitions", "GlobalSecondaryIndexUpdates"}
    if not others and not request.get("GlobalSecondaryIndexUpdates"):
        raise Refusal(
            "ValidationException",
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
            "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
            "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required",
        )
    if is_empty_list:
        raise invalid("List of GlobalSecondaryIndexUpdates is empty")


def read_index_updates(
    state: TableState, request: dict[str, Any], location: TableLocation
) -> dict[str, dict[str, Any]]:
    """The `Update` actions of the request by index name. Raises Refusal for a wrong list (DDB-TABLE-160, -446)."""
    updates: dict[str, dict[str, Any]] = {}
    names: set[str] = set()
    for entry in request.get("GlobalSecondaryIndexUpdates") or []:
        for kind, action in entry.items():
            name = action.get("IndexName", "")
            if kind == "Update" and action.get("WarmThroughput") == {}:  # DDB-TABLE-456
                raise invalid(
                    "WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified for "
                    f"index: {name}"
                )
            if name in names:
                raise invalid(
                    f"Only one global secondary index update per index is allowed simultaneously. Index: {name}"
                )
            names.add(name)
            if kind in ("Update", "Delete") and name not in state["indexes"]:
                raise Refusal(
                    "ResourceNotFoundException",
                    f"Requested resource not found: Index {name} for table {location.table}",
                )
            if kind == "Create" and name in state["indexes"]:
                if state["indexes"][name]["status"] == "DELETING":  # DDB-TABLE-163
                    raise in_use(f"Index is being deleted. Table: {location.table} Index: {name}")
                raise Refusal(  # DDB-TABLE-442
                    "ValidationException", "Attempting to create an index which already exists"
                )
            if kind == "Update":
                updates[name] = action
    return updates


def check_combination(request: dict[str, Any], index_updates: dict[str, dict[str, Any]]) -> None:
    """Which members may be in one request (DDB-TABLE-433, -174). Raises Refusal."""
    present = [name for name in _CHANGE_MEMBERS if request.get(name) is not None]
    entries = request.get("GlobalSecondaryIndexUpdates") or []
    for name, message in _SINGLE_MEMBERS:
        if name not in present:
            continue
        creates_index = any("Create" in entry for entry in entries)
        if name == "WarmThroughput" and creates_index and len(present) == 2:
            raise invalid("Create global secondary index cannot be specified when updating WarmThroughput")
        if len(present) > 1:
            raise invalid(message)
    if "OnDemandThroughput" in present and set(present) - {
        "OnDemandThroughput",
        "BillingMode",
        "GlobalSecondaryIndexUpdates",
    }:
        raise invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    changes_units = "ProvisionedThroughput" in present
    if changes_units and "StreamSpecification" in present:
        raise invalid("You cannot modify stream status while updating table IOPS")
    creates_or_deletes_index = any("Update" not in entry for entry in entries)
    if changes_units and creates_or_deletes_index:
        raise invalid("You cannot create or delete index while updating table IOPS")
    if "StreamSpecification" in present and creates_or_deletes_index:
        raise invalid("You cannot create or delete index while changing stream status")
    for action in index_updates.values():
        # Assumed: the rule of the table's warm throughput holds for an index's warm throughput too.
        if action.get("WarmThroughput") is not None and len(present) > 1:
            raise invalid(_SINGLE_MEMBERS[-1][1])


def check_modes(state: TableState, request: dict[str, Any], index_updates: dict[str, dict[str, Any]]) -> None:
    """Which members the billing mode in force and the requested mode allow. Raises Refusal.

    During a switch the mode in force is the one before it (DDB-TABLE-369).
    """
    before = state["mode"]
    after = request.get("BillingMode") or before
    if after == ON_DEMAND:
        # Units during a switch to provisioned are refused by the check of running changes (DDB-TABLE-369, -452).
        if state["switch_to"] != PROVISIONED or request.get("BillingMode") is not None:
            _check_on_demand(request, index_updates)
        return
    if request.get("BillingMode") == PROVISIONED and request.get("ProvisionedThroughput") is None:
        raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    for access, _ in ACCESS_NAMES:
        if (request.get("OnDemandThroughput") or {}).get(f"Max{access}RequestUnits") is not None:
            raise invalid(
                f"Max{access}RequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
            )
        for index, action in index_updates.items():
            if (action.get("OnDemandThroughput") or {}).get(f"Max{access}RequestUnits") is not None:
                raise invalid(
                    f"Max{access}RequestUnits for OnDemandThroughput for index : {index} cannot be specified when the "
                    "table BillingMode is PROVISIONED"
                )
    if before == ON_DEMAND:
        missing = [
            index
            for index, resource in state["indexes"].items()
            # the check of running changes names an index that is being deleted (DDB-TABLE-375)
            if resource["status"] != "DELETING"
            and (index_updates.get(index) or {}).get("ProvisionedThroughput") is None
        ]
        if missing:
            # DDB-TABLE-152: the service assigns and estimates nothing
            raise invalid(f"ProvisionedThroughput must be specified for index: {', '.join(missing)}")


def _check_on_demand(request: dict[str, Any], index_updates: dict[str, dict[str, Any]]) -> None:
    if request.get("ProvisionedThroughput") is not None:
        if request.get("BillingMode") is not None:  # DDB-TABLE-056
            raise invalid("ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST")
        raise invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        )
    for index, action in index_updates.items():
        changes_units = action.get("ProvisionedThroughput") is not None
        if not changes_units and (action.get("OnDemandThroughput") or action.get("WarmThroughput")):
            continue
        if request.get("BillingMode") is None or not changes_units:
            # DDB-TABLE-152, and -456 for an action that changes nothing
            raise invalid(
                f"The only Updates for index: {index} when TableThroughputMode is PAY_PER_REQUEST can be to "
                "OnDemandThroughput, WarmThroughput"
            )
        raise invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
            f"{index} when BillingMode is PAY_PER_REQUEST"
        )


__all__ = ["check_combination", "check_modes", "check_presence", "read_index_updates"]
