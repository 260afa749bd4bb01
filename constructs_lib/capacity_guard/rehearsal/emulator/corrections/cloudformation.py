"""Corrections: CloudFormation's stack operations. Its table and alarm types are in `tables.py` and `alarms.py`."""

from __future__ import annotations

import contextvars
import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from . import _ministack as ministack
from . import correction

API = "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference"
GUIDE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide"

_STACK_TYPE = "AWS::CloudFormation::Stack"

_half_applied: contextvars.ContextVar[bool] = contextvars.ContextVar(
    "capacity_guard_half_applied", default=False
)


def half_applied() -> bool:
    """Whether the update that a resource handler is asked for sends back one that failed on its way."""
    return _half_applied.get()


def _stacks() -> Any:
    return ministack.module("services.cloudformation.stacks")


def _replace_action(action: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    handlers = ministack.module("services.cloudformation.handlers")._ACTION_HANDLERS
    handlers[action] = wrap(handlers[action])


def _parameter(parameters: dict[str, Any], name: str) -> str | None:
    value = parameters.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value is None else str(value)


def _stack(name_or_id: str | None) -> dict[str, Any] | None:
    found: dict[str, Any] | None = ministack.module("services.cloudformation.handlers")._resolve_stack(
        name_or_id
    )
    return found


# --- what a resource was asked for ------------------------------------------------------------------------------

_asked: dict[tuple[str, str], dict[str, Any]] = {}
"""Resolved properties of the last operation on a resource, by stack id and logical id."""

_resolved: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar(
    "capacity_guard_resolved", default=None
)


@correction("cloudformation.event-properties", f"{API}/API_StackEvent.html")
def show_properties_in_events() -> None:
    """A stack event carries ResourceProperties: the properties of the operation on that resource, as JSON."""
    stacks = _stacks()
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
        if resource_type == _STACK_TYPE and logical_id == stack_name:
            return
        properties = _resolved.get()
        if properties is not None and status in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"):
            # The engine resolves a resource's properties immediately before this event.
            _asked[stack_id, logical_id] = properties
            _resolved.set(None)
        asked = _asked.get((stack_id, logical_id))
        if asked is not None:
            event = ministack.module("services.cloudformation")._stack_events[stack_id][-1]
            event["ResourceProperties"] = json.dumps(asked, default=str)

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
            _asked[stack_id, logical_id] = previous
        await revert(stack_id, stack_name, logical_id, rtype, pid, applied, previous, *args)

    stacks._resolve_dynamic_references = resolve_and_keep
    stacks._add_event = add_with_properties
    stacks._revert_update = revert_with_properties

    def show(original: Callable[..., Any]) -> Callable[..., Any]:
        def describe_stack_events(parameters: dict[str, Any]) -> Any:
            status, headers, body = original(parameters)
            stack = _stack(_parameter(parameters, "StackName")) if status == 200 else None
            if stack is None:
                return status, headers, body
            recorded = ministack.module("services.cloudformation")._stack_events.get(stack["StackId"], [])
            properties = {each["EventId"]: each.get("ResourceProperties") for each in recorded}

            def insert(match: re.Match[str]) -> str:
                text = properties.get(match.group(1))
                shown = f"<ResourceProperties>{escape(text)}</ResourceProperties>" if text else ""
                return match.group(0) + shown

            return status, headers, re.sub(r"<EventId>([^<]*)</EventId>", insert, _text(body)).encode()

        return describe_stack_events

    _replace_action("DescribeStackEvents", show)


def _text(body: bytes | str) -> str:
    return body.decode() if isinstance(body, bytes) else body


# --- events -----------------------------------------------------------------------------------------------------


@correction("cloudformation.events-of-an-update", f"{GUIDE}/view-stack-events.html")
def report_what_an_update_does() -> None:
    """In an update a new resource is created, an unchanged one has no events, and removals are a clean-up phase."""
    stacks = _stacks()
    add, delete, resolve = stacks._add_event, stacks._delete_resource, stacks._resolve_dynamic_references
    created: set[tuple[str, str]] = set()
    unchanged: set[tuple[str, str]] = set()
    asked: contextvars.ContextVar[Any] = contextvars.ContextVar("capacity_guard_asked", default=None)

    def resolve_and_keep(*args: Any, **options: Any) -> Any:
        properties, values = resolve(*args, **options)
        asked.set(properties)
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
        if resource_type != _STACK_TYPE and stack.get("StackStatus") == "UPDATE_IN_PROGRESS":
            known = stack.get("_resources", {}).get(logical_id)
            if status == "UPDATE_IN_PROGRESS" and not reason:
                created.discard(resource)
                unchanged.discard(resource)
                if known is None:
                    created.add(resource)
                elif known.get("Properties") == asked.get():
                    unchanged.add(resource)
            if resource in created and status.startswith("UPDATE_"):
                status = status.replace("UPDATE_", "CREATE_", 1)
                if known is not None:
                    known["ResourceStatus"] = status
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
            add(stack_id, stack_name, stack_name, _STACK_TYPE, phase, physical_id=stack_id)
        add(stack_id, stack_name, logical_id, resource_type, "DELETE_IN_PROGRESS", physical_id=physical_id)
        delete(resource_type, physical_id, properties, stack_name, logical_id)
        add(stack_id, stack_name, logical_id, resource_type, "DELETE_COMPLETE", physical_id=physical_id)

    stacks._resolve_dynamic_references = resolve_and_keep
    stacks._add_event = add_as_cloudformation_does
    stacks._delete_resource = delete_in_the_clean_up


# --- how an operation was started -------------------------------------------------------------------------------


def _deployment_config(parameters: dict[str, Any]) -> dict[str, str]:
    config = {
        "Mode": _parameter(parameters, "DeploymentConfig.Mode"),
        "DisableRollback": _parameter(parameters, "DeploymentConfig.DisableRollback"),
    }
    return {name: value for name, value in config.items() if value is not None}


def _rolls_back(parameters: dict[str, Any], config: dict[str, str]) -> bool:
    explicit = _parameter(parameters, "DisableRollback") or config.get("DisableRollback")
    if explicit is not None:
        return explicit.lower() != "true"
    return config.get("Mode") != "EXPRESS"


@correction(
    "cloudformation.operation-visible",
    f"{API}/API_Stack.html {API}/API_DeploymentConfig.html {GUIDE}/cloudformation-express-mode.html",
)
def show_how_an_operation_was_started() -> None:
    """DescribeStacks shows change set, disabled rollback, express mode, role and what SSM parameters resolve to."""

    def direct(original: Callable[..., Any]) -> Callable[..., Any]:
        def create_or_update_stack(parameters: dict[str, Any]) -> Any:
            config = _deployment_config(parameters)
            if not _parameter(parameters, "OnFailure"):
                parameters = {
                    **parameters,
                    "DisableRollback": [str(not _rolls_back(parameters, config)).lower()],
                }
            answer = original(parameters)
            if answer[0] == 200:
                _note(_stack(_parameter(parameters, "StackName")), parameters, config, None)
            return answer

        return create_or_update_stack

    def prepare(original: Callable[..., Any]) -> Callable[..., Any]:
        def create_change_set(parameters: dict[str, Any]) -> Any:
            answer = original(parameters)
            found = re.search(r"<Id>([^<]*)</Id>", _text(answer[2])) if answer[0] == 200 else None
            if found:
                change_set = ministack.module("services.cloudformation")._change_sets[found.group(1)]
                change_set["DeploymentConfig"] = _deployment_config(parameters)
                change_set["RoleARN"] = _parameter(parameters, "RoleARN")
            return answer

        return create_change_set

    def execute(original: Callable[..., Any]) -> Callable[..., Any]:
        def execute_change_set(parameters: dict[str, Any]) -> Any:
            changesets = ministack.module("services.cloudformation.changesets")
            change_set_id, change_set = changesets._find_change_set(
                _parameter(parameters, "ChangeSetName") or "", _parameter(parameters, "StackName") or ""
            )
            if not change_set:
                return original(parameters)
            config = change_set.get("DeploymentConfig") or {}
            if not change_set.get("OnStackFailure"):
                parameters = {
                    **parameters,
                    "DisableRollback": [str(not _rolls_back(parameters, config)).lower()],
                }
            answer = original(parameters)
            if answer[0] == 200:
                role = {"RoleARN": [change_set["RoleARN"]]} if change_set.get("RoleARN") else {}
                _note(_stack(change_set["StackName"]), {**parameters, **role}, config, change_set_id)
            return answer

        return execute_change_set

    def describe(original: Callable[..., Any]) -> Callable[..., Any]:
        def describe_stacks(parameters: dict[str, Any]) -> Any:
            status, headers, body = original(parameters)
            if status != 200:
                return status, headers, body
            shown = re.sub(
                r"<StackId>([^<]*)</StackId><StackStatus>.*?</Parameters>",
                lambda match: _described(match.group(0), _stack(match.group(1))),
                _text(body),
                flags=re.DOTALL,
            )
            return status, headers, shown.encode()

        return describe_stacks

    _replace_action("CreateStack", direct)
    _replace_action("UpdateStack", direct)
    _replace_action("CreateChangeSet", prepare)
    _replace_action("ExecuteChangeSet", execute)
    _replace_action("DescribeStacks", describe)


def _note(
    stack: dict[str, Any] | None,
    parameters: dict[str, Any],
    config: dict[str, str],
    change_set_id: str | None,
) -> None:
    if stack is None:
        return
    disabled = (_parameter(parameters, "DisableRollback") or "false").lower() == "true"
    stack["DisableRollback"] = disabled
    stack["_change_set_id"] = change_set_id
    stack["_deployment_config"] = {
        "Mode": config.get("Mode", "STANDARD"),
        "DisableRollback": str(disabled).lower(),
    }
    # A role that was passed once stays in use for operations that name none.
    stack["_role_arn"] = _parameter(parameters, "RoleARN") or stack.get("_role_arn")


def _described(member: str, stack: dict[str, Any] | None) -> str:
    if stack is None:
        return member
    extra = ""
    if stack.get("_change_set_id"):
        extra += f"<ChangeSetId>{escape(stack['_change_set_id'])}</ChangeSetId>"
    config = stack.get("_deployment_config")
    if config:
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in config.items())
        extra += f"<DeploymentConfig>{inner}</DeploymentConfig>"
    if stack.get("_role_arn"):
        extra += f"<RoleARN>{escape(stack['_role_arn'])}</RoleARN>"
    member = member.replace("<StackStatus>", f"{extra}<StackStatus>", 1)
    current = stack.get("_resolved_params") or {}
    for parameter in stack.get("Parameters", []):
        name = parameter["ParameterKey"]
        resolved = current.get(name, {})
        if "SsmName" not in resolved:
            continue
        key = f"<ParameterKey>{escape(name)}</ParameterKey>"
        value = str(parameter["ParameterValue"])
        # The parameter's value is the name of the SSM parameter; what it resolved to stands beside it.
        member = member.replace(
            f"{key}<ParameterValue>{escape(value)}</ParameterValue>",
            f"{key}<ParameterValue>{escape(resolved['SsmName'])}</ParameterValue>"
            f"<ResolvedValue>{escape(value)}</ResolvedValue>",
        )
    return member


