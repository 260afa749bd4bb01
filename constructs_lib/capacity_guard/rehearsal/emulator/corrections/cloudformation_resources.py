"""Corrections of the emulated CloudFormation: how it answers questions about one resource."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import correction, ministack
from .cloudformation_engine import API, find_stack, replace_action, request_parameter


@correction(
    "cloudformation.missing-resource",
    f"{API}/API_DescribeStackResource.html; the text as in https://github.com/jpsim/AWSPics/issues/14",
)
def name_a_missing_resource() -> None:
    """DescribeStackResource refuses a missing resource with the service's message."""

    def describe(original: Callable[..., Any]) -> Callable[..., Any]:
        def describe_stack_resource(parameters: dict[str, Any]) -> Any:
            stack = find_stack(request_parameter(parameters, "StackName"))
            logical_id = request_parameter(parameters, "LogicalResourceId")
            if stack is None or logical_id in stack.get("_resources", {}):
                return original(parameters)
            return ministack.module("services.cloudformation.handlers")._error(
                "ValidationError", f"Resource {logical_id} does not exist for stack {stack['StackName']}"
            )

        return describe_stack_resource

    replace_action("DescribeStackResource", describe)


@correction("cloudformation.resources-by-physical-id", f"{API}/API_DescribeStackResources.html")
def find_stacks_by_physical_id() -> None:
    """DescribeStackResources with a physical id alone answers for the stack that owns that resource."""

    def describe(original: Callable[..., Any]) -> Callable[..., Any]:
        def describe_stack_resources(parameters: dict[str, Any]) -> Any:
            physical_id = request_parameter(parameters, "PhysicalResourceId")
            if physical_id is None or request_parameter(parameters, "StackName"):
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

    replace_action("DescribeStackResources", describe)
