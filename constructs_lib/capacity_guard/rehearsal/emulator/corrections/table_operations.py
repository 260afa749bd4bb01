"""Calls of CloudFormation's table types to the emulated DynamoDB: create, update and delete one table.

The refusals, durations and quotas of the emulated DynamoDB therefore apply to CloudFormation too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .ministack import ServiceError, dynamodb, flag, table_description
from .table_template import ON_DEMAND, PROVISIONED, StatedCapacity, StatedTable

_POLL_SECONDS = 5.0
"""Rehearsal seconds between two DescribeTable calls for a table that is being changed."""
BUSY_VARIABLE = "CAPACITY_GUARD_BUSY_TABLE"
"""Environment variable: ``fail`` lets a call fail while an index or the table is being changed; anything else repeats it.

Auto scaling can start to change an index between CloudFormation's look at the table and its call. A handler that reports this as
ResourceConflict is called again (CloudFormation CLI User Guide: resource-type-test-contract-errors). Whether the table
types' handlers do so is not published, so both readings are settings."""
_BUSY_SECONDS = 600.0
"""Rehearsal seconds for which a call is repeated; the number of CloudFormation's attempts is not published."""
_STABLE_SECONDS = 3 * 3_600.0
"""Rehearsal seconds after which CloudFormation stops waiting for a table; the service's limit is not published."""


def _await_active(name: str) -> None:
    # CloudFormation waits for the table and, by design, not for its indexes
    # (aws-cloudformation/cloudformation-coverage-roadmap issue 1075).
    end = time.time() + _STABLE_SECONDS
    while table_description(name)["TableStatus"] != "ACTIVE":
        if time.time() > end:
            raise TimeoutError(f"Resource did not stabilize: table {name} has not become ACTIVE")
        time.sleep(_POLL_SECONDS)


def _await_indexes(name: str) -> None:
    end = time.time() + _STABLE_SECONDS
    while any(
        index.get("IndexStatus", "ACTIVE") != "ACTIVE"
        for index in table_description(name).get("GlobalSecondaryIndexes") or []
    ):
        if time.time() > end:
            raise TimeoutError(f"Resource did not stabilize: an index of table {name} has not become ACTIVE")
        time.sleep(_POLL_SECONDS)


def _call(name: str, **change: Any) -> None:
    end = time.time() + (0 if os.environ.get(BUSY_VARIABLE) == "fail" else _BUSY_SECONDS)
    while True:
        _await_active(name)
        try:
            dynamodb("_update_table", TableName=name, **change)
            break
        except ServiceError as error:
            if error.code != "ResourceInUseException" or time.time() >= end:
                raise
        time.sleep(_POLL_SECONDS)
    _await_active(name)


def _index_updates(updates: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"Update": {"IndexName": name, **update}} for name, update in updates.items() if update]


def _stated_units(stated: StatedTable, index: str | None, *, seeded: bool) -> dict[str, Any]:
    """ProvisionedThroughput of the table (None) or of an index, as the template states it.

    A Table's handler passes on the values of the template, also in on-demand mode; only 0/0 is dropped there (deployed for
    aws-cloudformation/cfn-lint pull 4524: 0/0 succeeds, 1/1 and 5/5 fail).
    Raises ValueError where a table has none: https://github.com/aws-cloudformation/cfn-lint/issues/4651.
    """
    capacity = stated.resources()[index]
    if stated.mode == ON_DEMAND and not (stated.both_units and (capacity.read or capacity.write)):
        return {}
    if stated.both_units and capacity.read is None and capacity.write is None:
        if index is None:
            raise ValueError("Property ProvisionedThroughput cannot be empty")
        return {}  # DynamoDB refuses it
    return {"ProvisionedThroughput": capacity.units(seeded=seeded)}