# --- rollback ---------------------------------------------------------------------------------------------------


def _is_custom(resource_type: str) -> bool:
    return resource_type.startswith("Custom::") or resource_type == "AWS::CloudFormation::CustomResource"


_answered: dict[tuple[str, str], str] = {}
"""Physical id in the last answer of a custom resource, by stack id and logical id."""


@correction(
    "cloudformation.missing-resource",
    f"{API}/API_DescribeStackResource.html; the text as in https://github.com/jpsim/AWSPics/issues/14",
)
def name_a_missing_resource() -> None:
    """DescribeStackResource says of a missing resource what the service says."""

    def describe(original: Callable[..., Any]) -> Callable[..., Any]:
        def describe_stack_resource(parameters: dict[str, Any]) -> Any:
            stack = _stack(_parameter(parameters, "StackName"))
            logical_id = _parameter(parameters, "LogicalResourceId")
            if stack is None or logical_id in stack.get("_resources", {}):
                return original(parameters)
            return ministack.module("services.cloudformation.handlers")._error(
                "ValidationError", f"Resource {logical_id} does not exist for stack {stack['StackName']}"
            )

        return describe_stack_resource

    _replace_action("DescribeStackResource", describe)


@correction("cloudformation.resources-by-physical-id", f"{API}/API_DescribeStackResources.html")
def find_stacks_by_physical_id() -> None:
    """DescribeStackResources with a physical id alone answers for the stack that owns that resource."""

    def describe(original: Callable[..., Any]) -> Callable[..., Any]:
        def describe_stack_resources(parameters: dict[str, Any]) -> Any:
            physical_id = _parameter(parameters, "PhysicalResourceId")
            if physical_id is None or _parameter(parameters, "StackName"):
                return original(parameters)
            owner = next(
                (
                    str(stack["StackId"])
                    for stack in ministack.module("services.cloudformation")._stacks.values()
                    if any(
                        resource.get("PhysicalResourceId") == physical_id
                        for resource in stack.get("_resources", {}).values()
                    )
                ),
                physical_id,
            )
            return original({**parameters, "StackName": [owner]})

        return describe_stack_resources

    _replace_action("DescribeStackResources", describe)


