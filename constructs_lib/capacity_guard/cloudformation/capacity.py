"""The capacity that a template states for a table: what a rollback of it re-sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from .intrinsics import UNKNOWN, Intrinsics
from .scaling import scaling_resources


def read_capacity(read: Intrinsics, logical_id: str) -> Capacity:
    """The capacity that a template states for one of its tables.

    Args:
        read: the template; it knows ``AWS::Region``, and the table's name as what ``Ref`` of it gives.
        logical_id: the table's logical id.

    Raises:
        InputError: a value that matters cannot be read, or the template states no throughput where the mode needs it.
    """
    resource = read.template["Resources"][logical_id]
    of = _GlobalTable if resource["Type"] == TableKind.GLOBAL_TABLE.value else _Table
    try:
        return of(read, resource.get("Properties", {}), logical_id).capacity()
    except InputError as error:
        if error.location.startswith(read.location):
            raise
        # An error of Capacity itself names its field alone; the reader needs to know whose.
        raise InputError(
            f"{read.location}: {logical_id}: {error.location}", error.problem, error.remedy
        ) from None


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

    def __init__(self, read: Intrinsics, properties: Mapping[str, Any], path: str) -> None:
        super().__init__(read, properties, path)
        replicas = read.items(properties, "Replicas", path=path)
        region = str(read.value({"Ref": "AWS::Region"}, path))
        here = [one for one in replicas if read.text(one, "Region", path=f"{path}.Replicas") == region]
        # A stack without a Region of its own deploys to the one that its only replica names.
        if not here and UNKNOWN in region and len(replicas) == 1:
            here = replicas
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

    def __init__(self, read: Intrinsics, properties: Mapping[str, Any], path: str) -> None:
        super().__init__(read, properties, path)
        self.scaling = scaling_resources(read, path)

    def maximum(self, index: str | None, node: Mapping[str, Any], access: Access) -> int | None:  # noqa: ARG002 - the base class needs it
        return self.read.number(
            node, "OnDemandThroughput", f"Max{access.title()}RequestUnits", path=self.path
        )

    def throughput(self, index: str | None, node: Mapping[str, Any], access: Access) -> Throughput | None:
        units = self.read.number(
            node, "ProvisionedThroughput", f"{access.title()}CapacityUnits", path=self.path
        )
        name = self.scaling.target_of(index, access)
        if name is None:
            return units
        tracking = self.scaling.policy_of(name, index, access)
        if tracking is None:
            return units
        # A switch back to provisioned re-sends the template's units: they are what SeedCapacity is on a GlobalTable.
        return _auto_scaling(self.read, self.scaling.targets[name], tracking, units, name)


def _auto_scaling(read: Intrinsics, bounds: Any, tracking: Any, seed: int | None, path: str) -> AutoScaling:
    low, high = (read.number(bounds, name, path=path) for name in ("MinCapacity", "MaxCapacity"))
    target = read.number(tracking, "TargetValue", path=path)
    for name, value in (("MinCapacity", low), ("MaxCapacity", high), ("TargetValue", target)):
        if value is None:
            raise read.wrong(f"{path}.{name}", "is not stated")
    return AutoScaling(low or 0, high or 0, target or 0, seed)


__all__ = ["read_capacity"]
