"""A table in the responses of DescribeTable and Application Auto Scaling."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from capacity_guard.capacity import BillingMode, Dimension
from capacity_guard.dynamodb.describe_table import LiveTable

JULY = datetime(2026, 7, 9, 6, tzinfo=UTC)
READ, WRITE = Dimension(None, "read"), Dimension(None, "write")
INDEX_READ, INDEX_WRITE = Dimension("by_agent", "read"), Dimension("by_agent", "write")
TABLE: dict[str, Any] = {
    "TableName": "orders",
    "TableStatus": "UPDATING",
    "ProvisionedThroughput": {
        "ReadCapacityUnits": 100,
        "WriteCapacityUnits": 200,
        "NumberOfDecreasesToday": 2,
        "LastDecreaseDateTime": JULY.astimezone(timezone(timedelta(hours=2))),
    },
    "WarmThroughput": {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000, "Status": "UPDATING"},
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_agent",
            "IndexStatus": "CREATING",
            "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
        }
    ],
}


def test_table_when_it_was_never_on_demand_expects_provisioned_mode_and_its_units() -> None:
    live = LiveTable.of(TABLE)
    assert (live.name, live.mode, live.last_switch) == ("orders", BillingMode.PROVISIONED, None)
    assert tuple(live.dimensions()) == (READ, WRITE, INDEX_READ, INDEX_WRITE)
    assert [live.units(dimension) for dimension in live.dimensions()] == [100, 200, 5, 6]
    assert live.units(Dimension("by_day", "read")) is None


def test_resources_when_read_expects_status_warm_throughput_and_decreases_of_each() -> None:
    table, index = LiveTable.of(TABLE).resources.values()
    assert (table.status, table.warm_status, table.warm) == (
        "UPDATING",
        "UPDATING",
        {"read": 12_000, "write": 4_000},
    )
    assert (table.decreases, table.last_decrease) == (2, JULY)
    assert (index.status, index.warm_status, index.warm) == ("CREATING", "ACTIVE", {"read": 0, "write": 0})
    assert (index.decreases, index.last_decrease) == (0, None)


def test_table_when_on_demand_expects_no_units_and_the_last_switch() -> None:
    summary = {"BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": JULY}
    live = LiveTable.of({**TABLE, "BillingModeSummary": summary})
    assert (live.mode, live.last_switch) == (BillingMode.ON_DEMAND, JULY)
    assert live.units(WRITE) is None


def test_maximum_when_it_is_being_removed_expects_none() -> None:
    maxima = {"MaxReadRequestUnits": 500, "MaxWriteRequestUnits": -1}
    live = LiveTable.of({**TABLE, "OnDemandThroughput": maxima})
    assert live.resources["table"].maximum == {"read": 500}
    assert live.resources["index/by_agent"].maximum == {}