def _stated_maxima(stated: StatedTable, index: str | None) -> dict[str, Any]:
    """OnDemandThroughput as the template states it; a Table's handler is assumed to pass it on in provisioned mode too."""
    capacity = stated.resources()[index]
    if not capacity.on_demand or (stated.mode == PROVISIONED and not stated.both_units):
        return {}
    return {"OnDemandThroughput": capacity.on_demand}


def _new_members(stated: StatedTable, index: str | None) -> dict[str, Any]:
    """The capacity members of a table (None) or an index that is created."""
    # Observed: a creation takes MinCapacity and not SeedCapacity (go-to-k/cdkd issue 1435).
    members = _stated_units(stated, index, seeded=False) | _stated_maxima(stated, index)
    if stated.resources()[index].warm:
        members["WarmThroughput"] = stated.resources()[index].warm
    return members


def create_table(stated: StatedTable, name: str) -> None:
    """Create a table as a template states it and wait until it is ACTIVE. Raises ServiceError, TimeoutError."""
    request: dict[str, Any] = {
        member: stated.settings[member]
        for member in (
            "KeySchema",
            "AttributeDefinitions",
            "LocalSecondaryIndexes",
            "StreamSpecification",
            "SSESpecification",
            "TableClass",
            "DeletionProtectionEnabled",
            "Tags",
        )
        if member in stated.settings
    }
    request.update(TableName=name, BillingMode=stated.mode)

    request.update(_new_members(stated, None))
    if stated.indexes:
        request["GlobalSecondaryIndexes"] = [
            {**stated.definitions[index], **_new_members(stated, index)} for index in stated.indexes
        ]
    dynamodb("_create_table", **request)
    _await_active(name)
    _change_backups_and_expiry(name, StatedTable(stated.mode, StatedCapacity(), {}, {}, {}), stated)


def _require_seeds(stated: StatedTable, direction: str) -> None:
    missing = [
        f"{index or 'table'} {dimension}"
        for index, capacity in stated.resources().items()
        for dimension, scaling in (("read", capacity.read_scaling), ("write", capacity.write_scaling))
        if scaling is not None and scaling.seed is None
    ]
    if missing:
        # Only the beginning of the service's message is known (aws/aws-cdk issue 27735); the rest is this library's.
        raise ValueError(
            f"Invalid request provided: When switching billing mode to {direction}, the provisioned capacity needs a "
            f"SeedCapacity for every auto-scaled capacity; missing: {', '.join(missing)}"
        )


def _changed_maxima(old: Mapping[str, int], new: Mapping[str, int]) -> dict[str, int]:
    # -1 removes a maximum (UpdateTable, OnDemandThroughput).
    return {**dict.fromkeys(old, -1), **new}


def update_table(name: str, old: StatedTable, new: StatedTable, *, skip_applied: bool) -> None:
    """Send what differs between two templates, one call for each change that the service wants alone.

    skip_applied: compare with the live table too, once its indexes are ACTIVE, and leave out what it already has.
        Only for the rollback of an update that failed half-way. Otherwise the service must be able to refuse.
    """
    _change_indexes(name, old, new, skip_applied=skip_applied)
    if skip_applied and _changes_capacity(old, new):
        _await_indexes(name)
    if old.mode != new.mode:
        _switch(name, old, new, skip_applied=skip_applied)
    elif new.mode == ON_DEMAND:
        _change_maxima(name, old, new)
    else:
        _change_throughput(name, old, new, skip_applied=skip_applied)
    _raise_warm(name, old, new)
    _change_settings(name, old, new)
    _change_backups_and_expiry(name, old, new)


def _changes_capacity(old: StatedTable, new: StatedTable) -> bool:
    return old.mode != new.mode or any(
        old.resources().get(index) != capacity for index, capacity in new.resources().items()
    )


