"""Read the capacity of a table from a template: the values that a rollback re-sends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..capacity.capacity import (
    AutoScaling,
    BillingMode,
    Capacity,
    OnDemand,
    Provisioned,
    ResourceCapacity,
    Throughput,
    Units,
)
from ..capacity.dimension import ACCESSES, Access
from ..capacity.errors import InputError
from ..capacity.structure import TableKind
from ..dynamodb.names import CAPACITY_UNITS, MAXIMUM_UNITS
from .intrinsics import UNKNOWN, Intrinsics
from .macros import changed_by_macro
from .scaling import scaling_resources


def read_capacity(read: Intrinsics, logical_id: str) -> Capacity:
    """Read the capacity of one table of a template.

    Args:
        read: the template, with values for ``AWS::Region`` and for ``Ref`` of the table.
        logical_id: logical id of the table.

    Raises:
        InputError: a value cannot be read, or the template has no throughput in a mode that needs it.
    """
    resource = read.template["Resources"][logical_id]
    if changed_by_macro(resource):
        raise read.wrong(logical_id, "is changed by Fn::Transform when it is deployed")
    reader = _GlobalTableReader if resource["Type"] == TableKind.GLOBAL_TABLE.value else _TableReader
    try:
        return reader(read, resource.get("Properties", {}), logical_id).capacity()
    except InputError as error:
        if error.location.startswith(read.location):
            raise
        # An error of Capacity names its field only: add the stack and the table.
        raise InputError(
            f"{read.location}: {logical_id}: {error.location}", error.problem, error.remedy
        ) from None


class _CapacityReader(ABC):
    """The common part of both resource types: the billing mode, and the table with its indexes."""

    def __init__(self, read: Intrinsics, properties: Mapping[str, Any], path: str) -> None:
        self.read = read
        self.properties = properties
        self.path = path

    def capacity(self) -> Capacity:
        """The capacity of the resource."""
        # PROVISIONED is the default of both types (CloudFormation template reference, BillingMode).
        text = self.read.text(self.properties, "BillingMode", path=self.path) or BillingMode.PROVISIONED.value
        try:
            mode = BillingMode(text)
        except ValueError:
            raise self.read.wrong(f"{self.path}.BillingMode", f"is {text!r}") from None
        capacity_of: Callable[[str | None, Mapping[str, Any]], ResourceCapacity]
        capacity_of = self._on_demand if mode is BillingMode.ON_DEMAND else self._provisioned
        indexes = {}
        for index in self.read.items(self.properties, "GlobalSecondaryIndexes", path=self.path):
            name = self.read.name(index, "IndexName", path=f"{self.path}.GlobalSecondaryIndexes")
            if name is None:
                raise self.read.wrong(f"{self.path}.GlobalSecondaryIndexes", "has an index without a name")
            indexes[name] = capacity_of(name, index)
        return Capacity(mode, capacity_of(None, self.properties), indexes)

    def _on_demand(self, index: str | None, node: Mapping[str, Any]) -> OnDemand:
        maxima = {access: self.maximum(index, node, access) for access in ACCESSES}
        # -1 in a template means no maximum (API: OnDemandThroughput).
        maximum = Units(
            **{access: units for access, units in maxima.items() if units is not None and units > 0}
        )
        return OnDemand(maximum=None if maximum == Units() else maximum)

    def _provisioned(self, index: str | None, node: Mapping[str, Any]) -> Provisioned:
        return Provisioned(
            self._required_throughput(index, node, "read"), self._required_throughput(index, node, "write")
        )

    def _required_throughput(self, index: str | None, node: Mapping[str, Any], access: Access) -> Throughput:
        throughput = self.throughput(index, node, access)
        if throughput is None:
            raise self.read.wrong(
                f"{self.path}{'' if index is None else f', {index}'}", f"states no {access} throughput"
            )
        return throughput

    @abstractmethod
    def maximum(self, index: str | None, node: Mapping[str, Any], access: Access) -> int | None:
        """On-demand maximum of a dimension, units per second."""

    @abstractmethod
    def throughput(self, index: str | None, node: Mapping[str, Any], access: Access) -> Throughput | None:
        """Provisioned throughput of a dimension, units per second."""


class _GlobalTableReader(_CapacityReader):
    """AWS::DynamoDB::GlobalTable: writes in the table, reads in the replica of this Region or in the table.

    Scaling targets of the template that name the table count as well.
    """

    def __init__(self, read: Intrinsics, properties: Mapping[str, Any], path: str) -> None:
        super().__init__(read, properties, path)
        replicas = read.items(properties, "Replicas", path=path)
        region = str(read.value({"Ref": "AWS::Region"}, path))
        local = [
            replica for replica in replicas if read.text(replica, "Region", path=f"{path}.Replicas") == region
        ]
        # A stack without a Region deploys to the Region of its only replica.
        if not local and UNKNOWN in region and len(replicas) == 1:
            local = replicas
        if not local:
            raise read.wrong(f"{path}.Replicas", f"has no replica in {region}")
        self.replica = local[0]
        self.foreign = scaling_resources(read, path)

    def _setting_nodes(self, index: str | None, node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The nodes that may hold a setting of a table or an index, the most specific node first."""
        if index is None:
            return [self.replica, node]
        path = f"{self.path}.Replicas.GlobalSecondaryIndexes"
        entries = self.read.items(self.replica, "GlobalSecondaryIndexes", path=f"{self.path}.Replicas")
        return [*(entry for entry in entries if self.read.text(entry, "IndexName", path=path) == index), node]

    def maximum(self, index: str | None, node: Mapping[str, Any], access: Access) -> int | None:
        title = access.title()
        keys = (f"{title}OnDemandThroughputSettings", MAXIMUM_UNITS[access])
        for setting_node in self._setting_nodes(index, node):
            units = self.read.number(setting_node, *keys, path=self.path)
            if units is not None:
                return units
        return None

    def throughput(self, index: str | None, node: Mapping[str, Any], access: Access) -> Throughput | None:
        own = self._own_throughput(index, node, access)
        name = self.foreign.target_of(index, access)
        if name is None or own is None:
            return own
        # A scaling target of the template besides the table registers the same target a second time, and
        # RegisterScalableTarget replaces the bounds (API: RegisterScalableTarget).
        tracking = self.foreign.policy_of(name, index, access)
        if isinstance(own, AutoScaling):
            tracking = {"TargetValue": own.target} if tracking is None else tracking
        elif tracking is None:
            return _within_bounds(self.read, self.foreign.targets[name], own, name)
        sent = own.seed if isinstance(own, AutoScaling) else own
        scaling = _auto_scaling(self.read, self.foreign.targets[name], tracking, None, name)
        # Auto scaling brings units outside its bounds back into them.
        seed = None if sent is None else min(max(sent, scaling.minimum), scaling.maximum)
        return replace(scaling, seed=seed)

    def _own_throughput(
        self, index: str | None, node: Mapping[str, Any], access: Access
    ) -> Throughput | None:
        title = access.title()
        path = f"{self.path}.{title}ProvisionedThroughputSettings"
        for setting_node in self._setting_nodes(index, node):
            settings = self.read.at(setting_node, f"{title}ProvisionedThroughputSettings", path=self.path)
            scaling = self.read.at(settings, f"{title}CapacityAutoScalingSettings", path=path)
            if scaling is not None:
                seed = self.read.number(scaling, "SeedCapacity", path=path)
                tracking = self.read.at(scaling, "TargetTrackingScalingPolicyConfiguration", path=path)
                return _auto_scaling(self.read, scaling, tracking, seed, path)
            units = self.read.number(settings, CAPACITY_UNITS[access], path=path)
            if units is not None:
                return units
        return None


