"""The capacity that a table's CloudFormation template states: what a rollback re-sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib.capacity.capacity import (
    ACCESSES,
    Access,
    AutoScaling,
    BillingMode,
    Capacity,
    OnDemand,
    Provisioned,
    ResourceCapacity,
    Throughput,
    Units,
)
from constructs_lib.capacity.errors import InputError

from .aws import Aws, Refused
from .intrinsics import Intrinsics, parse_template
from .live_table import LiveTable, scaling_dimension, scaling_resource

_TABLE = "AWS::DynamoDB::Table"
_GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"


@dataclass(frozen=True)
class StackTemplate:
    """What the template of a table's stack states.

    Attributes:
        stack: name of the stack.
        logical_id: the table's logical id in it.
        capacity: the capacity it states, seeds included.
    """

    stack: str
    logical_id: str
    capacity: Capacity


def read_stack_template(aws: Aws, live: LiveTable, stack: str | None) -> StackTemplate | None:
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
    resources = _resources_of(aws, stack) if stack else _resources_around(aws, live.name)
    own = [
        one
        for one in resources
        if one.get("PhysicalResourceId") == live.name and one["ResourceType"] in (_TABLE, _GLOBAL_TABLE)
    ]
    if not own:
        if stack:
            raise InputError(
                f"--stack {stack}", f"holds no table {live.name}", "Name the stack that does, or leave it out"
            )
        return None
    logical_id, kind = own[0]["LogicalResourceId"], own[0]["ResourceType"]
    stack = stack or str(own[0]["StackName"])
    where = f"template of {stack}"
    template = parse_template(
        aws.call("cloudformation", "get_template", StackName=stack, TemplateStage="Processed")[
            "TemplateBody"
        ],
        where,
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
        where,
    )
    if logical_id not in template["Resources"]:
        raise InputError(
            where, f"holds no resource {logical_id}", "Record when the stack's operation is through"
        )
    properties = template["Resources"][logical_id].get("Properties", {})
    reader = _GlobalTable(read, properties, logical_id, live.region) if kind == _GLOBAL_TABLE else None
    try:
        return StackTemplate(
            stack, logical_id, (reader or _Table(read, properties, logical_id, live.name)).capacity()
        )
    except InputError as error:
        if error.where.startswith(where):
            raise
        # An error of Capacity itself names its field alone; the reader needs to know whose.
        raise InputError(f"{where}: {logical_id}: {error.where}", error.problem, error.remedy) from None


def _resources_around(aws: Aws, table: str) -> list[dict[str, Any]]:
    try:
        answer = aws.call("cloudformation", "describe_stack_resources", PhysicalResourceId=table)
    except Refused as error:
        if error.code == "ValidationError" and "does not exist" in error.text:
            return []
        raise
    return list(answer.get("StackResources", []))


def _resources_of(aws: Aws, stack: str) -> list[dict[str, Any]]:
    # ListStackResources, since DescribeStackResources by stack name gives the first 100 resources only.
    try:
        pages = list(aws.pages("cloudformation", "list_stack_resources", StackName=stack))
    except Refused as error:
        if error.code == "ValidationError" and "does not exist" in error.text:
            raise InputError(f"--stack {stack}", "does not exist", "Check name, Region and profile") from None
        raise
    return [one for page in pages for one in page.get("StackResourceSummaries", [])]


class _Reader:
    """What both types of table share: billing mode and the walk over table and indexes."""

    def __init__(self, read: Intrinsics, properties: Mapping[str, Any], path: str) -> None:
        self.read = read
        self.properties = properties
        self.path = path

    def capacity(self) -> Capacity:
        """The capacity that the resource states."""
        # PROVISIONED is the default of both types (CloudFormation template reference, BillingMode).
        text = self.read.text(self.properties, "BillingMode", path=self.path) or BillingMode.PROVISIONED.value
        try:
            mode = BillingMode(text)
        except ValueError:
            raise self.read.wrong(f"{self.path}.BillingMode", f"is {text!r}") from None
        of: Callable[[str | None, Mapping[str, Any]], ResourceCapacity]
        of = self._on_demand if mode is BillingMode.ON_DEMAND else self._provisioned
        indexes = {}
        for one in self.read.items(self.properties, "GlobalSecondaryIndexes", path=self.path):
            name = self.read.text(one, "IndexName", path=f"{self.path}.GlobalSecondaryIndexes")
            if name is None:
                raise self.read.wrong(f"{self.path}.GlobalSecondaryIndexes", "has an index without a name")
            indexes[name] = of(name, one)
        return Capacity(mode, of(None, self.properties), indexes)

    def _on_demand(self, index: str | None, node: Mapping[str, Any]) -> OnDemand:
        found = {access: self.maximum(index, node, access) for access in ACCESSES}
        # -1 is how a template states that there is no maximum (API: OnDemandThroughput).
        maximum = Units(
            **{access: value for access, value in found.items() if value is not None and value > 0}
        )
        return OnDemand(maximum=None if maximum == Units() else maximum)

    def _provisioned(self, index: str | None, node: Mapping[str, Any]) -> Provisioned:
        return Provisioned(self._stated(index, node, "read"), self._stated(index, node, "write"))

    def _stated(self, index: str | None, node: Mapping[str, Any], access: Access) -> Throughput:
        found = self.throughput(index, node, access)
        if found is None:
            raise self.read.wrong(
                f"{self.path}{'' if index is None else f', {index}'}", f"states no {access} throughput"
            )
        return found

    def maximum(self, index: str | None, node: Mapping[str, Any], access: Access) -> int | None:
        """On-demand maximum of a dimension, units per second."""
        raise NotImplementedError

    def throughput(self, index: str | None, node: Mapping[str, Any], access: Access) -> Throughput | None:
        """Provisioned throughput of a dimension, units per second."""
        raise NotImplementedError


class _GlobalTable(_Reader):
    """AWS::DynamoDB::GlobalTable: writes at the top, reads in the replica of this Region, or at the top for all."""

    def __init__(self, read: Intrinsics, properties: Mapping[str, Any], path: str, region: str) -> None:
        super().__init__(read, properties, path)
        replicas = read.items(properties, "Replicas", path=path)
        here = [one for one in replicas if read.text(one, "Region", path=f"{path}.Replicas") == region]
        if not here:
            raise read.wrong(f"{path}.Replicas", f"has no replica in {region}")
        self.replica = here[0]

    def _homes(self, index: str | None, node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Where a setting of a table or an index may stand, the most specific place first."""
        if index is None:
            return [self.replica, node]
        path = f"{self.path}.Replicas.GlobalSecondaryIndexes"
        entries = self.read.items(self.replica, "GlobalSecondaryIndexes", path=f"{self.path}.Replicas")
        return [*(one for one in entries if self.read.text(one, "IndexName", path=path) == index), node]

    def maximum(self, index: str | None, node: Mapping[str, Any], access: Access) -> int | None:
        word = access.title()
        for home in self._homes(index, node):
            keys = (f"{word}OnDemandThroughputSettings", f"Max{word}RequestUnits")
            found = self.read.number(home, *keys, path=self.path)
            if found is not None:
                return found
        return None

    def throughput(self, index: str | None, node: Mapping[str, Any], access: Access) -> Throughput | None:
        word = access.title()
        path = f"{self.path}.{word}ProvisionedThroughputSettings"
        for home in self._homes(index, node):
            settings = self.read.at(home, f"{word}ProvisionedThroughputSettings", path=self.path)
            scaling = self.read.at(settings, f"{word}CapacityAutoScalingSettings", path=path)
            if scaling is not None:
                seed = self.read.number(scaling, "SeedCapacity", path=path)
                tracking = self.read.at(scaling, "TargetTrackingScalingPolicyConfiguration", path=path)
                return _auto_scaling(self.read, scaling, tracking, seed, path)
            units = self.read.number(settings, f"{word}CapacityUnits", path=path)
            if units is not None:
                return units
        return None


