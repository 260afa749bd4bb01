"""Names in DynamoDB, CloudWatch and Application Auto Scaling."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import Dimension
from capacity_guard.capacity.dimension import ACCESSES
from capacity_guard.dynamodb.names import (
    CAPACITY_UNITS,
    CONSUMED_UNITS,
    THROTTLE_EVENTS,
    metric_dimensions,
    scalable_dimension,
    scaling_resource_id,
)


def test_metric_dimensions_when_of_a_table_or_an_index_expects_the_documented_names() -> None:
    assert metric_dimensions("orders", None) == {"TableName": "orders"}
    assert metric_dimensions("orders", "by_agent") == {
        "TableName": "orders",
        "GlobalSecondaryIndexName": "by_agent",
    }


def test_resource_id_when_of_a_table_or_an_index_expects_that_of_auto_scaling() -> None:
    assert scaling_resource_id("orders", None) == "table/orders"
    assert scaling_resource_id("orders", "by_agent") == "table/orders/index/by_agent"


@pytest.mark.parametrize(
    ("dimension", "name"),
    [
        (Dimension(None, "read"), "dynamodb:table:ReadCapacityUnits"),
        (Dimension(None, "write"), "dynamodb:table:WriteCapacityUnits"),
        (Dimension("by_agent", "read"), "dynamodb:index:ReadCapacityUnits"),
        (Dimension("by_agent", "write"), "dynamodb:index:WriteCapacityUnits"),
    ],
)
def test_scalable_dimension_when_named_expects_that_of_auto_scaling(dimension: Dimension, name: str) -> None:
    assert scalable_dimension(dimension) == name


def test_names_of_metrics_when_listed_expects_one_for_reads_and_one_for_writes() -> None:
    for names in (CONSUMED_UNITS, THROTTLE_EVENTS, CAPACITY_UNITS):
        assert tuple(names) == ACCESSES
        assert all(names[access].lower().find(access) >= 0 for access in ACCESSES)
