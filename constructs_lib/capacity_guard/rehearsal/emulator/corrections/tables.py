"""Corrections: CloudFormation's two table types.

`table_template` reads the properties of a template, `table_operations` sends the calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....capacity.dimension import ACCESSES, Dimension
from . import correction, ministack, scaling_targets
from .cloudformation_engine import reverting_failed_update
from .ministack import flag, table_description
from .table_operations import create_table, delete_table, table_attributes, update_table
from .table_template import (
    GLOBAL_TABLE,
    PROVISIONED,
    TABLE,
    StatedTable,
    read_global_table,
    read_table,
)

GLOBAL_TABLE_PAGE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html"
SCALING_PAGE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-dynamodb-globaltable-capacityautoscalingsettings.html"
TABLE_PAGE = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html"
)


def _replaces(old: StatedTable, new: StatedTable, physical_id: str) -> bool:
    renamed = new.settings.get("TableName", physical_id) != physical_id
    # An attribute that keeps its name and changes its type changes a key.
    types = {
        attribute["AttributeName"]: attribute["AttributeType"]
        for attribute in old.settings.get("AttributeDefinitions") or []
    }
    retyped = any(
        types.get(attribute["AttributeName"], attribute["AttributeType"]) != attribute["AttributeType"]
        for attribute in new.settings.get("AttributeDefinitions") or []
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
        stated = read(properties)
        name = stated.settings.get("TableName") or provisioners._physical_name(
            stack_name, logical_id, max_len=255
        )
        create_table(stated, name)
        sync_scaling(name, stated)
        return name, table_attributes(name)

    def update(
        physical_id: str,
        old_properties: dict[str, Any],
        new_properties: dict[str, Any],
        stack_name: str,
        logical_id: str | None = None,
    ) -> tuple[str, dict[str, Any]]:
        old, new = read(old_properties), read(new_properties)
        if _replaces(old, new, physical_id):
            custom_name = new.settings.get("TableName")
            if custom_name == physical_id:
                raise ValueError(
                    "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                    f"Rename {custom_name} and update the stack again."
                )
            provisioners._NAME_SEED.set(ministack.module("core.responses").new_uuid()[:8])
            created = create(logical_id or physical_id, new_properties, stack_name)
            provisioners._delete_predecessor(delete, physical_id, old_properties)
            return created
        update_table(physical_id, old, new, skip_applied=reverting_failed_update.get())
        tags = ministack.module("services.dynamodb")._tags
        arn = table_description(physical_id)["TableArn"]
        provisioners._reconcile_tag_list(
            tags.setdefault(arn, []), {"Tags": old.settings.get("Tags")}, {"Tags": new.settings.get("Tags")}
        )
        sync_scaling(physical_id, new)
        return physical_id, table_attributes(physical_id)

    def delete(physical_id: str, properties: dict[str, Any]) -> None:
        delete_table(physical_id)
        drop_scaling(physical_id)

    handlers = provisioners._RESOURCE_HANDLERS
    handlers[resource_type] = {
        **handlers[resource_type],
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
    }
    # The update handler decides about replacement; the engine must not decide before it.
    provisioners._REPLACING_PROPERTIES[resource_type] = ("TableName",)
    provisioners._CUSTOM_NAME_REPLACEMENT.pop(resource_type, None)
    _run_on_worker_thread(resource_type)


def _run_on_worker_thread(resource_type: str) -> None:
    # A handler waits for the table, and must not block every other request meanwhile.
    stacks = ministack.module("services.cloudformation.stacks")
    original = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda handled: handled == resource_type or original(handled)


@correction("cloudformation.global-table", f"{GLOBAL_TABLE_PAGE} {SCALING_PAGE}")
def provision_global_tables() -> None:
    """A GlobalTable has its units, seeds, maxima, warm throughput and auto scaling, and keeps its name."""

    def sync(name: str, stated: StatedTable) -> None:
        stated_scaling = {}
        for index, capacity in stated.resources().items() if stated.mode == PROVISIONED else ():
            for access, scaling in zip(
                ACCESSES, (capacity.read_scaling, capacity.write_scaling), strict=True
            ):
                if scaling is not None:
                    stated_scaling[scaling_targets.dimension_key(name, Dimension(index, access))] = scaling
        for key in scaling_targets.keys_of_table(name):
            # CloudFormation owns the auto scaling of a GlobalTable and removes what its template no longer states.
            if key not in stated_scaling:
                scaling_targets.deregister(key)
        for key, scaling in stated_scaling.items():
            scaling_targets.register(key, minimum=scaling.minimum, maximum=scaling.maximum)
            scaling_targets.put_policy(
                key,
                f"{key.dimension.rsplit(':', 1)[1]}-scaling-policy",
                _policy(key.dimension, scaling.target),
            )

    def drop(name: str) -> None:
        for key in scaling_targets.keys_of_table(name):
            scaling_targets.deregister(key)

    _install(GLOBAL_TABLE, read_global_table, sync, drop)


def _policy(dimension: str, target: Mapping[str, Any]) -> dict[str, Any]:
    access = "Read" if "Read" in dimension else "Write"
    return {
        "TargetValue": float(target["TargetValue"]),
        "PredefinedMetricSpecification": {"PredefinedMetricType": f"DynamoDB{access}CapacityUtilization"},
        **{
            name: int(target[name])
            for name in ("ScaleInCooldown", "ScaleOutCooldown")
            if target.get(name) is not None
        },
        "DisableScaleIn": flag(target.get("DisableScaleIn")) or False,
    }


@correction("cloudformation.table", TABLE_PAGE)
def provision_tables() -> None:
    """A Table changes capacity in place: no index is deleted and created for it; warm throughput is kept."""

    # Auto scaling of this type has resources of its own; deleting a table leaves them.
    def do_nothing(*_: Any) -> None:
        return None

    _install(TABLE, read_table, do_nothing, do_nothing)
