"""What DynamoDB refuses when a table or an index is created or deleted."""

from __future__ import annotations

from typing import Any

from . import _table_capacity as capacity
from ._table_capacity import PROVISIONED, READ, WRITE, TableState, Units
from ._update_rules import (
    _SIDES,
    INDEX_LIMIT,
    TABLE_QUOTA,
    Place,
    Refusal,
    _asked_maxima,
    _check_account,
    _check_quota,
    _provisioned,
    in_use,
    invalid,
    limit,
)


def judge_delete(state: TableState, place: Place, *, is_protected: bool = False) -> None:
    """Whether DeleteTable is possible now (DDB-TABLE-063, -150, -069, -442). Raises Refusal."""
    if is_protected:
        raise Refusal(
            "ValidationException",
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection "
            "first.",
        )
    if any(scope["status"] != "ACTIVE" for scope in state["indexes"].values()):
        raise in_use("Cannot delete table while indexes are being created, updated, or deleted.")
    if state["table"]["status"] != "ACTIVE" or any(
        scope["warm_target"] is not None for scope in capacity.scopes(state)
    ):
        raise in_use(f"Table: {place.table} is in the process of being updated.")


def judge_create(data: dict[str, Any], place: Place) -> None:
    """What CreateTable refuses about capacity (DDB-TABLE-024, -038, -039, -128, -169). Raises Refusal."""
    mode = data.get("BillingMode") or PROVISIONED
    if len(data.get("GlobalSecondaryIndexes") or []) > INDEX_LIMIT:
        raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {INDEX_LIMIT}")
    total = [0, 0]
    asked: list[tuple[str | None, dict[str, Any]]] = [(None, data)]
    asked += [(index.get("IndexName"), index) for index in data.get("GlobalSecondaryIndexes") or []]
    for index, raw in asked:
        throughput = raw.get("ProvisionedThroughput")
        units = _provisioned(throughput) if throughput is not None else None
        if mode == PROVISIONED:
            if units is None:
                raise invalid(
                    f"ProvisionedThroughput is not specified for index: {index}"
                    if index
                    else "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
                )
            _check_quota(units, index, place)
            total = [total[READ] + units[READ], total[WRITE] + units[WRITE]]
        elif units is not None:
            raise invalid(
                f"ProvisionedThroughput should not be specified for index: {index} when BillingMode is PAY_PER_REQUEST"
                if index
                else "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        _check_created_extras(raw, index, mode, units, place)
    if mode == PROVISIONED:
        _check_account(total, place)


def _check_created_extras(
    raw: dict[str, Any], index: str | None, mode: str, units: Units | None, place: Place
) -> None:
    maxima = raw.get("OnDemandThroughput") or {}
    for name, _ in _SIDES:
        if mode == PROVISIONED and maxima.get(f"Max{name}RequestUnits") is not None:
            which = f" for index: {index}" if index else ""
            raise invalid(
                f"Max{name}RequestUnits for OnDemandThroughput{which} cannot be specified when table BillingMode is "
                "PROVISIONED."
            )
    _asked_maxima(maxima, f"index : {index}" if index else "table", place, removable=False)
    where = f"index {index}" if index else "table"
    for name, side in _SIDES:
        value = (raw.get("WarmThroughput") or {}).get(f"{name}UnitsPerSecond")
        if value is None:
            continue
        if units is not None and int(value) < units[side]:
            raise invalid(
                f"Requested {name}UnitsPerSecond for WarmThroughput for {where} is lower than {name}CapacityUnits of "
                "ProvisionedThroughput"
            )
        if units is None and int(value) < capacity.INITIAL_ON_DEMAND[side]:
            raise invalid(
                f"Requested {name}UnitsPerSecond for WarmThroughput for {where} is lower than initial throughput for "
                "OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
                "on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
            )
        if int(value) > TABLE_QUOTA:
            raise limit(
                f"Subscriber limit exceeded: Requested {name}UnitsPerSecond for WarmThroughput for {where} "
                f"exceeds TableMax{name}CapacityUnits of the account in region {place.region}"
            )


def judge_index_create(
    state: TableState, action: dict[str, Any], data: dict[str, Any], switch_to: str | None
) -> None:
    """What the creation of an index by UpdateTable `data` refuses (DDB-TABLE-152, -162). Raises Refusal."""
    if not data.get("AttributeDefinitions"):
        raise invalid(f"AttributeDefinitions is not specified for index: {action.get('IndexName')}")
    after = switch_to or state["switch_to"] or state["mode"]
    throughput = action.get("ProvisionedThroughput")
    if after == PROVISIONED:
        if throughput is None:
            raise invalid(
                f"Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: {action.get('IndexName')}"
            )
        _provisioned(throughput)
    elif throughput is not None:
        raise invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
            f"{action.get('IndexName')} when BillingMode is PAY_PER_REQUEST"
        )


__all__ = ["judge_create", "judge_delete", "judge_index_create"]
