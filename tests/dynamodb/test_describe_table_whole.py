"""A response of DescribeTable with everything in it, read whole."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from capacity_guard.capacity import BillingMode
from capacity_guard.dynamodb.describe_table import LiveResource, LiveTable

AT = datetime(2026, 7, 9, 6, tzinfo=UTC)


def test_table_with_everything_is_read_whole() -> None:
    live = LiveTable.of(
        {
            "TableName": "orders",
            "TableStatus": "ACTIVE",
            "BillingModeSummary": {"BillingMode": "PROVISIONED", "LastUpdateToPayPerRequestDateTime": AT},
            "ProvisionedThroughput": {
                "ReadCapacityUnits": 1,
                "WriteCapacityUnits": 2,
                "NumberOfDecreasesToday": 3,
                "LastDecreaseDateTime": AT,
            },
            "OnDemandThroughput": {"MaxReadRequestUnits": 4, "MaxWriteRequestUnits": 5},
            "WarmThroughput": {"ReadUnitsPerSecond": 6, "WriteUnitsPerSecond": 7, "Status": "UPDATING"},
            "GlobalSecondaryIndexes": [{"IndexName": "a", "IndexStatus": "CREATING"}],
            "Replicas": [
                {"RegionName": "us-west-2"},
                {"RegionName": "eu-west-1"},
                {"RegionName": "us-east-1"},
            ],
            "VectorIndexes": [{"IndexName": "v", "IndexStatus": "ACTIVE"}, {"IndexName": "w"}],
        }
    )
    assert live == LiveTable(
        "orders",
        BillingMode.PROVISIONED,
        AT,
        {
            "table": LiveResource(
                "ACTIVE",
                {"read": 1, "write": 2},
                {"read": 6, "write": 7},
                "UPDATING",
                {"read": 4, "write": 5},
                3,
                AT,
            ),
            "index/a": LiveResource(
                "CREATING", {"read": 0, "write": 0}, {"read": 0, "write": 0}, "ACTIVE", {}, 0, None
            ),
        },
        ("eu-west-1", "us-east-1", "us-west-2"),
        {"v": "ACTIVE", "w": "without a status"},
    )


@pytest.mark.parametrize("absent", [{}, {"Replicas": None, "VectorIndexes": None}])
def test_table_without_replicas_and_vector_indexes_has_none(absent: dict[str, None]) -> None:
    live = LiveTable.of({"TableName": "orders", **absent})
    assert (live.replica_regions, live.vector_indexes) == ((), {})
    assert LiveTable("orders", BillingMode.PROVISIONED, None, {}) == LiveTable(
        "orders", BillingMode.PROVISIONED, None, {}, (), {}
    )


def test_statuses_of_table_and_index_are_not_mistaken_for_each_other() -> None:
    live = LiveTable.of(
        {
            "TableName": "orders",
            "IndexStatus": "ACTIVE",
            "GlobalSecondaryIndexes": [{"IndexName": "a", "TableStatus": "ACTIVE"}],
        }
    )
    assert [resource.status for resource in live.resources.values()] == ["without a status"] * 2
