"""What the corrections of CloudFormation share: access to MiniStack's engine, and what they note for each other."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

from . import ministack

API = "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference"
GUIDE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide"
STACK_TYPE = "AWS::CloudFormation::Stack"

last_properties: dict[tuple[str, str], dict[str, Any]] = {}
"""Resolved properties of the last operation on a resource, by stack id and logical id."""

reverting_failed_update: contextvars.ContextVar[bool] = contextvars.ContextVar(
    "capacity_guard_reverting_failed_update", default=False
)
"""True while a resource handler sends a resource back whose own update failed: half of the update may be applied."""


def engine() -> Any:
    """MiniStack's module that runs stack operations."""
    return ministack.module("services.cloudformation.stacks")


def replace_action(action: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Replace the function that answers an API action by a wrapper around it."""
    handlers = ministack.module("services.cloudformation.handlers")._ACTION_HANDLERS
    handlers[action] = wrap(handlers[action])


def request_parameter(parameters: dict[str, Any], name: str) -> str | None:
    """One parameter of a request in the query protocol, None when it is absent."""
    value = parameters.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value is None else str(value)


def find_stack(name_or_id: str | None) -> dict[str, Any] | None:
    """MiniStack's record of a stack, None when there is no such stack."""
    stack: dict[str, Any] | None = ministack.module("services.cloudformation.handlers")._resolve_stack(
        name_or_id
    )
    return stack


def body_text(body: bytes | str) -> str:
    """The body of an answer as text."""
    return body.decode() if isinstance(body, bytes) else body


def is_custom(resource_type: str) -> bool:
    """Whether a resource type is that of a custom resource."""
    return resource_type.startswith("Custom::") or resource_type == "AWS::CloudFormation::CustomResource"


__all__ = [
    "API",
    "GUIDE",
    "STACK_TYPE",
    "body_text",
    "engine",
    "find_stack",
    "is_custom",
    "last_properties",
    "replace_action",
    "request_parameter",
    "reverting_failed_update",
]