class _TableReader(_CapacityReader):
    """AWS::DynamoDB::Table: throughput in the table and each index, auto scaling in separate resources."""

    def __init__(self, read: Intrinsics, properties: Mapping[str, Any], path: str) -> None:
        super().__init__(read, properties, path)
        self.scaling = scaling_resources(read, path)

    def maximum(self, index: str | None, node: Mapping[str, Any], access: Access) -> int | None:  # noqa: ARG002 - the base class needs it
        return self.read.number(node, "OnDemandThroughput", MAXIMUM_UNITS[access], path=self.path)

    def throughput(self, index: str | None, node: Mapping[str, Any], access: Access) -> Throughput | None:
        units = self.read.number(node, "ProvisionedThroughput", CAPACITY_UNITS[access], path=self.path)
        name = self.scaling.target_of(index, access)
        if name is None:
            return units
        tracking = self.scaling.policy_of(name, index, access)
        if tracking is None:
            return (
                None if units is None else _within_bounds(self.read, self.scaling.targets[name], units, name)
            )
        # A switch back to provisioned mode re-sends the units of the template, as SeedCapacity of a GlobalTable.
        return _auto_scaling(self.read, self.scaling.targets[name], tracking, units, name)


def _within_bounds(read: Intrinsics, bounds: Any, units: int, path: str) -> int:
    """Fixed units of a dimension with a scalable target and no policy.

    Its registration moves units outside its bounds into them, and nothing moves them afterwards but scheduled actions (API:
    RegisterScalableTarget).
    """
    minimum, maximum = (_whole(read, bounds, name, path) for name in ("MinCapacity", "MaxCapacity"))
    return min(max(units, minimum), maximum)


def _auto_scaling(read: Intrinsics, bounds: Any, tracking: Any, seed: int | None, path: str) -> AutoScaling:
    minimum, maximum = (_whole(read, bounds, name, path) for name in ("MinCapacity", "MaxCapacity"))
    target = read.fraction(tracking, "TargetValue", path=path)
    if target is None:
        raise read.wrong(f"{path}.TargetValue", "is not stated")
    return AutoScaling(minimum, maximum, target, seed)


def _whole(read: Intrinsics, node: Any, name: str, path: str) -> int:
    value = read.number(node, name, path=path)
    if value is None:
        raise read.wrong(f"{path}.{name}", "is not stated")
    return value


__all__ = ["read_capacity"]