class _Table(_Reader):
    """AWS::DynamoDB::Table: throughput on table and index, auto scaling in resources of its own."""

    def __init__(self, read: Intrinsics, properties: Mapping[str, Any], path: str, table: str) -> None:
        super().__init__(read, properties, path)
        self.table = table
        resources = {
            name: one
            for name, one in read.template["Resources"].items()
            if str(one.get("Type", "")).startswith("AWS::ApplicationAutoScaling::") and read.exists(one, name)
        }
        self.targets = {
            n: o.get("Properties", {}) for n, o in resources.items() if o["Type"].endswith("ScalableTarget")
        }
        self.policies = [
            o.get("Properties", {}) for o in resources.values() if o["Type"].endswith("ScalingPolicy")
        ]

    def maximum(self, index: str | None, node: Mapping[str, Any], access: Access) -> int | None:  # noqa: ARG002 - the base class needs it
        return self.read.number(
            node, "OnDemandThroughput", f"Max{access.title()}RequestUnits", path=self.path
        )

    def throughput(self, index: str | None, node: Mapping[str, Any], access: Access) -> Throughput | None:
        units = self.read.number(
            node, "ProvisionedThroughput", f"{access.title()}CapacityUnits", path=self.path
        )
        name = self._target_of(index, access)
        if name is None:
            return units
        tracking = self._tracking(name, index, access)
        if tracking is None:
            return units
        # A switch back to provisioned re-sends the template's units: they are what SeedCapacity is on a GlobalTable.
        return _auto_scaling(self.read, self.targets[name], tracking, units, name)

    def _names(self, node: Mapping[str, Any], index: str | None, access: Access, path: str) -> bool:
        if self.read.text(node, "ScalableDimension", path=path) != scaling_dimension(index, access):
            return False
        return self.read.text(node, "ResourceId", path=path) == scaling_resource(self.table, index)

    def _target_of(self, index: str | None, access: Access) -> str | None:
        return next((n for n, one in self.targets.items() if self._names(one, index, access, n)), None)

    def _tracking(self, target: str, index: str | None, access: Access) -> Any:
        for one in self.policies:
            # A policy names its target by Ref, or by resource and dimension (template reference, ScalingPolicy).
            refers = one.get("ScalingTargetId")
            if refers == {"Ref": target} or (
                refers is None and self._names(one, index, access, "ScalingPolicy")
            ):
                found = self.read.at(one, "TargetTrackingScalingPolicyConfiguration", path=target)
                if found is not None:
                    return found
        return None


def _auto_scaling(read: Intrinsics, bounds: Any, tracking: Any, seed: int | None, path: str) -> AutoScaling:
    low, high = (read.number(bounds, name, path=path) for name in ("MinCapacity", "MaxCapacity"))
    target = read.number(tracking, "TargetValue", path=path)
    for name, value in (("MinCapacity", low), ("MaxCapacity", high), ("TargetValue", target)):
        if value is None:
            raise read.wrong(f"{path}.{name}", "is not stated")
    return AutoScaling(low or 0, high or 0, target or 0, seed)
