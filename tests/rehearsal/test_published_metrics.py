"""Datums have the names and dimensions of DynamoDB's metrics and are sent in calls of the permitted size."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from capacity_guard.rehearsal.published_metrics import (
    DATUMS_PER_CALL,
    consumed_datum,
    publish,
    throttle_datum,
)

MINUTE = 1_783_000_020


class FakeCloudWatch:
    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def put_metric_data(self, **call: Any) -> None:
        self.calls.append(call)


def test_datum_of_the_table_has_its_name_alone() -> None:
    assert consumed_datum("orders", "table/read", MINUTE, 480.0) == {
        "MetricName": "ConsumedReadCapacityUnits",
        "Dimensions": [{"Name": "TableName", "Value": "orders"}],
        "Timestamp": datetime.fromtimestamp(MINUTE, UTC),
        "Value": 480.0,
        "Unit": "Count",
    }


def test_datum_of_an_index_names_table_and_index() -> None:
    datum = throttle_datum("orders", "index/by_agent/write", MINUTE, 7)

    assert (datum["MetricName"], datum["Value"]) == ("WriteThrottleEvents", 7.0)
    assert datum["Dimensions"] == [
        {"Name": "TableName", "Value": "orders"},
        {"Name": "GlobalSecondaryIndexName", "Value": "by_agent"},
    ]


@pytest.mark.parametrize(("count", "sizes"), [(3, [3]), (DATUMS_PER_CALL + 1, [1, DATUMS_PER_CALL])])
def test_datums_are_sent_in_calls_of_the_permitted_size(count: int, sizes: list[int]) -> None:
    cloudwatch = FakeCloudWatch()

    publish(cloudwatch, [consumed_datum("orders", "table/read", MINUTE, 1.0)] * count)

    assert sorted(len(call["MetricData"]) for call in cloudwatch.calls) == sizes
    assert {call["Namespace"] for call in cloudwatch.calls} == {"AWS/DynamoDB"}
