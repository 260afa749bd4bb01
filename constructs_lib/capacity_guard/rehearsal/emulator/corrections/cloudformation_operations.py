"""Corrections of the emulated CloudFormation: a stack shows how its last operation was started."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from . import correction, ministack
from .cloudformation_engine import (
    API,
    GUIDE,
    body_text,
    find_stack,
    replace_action,
    request_parameter,
)

KEEP_VARIABLE = "CAPACITY_GUARD_KEPT_FIELDS"
"""Environment variable, for readings that are not documented: comma-separated names of fields of DescribeStacks that
UpdateStack leaves as they were. ``ChangeSetId``: a stack still names an earlier change set. ``DisableRollback``: the field is
that of the stack's creation, as its documentation says literally, also for an executed change set."""


def _deployment_config(parameters: dict[str, Any]) -> dict[str, str]:
    config = {
        "Mode": request_parameter(parameters, "DeploymentConfig.Mode"),
        "DisableRollback": request_parameter(parameters, "DeploymentConfig.DisableRollback"),
    }
    return {name: value for name, value in config.items() if value is not None}


def _rolls_back(parameters: dict[str, Any], config: dict[str, str]) -> bool:
    explicit = request_parameter(parameters, "DisableRollback") or config.get("DisableRollback")
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
            if not request_parameter(parameters, "OnFailure"):
                parameters = {
                    **parameters,
                    "DisableRollback": [str(not _rolls_back(parameters, config)).lower()],
                }
            answer = original(parameters)
            if answer[0] == 200:
                _note_operation(
                    find_stack(request_parameter(parameters, "StackName")), parameters, config, None
                )
            return answer

        return create_or_update_stack

    def prepare(original: Callable[..., Any]) -> Callable[..., Any]:
        def create_change_set(parameters: dict[str, Any]) -> Any:
            answer = original(parameters)
            change_set_id = re.search(r"<Id>([^<]*)</Id>", body_text(answer[2])) if answer[0] == 200 else None
            if change_set_id:
                change_set = ministack.module("services.cloudformation")._change_sets[change_set_id.group(1)]
                change_set["DeploymentConfig"] = _deployment_config(parameters)
                change_set["RoleARN"] = request_parameter(parameters, "RoleARN")
            return answer

        return create_change_set

    def execute(original: Callable[..., Any]) -> Callable[..., Any]:
        def execute_change_set(parameters: dict[str, Any]) -> Any:
            changesets = ministack.module("services.cloudformation.changesets")
            change_set_id, change_set = changesets._find_change_set(
                request_parameter(parameters, "ChangeSetName") or "",
                request_parameter(parameters, "StackName") or "",
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
                _note_operation(
                    find_stack(change_set["StackName"]), {**parameters, **role}, config, change_set_id
                )
            return answer

        return execute_change_set

    def describe(original: Callable[..., Any]) -> Callable[..., Any]:
        def describe_stacks(parameters: dict[str, Any]) -> Any:
            status, headers, body = original(parameters)
            if status != 200:
                return status, headers, body
            text = re.sub(
                r"<StackId>([^<]*)</StackId><StackStatus>.*?</Parameters>",
                lambda match: _with_operation(match.group(0), find_stack(match.group(1))),
                body_text(body),
                flags=re.DOTALL,
            )
            return status, headers, text.encode()

        return describe_stacks

    replace_action("CreateStack", direct)
    replace_action("UpdateStack", direct)
    replace_action("CreateChangeSet", prepare)
    replace_action("ExecuteChangeSet", execute)
    replace_action("DescribeStacks", describe)


def _note_operation(
    stack: dict[str, Any] | None,
    parameters: dict[str, Any],
    config: dict[str, str],
    change_set_id: str | None,
) -> None:
    if stack is None:
        return
    disabled = (request_parameter(parameters, "DisableRollback") or "false").lower() == "true"
    kept = os.environ.get(KEEP_VARIABLE, "").split(",")
    if "DisableRollback" not in kept or stack.get("StackStatus") == "CREATE_IN_PROGRESS":
        stack["DisableRollback"] = disabled
    if change_set_id is not None or "ChangeSetId" not in kept:
        stack["_change_set_id"] = change_set_id
    stack["_deployment_config"] = {
        "Mode": config.get("Mode", "STANDARD"),
        "DisableRollback": str(disabled).lower(),
    }
    # CloudFormation uses a role that was passed once for later operations without a role too.
    stack["_role_arn"] = request_parameter(parameters, "RoleARN") or stack.get("_role_arn")


def _with_operation(member: str, stack: dict[str, Any] | None) -> str:
    """The XML of a stack with its last operation and its resolved SSM parameters."""
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
        # The parameter's value is the name of the SSM parameter; ResolvedValue holds the value of that parameter.
        member = member.replace(
            f"{key}<ParameterValue>{escape(value)}</ParameterValue>",
            f"{key}<ParameterValue>{escape(resolved['SsmName'])}</ParameterValue>"
            f"<ResolvedValue>{escape(value)}</ResolvedValue>",
        )
    return member


__all__ = ["KEEP_VARIABLE"]
