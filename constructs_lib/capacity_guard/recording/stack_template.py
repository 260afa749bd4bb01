"""What a table's CloudFormation template states: the capacity that a rollback re-sends, the table's type, its guard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..capacity.structure import TableKind
from ..cloudformation.capacity import read_capacity
from ..cloudformation.intrinsics import Intrinsics, parse_template
from ..cloudformation.structure import read_guard_version
from .aws import RecordingAws, Refused
from .live_table import RecordedTable

_KINDS = tuple(kind.value for kind in TableKind)
_REMEDY = "Record from files instead: capacity-guard record --from-csv (docs/recording.md)"


@dataclass(frozen=True)
class StackTemplate:
    """What the template of a table's stack states.

    Attributes:
        stack: name of the stack.
        logical_id: the table's logical id in it.
        capacity: the capacity it states, seeds included.
        kind: resource type of the table.
        guard: asset key of the code of the guard's functions, ``None`` without a guard.
    """

    stack: str
    logical_id: str
    capacity: Capacity
    kind: TableKind
    guard: str | None = None


def read_stack_template(aws: RecordingAws, live: RecordedTable, stack: str | None) -> StackTemplate | None:
    """Read the template of the stack that owns a table.

    Args:
        aws: calls to AWS.
        live: the table.
        stack: name of its stack; ``None`` asks CloudFormation which one it is (API: DescribeStackResources).

    Returns:
        ``None`` if no stack owns the table and none was named.

    Raises:
        InputError: the named stack does not exist or does not hold the table, the template holds functions that
            cannot be read from outside, or it states no throughput where the mode needs it.
    """
    resources = stack_resources(aws, stack) if stack else _resources_around(aws, live.name)
    own = [
        one
        for one in resources
        if one.get("PhysicalResourceId") == live.name and one["ResourceType"] in _KINDS
    ]
    if not own:
        if stack:
            raise InputError(
                f"--stack {stack}", f"holds no table {live.name}", "Name the stack that does, or leave it out"
            )
        return None
    logical_id = own[0]["LogicalResourceId"]
    stack = stack or str(own[0]["StackName"])
    location = f"template of {stack}"
    template = parse_template(
        aws.call("cloudformation", "get_template", StackName=stack, TemplateStage="Processed")[
            "TemplateBody"
        ],
        location,
        _REMEDY,
    )
    described = aws.call("cloudformation", "describe_stacks", StackName=stack)["Stacks"][0]
    read = Intrinsics(
        template,
        # Of an SSM-typed parameter the value it resolved to counts (API: Parameter.ResolvedValue).
        {
            one["ParameterKey"]: str(one.get("ResolvedValue", one.get("ParameterValue", "")))
            for one in described.get("Parameters", [])
        },
        {
            "AWS::Region": live.region,
            "AWS::AccountId": live.account,
            "AWS::Partition": live.partition,
            "AWS::StackName": str(described.get("StackName", stack)),
            "AWS::StackId": str(described.get("StackId", "")),
        },
        {one["LogicalResourceId"]: str(one.get("PhysicalResourceId", "")) for one in resources},
        location,
        remedy=_REMEDY,
    )
    if logical_id not in template["Resources"]:
        raise InputError(
            location, f"holds no resource {logical_id}", "Record when the stack's operation is through"
        )
    return StackTemplate(
        stack,
        logical_id,
        read_capacity(read, logical_id),
        TableKind(own[0]["ResourceType"]),
        read_guard_version(read),
    )


def _resources_around(aws: RecordingAws, table: str) -> list[dict[str, Any]]:
    try:
        answer = aws.call("cloudformation", "describe_stack_resources", PhysicalResourceId=table)
    except Refused as error:
        if error.code == "ValidationError" and "does not exist" in error.text:
            return []
        raise
    return list(answer.get("StackResources", []))


def stack_resources(aws: RecordingAws, stack: str) -> list[dict[str, Any]]:
    """The resources of a stack.

    Args:
        aws: calls to AWS.
        stack: its name.

    Raises:
        InputError: it does not exist, or cannot be listed.
    """
    # ListStackResources, since DescribeStackResources by stack name gives the first 100 resources only.
    try:
        pages = list(aws.pages("cloudformation", "list_stack_resources", StackName=stack))
    except Refused as error:
        if error.code == "ValidationError" and "does not exist" in error.text:
            raise InputError(f"--stack {stack}", "does not exist", "Check name, Region and profile") from None
        raise
    return [one for page in pages for one in page.get("StackResourceSummaries", [])]
