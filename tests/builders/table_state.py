"""The emulated DynamoDB's capacity state of one table, without an emulator: requests and answers are plain data."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections import table_capacity as capacity
from capacity_guard.rehearsal.emulator.corrections.durations import ChangeDurations
from capacity_guard.rehearsal.emulator.corrections.refusals import Refusal, TableLocation
from capacity_guard.rehearsal.emulator.corrections.table_capacity import TableState
from capacity_guard.rehearsal.emulator.corrections.update_rules import (
    AcceptedUpdate,
    apply_update,
    judge_update,
)

START = 1_783_000_000.0  # 2 July 2026, 13:46:40 UTC
DURATIONS = ChangeDurations()
LOCATION = TableLocation("conversations", "us-east-1")
INVALID = "One or more parameter values were invalid: "


def units(read: int, write: int) -> dict[str, int]:
    """A ProvisionedThroughput member."""
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def warm(read: int, write: int) -> dict[str, int]:
    """A WarmThroughput member."""
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write}


def index_update(name: str = "by_agent", **members: Any) -> dict[str, Any]:
    """The members of a request that updates one index."""
    return {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": name, **members}}]}


class TableOnClock:
    """The capacity state of a table with one index, on a clock that a test moves."""

    def __init__(
        self,
        *,
        on_demand: bool = False,
        read: int = 100,
        write: int = 100,
        durations: ChangeDurations = DURATIONS,
    ) -> None:
        self.now = START
        self.durations = durations
        members: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST" if on_demand else "PROVISIONED"}
        index: dict[str, Any] = {"IndexName": "by_agent"}
        if not on_demand:
            members["ProvisionedThroughput"] = units(read, write)
            index["ProvisionedThroughput"] = units(read, write)
        self.state: TableState = capacity.from_description(
            {**members, "GlobalSecondaryIndexes": [index]}, self.now
        )

    def update(self, **data: Any) -> AcceptedUpdate:
        capacity.settle(self.state, self.now)
        update = judge_update(self.state, data, self.now, LOCATION)
        apply_update(self.state, update, self.now, self.durations)
        return update

    def after(self, seconds: float) -> dict[str, Any]:
        self.now += seconds
        return self.describe()

    def describe(self) -> dict[str, Any]:
        capacity.settle(self.state, self.now)
        return capacity.table_members(self.state)

    def index(self) -> dict[str, Any]:
        capacity.settle(self.state, self.now)
        return capacity.index_members(self.state, "by_agent", self.now)

    def refused(self, **data: Any) -> Refusal:
        capacity.settle(self.state, self.now)
        before = repr(self.state)
        with pytest.raises(Refusal) as refusal:
            judge_update(self.state, data, self.now, LOCATION)
        assert repr(self.state) == before, "a refused request must change nothing"
        return refusal.value


def to_on_demand(table: TableOnClock) -> None:
    """Switch to on-demand and wait for the end."""
    table.update(BillingMode="PAY_PER_REQUEST")
    table.after(300)


def to_provisioned(table: TableOnClock, read: int = 100, write: int = 100) -> None:
    """Switch to provisioned and wait for the end."""
    throughput = units(read, write)
    table.update(
        BillingMode="PROVISIONED",
        ProvisionedThroughput=throughput,
        **index_update(ProvisionedThroughput=throughput),
    )
    table.after(300)
