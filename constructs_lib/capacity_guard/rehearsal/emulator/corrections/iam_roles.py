"""Whether IAM is enforced, and what a service role gives CloudFormation."""

from __future__ import annotations

import json
from typing import Any

from . import ministack
from .cloudformation_engine import find_stack
from .iam_calls import Needed, Request

_SERVICE = "cloudformation.amazonaws.com"


def is_enforced() -> bool:
    """Whether the emulator enforces IAM."""
    return bool(ministack.module("app").AUTH)


def role_of_request(request: Request) -> str:
    """ARN of the role of the operation that a request to CloudFormation starts; empty if there is none."""
    named = request.text("RoleARN")
    if named:
        return named
    stack = find_stack(request.text("StackName")) or {}
    return str(stack.get("_role_arn") or "")


def role_problem(role_arn: str, needed: Needed) -> str | None:
    """Why a role does not give CloudFormation a permission, in the words of the service; ``None`` if it does."""
    evaluator, responses = ministack.module("core.iam_evaluator"), ministack.module("core.responses")
    account, name = responses.get_account_id(), role_arn.rsplit("/", 1)[-1]
    roles = ministack.module("services.iam")._roles
    role = roles.get_scoped(account, None, name)
    if role is None or not _trusts_cloudformation(role):
        return f"Role {role_arn} is invalid or cannot be assumed"
    principal = f"arn:aws:sts::{account}:assumed-role/{name}/AWSCloudFormation"
    result = evaluator.evaluate(
        evaluator.EvalContext(
            principal_arn=principal,
            principal_type="AssumedRole",
            principal_account=account,
            action=needed.action,
            resource_arn=needed.resource,
            region=responses.get_region(),
            service_context={key.lower(): value for key, value in needed.context.items()},
        ),
        evaluator._gather_role_policies(name, account),
        *evaluator._permissions_boundary(roles, name, account),
    )
    if result.decision == "Allow":
        return None
    message: str = ministack.module("core.iam_actions").identity_denial_message(
        needed.action, principal, needed.resource, result.decision == "Deny"
    )
    return message


def _trusts_cloudformation(role: dict[str, Any]) -> bool:
    document = role.get("AssumeRolePolicyDocument") or {}
    document = json.loads(document) if isinstance(document, str) else document
    statements = document.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        if statement.get("Effect") == "Allow" and _SERVICE in (
            [services] if isinstance(services, str) else services
        ):
            return True
    return False


__all__ = ["is_enforced", "role_of_request", "role_problem"]
