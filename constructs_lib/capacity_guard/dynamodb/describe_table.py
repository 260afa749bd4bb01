"""What DescribeTable and Application Auto Scaling answer of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..capacity.capacity import BillingMode
from ..capacity.dimension import ACCESSES, TABLE, Access, Dimension, index_of, resource_key
from .names import CAPACITY_UNITS


@dataclass(frozen=True)
class LiveResource:
    """The table itself, or one index, as DescribeTable shows it.

    Attributes:
        status: TableStatus or IndexStatus.
        units: provisioned units per second by access; 0 in on-demand mode.
        warm: warm throughput, units per second by access.
        warm_status: status of the warm throughput, which TableStatus does not tell (quirks: DDB-TABLE-179).
        maximum: on-demand maxima, units per second by access, where there are any.
        decreases: decreases of provisioned throughput in the UTC day of the last one.
        last_decrease: moment of the last one.
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
        """What DescribeTable shows of one resource; ``status`` names the field of its status."""
        throughput = data.get("ProvisionedThroughput") or {}
        warm = data.get("WarmThroughput") or {}
        on_demand = data.get("OnDemandThroughput") or {}
        maxima = {a: int(on_demand.get(f"Max{a.capitalize()}RequestUnits", -1)) for a in ACCESSES}
        return LiveResource(
            str(data.get(status, "without a status")),
            {a: int(throughput.get(CAPACITY_UNITS[a], 0)) for a in ACCESSES},
            {a: int(warm.get(f"{a.capitalize()}UnitsPerSecond", 0)) for a in ACCESSES},
            str(warm.get("Status", "ACTIVE")),
            # -1 removes a maximum and shows for about a second (quirks: DDB-TABLE-178)
            {a: units for a, units in maxima.items() if units > 0},
            int(throughput.get("NumberOfDecreasesToday", 0)),
            answered_time(throughput.get("LastDecreaseDateTime")),
        )


@dataclass(frozen=True)
class LiveTable:
    """DescribeTable of the guarded table.

    Attributes:
        name: its name.
        mode: billing mode; a table that was never on-demand shows none (quirks: DDB-TABLE-058).
        last_switch: moment of the last switch to on-demand.
        resources: the table and its indexes, by resource key.
    """

    name: str
    mode: BillingMode
    last_switch: datetime | None
    resources: Mapping[str, LiveResource]

    @staticmethod
    def of(data: Mapping[str, Any]) -> LiveTable:
        """What DescribeTable shows of a table."""
        summary = data.get("BillingModeSummary") or {}
        indexes = data.get("GlobalSecondaryIndexes") or ()
        return LiveTable(
            str(data["TableName"]),
            BillingMode(summary.get("BillingMode", BillingMode.PROVISIONED.value)),
            answered_time(summary.get("LastUpdateToPayPerRequestDateTime")),
            {
                TABLE: LiveResource.of(data, "TableStatus"),
                **{resource_key(one["IndexName"]): LiveResource.of(one, "IndexStatus") for one in indexes},
            },
        )

    def dimensions(self) -> Iterable[Dimension]:
        """Every dimension, the table's first."""
        return (Dimension(index_of(key), access) for key in self.resources for access in ACCESSES)

    def units(self, dimension: Dimension) -> int | None:
        """Provisioned units per second; ``None`` in on-demand mode and for an index that does not exist."""
        one = self.resources.get(dimension.resource)
        return None if one is None or self.mode is BillingMode.ON_DEMAND else one.units[dimension.access]


@dataclass(frozen=True)
class LiveScaling:
    """Auto scaling of one dimension: bounds in units per second, target in percent where a policy states one."""

    minimum: int
    maximum: int
    target: float | None


def scaled_dimension(key: str, dimension: str) -> Dimension:
    """The dimension that a scalable dimension of Application Auto Scaling stands for.

    Args:
        key: resource key of the table or index.
        dimension: scalable dimension, for example ``dynamodb:table:ReadCapacityUnits``.
    """
    return Dimension(index_of(key), "read" if dimension.endswith(f":{CAPACITY_UNITS['read']}") else "write")


def answered_time(value: Any) -> datetime | None:
    """A time of an answer in UTC; ``None`` where the answer has none.

    Raises:
        TypeError: it is no time.
    """
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is no moment")
    return value.astimezone(UTC)


__all__ = ["LiveResource", "LiveScaling", "LiveTable", "answered_time", "scaled_dimension"]
