"""Which properties of a table may change in the operation that changes its capacity.

A veto takes the other change back too. So a property may travel if going back is possible at any time and loses nothing.
The names are those of the resource types ``AWS::DynamoDB::Table`` and ``AWS::DynamoDB::GlobalTable`` (CloudFormation
Template Reference).
"""

from __future__ import annotations

from collections.abc import Mapping

CAPACITY = frozenset(
    {
        "BillingMode",
        "OnDemandThroughput",
        "ProvisionedThroughput",
        "ReadOnDemandThroughputSettings",
        "ReadProvisionedThroughputSettings",
        "WriteOnDemandThroughputSettings",
        "WriteProvisionedThroughputSettings",
    }
)
"""The capacity itself, of the table, an index, a replica, or an index of a replica."""

INDEXES = "GlobalSecondaryIndexes"
REPLICAS = "Replicas"
CONTAINERS: Mapping[str, str] = {INDEXES: "IndexName", REPLICAS: "Region"}
"""Properties that hold capacity and other things, with the member that names an entry."""

TRAVELS: Mapping[str, str] = {
    "Tags": "a call of its own, back at any time (API: TagResource)",
    "ContributorInsightsSpecification": "a call of its own, back at any time (API: UpdateContributorInsights)",
    "DeletionProtectionEnabled": "changes no item and no traffic, back at any time (API: UpdateTable)",
}
"""Properties that may travel, with the reason. A gate only warns of them."""

REFUSED_SETTINGS: Mapping[str, str] = {
    "KinesisStreamSpecification": "records of the meantime would be missing in the stream",
    "PointInTimeRecoverySpecification": "a rollback that switches it off and on again loses the points of before",
    "ReplicaStreamSpecification": "records of the meantime would be missing in the stream",
    "ResourcePolicy": "a veto would take access back",
    "SSESpecification": "keys can be changed back a few times a day only, and the table is being updated meanwhile",
    "StreamSpecification": "a stream that is switched on again is another stream",
    "TableClass": "it can be changed twice in 30 days, so a rollback may be refused",
    "TimeToLiveSpecification": "it can be changed about once an hour, so a rollback would fail",
}
"""Settings beside the capacity that must not travel, with the reason (docs/gates.md has the sources)."""

REFUSED_STRUCTURE: Mapping[str, str] = {
    "AttributeDefinitions": "it belongs to another key or index",
    "GlobalTableSettingsReplicationMode": "replicas change alone",
    "GlobalTableSourceArn": "replicas change alone",
    "GlobalTableWitnesses": "replicas change alone",
    "ImportSourceSpecification": "the table would be replaced",
    "IndexName": "an index would be created and another one deleted",
    "KeySchema": "the table or index would be replaced",
    "LocalSecondaryIndexes": "the table would be replaced",
    "MultiRegionConsistency": "replicas change alone",
    "Projection": "the index would be replaced",
    "Region": "replicas change alone",
    "TableName": "the table would be replaced",
    "VectorIndexes": "a table with a vector index cannot go back to provisioned",
    "WarmThroughput": "it never goes down, so a rollback would fail; the guard raises it",
}
"""Properties of which an edit makes or replaces what has capacity, or raises it for good, with the reason not to travel."""

REFUSED: Mapping[str, str] = {**REFUSED_SETTINGS, **REFUSED_STRUCTURE}
"""Properties that must not travel, with the reason."""

UNKNOWN = "the guard does not know whether it can be taken back"


def refusal(property_name: str) -> str | None:
    """Why a property must not change together with the capacity; ``None`` for capacity and what may travel.

    Args:
        property_name: a property of the table, of an index or of a replica. An unknown one is refused.
    """
    if property_name in CAPACITY or property_name in TRAVELS:
        return None
    return REFUSED.get(property_name, UNKNOWN)


def holds_no_capacity(property_name: str) -> bool:
    """Whether an edit of a property leaves every capacity as it is.

    Args:
        property_name: a property of the table, of an index or of a replica. It is not known for an unknown property.
    """
    return property_name in TRAVELS or property_name in REFUSED_SETTINGS


__all__ = [
    "CAPACITY",
    "CONTAINERS",
    "INDEXES",
    "REFUSED",
    "REFUSED_SETTINGS",
    "REFUSED_STRUCTURE",
    "REPLICAS",
    "TRAVELS",
    "UNKNOWN",
    "holds_no_capacity",
    "refusal",
]
