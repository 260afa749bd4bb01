"""Corrections of the emulated CloudFormation: which events an operation has, and the properties in them."""

from __future__ import annotations

import contextvars
import json
import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from . import correction, ministack
from .cloudformation_engine import (
    API,
    GUIDE,
    STACK_TYPE,
    body_text,
    engine,
    find_stack,
    last_properties,
    replace_action,
    request_parameter,
)

_resolved: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar(
    "capacity_guard_resolved", default=None
)


@correction("cloudformation.event-properties", f"{API}/API_StackEvent.html")
def show_properties_in_events() -> None:
    """A stack event carries ResourceProperties: the properties of the operation on that resource, as JSON."""
    stacks = engine()
    resolve, add, revert = stacks._resolve_dynamic_references, stacks._add_event, stacks._revert_update

    def resolve_and_keep(*args: Any, **options: Any) -> Any:
        properties, values = resolve(*args, **options)
        _resolved.set(properties if isinstance(properties, dict) else None)
        return properties, values

    def add_with_properties(
        stack_id: str,
        stack_name: str,
        logical_id: str,
        resource_type: str,
        status: str,
        *args: Any,
        **options: Any,
    ) -> None:
        add(stack_id, stack_name, logical_id, resource_type, status, *args, **options)
        if resource_type == STACK_TYPE and logical_id == stack_name:
            return
        properties = _resolved.get()
        if properties is not None and status in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"):
            # The engine resolves a resource's properties immediately before this event.
            last_properties[stack_id, logical_id] = properties
            _resolved.set(None)
        sent = last_properties.get((stack_id, logical_id))
        if sent is not None:
            event = ministack.module("services.cloudformation")._stack_events[stack_id][-1]
            event["ResourceProperties"] = json.dumps(sent, default=str)

    async def revert_with_properties(
        stack_id: str,
        stack_name: str,
        logical_id: str,
        rtype: str,
        pid: str,
        applied: Any,
        previous: Any,
        *args: Any,
    ) -> None:
        if isinstance(previous, dict):
            last_properties[stack_id, logical_id] = previous
        await revert(stack_id, stack_name, logical_id, rtype, pid, applied, previous, *args)

    stacks._resolve_dynamic_references = resolve_and_keep
    stacks._add_event = add_with_properties
    stacks._revert_update = revert_with_properties

    def show(original: Callable[..., Any]) -> Callable[..., Any]:
        def describe_stack_events(parameters: dict[str, Any]) -> Any:
            status, headers, body = original(parameters)
            stack = find_stack(request_parameter(parameters, "StackName")) if status == 200 else None
            if stack is None:
                return status, headers, body
            recorded = ministack.module("services.cloudformation")._stack_events.get(stack["StackId"], [])
            properties = {event["EventId"]: event.get("ResourceProperties") for event in recorded}

            def insert(match: re.Match[str]) -> str:
                text = properties.get(match.group(1))
                member = f"<ResourceProperties>{escape(text)}</ResourceProperties>" if text else ""
                return match.group(0) + member

            return status, headers, re.sub(r"<EventId>([^<]*)</EventId>", insert, body_text(body)).encode()

        return describe_stack_events

    replace_action("DescribeStackEvents", show)


@correction("cloudformation.events-of-an-update", f"{GUIDE}/view-stack-events.html")
def report_what_an_update_does() -> None:
    """In an update a new resource is created, an unchanged one has no events, and removals are a clean-up phase."""
    stacks = engine()
    add, delete, resolve = stacks._add_event, stacks._delete_resource, stacks._resolve_dynamic_references
    created: set[tuple[str, str]] = set()
    unchanged: set[tuple[str, str]] = set()
    resolved: contextvars.ContextVar[Any] = contextvars.ContextVar(
        "capacity_guard_update_properties", default=None
    )

    def resolve_and_keep(*args: Any, **options: Any) -> Any:
        properties, values = resolve(*args, **options)
        resolved.set(properties)
        return properties, values

    def add_as_cloudformation_does(
        stack_id: str,
        stack_name: str,
        logical_id: str,
        resource_type: str,
        status: str,
        reason: str = "",
        physical_id: str = "",
        detailed_status: str = "",
    ) -> None:
        resource = (stack_id, logical_id)
        stack = ministack.module("services.cloudformation")._stacks.get(stack_name) or {}
        if resource_type != STACK_TYPE and stack.get("StackStatus") == "UPDATE_IN_PROGRESS":
            previous = stack.get("_resources", {}).get(logical_id)
            if status == "UPDATE_IN_PROGRESS" and not reason:
                created.discard(resource)
                unchanged.discard(resource)
                if previous is None:
                    created.add(resource)
                elif previous.get("Properties") == resolved.get():
                    unchanged.add(resource)
            if resource in created and status.startswith("UPDATE_"):
                status = status.replace("UPDATE_", "CREATE_", 1)
                if previous is not None:
                    previous["ResourceStatus"] = status
            if resource in unchanged and status in ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"):
                return
        add(stack_id, stack_name, logical_id, resource_type, status, reason, physical_id, detailed_status)

    def delete_in_the_clean_up(
        resource_type: str,
        physical_id: str,
        properties: dict[str, Any],
        stack_name: str | None = None,
        logical_id: str | None = None,
    ) -> None:
        stack = ministack.module("services.cloudformation")._stacks.get(stack_name) or {}
        phase = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
        if stack.get("StackStatus") not in ("UPDATE_IN_PROGRESS", phase):
            delete(resource_type, physical_id, properties, stack_name, logical_id)
            return
        stack_id = stack["StackId"]
        if stack["StackStatus"] != phase:
            stack["StackStatus"] = phase
            add(stack_id, stack_name, stack_name, STACK_TYPE, phase, physical_id=stack_id)
        add(stack_id, stack_name, logical_id, resource_type, "DELETE_IN_PROGRESS", physical_id=physical_id)
        delete(resource_type, physical_id, properties, stack_name, logical_id)
        add(stack_id, stack_name, logical_id, resource_type, "DELETE_COMPLETE", physical_id=physical_id)

    stacks._resolve_dynamic_references = resolve_and_keep
    stacks._add_event = add_as_cloudformation_does
    stacks._delete_resource = delete_in_the_clean_up
