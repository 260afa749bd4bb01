"""Corrections: CloudFormation's two table types.

Both become real calls of the emulator's own DynamoDB, so its refusals, durations and quotas hold for
CloudFormation too. `TablePlan` says what a template asks for; `_update` sends what differs between two
templates, one call for each change that the service wants alone, and waits for the table after each.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from . import _ministack as ministack
from . import correction, scaling_targets
from ._ministack import ServiceError, dynamodb, table_description
from .table_plan import (
    GLOBAL_TABLE,
    ON_DEMAND,
    PROVISIONED,
    TABLE,
    Side,
    TablePlan,
    _flag,
    global_table_plan,
    table_plan,
)

GLOBAL_TABLE_PAGE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html"
SCALING_PAGE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-dynamodb-globaltable-capacityautoscalingsettings.html"
TABLE_PAGE = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html"
)


_POLL_SECONDS = 5.0
"""Rehearsal seconds between two looks at a table that is being changed."""
_STABLE_SECONDS = 3 * 3_600.0
"""Rehearsal seconds after which CloudFormation gives a table up; the service's own limit is not published."""


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
    _await_active(name)
    dynamodb("_update_table", TableName=name, **change)
    _await_active(name)


def _index_updates(updates: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"Update": {"IndexName": name, **update}} for name, update in updates.items() if update]


def _create(plan: TablePlan, name: str) -> None:
    provisioned = plan.mode == PROVISIONED
    request: dict[str, Any] = {
        member: plan.settings[member]
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
        if member in plan.settings
    }
    request.update(TableName=name, BillingMode=plan.mode)

    def capacity(side: Side) -> dict[str, Any]:
        # Observed: a creation takes MinCapacity and not SeedCapacity (go-to-k/cdkd issue 1435).
        members: dict[str, Any] = {"ProvisionedThroughput": side.units(seeded=False)} if provisioned else {}
        if side.on_demand and not provisioned:
            members["OnDemandThroughput"] = side.on_demand
        if side.warm:
            members["WarmThroughput"] = side.warm
        return members

    request.update(capacity(plan.table))
    if plan.indexes:
        request["GlobalSecondaryIndexes"] = [
            {**plan.definitions[index], **capacity(side)} for index, side in plan.indexes.items()
        ]
    dynamodb("_create_table", **request)
    _await_active(name)
    _backups_and_expiry(name, TablePlan(plan.mode, Side(), {}, {}, {}), plan)


def _require_seeds(plan: TablePlan, direction: str) -> None:
    missing = [
        f"{index or 'table'} {dimension}"
        for index, side in plan.sides().items()
        for dimension, scaling in (("read", side.read_scaling), ("write", side.write_scaling))
        if scaling is not None and scaling.seed is None
    ]
    if missing:
        # Only the beginning of the service's message is known (aws/aws-cdk issue 27735); the rest is ours.
        raise ValueError(
            f"Invalid request provided: When switching billing mode to {direction}, the provisioned capacity needs a "
            f"SeedCapacity for every auto-scaled capacity; missing: {', '.join(missing)}"
        )


def _cleared(old: Mapping[str, int], new: Mapping[str, int]) -> dict[str, int]:
    # -1 removes a maximum (UpdateTable, OnDemandThroughput).
    return {**dict.fromkeys(old, -1), **new}


def _update(name: str, old: TablePlan, new: TablePlan, *, lenient: bool) -> None:
    """Send what differs between two templates; `lenient` leaves out what the table already has.

    Lenient is only the way back of an update that failed half-way: what of it was applied is read from the table,
    once its indexes have settled. Elsewhere the handler sends, and the service's refusal is ours to see.
    """
    if lenient:
        _await_indexes(name)
    _alter_indexes(name, old, new)
    if old.mode != new.mode:
        _switch(name, old, new, lenient=lenient)
    elif new.mode == ON_DEMAND:
        _change_maxima(name, old, new)
    else:
        _change_throughput(name, old, new, lenient=lenient)
    _raise_warm(name, old, new)
    _alter_settings(name, old, new)
    _backups_and_expiry(name, old, new)


