"""Corrections of the emulated CloudFormation: requests that it refuses before it does anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import correction, ministack
from .cloudformation_engine import API, find_stack, replace_action, request_parameter


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
