"""Corrections of the emulated CloudFormation: requests that it refuses before it does anything."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from . import correction, ministack
from .cloudformation_engine import API, find_stack, replace_action, request_parameter

PAUSED_VARIABLE = "CAPACITY_GUARD_PAUSED_UPDATE"
"""Environment variable: ``refused`` lets a stack in UPDATE_FAILED take no update at all, also with DisableRollback."""


@correction("cloudformation.capabilities", f"{API}/API_CreateStack.html (Capabilities)")
def require_capabilities_for_iam_resources() -> None:
    """A template with IAM resources needs CAPABILITY_IAM, with named ones CAPABILITY_NAMED_IAM; MiniStack asks with AUTH only."""
    ministack.module("services.cloudformation.handlers")._capabilities_enforced = lambda: True
    for module in ("changesets", "provisioners"):
        found = ministack.module(f"services.cloudformation.{module}")
        if hasattr(found, "_capabilities_enforced"):
            found._capabilities_enforced = lambda: True


@correction(
    "cloudformation.delete-while-running",
    f"{API}/API_DeleteStack.html; the text as in aws/aws-toolkit-azure-devops issue 317, aws-amplify/amplify-backend pull 2366",
)
def refuse_to_delete_a_stack_that_is_being_updated() -> None:
    """DeleteStack is refused while an update or its clean-up runs."""

    def delete(original: Callable[..., Any]) -> Callable[..., Any]:
        def delete_stack(parameters: dict[str, Any]) -> Any:
            stack = find_stack(request_parameter(parameters, "StackName"))
            status = str((stack or {}).get("StackStatus", ""))
            if stack is not None and status.startswith("UPDATE_") and status.endswith("_IN_PROGRESS"):
                return ministack.module("services.cloudformation.handlers")._error(
                    "ValidationError",
                    f"Stack [{stack['StackId']}] cannot be deleted while in status {status}",
                )
            return original(parameters)

        return delete_stack

    replace_action("DeleteStack", delete)


@correction(
    "cloudformation.update-when-paused",
    "the message of aws-cdk issue 30546 and aws-cli issue 6368; CloudFormation User Guide: stack-failure-options",
)
def refuse_an_update_with_rollback_of_a_stack_that_failed_without() -> None:
    """In UPDATE_FAILED, UpdateStack is taken with DisableRollback alone."""

    def update(original: Callable[..., Any]) -> Callable[..., Any]:
        def update_stack(parameters: dict[str, Any]) -> Any:
            stack = find_stack(request_parameter(parameters, "StackName"))
            disabled = str(request_parameter(parameters, "DisableRollback")).lower() == "true"
            config = str(request_parameter(parameters, "DeploymentConfig.DisableRollback")).lower() == "true"
            if stack is None or stack.get("StackStatus") != "UPDATE_FAILED":
                return original(parameters)
            if os.environ.get(PAUSED_VARIABLE) == "refused" or not (disabled or config):
                return ministack.module("services.cloudformation.handlers")._error(
                    "ValidationError",
                    "This stack is currently in a non-terminal [UPDATE_FAILED] state. To update the stack from this state, "
                    "please use the disable-rollback parameter with update-stack API. To rollback to the last known good state, "
                    "use the rollback-stack API",
                )
            # MiniStack takes no update in this status.
            stack["StackStatus"] = "UPDATE_COMPLETE"
            answer = original(parameters)
            if answer[0] != 200:
                stack["StackStatus"] = "UPDATE_FAILED"
            return answer

        return update_stack

    replace_action("UpdateStack", update)