@correction(
    "cloudformation.failed-create-is-deleted",
    f"{GUIDE}/crpg-ref-requesttypes-delete.html aws/aws-cdk PR 29581",
)
def delete_what_failed_to_be_created() -> None:
    """A custom resource whose Create failed gets a Delete: in a create's rollback, or in an update's clean-up."""
    stacks = _stacks()
    custom_resource = ministack.module("services.cloudformation.custom_resource")
    roll_back, deliver = stacks._roll_back_operation, custom_resource.deliver_response

    def deliver_and_keep(token: str, response: dict[str, Any]) -> Any:
        physical_id = response.get("PhysicalResourceId")
        if physical_id:
            _answered[str(response.get("StackId")), str(response.get("LogicalResourceId"))] = str(physical_id)
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
        if failed and operation.get("failed_update") is None and _is_custom(resource_type):
            asked = _asked.get((stack_id, failed), {})
            # Only where a function was called: properties that did not resolve created nothing.
            if "ServiceToken" in asked and failed not in stack.setdefault("_resources", {}):
                stack["_resources"][failed] = {
                    "PhysicalResourceId": _answered.pop(
                        (stack_id, failed), f"{stack_name}-{failed}-{stack_id[-12:]}"
                    ),
                    "ResourceType": resource_type,
                    "LogicalResourceId": failed,
                    "Properties": asked,
                    "Attributes": {},
                }
                operation = {**operation, "created": [*operation.get("created", []), failed]}
        await roll_back(stack_name, stack_id, stack, operation, *args, **options)

    custom_resource.deliver_response = deliver_and_keep
    stacks._roll_back_operation = roll_back_with_failed
    ministack.module("services.cloudformation.handlers")._roll_back_operation = roll_back_with_failed


