"""What a template states of one table, in the same form for both table types of CloudFormation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import ministack
from .ministack import flag, integer

GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"
TABLE = "AWS::DynamoDB::Table"
ON_DEMAND = "PAY_PER_REQUEST"
PROVISIONED = "PROVISIONED"


@dataclass(frozen=True)
class StatedScaling:
    """Auto scaling that a GlobalTable states for one dimension.

    minimum, maximum, seed: units per second. target: TargetTrackingScalingPolicyConfiguration.
    """

    minimum: int
    maximum: int
    seed: int | None
    target: dict[str, Any]


@dataclass(frozen=True)
class StatedCapacity:
    """The capacity that a template states for the table or for one index.

    read, write: fixed units per second.
    on_demand, warm: the members of OnDemandThroughput (request units per second) and WarmThroughput (units per second).
    """

    read: int | None = None
    write: int | None = None
    read_scaling: StatedScaling | None = None
    write_scaling: StatedScaling | None = None
    on_demand: dict[str, int] = field(default_factory=dict)
    warm: dict[str, int] = field(default_factory=dict)

    def units(self, *, seeded: bool) -> dict[str, int]:
        """Throughput for a creation (MinCapacity) or, when `seeded`, for a switch (SeedCapacity)."""
        return {
            "ReadCapacityUnits": _units(self.read, self.read_scaling, seeded),
            "WriteCapacityUnits": _units(self.write, self.write_scaling, seeded),
        }


@dataclass(frozen=True)
class StatedTable:
    """What a template states of one table.

    table, indexes: capacity of the table, and of each index by name.
    definitions: name, keys and projection of each index, by name.
    settings: the other members of the requests, for example KeySchema or Tags.
    both_units: whether throughput is one property of two units (ProvisionedThroughput). CloudFormation then compares
        and sends both together.
    """

    mode: str
    table: StatedCapacity
    indexes: dict[str, StatedCapacity]
    definitions: dict[str, dict[str, Any]]
    settings: dict[str, Any]
    both_units: bool = False

    def resources(self) -> dict[str | None, StatedCapacity]:
        """The table (None) and every index."""
        resources: dict[str | None, StatedCapacity] = {None: self.table}
        resources.update(self.indexes)
        return resources


def _units(fixed: int | None, scaling: StatedScaling | None, seeded: bool) -> int:
    if fixed is not None:
        return fixed
    if scaling is None:
        raise ValueError(
            "You must specify ReadCapacityUnits or ReadCapacityAutoScalingSettings for each global table replica "
            "and each of its GSIs when BillingMode is Provisioned"
        )
    return scaling.seed if seeded and scaling.seed is not None else scaling.minimum


def _scaling(settings: Mapping[str, Any] | None) -> StatedScaling | None:
    if not settings:
        return None
    return StatedScaling(
        minimum=int(settings["MinCapacity"]),
        maximum=int(settings["MaxCapacity"]),
        seed=integer(settings, "SeedCapacity"),
        target=dict(settings["TargetTrackingScalingPolicyConfiguration"]),
    )


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _integers(settings: Mapping[str, Any] | None) -> dict[str, int]:
    return {name: int(value) for name, value in (settings or {}).items()}


def _index_definition(index: Mapping[str, Any]) -> dict[str, Any]:
    return {name: index[name] for name in ("IndexName", "KeySchema", "Projection") if name in index}


def _stream(specification: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {"StreamEnabled": True, **specification} if specification else None


def _encryption(specification: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not specification:
        return None
    renamed = {"SSEEnabled": "Enabled"}
    return {
        renamed.get(name, name): flag(value) if name == "SSEEnabled" else value
        for name, value in specification.items()
    }


def read_global_table(properties: Mapping[str, Any]) -> StatedTable:
    """Read the properties of an AWS::DynamoDB::GlobalTable for the Region of the request.

    Writes are stated at the top level and in the index. Reads are stated in the replica and in the replica's index,
    or beside the writes as a default for all replicas.
    """
    region = ministack.module("core.responses").get_region()
    replicas = properties.get("Replicas") or [{}]
    replica = next((entry for entry in replicas if entry.get("Region") == region), replicas[-1])
    replica_indexes = {index.get("IndexName"): index for index in replica.get("GlobalSecondaryIndexes") or []}

    def stated(shared: Mapping[str, Any], own: Mapping[str, Any]) -> StatedCapacity:
        write = shared.get("WriteProvisionedThroughputSettings") or {}
        read = (
            own.get("ReadProvisionedThroughputSettings")
            or shared.get("ReadProvisionedThroughputSettings")
            or {}
        )
        read_maximum = own.get("ReadOnDemandThroughputSettings") or shared.get(
            "ReadOnDemandThroughputSettings"
        )
        return StatedCapacity(
            read=integer(read, "ReadCapacityUnits"),
            read_scaling=_scaling(read.get("ReadCapacityAutoScalingSettings")),
            write=integer(write, "WriteCapacityUnits"),
            write_scaling=_scaling(write.get("WriteCapacityAutoScalingSettings")),
            on_demand=_present(
                MaxReadRequestUnits=integer(read_maximum, "MaxReadRequestUnits"),
                MaxWriteRequestUnits=integer(
                    shared.get("WriteOnDemandThroughputSettings"), "MaxWriteRequestUnits"
                ),
            ),
            warm=_integers(shared.get("WarmThroughput")),
        )

    indexes = {index["IndexName"]: index for index in properties.get("GlobalSecondaryIndexes") or []}
    encryption = properties.get("SSESpecification")
    if encryption and replica.get("SSESpecification"):
        encryption = {**encryption, **replica["SSESpecification"]}
    return StatedTable(
        mode=properties.get("BillingMode", PROVISIONED),
        table=stated(properties, replica),
        indexes={name: stated(index, replica_indexes.get(name, {})) for name, index in indexes.items()},
        definitions={name: _index_definition(index) for name, index in indexes.items()},
        settings=_present(
            TableName=properties.get("TableName"),
            KeySchema=properties.get("KeySchema"),
            AttributeDefinitions=properties.get("AttributeDefinitions"),
            LocalSecondaryIndexes=properties.get("LocalSecondaryIndexes"),
            StreamSpecification=_stream(properties.get("StreamSpecification")),
            SSESpecification=_encryption(encryption),
            TableClass=replica.get("TableClass"),
            DeletionProtectionEnabled=flag(replica.get("DeletionProtectionEnabled")),
            TimeToLiveSpecification=properties.get("TimeToLiveSpecification"),
            PointInTimeRecoverySpecification=replica.get("PointInTimeRecoverySpecification"),
            Tags=replica.get("Tags"),
        ),
    )


def read_table(properties: Mapping[str, Any]) -> StatedTable:
    """Read the properties of an AWS::DynamoDB::Table."""

    def stated(settings: Mapping[str, Any]) -> StatedCapacity:
        throughput = settings.get("ProvisionedThroughput")
        return StatedCapacity(
            read=integer(throughput, "ReadCapacityUnits"),
            write=integer(throughput, "WriteCapacityUnits"),
            on_demand=_integers(settings.get("OnDemandThroughput")),
            warm=_integers(settings.get("WarmThroughput")),
        )

    indexes = {index["IndexName"]: index for index in properties.get("GlobalSecondaryIndexes") or []}
    return StatedTable(
        mode=properties.get("BillingMode", PROVISIONED),
        table=stated(properties),
        indexes={name: stated(index) for name, index in indexes.items()},
        definitions={name: _index_definition(index) for name, index in indexes.items()},
        settings=_present(
            TableName=properties.get("TableName"),
            KeySchema=properties.get("KeySchema"),
            AttributeDefinitions=properties.get("AttributeDefinitions"),
            LocalSecondaryIndexes=properties.get("LocalSecondaryIndexes"),
            StreamSpecification=_stream(properties.get("StreamSpecification")),
            SSESpecification=_encryption(properties.get("SSESpecification")),
            TableClass=properties.get("TableClass"),
            DeletionProtectionEnabled=flag(properties.get("DeletionProtectionEnabled")),
            TimeToLiveSpecification=properties.get("TimeToLiveSpecification"),
            PointInTimeRecoverySpecification=properties.get("PointInTimeRecoverySpecification"),
            Tags=properties.get("Tags"),
        ),
        both_units=True,
    )


__all__ = [
    "GLOBAL_TABLE",
    "ON_DEMAND",
    "PROVISIONED",
    "TABLE",
    "StatedCapacity",
    "StatedScaling",
    "StatedTable",
    "read_global_table",
    "read_table",
]
