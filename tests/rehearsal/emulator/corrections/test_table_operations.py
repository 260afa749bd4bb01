"""The calls that an update of a table sends to DynamoDB."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections import table_operations
from capacity_guard.rehearsal.emulator.corrections.ministack import ServiceError
from capacity_guard.rehearsal.emulator.corrections.table_operations import delete_table, update_table
from capacity_guard.rehearsal.emulator.corrections.table_template import StatedCapacity, StatedTable

BEFORE = StatedTable(
    mode="PROVISIONED",
    table=StatedCapacity(read=20, write=20),
    indexes={"by_gsi": StatedCapacity(read=20, write=20)},
    definitions={"by_gsi": {"IndexName": "by_gsi"}},
    settings={},
    both_units=True,
)
LIVE = {"ReadCapacityUnits": 20, "WriteCapacityUnits": 300}


class FakeDynamoDB:
    """A table that is ACTIVE at once; keeps the updates."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.exists = True

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        if not self.exists:
            raise ServiceError("ResourceNotFoundException", "gone")
        if operation == "_update_table":
            self.updates.append({name: value for name, value in request.items() if name != "TableName"})
        self.exists = operation != "_delete_table"
        return {}

    def describe(self, name: str) -> dict[str, Any]:
        if not self.exists:
            raise ServiceError("ResourceNotFoundException", "gone")
        index = {"IndexName": "by_gsi", "IndexStatus": "ACTIVE", "ProvisionedThroughput": LIVE}
        return {"TableStatus": "ACTIVE", "ProvisionedThroughput": LIVE, "GlobalSecondaryIndexes": [index]}


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> FakeDynamoDB:
    fake = FakeDynamoDB()
    monkeypatch.setattr(table_operations, "dynamodb", fake.call)
    monkeypatch.setattr(table_operations, "table_description", fake.describe)
    return fake


def test_update_sends_units_and_warm_throughput_and_protection_in_calls_of_their_own(
    database: FakeDynamoDB,
) -> None:
    after = replace(
        BEFORE,
        table=StatedCapacity(read=30, write=20, warm={"WriteUnitsPerSecond": 5_000}),
        settings={"DeletionProtectionEnabled": True},
    )

    update_table("table", BEFORE, after, skip_applied=False)

    assert database.updates == [
        {"ProvisionedThroughput": {"ReadCapacityUnits": 30, "WriteCapacityUnits": 20}},
        {"WarmThroughput": {"WriteUnitsPerSecond": 5_000}},
        {"DeletionProtectionEnabled": True},
    ]


def test_update_of_a_global_table_sends_the_changed_fixed_unit_over_the_live_ones(
    database: FakeDynamoDB,
) -> None:
    before = replace(BEFORE, both_units=False)

    update_table(
        "table", before, replace(before, table=StatedCapacity(read=30, write=20)), skip_applied=False
    )

    assert database.updates == [
        {"ProvisionedThroughput": {"ReadCapacityUnits": 30, "WriteCapacityUnits": 300}}
    ]


@pytest.mark.parametrize(("skip_applied", "calls"), [(True, 0), (False, 1)])
def test_update_that_the_table_has_already_is_left_out_on_the_way_back_only(
    database: FakeDynamoDB, skip_applied: bool, calls: int
) -> None:
    after = replace(BEFORE, table=StatedCapacity(read=20, write=300))

    update_table("table", BEFORE, after, skip_applied=skip_applied)

    assert len(database.updates) == calls


def test_switch_to_on_demand_sends_the_maxima_with_the_mode(database: FakeDynamoDB) -> None:
    on_demand = StatedCapacity(on_demand={"MaxWriteRequestUnits": 500})
    after = replace(BEFORE, mode="PAY_PER_REQUEST", table=on_demand, indexes={"by_gsi": StatedCapacity()})

    update_table("table", BEFORE, after, skip_applied=False)

    assert database.updates == [
        {"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": {"MaxWriteRequestUnits": 500}}
    ]


def test_maximum_when_no_longer_stated_is_removed(database: FakeDynamoDB) -> None:
    before = replace(
        BEFORE,
        mode="PAY_PER_REQUEST",
        table=StatedCapacity(on_demand={"MaxWriteRequestUnits": 500}),
        indexes={"by_gsi": StatedCapacity()},
    )

    update_table("table", before, replace(before, table=StatedCapacity()), skip_applied=False)

    assert database.updates == [{"OnDemandThroughput": {"MaxWriteRequestUnits": -1}}]


def test_index_when_its_keys_change_is_refused(database: FakeDynamoDB) -> None:
    after = replace(BEFORE, definitions={"by_gsi": {"IndexName": "by_gsi", "KeySchema": ["other"]}})

    with pytest.raises(ValueError, match="Cannot update GSI's properties other than"):
        update_table("table", BEFORE, after, skip_applied=False)

    assert database.updates == []


def test_table_when_deleted_twice_is_gone(database: FakeDynamoDB) -> None:
    delete_table("table")
    delete_table("table")

    assert not database.exists


class BusyDynamoDB(FakeDynamoDB):
    """A table whose index auto scaling changes while CloudFormation makes its first calls."""

    def __init__(self, refusals: int) -> None:
        super().__init__()
        self.refusals, self.now = refusals, 0.0

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        if operation == "_update_table" and self.refusals:
            self.refusals -= 1
            raise ServiceError("ResourceInUseException", "Index is being updated.")
        return super().call(operation, **request)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def time(self) -> float:
        return self.now


def busy(monkeypatch: pytest.MonkeyPatch, refusals: int) -> BusyDynamoDB:
    fake = BusyDynamoDB(refusals)
    monkeypatch.setattr(table_operations, "dynamodb", fake.call)
    monkeypatch.setattr(table_operations, "table_description", fake.describe)
    monkeypatch.setattr(table_operations, "time", fake)
    return fake


RAISED = replace(BEFORE, table=StatedCapacity(read=40, write=40))


def test_call_when_an_index_is_being_changed_is_repeated_until_it_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = busy(monkeypatch, refusals=3)
    update_table("T", BEFORE, RAISED, skip_applied=False)
    assert len(fake.updates) == 1
    assert fake.now > 0


def test_call_when_an_index_is_being_changed_for_ever_fails_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = busy(monkeypatch, refusals=10_000)
    with pytest.raises(ServiceError, match="Index is being updated"):
        update_table("T", BEFORE, RAISED, skip_applied=False)
    assert 600 <= fake.now < 700


def test_call_when_a_busy_table_fails_by_setting_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(table_operations.BUSY_VARIABLE, "fail")
    fake = busy(monkeypatch, refusals=1)
    with pytest.raises(ServiceError, match="Index is being updated"):
        update_table("T", BEFORE, RAISED, skip_applied=False)
    assert (fake.refusals, fake.now) == (0, 0)