@correction("cloudformation.failed-table-update-is-sent-back", f"{GUIDE}/stack-failure-options.html")
def send_back_a_failed_table_update() -> None:
    """A table whose own update failed half-way is sent back to its previous properties too."""
    stacks = _stacks()
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

    async def roll_back_knowing_the_failed(
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

    async def revert_knowing_the_failed(
        stack_id: str, stack_name: str, logical_id: str, *args: Any, **options: Any
    ) -> None:
        stack = ministack.module("services.cloudformation")._stacks.get(stack_name) or {}
        # A revert that failed and is continued (ContinueUpdateRollback) may have done half of its work too.
        half = logical_id == failed.get() or logical_id in stack.get("_rollback_failed", {})
        token = _half_applied.set(half)
        try:
            await revert(stack_id, stack_name, logical_id, *args, **options)
        finally:
            _half_applied.reset(token)

    stacks._roll_back_operation = roll_back_knowing_the_failed
    ministack.module("services.cloudformation.handlers")._roll_back_operation = roll_back_knowing_the_failed
    stacks._revert_update = revert_knowing_the_failed


# --- time -------------------------------------------------------------------------------------------------------


class _RehearsalEvent(threading.Event):
    """An event whose `wait` counts rehearsal seconds, where threading's own would count the wall's."""

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is None:
            return super().wait()
        end = time.time() + timeout
        while time.time() < end:
            # Short pieces, so that a jump of the clock ends the wait.
            if super().wait(0.05):
                return True
        return self.is_set()


@correction("cloudformation.service-timeout", f"{GUIDE}/crpg-ref-requesttypes.html (ServiceTimeout, seconds)")
def count_service_timeout_on_the_rehearsal_clock() -> None:
    """ServiceTimeout of a custom resource counts rehearsal seconds."""
    custom_resource = ministack.module("services.cloudformation.custom_resource")

    def register_token(token: str) -> threading.Event:
        event = _RehearsalEvent()
        with custom_resource._lock:
            custom_resource._pending[token] = {"event": event, "result": None}
        return event

    custom_resource.register_token = register_token
