"""The CloudFormation template of a table: the capacity that a rollback re-sends, the table's type, and its guard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..capacity.structure import TableKind
from ..cloudformation.capacity import read_capacity
from ..cloudformation.intrinsics import Intrinsics, parse_template
from ..cloudformation.open_change import find_open_change
from ..cloudformation.other_properties import read_other_properties
from ..cloudformation.replica_capacity import read_replica_capacity
from ..cloudformation.scaling import scaling_resources
from ..cloudformation.structure import read_guard_version
from .aws import CallFailed, RecordingAws
from .live_table import RecordedTable
from .rollout import Bake, find_bake

_KINDS = tuple(kind.value for kind in TableKind)
_REMEDY = "Record from files instead: capacity-guard record --from-csv (capacity-guard docs recording)"


@dataclass(frozen=True)
class StackTemplate:
    """The part of a stack's template that is about a table.

    Attributes:
        stack: name of the stack.
        logical_id: the table's logical id in it.
        capacity: the declared capacity, seeds included.
        kind: resource type of the table.
        guard: asset key of the code of the guard's functions, ``None`` without a guard.
        properties: digests of its further properties (``read_other_properties``).
        replica_capacity: digests of the capacity of its replicas in other Regions (``read_replica_capacity``).
        scaling: scaling targets and policies of an AWS::DynamoDB::Table, type and properties by logical id.
        open_change: fingerprint of the change that the template can still take back, ``None`` without one.
        bake: the Bake of the last change, as long as the stack has it.
        is_held: whether the stack holds the open change.
    """

    stack: str
    logical_id: str
    capacity: Capacity
    kind: TableKind
    guard: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    open_change: str | None = None
    scaling: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    bake: Bake | None = None
    is_held: bool = False
    replica_capacity: Mapping[str, str] = field(default_factory=dict)


def read_stack_template(aws: RecordingAws, live: RecordedTable, stack: str | None) -> StackTemplate | None:
    """Read the template of the stack that owns a table.

    Args:
        aws: calls to AWS.
        live: the table.
        stack: name of its stack; ``None`` asks CloudFormation for it (API: DescribeStackResources).

    Returns:
        ``None`` if no stack owns the table and none was named.

    Raises:
        InputError: the named stack does not exist or does not hold the table, the template holds functions that
            cannot be read from outside, or it states no throughput although the mode needs it.
    """
    resources = stack_resources(aws, stack) if stack else _resources_of_owner(aws, live.name)
    tables = [
        resource
        for resource in resources
        if resource.get("PhysicalResourceId") == live.name and resource["ResourceType"] in _KINDS
    ]
    if not tables:
        if stack:
            raise InputError(
                f"--stack {stack}", f"holds no table {live.name}", "Name the stack that does, or leave it out"
            )
        return None
    logical_id = tables[0]["LogicalResourceId"]
    stack = stack or str(tables[0]["StackName"])
    location = f"template of {stack}"
    template = parse_template(
        aws.call("cloudformation", "get_template", StackName=stack, TemplateStage="Processed")[
            "TemplateBody"
        ],
        location,
        _REMEDY,
    )
    described = aws.call("cloudformation", "describe_stacks", StackName=stack)["Stacks"][0]
    # A parameter of an SSM type has its resolved value in ResolvedValue (API: Parameter.ResolvedValue).
    parameters = {
        parameter["ParameterKey"]: str(parameter.get("ResolvedValue", parameter.get("ParameterValue", "")))
        for parameter in described.get("Parameters", [])
    }
    read = Intrinsics(
        template,
        parameters,
        {
            "AWS::Region": live.region,
            "AWS::AccountId": live.account,
            "AWS::Partition": live.partition,
            "AWS::StackName": str(described.get("StackName", stack)),
            "AWS::StackId": str(described.get("StackId", "")),
        },
        {
            resource["LogicalResourceId"]: str(resource.get("PhysicalResourceId", ""))
            for resource in resources
        },
        location,
        remedy=_REMEDY,
    )
    if logical_id not in template["Resources"]:
        raise InputError(
            location, f"holds no resource {logical_id}", "Record when the stack's operation is through"
        )
    name = str(described.get("StackName", stack))
    change = find_open_change(template, name, logical_id)
    return StackTemplate(
        stack,
        logical_id,
        read_capacity(read, logical_id),
        TableKind(tables[0]["ResourceType"]),
        read_guard_version(read),
        read_other_properties(template["Resources"][logical_id]),
        None if change is None else change.fingerprint,
        stated_scaling(read, logical_id) if tables[0]["ResourceType"] == TableKind.TABLE.value else {},
        find_bake(template, resources, logical_id),
        change is not None and parameters.get(change.parameter) == change.fingerprint,
        read_replica_capacity(read, logical_id),
    )


def stated_scaling(read: Intrinsics, logical_id: str) -> dict[str, dict[str, Any]]:
    """The scaling targets and policies of a table as the template states them, without those under a condition.

    Args:
        read: the template.
        logical_id: logical id of the table.
    """
    found = scaling_resources(read, logical_id)
    resources = read.template["Resources"]
    return {
        name: {"Type": resources[name]["Type"], "Properties": resources[name].get("Properties", {})}
        for name in sorted((*found.targets, *found.policies))
        if "Condition" not in resources[name]
    }


def _resources_of_owner(aws: RecordingAws, table: str) -> list[dict[str, Any]]:
    """The resources of the stack that owns a table, empty if no stack owns it."""
    try:
        answer = aws.call("cloudformation", "describe_stack_resources", PhysicalResourceId=table)
    except CallFailed as error:
        if error.code == "ValidationError" and "does not exist" in error.text:
            return []
        raise
    return list(answer.get("StackResources", []))


def stack_resources(aws: RecordingAws, stack: str) -> list[dict[str, Any]]:
    """The resources of a stack.

    Args:
        aws: calls to AWS.
        stack: name of the stack.

    Raises:
        InputError: it does not exist, or cannot be listed.
    """
    # Not DescribeStackResources: by stack name it returns only the first 100 resources.
    try:
        pages = list(aws.pages("cloudformation", "list_stack_resources", StackName=stack))
    except CallFailed as error:
        if error.code == "ValidationError" and "does not exist" in error.text:
            raise InputError(f"--stack {stack}", "does not exist", "Check name, Region and profile") from None
        raise
    return [resource for page in pages for resource in page.get("StackResourceSummaries", [])]
