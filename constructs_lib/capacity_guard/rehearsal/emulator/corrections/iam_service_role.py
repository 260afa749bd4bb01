"""Correction of the emulated CloudFormation: an operation with a service role may do what the role may (`Emulator(iam=True)`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import correction, ministack
from .cloudformation_engine import GUIDE, engine, find_stack
from .iam_calls import Needed
from .iam_handlers import needed_by_handler
from .iam_roles import is_enforced, role_problem


@correction("iam.service-role", f"{GUIDE}/using-iam-servicerole.html")
def act_with_the_service_role() -> None:
    """CloudFormation changes a resource with the rights of the operation's service role, and of no other."""
    stacks = engine()
    provision, update, delete = stacks._provision_resource, stacks._update_resource, stacks._delete_resource

    def provision_with_role(
        resource_type: str, logical_id: str, properties: dict[str, Any], stack_name: str
    ) -> Any:
        _require(stack_name, needs(resource_type, "create", "", {}, properties))
        return provision(resource_type, logical_id, properties, stack_name)

    def update_with_role(
        resource_type: str,
        physical_id: str,
        old: dict[str, Any],
        new: dict[str, Any],
        stack_name: str,
        *rest: Any,
        **options: Any,
    ) -> Any:
        if old != new:
            is_replaced = ministack.module("services.cloudformation.provisioners")._replacing_change(
                resource_type, old, new
            )
            for operation in ("create", "delete") if is_replaced else ("update",):
                _require(stack_name, needs(resource_type, operation, physical_id, old, new))
        return update(resource_type, physical_id, old, new, stack_name, *rest, **options)

    def delete_with_role(
        resource_type: str,
        physical_id: str,
        properties: dict[str, Any],
        stack_name: str | None = None,
        logical_id: str | None = None,
    ) -> Any:
        _require(stack_name, needs(resource_type, "delete", physical_id, properties, {}))
        return delete(resource_type, physical_id, properties, stack_name, logical_id)

    def needs(*handler: Any) -> Iterable[Needed]:
        responses = ministack.module("core.responses")
        prefix = f"arn:aws:{{}}:{responses.get_region()}:{responses.get_account_id()}:"
        return needed_by_handler(*handler, prefix=prefix)

    stacks._provision_resource, stacks._update_resource = provision_with_role, update_with_role
    stacks._delete_resource = delete_with_role


def _require(stack_name: str | None, needs: Iterable[Needed]) -> None:
    """Raises ValueError, which fails the operation on the resource, with the message of the service."""
    role = str((find_stack(stack_name) or {}).get("_role_arn") or "") if stack_name else ""
    if not role or not is_enforced():
        return
    for needed in needs:
        problem = role_problem(role, needed)
        if problem is not None:
            raise ValueError(problem)


__all__ = ["act_with_the_service_role"]
