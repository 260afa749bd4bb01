"""Corrections of the emulated CloudFormation: what a rollback does about the resource that failed."""

from __future__ import annotations

import contextvars
from typing import Any

from . import correction, ministack
from .cloudformation_engine import (
    GUIDE,
    engine,
    is_custom,
    last_properties,
    reverting_failed_update,
)

_answered_ids: dict[tuple[str, str], str] = {}
"""Physical id in the last answer of a custom resource, by stack id and logical id."""


@correction(
    "cloudformation.failed-create-is-deleted",
    f"{GUIDE}/crpg-ref-requesttypes-delete.html aws/aws-cdk PR 29581",
)
def delete_what_failed_to_be_created() -> None:
    """A custom resource whose Create failed gets a Delete: in the rollback of a create or the clean-up of an update."""
    stacks = engine()
    custom_resource = ministack.module("services.cloudformation.custom_resource")
    roll_back, deliver = stacks._roll_back_operation, custom_resource.deliver_response

    def deliver_and_keep(token: str, response: dict[str, Any]) -> Any:
        physical_id = response.get("PhysicalResourceId")
        if physical_id:
            _answered_ids[str(response.get("StackId")), str(response.get("LogicalResourceId"))] = str(
                physical_id
            )
        return deliver(token, response)

    async def roll_back_with_failed(
        stack_name: str,
        stack_id: str,
        stack: dict[str, Any],
        operation: dict[str, Any],
        *args: Any,
        **options: Any,
    ) -> None:
        failed = operation.get("failed_logical_id")
        definition = (operation.get("template") or {}).get("Resources", {}).get(failed) or {}
        resource_type = definition.get("Type", "AWS::CloudFormation::CustomResource")
        if failed and operation.get("failed_update") is None and is_custom(resource_type):
            properties = last_properties.get((stack_id, failed), {})
            # Only where CloudFormation called a function: unresolved properties created nothing.
            if "ServiceToken" in properties and failed not in stack.setdefault("_resources", {}):
                stack["_resources"][failed] = {
                    "PhysicalResourceId": _answered_ids.pop(
                        (stack_id, failed), f"{stack_name}-{failed}-{stack_id[-12:]}"
                    ),
                    "ResourceType": resource_type,
                    "LogicalResourceId": failed,
                    "Properties": properties,
                    "Attributes": {},
                }
                operation = {**operation, "created": [*operation.get("created", []), failed]}
        await roll_back(stack_name, stack_id, stack, operation, *args, **options)

    custom_resource.deliver_response = deliver_and_keep
    stacks._roll_back_operation = roll_back_with_failed
    ministack.module("services.cloudformation.handlers")._roll_back_operation = roll_back_with_failed


@correction("cloudformation.failed-table-update-is-sent-back", f"{GUIDE}/stack-failure-options.html")
def send_back_a_failed_table_update() -> None:
    """A rollback sends a table whose own update failed half-way back to its previous properties too."""
    stacks = engine()
    sends_back, revert, roll_back = (
        stacks._sends_back_failed_update,
        stacks._revert_update,
        stacks._roll_back_operation,
    )
    tables = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
    failed: contextvars.ContextVar[str | None] = contextvars.ContextVar("capacity_guard_failed", default=None)
    stacks._sends_back_failed_update = lambda resource_type: (
        resource_type in tables or sends_back(resource_type)
    )

    async def roll_back_with_failed_id(
        stack_name: str,
        stack_id: str,
        stack: dict[str, Any],
        operation: dict[str, Any],
        *args: Any,
        **options: Any,
    ) -> None:
        token = failed.set((operation.get("failed_update") or [None])[0])
        try:
            await roll_back(stack_name, stack_id, stack, operation, *args, **options)
        finally:
            failed.reset(token)

    async def revert_with_failed_id(
        stack_id: str, stack_name: str, logical_id: str, *args: Any, **options: Any
    ) -> None:
        stack = ministack.module("services.cloudformation")._stacks.get(stack_name) or {}
        # A failed revert that ContinueUpdateRollback repeats may have done half of its work too.
        half_applied = logical_id == failed.get() or logical_id in stack.get("_rollback_failed", {})
        token = reverting_failed_update.set(half_applied)
        try:
            await revert(stack_id, stack_name, logical_id, *args, **options)
        finally:
            reverting_failed_update.reset(token)

    stacks._roll_back_operation = roll_back_with_failed_id
    ministack.module("services.cloudformation.handlers")._roll_back_operation = roll_back_with_failed_id
    stacks._revert_update = revert_with_failed_id
