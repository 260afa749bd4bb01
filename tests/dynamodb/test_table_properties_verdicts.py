"""The verdict on each property of a table, an index or a replica, by its name."""

from __future__ import annotations

import pytest

from capacity_guard.dynamodb.table_properties import (
    CAPACITY,
    CONTAINERS,
    INDEXES,
    REFUSED,
    REPLICAS,
    TRAVELS,
    UNKNOWN,
    refusal,
)

OF_CAPACITY = {
    "BillingMode",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "ReadOnDemandThroughputSettings",
    "ReadProvisionedThroughputSettings",
    "WriteOnDemandThroughputSettings",
    "WriteProvisionedThroughputSettings",
}
TRAVELLING = {"Tags", "ContributorInsightsSpecification", "DeletionProtectionEnabled"}
NOT_TRAVELLING = {
    "AttributeDefinitions",
    "GlobalTableSettingsReplicationMode",
    "GlobalTableSourceArn",
    "GlobalTableWitnesses",
    "ImportSourceSpecification",
    "IndexName",
    "KeySchema",
    "KinesisStreamSpecification",
    "LocalSecondaryIndexes",
    "MultiRegionConsistency",
    "PointInTimeRecoverySpecification",
    "Projection",
    "Region",
    "ReplicaStreamSpecification",
    "ResourcePolicy",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "TableName",
    "TimeToLiveSpecification",
    "VectorIndexes",
    "WarmThroughput",
}


def test_every_property_is_on_one_list() -> None:
    assert (set(CAPACITY), set(TRAVELS), set(REFUSED)) == (OF_CAPACITY, TRAVELLING, NOT_TRAVELLING)
    assert (INDEXES, REPLICAS) == ("GlobalSecondaryIndexes", "Replicas")
    assert CONTAINERS == {"GlobalSecondaryIndexes": "IndexName", "Replicas": "Region"}


@pytest.mark.parametrize("name", sorted(OF_CAPACITY | TRAVELLING))
def test_capacity_and_what_can_be_taken_back_are_not_refused(name: str) -> None:
    assert refusal(name) is None
    assert refusal(f"{name}X") == UNKNOWN == "the guard does not know whether it can be taken back"


@pytest.mark.parametrize("name", sorted(NOT_TRAVELLING))
def test_what_a_rollback_would_lose_is_refused_with_its_reason(name: str) -> None:
    assert refusal(name) == REFUSED[name]
    assert refusal(name) != UNKNOWN