def _alter_indexes(name: str, old: TablePlan, new: TablePlan) -> None:
    removed = sorted(old.indexes.keys() - new.indexes.keys())
    added = sorted(new.indexes.keys() - old.indexes.keys())
    changed = sorted(
        index
        for index in new.indexes.keys() & old.indexes.keys()
        if new.definitions[index] != old.definitions[index]
    )
    if len(removed) + len(added) + 2 * len(changed) > 1:
        raise ValueError("Cannot perform more than one GSI creation or deletion in a single update")
    for index in removed:
        _call(name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": index}}])
    for index in added:
        side = new.indexes[index]
        create = dict(new.definitions[index])
        if old.mode == PROVISIONED:
            create["ProvisionedThroughput"] = side.units(seeded=False)
        if side.warm:
            create["WarmThroughput"] = side.warm
        _call(
            name,
            AttributeDefinitions=new.settings.get("AttributeDefinitions", []),
            GlobalSecondaryIndexUpdates=[{"Create": create}],
        )


def _switch(name: str, old: TablePlan, new: TablePlan, *, lenient: bool) -> None:
    live_mode = (table_description(name).get("BillingModeSummary") or {}).get("BillingMode", PROVISIONED)
    if lenient and live_mode == new.mode:
        return
    if new.mode == ON_DEMAND:
        # Without seeds in the deployed template the way back could not succeed: refused in this direction too.
        _require_seeds(old, "OnDemand")
        change: dict[str, Any] = {"OnDemandThroughput": new.table.on_demand} if new.table.on_demand else {}
        updates = _index_updates(
            {
                index: {"OnDemandThroughput": side.on_demand} if side.on_demand else {}
                for index, side in new.indexes.items()
            }
        )
    else:
        _require_seeds(new, "Provisioned")
        change = {"ProvisionedThroughput": new.table.units(seeded=True)}
        updates = _index_updates(
            {index: {"ProvisionedThroughput": side.units(seeded=True)} for index, side in new.indexes.items()}
        )
    if updates:
        change["GlobalSecondaryIndexUpdates"] = updates
    _call(name, BillingMode=new.mode, **change)


def _change_maxima(name: str, old: TablePlan, new: TablePlan) -> None:
    if old.table.on_demand != new.table.on_demand:
        _call(name, OnDemandThroughput=_cleared(old.table.on_demand, new.table.on_demand))
    changed = {
        index: {"OnDemandThroughput": _cleared(old.indexes[index].on_demand, side.on_demand)}
        for index, side in new.indexes.items()
        if index in old.indexes and old.indexes[index].on_demand != side.on_demand
    }
    if changed:
        _call(name, GlobalSecondaryIndexUpdates=_index_updates(changed))


def _change_throughput(name: str, old: TablePlan, new: TablePlan, *, lenient: bool) -> None:
    """What differs between the templates, whatever the live table has.

    Of a GlobalTable the fixed units that changed: what is auto-scaled changes through its scalable target, within
    seconds. Of a Table both units of a table or index as soon as one of them changed, over what auto scaling had
    reached.
    """
    live = table_description(name)
    live_indexes = {index["IndexName"]: index for index in live.get("GlobalSecondaryIndexes") or []}

    def wanted(before: Side, after: Side, description: Mapping[str, Any]) -> dict[str, int] | None:
        now = {
            unit: int(description["ProvisionedThroughput"][unit])
            for unit in ("ReadCapacityUnits", "WriteCapacityUnits")
        }
        request = dict(now)
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
        # A request equal to what is live is refused by the service, and going forward that refusal is ours to see.
        return request if changed and not (lenient and request == now) else None

    change: dict[str, Any] = {}
    if (throughput := wanted(old.table, new.table, live)) is not None:
        change["ProvisionedThroughput"] = throughput
    updates = {}
    for index, side in new.indexes.items():
        if index in old.indexes and index in live_indexes:
            throughput = wanted(old.indexes[index], side, live_indexes[index])
            if throughput is not None:
                updates[index] = {"ProvisionedThroughput": throughput}
    if updates:
        change["GlobalSecondaryIndexUpdates"] = _index_updates(updates)
    if change:
        _call(name, **change)


def _raise_warm(name: str, old: TablePlan, new: TablePlan) -> None:
    # Alone in its call: aws-controllers-k8s/dynamodb-controller docs/api-quirks DDB-TABLE-433.
    if new.table.warm and new.table.warm != old.table.warm:
        _call(name, WarmThroughput=new.table.warm)
    for index, side in new.indexes.items():
        if index in old.indexes and side.warm and side.warm != old.indexes[index].warm:
            _call(name, GlobalSecondaryIndexUpdates=_index_updates({index: {"WarmThroughput": side.warm}}))


def _alter_settings(name: str, old: TablePlan, new: TablePlan) -> None:
    for member, absent in (
        ("StreamSpecification", {"StreamEnabled": False}),
        ("SSESpecification", {"Enabled": False}),
        ("TableClass", "STANDARD"),
        ("DeletionProtectionEnabled", False),
    ):
        before, after = old.settings.get(member, absent), new.settings.get(member, absent)
        if before != after:
            # One member a call: DDB-TABLE-433 again.
            _call(name, **{member: after})


def _backups_and_expiry(name: str, old: TablePlan, new: TablePlan) -> None:
    recovery = {"PointInTimeRecoveryEnabled": False}
    before = old.settings.get("PointInTimeRecoverySpecification", recovery)
    after = new.settings.get("PointInTimeRecoverySpecification", recovery)
    if before != after:
        dynamodb(
            "_update_continuous_backups",
            TableName=name,
            PointInTimeRecoverySpecification={
                "PointInTimeRecoveryEnabled": _flag(after.get("PointInTimeRecoveryEnabled")) or False
            },
        )
    expiry = new.settings.get("TimeToLiveSpecification")
    if expiry and expiry != old.settings.get("TimeToLiveSpecification"):
        dynamodb(
            "_update_ttl",
            TableName=name,
            TimeToLiveSpecification={**expiry, "Enabled": _flag(expiry.get("Enabled")) or False},
        )


def _attributes(name: str) -> dict[str, Any]:
    table = table_description(name)
    attributes = {"Arn": table["TableArn"], "TableId": table["TableId"]}
    if table.get("LatestStreamArn"):
        attributes["StreamArn"] = table["LatestStreamArn"]
    return attributes


def _delete(name: str) -> None:
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


def _replaces(old: TablePlan, new: TablePlan, physical_id: str) -> bool:
    renamed = new.settings.get("TableName", physical_id) != physical_id
    # An attribute that keeps its name and changes its type changes a key.
    types = {
        each["AttributeName"]: each["AttributeType"]
        for each in old.settings.get("AttributeDefinitions") or []
    }
    retyped = any(
        types.get(each["AttributeName"], each["AttributeType"]) != each["AttributeType"]
        for each in new.settings.get("AttributeDefinitions") or []
    )
    return (
        renamed
        or retyped
        or any(
            old.settings.get(key) != new.settings.get(key) for key in ("KeySchema", "LocalSecondaryIndexes")
        )
    )


def _install(resource_type: str, read: Any, sync_scaling: Any, drop_scaling: Any) -> None:
    provisioners = ministack.module("services.cloudformation.provisioners")

    def create(logical_id: str, properties: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
        plan = read(properties)
        name = plan.settings.get("TableName") or provisioners._physical_name(
            stack_name, logical_id, max_len=255
        )
        _create(plan, name)
        sync_scaling(name, plan)
        return name, _attributes(name)

    def update(
        physical_id: str,
        old_properties: dict[str, Any],
        new_properties: dict[str, Any],
        stack_name: str,
        logical_id: str | None = None,
    ) -> tuple[str, dict[str, Any]]:
        from .cloudformation import half_applied

        old, new = read(old_properties), read(new_properties)
        if _replaces(old, new, physical_id):
            named = new.settings.get("TableName")
            if named == physical_id:
                raise ValueError(
                    "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                    f"Rename {named} and update the stack again."
                )
            provisioners._NAME_SEED.set(ministack.module("core.responses").new_uuid()[:8])
            created = create(logical_id or physical_id, new_properties, stack_name)
            provisioners._delete_predecessor(delete, physical_id, old_properties)
            return created
        _update(physical_id, old, new, lenient=half_applied())
        tags = ministack.module("services.dynamodb")._tags
        arn = table_description(physical_id)["TableArn"]
        provisioners._reconcile_tag_list(
            tags.setdefault(arn, []), {"Tags": old.settings.get("Tags")}, {"Tags": new.settings.get("Tags")}
        )
        sync_scaling(physical_id, new)
        return physical_id, _attributes(physical_id)

    def delete(physical_id: str, properties: dict[str, Any]) -> None:
        _delete(physical_id)
        drop_scaling(physical_id)

    handlers = provisioners._RESOURCE_HANDLERS
    handlers[resource_type] = {
        **handlers[resource_type],
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
    }
    # The update handler decides about replacement itself; the engine must not do it first.
    provisioners._REPLACING_PROPERTIES[resource_type] = ("TableName",)
    provisioners._CUSTOM_NAME_REPLACEMENT.pop(resource_type, None)
    _wait_off_the_event_loop(resource_type)


def _wait_off_the_event_loop(resource_type: str) -> None:
    # A handler that waits for the table must not stand in the way of every other request.
    stacks = ministack.module("services.cloudformation.stacks")
    original = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda each: each == resource_type or original(each)


@correction("cloudformation.global-table", f"{GLOBAL_TABLE_PAGE} {SCALING_PAGE}")
def provision_global_tables() -> None:
    """A GlobalTable has its units, seeds, maxima, warm throughput and auto scaling, and keeps its name."""
    from . import scaling_service

    def sync(name: str, plan: TablePlan) -> None:
        wanted = {}
        for index, side in plan.sides().items() if plan.mode == PROVISIONED else ():
            for dimension, scaling in (("Read", side.read_scaling), ("Write", side.write_scaling)):
                if scaling is not None:
                    wanted[scaling_targets.key(name, index, dimension)] = scaling
        for key in scaling_targets.keys_of_table(name):
            # CloudFormation owns the auto scaling of a GlobalTable: what its template no longer states is removed.
            if key not in wanted:
                scaling_service.deregister(key)
        for key, scaling in wanted.items():
            scaling_service.register(key, minimum=scaling.minimum, maximum=scaling.maximum)
            scaling_service.put_policy(
                key,
                f"{key.dimension.rsplit(':', 1)[1]}-scaling-policy",
                _policy(key.dimension, scaling.target),
            )

    def drop(name: str) -> None:
        for key in scaling_targets.keys_of_table(name):
            scaling_service.deregister(key)

    _install(GLOBAL_TABLE, global_table_plan, sync, drop)


def _policy(dimension: str, target: Mapping[str, Any]) -> dict[str, Any]:
    kind = "Read" if "Read" in dimension else "Write"
    return {
        "TargetValue": float(target["TargetValue"]),
        "PredefinedMetricSpecification": {"PredefinedMetricType": f"DynamoDB{kind}CapacityUtilization"},
        **{
            name: int(target[name])
            for name in ("ScaleInCooldown", "ScaleOutCooldown")
            if target.get(name) is not None
        },
        "DisableScaleIn": _flag(target.get("DisableScaleIn")) or False,
    }


@correction("cloudformation.table", TABLE_PAGE)
def provision_tables() -> None:
    """A Table changes capacity in place: no index is deleted and created for it; warm throughput is kept."""

    # On this type auto scaling stands in resources of its own, and deleting a table leaves them behind.
    def nothing(*_: Any) -> None:
        return None

    _install(TABLE, table_plan, nothing, nothing)
