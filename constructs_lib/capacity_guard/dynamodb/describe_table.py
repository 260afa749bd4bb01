"""A table in the responses of DescribeTable and Application Auto Scaling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ..capacity.capacity import (
    AutoScaling,
    BillingMode,
    Capacity,
    OnDemand,
    Provisioned,
    Throughput,
    Units,
)
from ..capacity.dimension import ACCESSES, TABLE, Access, Dimension, index_of, resource_key
from ..capacity.errors import InputError
from ..capacity.scheduled_action import ScheduledAction
from .live_scaling import LiveScaling, read_live_scaling, read_live_schedules
from .names import CAPACITY_UNITS, MAXIMUM_UNITS, WARM_UNITS, scaling_resource_id
from .response_time import response_time


@dataclass(frozen=True)
class LiveResource:
    """The table itself, or one index, in the response of DescribeTable.

    Attributes:
        status: TableStatus or IndexStatus.
        units: provisioned units per second by access; 0 in on-demand mode.
        warm: warm throughput, units per second by access.
        warm_status: status of the warm throughput; TableStatus does not include it (quirks: DDB-TABLE-179).
        maximum: on-demand maxima, units per second by access; without an entry for an access that has none.
        decreases: decreases of provisioned throughput in the UTC day of the last decrease.
        last_decrease: time of the last decrease, ``None`` without one.
    """

    status: str
    units: Mapping[Access, int]
    warm: Mapping[Access, int]
    warm_status: str
    maximum: Mapping[Access, int]
    decreases: int
    last_decrease: datetime | None

    @staticmethod
    def of(data: Mapping[str, Any], status: str) -> LiveResource:
        """Read the table itself, or one index, from the response of DescribeTable.

        Args:
            data: the description of the table or index.
            status: name of the field with its status, ``TableStatus`` or ``IndexStatus``.
        """
        throughput = data.get("ProvisionedThroughput") or {}
        warm = data.get("WarmThroughput") or {}
        on_demand = data.get("OnDemandThroughput") or {}
        maxima = {access: int(on_demand.get(MAXIMUM_UNITS[access], 0)) for access in ACCESSES}
        return LiveResource(
            str(data.get(status, "without a status")),
            {access: int(throughput.get(CAPACITY_UNITS[access], 0)) for access in ACCESSES},
            {access: int(warm.get(WARM_UNITS[access], 0)) for access in ACCESSES},
            str(warm.get("Status", "ACTIVE")),
            # -1 removes a maximum and appears in the response for about a second (quirks: DDB-TABLE-178)
            {access: units for access, units in maxima.items() if units > 0},
            int(throughput.get("NumberOfDecreasesToday", 0)),
            response_time(throughput.get("LastDecreaseDateTime")),
        )


@dataclass(frozen=True)
class LiveTable:
    """A live table with its indexes: the response of DescribeTable, and its auto scaling once that was read.

    The recorder and the gates read a live table by this class alone, so a baseline that was just recorded equals the table.

    Attributes:
        name: name of the table.
        mode: billing mode; the response has none for a table that was never on-demand (quirks: DDB-TABLE-058).
        last_switch: time of the last switch to on-demand, ``None`` without one.
        resources: the table and its indexes, by resource key.
        replica_regions: Regions of its replicas, its own Region among them where the service lists it.
        vector_indexes: status of each vector index, by name; empty also where the SDK does not know vector indexes.
        scaling: its scalable targets by dimension, with policies; ``None`` if they were not read. Empty in on-demand mode,
            in which a target that was left has no effect (Guide: bp-switching-capacity-modes).
        schedules: scheduled actions of its auto scaling, by dimension and name; empty if they were not read.
    """

    name: str
    mode: BillingMode
    last_switch: datetime | None
    resources: Mapping[str, LiveResource]
    replica_regions: tuple[str, ...] = ()
    vector_indexes: Mapping[str, str] = field(default_factory=dict)
    scaling: Mapping[Dimension, LiveScaling] | None = None
    schedules: tuple[ScheduledAction, ...] = ()

    @staticmethod
    def of(data: Mapping[str, Any]) -> LiveTable:
        """Read a table from ``Table`` in the response of DescribeTable."""
        summary = data.get("BillingModeSummary") or {}
        indexes = data.get("GlobalSecondaryIndexes") or ()
        return LiveTable(
            str(data["TableName"]),
            BillingMode(summary.get("BillingMode", BillingMode.PROVISIONED.value)),
            response_time(summary.get("LastUpdateToPayPerRequestDateTime")),
            {
                TABLE: LiveResource.of(data, "TableStatus"),
                **{
                    resource_key(index["IndexName"]): LiveResource.of(index, "IndexStatus")
                    for index in indexes
                },
            },
            tuple(sorted(str(replica["RegionName"]) for replica in data.get("Replicas") or ())),
            {
                str(index["IndexName"]): str(index.get("IndexStatus", "without a status"))
                for index in data.get("VectorIndexes") or ()
            },
        )

    def dimensions(self) -> Iterable[Dimension]:
        """Every dimension, the table's first."""
        return (Dimension(index_of(key), access) for key in self.resources for access in ACCESSES)

    def units(self, dimension: Dimension) -> int | None:
        """Provisioned units per second; ``None`` in on-demand mode and for an index that does not exist."""
        resource = self.resources.get(dimension.resource)
        if resource is None or self.mode is BillingMode.ON_DEMAND:
            return None
        return resource.units[dimension.access]

    def with_scaling(
        self,
        targets: Iterable[Mapping[str, Any]],
        policies: Iterable[Mapping[str, Any]],
        actions: Iterable[Mapping[str, Any]] = (),
    ) -> LiveTable:
        """The same table with its auto scaling, from the responses of Application Auto Scaling.

        Args:
            targets: ``ScalableTargets`` of DescribeScalableTargets, of the table and its indexes.
            policies: ``ScalingPolicies`` of DescribeScalingPolicies, of the same resources.
            actions: ``ScheduledActions`` of DescribeScheduledActions, of the same resources.

        Raises:
            InputError: a policy follows something else than the utilization of its dimension.
            KeyError: an entry is of another table, or has no value that it must have.
        """
        keys = self.keys_by_resource_id()
        scaling = read_live_scaling(keys, targets, policies)
        if self.mode is BillingMode.ON_DEMAND:
            scaling = {}
        return replace(self, scaling=scaling, schedules=read_live_schedules(keys, actions))

    def keys_by_resource_id(self) -> dict[str, str]:
        """Resource key of the table and of each index, by its resource id in Application Auto Scaling."""
        return {scaling_resource_id(self.name, index_of(key)): key for key in self.resources}

    def tracked(self, dimension: Dimension) -> LiveScaling | None:
        """Auto scaling that changes the units of a dimension; ``None`` for fixed units.

        A scalable target without a policy, which scheduled scaling has, only sets bounds: it changes nothing by itself.
        """
        scaling = (self.scaling or {}).get(dimension)
        return None if scaling is None or scaling.target is None else scaling

    def capacity(self) -> Capacity:
        """The capacity of the table: billing mode, fixed or auto-scaled throughput, on-demand maxima. It has no seeds.

        Raises:
            InputError: provisioned throughput without units, or auto scaling outside the bounds of ``AutoScaling``.
        """
        indexes = {key: str(index_of(key)) for key in self.resources if key != TABLE}
        if self.mode is BillingMode.ON_DEMAND:
            return Capacity(
                self.mode,
                self._on_demand(TABLE),
                {index: self._on_demand(key) for key, index in indexes.items()},
            )
        return Capacity(
            self.mode,
            self._provisioned(TABLE),
            {index: self._provisioned(key) for key, index in indexes.items()},
        )

    def _on_demand(self, key: str) -> OnDemand:
        maximum = self.resources[key].maximum
        return OnDemand(maximum=Units(maximum.get("read"), maximum.get("write")) if maximum else None)

    def _provisioned(self, key: str) -> Provisioned:
        index = index_of(key)
        return Provisioned(
            self._throughput(Dimension(index, "read")), self._throughput(Dimension(index, "write"))
        )

    def _throughput(self, dimension: Dimension) -> Throughput:
        tracked = self.tracked(dimension)
        if tracked is not None and tracked.target is not None:
            return AutoScaling(tracked.minimum, tracked.maximum, tracked.target)
        units = self.resources[dimension.resource].units[dimension.access]
        if units < 1:
            raise InputError(
                f"table {self.name}, {dimension.resource}",
                f"shows no provisioned {dimension.access} units",
                "Record when it is ACTIVE",
            )
        return units


__all__ = ["LiveResource", "LiveTable"]