def _change_indexes(name: str, old: StatedTable, new: StatedTable, *, skip_applied: bool) -> None:
    removed = sorted(old.indexes.keys() - new.indexes.keys())
    added = sorted(new.indexes.keys() - old.indexes.keys())
    changed = sorted(
        index
        for index in new.indexes.keys() & old.indexes.keys()
        if new.definitions[index] != old.definitions[index]
    )
    if skip_applied:
        # The way back of an index change that DynamoDB or the handler refused: nothing was applied, and the rollback ends with
        # UPDATE_ROLLBACK_COMPLETE (convox/console-app issue 9, aws-amplify/amplify-cli issue 922).
        live = {index["IndexName"] for index in table_description(name).get("GlobalSecondaryIndexes") or []}
        removed = [index for index in removed if index in live]
        added = [index for index in added if index not in live]
        changed = []
    if changed and not removed and not added:
        # Observed: aws-amplify/amplify-cli issue 11384.
        raise ValueError(
            "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights Specification. "
            "You can create a new GSI with a different name."
        )
    if len(removed) + len(added) + 2 * len(changed) > 1:
        raise ValueError("Cannot perform more than one GSI creation or deletion in a single update")
    for index in removed:
        _call(name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": index}}])
    for index in added:
        # In the mode that the table has; it is switched after this. How the service orders the two is not published.
        stated = new if old.mode == new.mode else replace(new, mode=old.mode, both_units=False)
        _call(
            name,
            AttributeDefinitions=new.settings.get("AttributeDefinitions", []),
            GlobalSecondaryIndexUpdates=[
                {"Create": {**new.definitions[index], **_new_members(stated, index)}}
            ],
        )


def _switch(name: str, old: StatedTable, new: StatedTable, *, skip_applied: bool) -> None:
    live_mode = (table_description(name).get("BillingModeSummary") or {}).get("BillingMode", PROVISIONED)
    if skip_applied and live_mode == new.mode:
        return
    if new.mode == ON_DEMAND:
        # Without seeds in the deployed template the way back could not succeed: the service refuses this direction too.
        _require_seeds(old, "OnDemand")
    else:
        _require_seeds(new, "Provisioned")

    def members(index: str | None) -> dict[str, Any]:
        return _stated_units(new, index, seeded=True) | _stated_maxima(new, index)

    change = members(None)
    updates = _index_updates({index: members(index) for index in new.indexes})
    if updates:
        change["GlobalSecondaryIndexUpdates"] = updates
    _call(name, BillingMode=new.mode, **change)


def _change_maxima(name: str, old: StatedTable, new: StatedTable) -> None:
    if new.both_units and (old.table.read, old.table.write) != (new.table.read, new.table.write):
        units = _stated_units(new, None, seeded=False)
        if units:
            _call(name, **units)  # DynamoDB refuses it
    if old.table.on_demand != new.table.on_demand:
        _call(name, OnDemandThroughput=_changed_maxima(old.table.on_demand, new.table.on_demand))
    changed = {
        index: {"OnDemandThroughput": _changed_maxima(old.indexes[index].on_demand, capacity.on_demand)}
        for index, capacity in new.indexes.items()
        if index in old.indexes and old.indexes[index].on_demand != capacity.on_demand
    }
    if changed:
        _call(name, GlobalSecondaryIndexUpdates=_index_updates(changed))


def _change_throughput(name: str, old: StatedTable, new: StatedTable, *, skip_applied: bool) -> None:
    """Send the throughput that differs between the templates, independent of the live table.

    GlobalTable: the fixed units that changed. Auto-scaled units change through their scalable target, within seconds.
    Table: both units of a table or index if one of them changed. They replace the units that auto scaling had set.
    """
    live = table_description(name)
    live_indexes = {index["IndexName"]: index for index in live.get("GlobalSecondaryIndexes") or []}

    def changed_units(
        before: StatedCapacity, after: StatedCapacity, description: Mapping[str, Any]
    ) -> dict[str, int] | None:
        live_units = {
            unit: int(description["ProvisionedThroughput"][unit])
            for unit in ("ReadCapacityUnits", "WriteCapacityUnits")
        }
        request = dict(live_units)
        changed = False
        for unit, old_fixed, new_fixed in (
            ("ReadCapacityUnits", before.read, after.read),
            ("WriteCapacityUnits", before.write, after.write),
        ):
            if new_fixed is not None and new_fixed != old_fixed:
                request[unit] = new_fixed
                changed = True
        if changed and new.both_units:
            request = after.units(seeded=False)
        # The service refuses a request equal to the live units. Only the rollback of a half-applied update avoids that.
        return request if changed and not (skip_applied and request == live_units) else None

    change: dict[str, Any] = {}
    if (throughput := changed_units(old.table, new.table, live)) is not None:
        change["ProvisionedThroughput"] = throughput
    updates = {}
    for index, capacity in new.indexes.items():
        if index in old.indexes and index in live_indexes:
            throughput = changed_units(old.indexes[index], capacity, live_indexes[index])
            if throughput is not None:
                updates[index] = {"ProvisionedThroughput": throughput}
    if updates:
        change["GlobalSecondaryIndexUpdates"] = _index_updates(updates)
    if change:
        _call(name, **change)


def _raise_warm(name: str, old: StatedTable, new: StatedTable) -> None:
    # Alone in its call: aws-controllers-k8s/dynamodb-controller docs/api-quirks DDB-TABLE-433.
    if new.table.warm and new.table.warm != old.table.warm:
        _call(name, WarmThroughput=new.table.warm)
    for index, capacity in new.indexes.items():
        if index in old.indexes and capacity.warm and capacity.warm != old.indexes[index].warm:
            _call(
                name, GlobalSecondaryIndexUpdates=_index_updates({index: {"WarmThroughput": capacity.warm}})
            )


def _change_settings(name: str, old: StatedTable, new: StatedTable) -> None:
    for member, absent in (
        ("StreamSpecification", {"StreamEnabled": False}),
        ("SSESpecification", {"Enabled": False}),
        ("TableClass", "STANDARD"),
        ("DeletionProtectionEnabled", False),
    ):
        before, after = old.settings.get(member, absent), new.settings.get(member, absent)
        if before != after:
            # One member a call: DDB-TABLE-433.
            _call(name, **{member: after})


def _change_backups_and_expiry(name: str, old: StatedTable, new: StatedTable) -> None:
    recovery = {"PointInTimeRecoveryEnabled": False}
    before = old.settings.get("PointInTimeRecoverySpecification", recovery)
    after = new.settings.get("PointInTimeRecoverySpecification", recovery)
    if before != after:
        dynamodb(
            "_update_continuous_backups",
            TableName=name,
            PointInTimeRecoverySpecification={
                "PointInTimeRecoveryEnabled": flag(after.get("PointInTimeRecoveryEnabled")) or False
            },
        )
    expiry = new.settings.get("TimeToLiveSpecification")
    if expiry and expiry != old.settings.get("TimeToLiveSpecification"):
        dynamodb(
            "_update_ttl",
            TableName=name,
            TimeToLiveSpecification={**expiry, "Enabled": flag(expiry.get("Enabled")) or False},
        )


def table_attributes(name: str) -> dict[str, Any]:
    """The attributes for Fn::GetAtt."""
    table = table_description(name)
    attributes = {"Arn": table["TableArn"], "TableId": table["TableId"]}
    if table.get("LatestStreamArn"):
        attributes["StreamArn"] = table["LatestStreamArn"]
    return attributes


def delete_table(name: str) -> None:
    """Delete a table, if it exists, and wait until it is gone. Raises ServiceError, TimeoutError."""
    try:
        dynamodb("_delete_table", TableName=name)
    except ServiceError as error:
        if error.code != "ResourceNotFoundException":
            raise
        return
    end = time.time() + _STABLE_SECONDS
    while time.time() < end:
        try:
            table_description(name)
        except ServiceError:
            return
        time.sleep(_POLL_SECONDS)
    raise TimeoutError(f"Resource did not stabilize: table {name} is still being deleted")


__all__ = ["BUSY_VARIABLE", "create_table", "delete_table", "table_attributes", "update_table"]
