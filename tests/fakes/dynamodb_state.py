"""A table of the fake DynamoDB: its state, the changes that run, and its description in DescribeTable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from capacity_guard.capacity.limits import ON_DEMAND_INITIAL_READ, ON_DEMAND_INITIAL_WRITE

ACCESSES = ("read", "write")
INITIAL_UNITS = {"read": ON_DEMAND_INITIAL_READ.value, "write": ON_DEMAND_INITIAL_WRITE.value}
"""Initial throughput of an on-demand table, units per second."""

Moving = Literal["units", "to on-demand", "to provisioned"]


@dataclass
class FakeResource:
    """The table itself or an index. Units are per second.

    Attributes:
        units: provisioned units by access, 0 in on-demand mode.
        warm: warm throughput by access.
        maximum: on-demand maxima by access; an access without a maximum is left out.
        status: TableStatus or IndexStatus.
        warm_status: ACTIVE, or UPDATING while warm throughput is raised; TableStatus stays ACTIVE then (DDB-TABLE-179).
        decreases: decreases in the UTC day of the last decrease.
        last_decrease: time of the last decrease of units.
        last_increase: time of the last increase of units.
        rising_to: target of the raise of warm throughput that runs, by access.
        warm_at: end of that raise.
        risen: whether warm throughput was raised before; the next raise is quick then (DDB-TABLE-121).
        raised: whether the raise that runs changes the values.
        backfilling: for an index that is built: whether its resources are allocated.
        next_units: units by access that a change which runs will set.
        keys: KeySchema.
        projection: Projection of an index.
    """

    units: dict[str, int] = field(default_factory=lambda: {"read": 0, "write": 0})
    warm: dict[str, int] = field(default_factory=lambda: dict(INITIAL_UNITS))
    maximum: dict[str, int] = field(default_factory=dict)
    status: str = "ACTIVE"
    warm_status: str = "ACTIVE"
    decreases: int = 0
    last_decrease: datetime | None = None
    last_increase: datetime | None = None
    rising_to: dict[str, int] | None = None
    warm_at: datetime | None = None
    risen: bool = False
    raised: bool = True
    backfilling: bool | None = None
    next_units: dict[str, int] | None = None
    keys: list[dict[str, str]] = field(default_factory=list)
    projection: dict[str, Any] = field(default_factory=lambda: {"ProjectionType": "ALL"})

    @property
    def reserved(self) -> dict[str, int]:
        """Units by access that count in the quota of the account."""
        return self.next_units or self.units

    def settle(self, now: datetime) -> None:
        """End the raise of warm throughput, if it is due by now."""
        if self.rising_to is not None and self.warm_at is not None and now >= self.warm_at:
            self.warm.update(self.rising_to)
            self.rising_to, self.warm_at, self.warm_status = None, None, "ACTIVE"
            self.risen = self.risen or self.raised

    def decreases_today(self, now: datetime) -> int:
        """Decreases in the UTC day of ``now``: the counter is that of the day of the last decrease (DDB-TABLE-185)."""
        same_day = self.last_decrease is None or self.last_decrease.astimezone(UTC).date() == now.date()
        return self.decreases if same_day else 0

    def show(self, now: datetime, status: str) -> dict[str, Any]:
        """The members that tables and indexes share; ``status`` is the name of the status member."""
        throughput: dict[str, Any] = {
            "ReadCapacityUnits": self.units["read"],
            "WriteCapacityUnits": self.units["write"],
            "NumberOfDecreasesToday": self.decreases_today(now),
        }
        if self.last_decrease is not None:
            throughput["LastDecreaseDateTime"] = self.last_decrease
        if self.last_increase is not None:
            throughput["LastIncreaseDateTime"] = self.last_increase
        shown: dict[str, Any] = {
            status: self.status,
            "ProvisionedThroughput": throughput,
            "WarmThroughput": {
                "ReadUnitsPerSecond": self.warm["read"],
                "WriteUnitsPerSecond": self.warm["write"],
                "Status": self.warm_status,
            },
            "ItemCount": 0,
        }
        if self.keys:
            shown["KeySchema"] = list(self.keys)
        if self.maximum:
            shown["OnDemandThroughput"] = {
                f"Max{access.capitalize()}RequestUnits": units for access, units in self.maximum.items()
            }
        return shown


@dataclass
class FakeTable:
    """One table with its indexes, by resource key (``table``, ``index/NAME``).

    Attributes:
        mode: the billing mode in DescribeTable: the new mode from the start of a switch (DDB-TABLE-064).
        last_switch: end of the last switch to on-demand.
        moving: the change of throughput that runs on the table itself.
        due: the changes to come, with their times.
        switches: starts of switches to on-demand.
        attributes: AttributeDefinitions, type by name.
        protected_at: time of the last change of the deletion protection.
        stream_moves: whether a change of the stream runs.
        was_switched_to_provisioned: whether it ever was; a later switch may be quick (DDB-TABLE-369).
        more: members of the description that nothing here changes: replicas, vector indexes.
    """

    name: str
    arn: str
    created: datetime
    mode: str = "PROVISIONED"
    last_switch: datetime | None = None
    resources: dict[str, FakeResource] = field(default_factory=dict)
    moving: Moving | None = None
    due: list[tuple[datetime, Callable[[datetime], None]]] = field(default_factory=list)
    switches: list[datetime] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    stream: dict[str, Any] | None = None
    stream_moves: bool = False
    was_switched_to_provisioned: bool = False
    protected: bool = False
    protected_at: datetime | None = None
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> FakeResource:
        return self.resources["table"]

    @property
    def serves_on_demand(self) -> bool:
        """Whether the rules of on-demand apply: until the end of a switch those of the old mode do (DDB-TABLE-369)."""
        if self.moving in ("to on-demand", "to provisioned"):
            return self.moving == "to provisioned"
        return self.mode == "PAY_PER_REQUEST"

    def indexes(self) -> Iterator[tuple[str, FakeResource]]:
        """Indexes by their name."""
        for key, resource in self.resources.items():
            if key != "table":
                yield key.removeprefix("index/"), resource

    def rest(self) -> None:
        """Be ACTIVE again, unless another change keeps the table UPDATING."""
        held = self.moving is not None or self.stream_moves
        held = held or any(
            index.status == "DELETING" or index.backfilling is False for _, index in self.indexes()
        )
        if not held:
            self.table.status = "ACTIVE"

    def later(self, time: datetime, action: Callable[[datetime], None]) -> None:
        """Call a function at a time."""
        self.due.append((time, action))

    def settle(self, now: datetime) -> None:
        """Carry out every change that is due by now, in the order of their times."""
        while True:
            ready = [entry for entry in self.due if entry[0] <= now]
            if not ready:
                break
            first = min(ready, key=lambda entry: entry[0])
            self.due.remove(first)
            first[1](first[0])
        for resource in self.resources.values():
            resource.settle(now)

    def show(self, now: datetime) -> dict[str, Any]:
        """TableDescription."""
        shown: dict[str, Any] = {
            "TableName": self.name,
            "TableArn": self.arn,
            "CreationDateTime": self.created,
            "TableSizeBytes": 0,
            "DeletionProtectionEnabled": self.protected,
            **self.table.show(now, "TableStatus"),
        }
        if self.attributes:
            shown["AttributeDefinitions"] = [
                {"AttributeName": name, "AttributeType": kind} for name, kind in self.attributes.items()
            ]
        if self.stream is not None:
            shown["StreamSpecification"] = dict(self.stream)
        indexes = [self._show_index(name, index, now) for name, index in self.indexes()]
        if indexes:
            shown["GlobalSecondaryIndexes"] = indexes
        # a table that was never on-demand shows no mode (DDB-TABLE-025)
        if self.mode == "PAY_PER_REQUEST" or self.last_switch is not None:
            shown["BillingModeSummary"] = {"BillingMode": self.mode}
            if self.last_switch is not None:
                shown["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = self.last_switch
        return {**shown, **self.more}

    def _show_index(self, name: str, index: FakeResource, now: datetime) -> dict[str, Any]:
        shown = {
            "IndexName": name,
            "IndexArn": f"{self.arn}/index/{name}",
            "IndexSizeBytes": 0,
            "Projection": dict(index.projection),
            **index.show(now, "IndexStatus"),
        }
        if index.backfilling is not None:
            shown["Backfilling"] = index.backfilling
        return shown
