"""A table in the responses of DescribeTable and Application Auto Scaling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..capacity.capacity import BillingMode
from ..capacity.dimension import ACCESSES, TABLE, Access, Dimension, index_of, resource_key
from .names import CAPACITY_UNITS


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
        maxima = {
            access: int(on_demand.get(f"Max{access.capitalize()}RequestUnits", 0)) for access in ACCESSES
        }
        return LiveResource(
            str(data.get(status, "without a status")),
            {access: int(throughput.get(CAPACITY_UNITS[access], 0)) for access in ACCESSES},
            {access: int(warm.get(f"{access.capitalize()}UnitsPerSecond", 0)) for access in ACCESSES},
            str(warm.get("Status", "ACTIVE")),
            # -1 removes a maximum and appears in the response for about a second (quirks: DDB-TABLE-178)
            {access: units for access, units in maxima.items() if units > 0},
            int(throughput.get("NumberOfDecreasesToday", 0)),
            response_time(throughput.get("LastDecreaseDateTime")),
        )


@dataclass(frozen=True)
class LiveTable:
    """A table with its indexes in the response of DescribeTable.

    Attributes:
        name: name of the table.
        mode: billing mode; the response has none for a table that was never on-demand (quirks: DDB-TABLE-058).
        last_switch: time of the last switch to on-demand, ``None`` without one.
        resources: the table and its indexes, by resource key.
        replica_regions: Regions of its replicas, its own Region among them where the service lists it.
        vector_indexes: status of each vector index, by name; empty also where the SDK does not know vector indexes.
    """

    name: str
    mode: BillingMode
    last_switch: datetime | None
    resources: Mapping[str, LiveResource]
    replica_regions: tuple[str, ...] = ()
    vector_indexes: Mapping[str, str] = field(default_factory=dict)

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


@dataclass(frozen=True)
class LiveScaling:
    """Auto scaling of one dimension.

    Attributes:
        minimum: its lower bound, units per second.
        maximum: its upper bound, units per second.
        target: target utilization in percent, ``None`` without a policy.
        suspended: whether its scaling in or out is suspended (API: SuspendedState).
    """

    minimum: int
    maximum: int
    target: float | None
    suspended: bool = False


def scaled_dimension(key: str, scalable: str) -> Dimension:
    """The dimension that Application Auto Scaling calls a scalable dimension of a resource.

    Args:
        key: resource key of the table or index.
        scalable: scalable dimension, for example ``dynamodb:table:ReadCapacityUnits``.
    """
    return Dimension(index_of(key), "read" if scalable.endswith(f":{CAPACITY_UNITS['read']}") else "write")


def response_time(value: Any) -> datetime | None:
    """A time from a response, in UTC; ``None`` if the response has none.

    Raises:
        TypeError: the value is not a time.
    """
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is no moment")
    return value.astimezone(UTC)


__all__ = ["LiveResource", "LiveScaling", "LiveTable", "response_time", "scaled_dimension"]
