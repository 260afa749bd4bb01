"""What a template asks of one table: the plan that CloudFormation carries out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import _ministack as ministack
from ._ministack import integer

GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"


TABLE = "AWS::DynamoDB::Table"


ON_DEMAND = "PAY_PER_REQUEST"


PROVISIONED = "PROVISIONED"


@dataclass(frozen=True)
class Scaling:
    """Auto scaling that a GlobalTable states for one dimension (units per second; target in percent)."""

    minimum: int
    maximum: int
    seed: int | None
    target: dict[str, Any]


@dataclass(frozen=True)
class Side:
    """What a template asks for on the table (index None) or on one index.

    read, write: fixed units per second. The maxima are on-demand request units per second.
    """

    read: int | None = None
    write: int | None = None
    read_scaling: Scaling | None = None
    write_scaling: Scaling | None = None
    on_demand: dict[str, int] = field(default_factory=dict)
    warm: dict[str, int] = field(default_factory=dict)

    def units(self, *, seeded: bool) -> dict[str, int]:
        """Throughput for a creation (MinCapacity) or, when `seeded`, for a switch (SeedCapacity)."""
        return {
            "ReadCapacityUnits": _units(self.read, self.read_scaling, seeded),
            "WriteCapacityUnits": _units(self.write, self.write_scaling, seeded),
        }


@dataclass(frozen=True)
class TablePlan:
    """What a template asks of one table: billing mode, table and indexes, and the request members of neither.

    both_units: whether throughput is one property of two units (ProvisionedThroughput), compared and sent as a whole.
    """

    mode: str
    table: Side
    indexes: dict[str, Side]
    definitions: dict[str, dict[str, Any]]
    settings: dict[str, Any]
    both_units: bool = False

    def sides(self) -> dict[str | None, Side]:
        """The table (None) and every index."""
        sides: dict[str | None, Side] = {None: self.table}
        sides.update(self.indexes)
        return sides


def _units(fixed: int | None, scaling: Scaling | None, seeded: bool) -> int:
    if fixed is not None:
        return fixed
    if scaling is None:
        raise ValueError(
            "You must specify ReadCapacityUnits or ReadCapacityAutoScalingSettings for each global table replica "
            "and each of its GSIs when BillingMode is Provisioned"
        )
    return scaling.seed if seeded and scaling.seed is not None else scaling.minimum


def _scaling(settings: Mapping[str, Any] | None) -> Scaling | None:
    if not settings:
        return None
    return Scaling(
        minimum=int(settings["MinCapacity"]),
        maximum=int(settings["MaxCapacity"]),
        seed=integer(settings, "SeedCapacity"),
        target=dict(settings["TargetTrackingScalingPolicyConfiguration"]),
    )


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _warm(settings: Mapping[str, Any] | None) -> dict[str, int]:
    return {name: int(value) for name, value in (settings or {}).items()}


def _key_definition(index: Mapping[str, Any]) -> dict[str, Any]:
    return {name: index[name] for name in ("IndexName", "KeySchema", "Projection") if name in index}


def _stream(specification: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {"StreamEnabled": True, **specification} if specification else None


def global_table_plan(properties: Mapping[str, Any]) -> TablePlan:
    """Read a GlobalTable's properties for the Region of the request.

    Writes stand at the top level and in the index, reads in the replica and in the replica's index, or beside the
    writes as a default for all replicas.
    """
    region = ministack.module("core.responses").get_region()
    replicas = properties.get("Replicas") or [{}]
    replica = next((each for each in replicas if each.get("Region") == region), replicas[-1])
    local = {each.get("IndexName"): each for each in replica.get("GlobalSecondaryIndexes") or []}

    def side(shared: Mapping[str, Any], own: Mapping[str, Any]) -> Side:
        write = shared.get("WriteProvisionedThroughputSettings") or {}
        read = (
            own.get("ReadProvisionedThroughputSettings")
            or shared.get("ReadProvisionedThroughputSettings")
            or {}
        )
        read_maximum = own.get("ReadOnDemandThroughputSettings") or shared.get(
            "ReadOnDemandThroughputSettings"
        )
        return Side(
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
            warm=_warm(shared.get("WarmThroughput")),
        )

    indexes = {index["IndexName"]: index for index in properties.get("GlobalSecondaryIndexes") or []}
    encryption = properties.get("SSESpecification")
    if encryption and replica.get("SSESpecification"):
        encryption = {**encryption, **replica["SSESpecification"]}
    return TablePlan(
        mode=properties.get("BillingMode", PROVISIONED),
        table=side(properties, replica),
        indexes={name: side(index, local.get(name, {})) for name, index in indexes.items()},
        definitions={name: _key_definition(index) for name, index in indexes.items()},
        settings=_present(
            TableName=properties.get("TableName"),
            KeySchema=properties.get("KeySchema"),
            AttributeDefinitions=properties.get("AttributeDefinitions"),
            LocalSecondaryIndexes=properties.get("LocalSecondaryIndexes"),
            StreamSpecification=_stream(properties.get("StreamSpecification")),
            SSESpecification=_sse(encryption),
            TableClass=replica.get("TableClass"),
            DeletionProtectionEnabled=_flag(replica.get("DeletionProtectionEnabled")),
            TimeToLiveSpecification=properties.get("TimeToLiveSpecification"),
            PointInTimeRecoverySpecification=replica.get("PointInTimeRecoverySpecification"),
            Tags=replica.get("Tags"),
        ),
    )


def table_plan(properties: Mapping[str, Any]) -> TablePlan:
    """Read the properties of an AWS::DynamoDB::Table."""

    def side(settings: Mapping[str, Any]) -> Side:
        throughput = settings.get("ProvisionedThroughput")
        return Side(
            read=integer(throughput, "ReadCapacityUnits"),
            write=integer(throughput, "WriteCapacityUnits"),
            on_demand={
                name: int(value) for name, value in (settings.get("OnDemandThroughput") or {}).items()
            },
            warm=_warm(settings.get("WarmThroughput")),
        )

    indexes = {index["IndexName"]: index for index in properties.get("GlobalSecondaryIndexes") or []}
    return TablePlan(
        mode=properties.get("BillingMode", PROVISIONED),
        table=side(properties),
        indexes={name: side(index) for name, index in indexes.items()},
        definitions={name: _key_definition(index) for name, index in indexes.items()},
        settings=_present(
            TableName=properties.get("TableName"),
            KeySchema=properties.get("KeySchema"),
            AttributeDefinitions=properties.get("AttributeDefinitions"),
            LocalSecondaryIndexes=properties.get("LocalSecondaryIndexes"),
            StreamSpecification=_stream(properties.get("StreamSpecification")),
            SSESpecification=_sse(properties.get("SSESpecification")),
            TableClass=properties.get("TableClass"),
            DeletionProtectionEnabled=_flag(properties.get("DeletionProtectionEnabled")),
            TimeToLiveSpecification=properties.get("TimeToLiveSpecification"),
            PointInTimeRecoverySpecification=properties.get("PointInTimeRecoverySpecification"),
            Tags=properties.get("Tags"),
        ),
        both_units=True,
    )


def _flag(value: Any) -> bool | None:
    return None if value is None else str(value).lower() == "true"


def _sse(specification: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not specification:
        return None
    renamed = {"SSEEnabled": "Enabled"}
    return {
        renamed.get(name, name): _flag(value) if name == "SSEEnabled" else value
        for name, value in specification.items()
    }


__all__ = [
    "GLOBAL_TABLE",
    "ON_DEMAND",
    "PROVISIONED",
    "TABLE",
    "Scaling",
    "Side",
    "TablePlan",
    "global_table_plan",
    "table_plan",
]
