"""What DynamoDB refuses when a table or an index is created or deleted.

Source: `docs/api-quirks` of aws-controllers-k8s/dynamodb-controller (DDB-TABLE-nnn).
"""

from __future__ import annotations

from typing import Any

from . import table_capacity as capacity
from .refusals import Refusal, TableLocation, above_table_quota, in_use, invalid
from .requested_capacity import (
    TABLE_QUOTA,
    check_account_quota,
    check_table_quota,
    on_demand_maxima,
    provisioned_units,
)
from .running_changes import INDEX_LIMIT
from .table_capacity import ACCESS_NAMES, PROVISIONED, READ, WRITE, TableState, UnitPair


def judge_delete(state: TableState, location: TableLocation, *, is_protected: bool = False) -> None:
    """Whether DeleteTable is possible now (DDB-TABLE-063, -150, -069, -442). Raises Refusal."""
    if is_protected:
        raise Refusal(
            "ValidationException",
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection "
            "first.",
        )
    if any(index["status"] != "ACTIVE" for index in state["indexes"].values()):
        raise in_use("Cannot delete table while indexes are being created, updated, or deleted.")
    if state["table"]["status"] != "ACTIVE" or any(
        resource["warm_target"] is not None for resource in capacity.resources(state)
    ):
        raise in_use(f"Table: {location.table} is in the process of being updated.")


def judge_create(request: dict[str, Any], location: TableLocation) -> None:
    """What CreateTable refuses about capacity (DDB-TABLE-024, -038, -039, -128, -169). Raises Refusal."""
    mode = request.get("BillingMode") or PROVISIONED
    indexes = request.get("GlobalSecondaryIndexes") or []
    if len(indexes) > INDEX_LIMIT:
        raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {INDEX_LIMIT}")
    total = [0, 0]
    resources: list[tuple[str | None, dict[str, Any]]] = [(None, request)]
    resources += [(index.get("IndexName"), index) for index in indexes]
    for index, members in resources:
        throughput = members.get("ProvisionedThroughput")
        units = provisioned_units(throughput) if throughput is not None else None
        if mode == PROVISIONED:
            if units is None:
                raise invalid(
                    f"ProvisionedThroughput is not specified for index: {index}"
                    if index
                    else "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
                )
            check_table_quota(units, index, location)
            total = [total[READ] + units[READ], total[WRITE] + units[WRITE]]
        elif units is not None:
            raise invalid(
                f"ProvisionedThroughput should not be specified for index: {index} when BillingMode is PAY_PER_REQUEST"
                if index
                else "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        _check_maxima(members, index, mode, location)
        _check_warm(members, index, units, location)
    if mode == PROVISIONED:
        check_account_quota(total, location)


def _check_maxima(members: dict[str, Any], index: str | None, mode: str, location: TableLocation) -> None:
    maxima = members.get("OnDemandThroughput") or {}
    for access, _ in ACCESS_NAMES:
        if mode == PROVISIONED and maxima.get(f"Max{access}RequestUnits") is not None:
            for_index = f" for index: {index}" if index else ""
            raise invalid(
                f"Max{access}RequestUnits for OnDemandThroughput{for_index} cannot be specified when table BillingMode is "
                "PROVISIONED."
            )
    on_demand_maxima(maxima, f"index : {index}" if index else "table", location, removable=False)


def _check_warm(
    members: dict[str, Any], index: str | None, units: UnitPair | None, location: TableLocation
) -> None:
    """units: what the table or index is provisioned with, None in on-demand."""
    resource_name = f"index {index}" if index else "table"
    for access, position in ACCESS_NAMES:
        value = (members.get("WarmThroughput") or {}).get(f"{access}UnitsPerSecond")
        if value is None:
            continue
        member = f"{access}UnitsPerSecond for WarmThroughput for {resource_name}"
        if units is not None and int(value) < units[position]:
            raise invalid(f"Requested {member} is lower than {access}CapacityUnits of ProvisionedThroughput")
        if units is None and int(value) < capacity.INITIAL_ON_DEMAND[position]:
            raise invalid(
                f"Requested {member} is lower than initial throughput for "
                "OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
                "on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
            )
        if int(value) > TABLE_QUOTA:
            raise above_table_quota(member, access, location)


def judge_index_create(
    state: TableState,
    action: dict[str, Any],
    request: dict[str, Any],
    switch_to: str | None,
    location: TableLocation,
) -> None:
    """What UpdateTable refuses about an index that it creates (DDB-TABLE-152, -162). Raises Refusal.

    Maxima, warm throughput and quotas are checked as at the creation of a table (DDB-TABLE-128, -153, -170).

    action: the `Create` action of the request. switch_to: the mode that the same request switches to, if any.
    """
    if not request.get("AttributeDefinitions"):
        raise invalid(f"AttributeDefinitions is not specified for index: {action.get('IndexName')}")
    mode = switch_to or state["switch_to"] or state["mode"]
    throughput = action.get("ProvisionedThroughput")
    if mode == PROVISIONED:
        if throughput is None:
            raise invalid(
                f"Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: {action.get('IndexName')}"
            )
        units = provisioned_units(throughput)
        check_table_quota(units, action.get("IndexName"), location)
        reserved = [0, 0]
        for resource in capacity.resources(state):
            for position in (READ, WRITE):
                reserved[position] += (resource["next_units"] or resource["units"])[position]
        check_account_quota([reserved[READ] + units[READ], reserved[WRITE] + units[WRITE]], location)
    elif throughput is not None:
        raise invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
            f"{action.get('IndexName')} when BillingMode is PAY_PER_REQUEST"
        )
    else:
        units = None
    _check_maxima(action, action.get("IndexName"), mode, location)
    _check_warm(action, action.get("IndexName"), units, location)


__all__ = ["judge_create", "judge_delete", "judge_index_create"]
