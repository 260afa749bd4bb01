"""The live table: its capacity as DescribeTable and Application Auto Scaling return it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..capacity.capacity import AutoScaling, Capacity, OnDemand, Provisioned, Throughput, Units
from ..capacity.dimension import ACCESSES, Access, Dimension, resource_key
from ..capacity.errors import InputError
from ..capacity.scheduled_action import ScheduledAction
from ..capacity.structure import index_text, keys_text, table_text, vector_index_text
from ..dynamodb.describe_table import scaled_dimension
from ..dynamodb.names import CAPACITY_UNITS, scalable_dimension, scaling_resource_id
from ..evidence.provenance import History
from .aws import CallFailed, RecordingAws

_MAXIMUM: Mapping[Access, str] = {"read": "MaxReadRequestUnits", "write": "MaxWriteRequestUnits"}
_WARM: Mapping[Access, str] = {"read": "ReadUnitsPerSecond", "write": "WriteUnitsPerSecond"}

ScalingBounds = Mapping[tuple[str, str], tuple[int, int]]
"""Bounds, units per second, by scaling resource and scalable dimension."""
ScalingTargets = Mapping[tuple[str, str], AutoScaling]
"""Auto scaling by scaling resource (``table/NAME``, ``table/NAME/index/INDEX``) and scalable dimension."""


@dataclass(frozen=True)
class RecordedTable:
    """A live table at the time of the recording.

    Attributes:
        name: its name.
        account: AWS account id.
        region: AWS Region.
        partition: AWS partition, for example ``aws``.
        capacity: billing mode, fixed or auto-scaled throughput, on-demand maxima. A live table shows no seeds.
        units: provisioned units per second now, by resource key; empty in on-demand mode.
        warm: warm throughput in units per second, by resource key.
        history: last switch to on-demand, decreases of today.
        keys: its keys and local indexes, as ``Structure`` writes them.
        indexes: keys and projection of each global secondary index, as ``Structure`` writes them.
        stream: view type of its stream, ``None`` without one.
        vector_indexes: definition of each vector index, as ``Structure`` writes it; empty also where the SDK does not know
            vector indexes.
        schedules: scheduled actions of its auto scaling, by dimension and name.
    """

    name: str
    account: str
    region: str
    partition: str
    capacity: Capacity
    units: Mapping[str, Units]
    warm: Mapping[str, Units]
    history: History
    keys: str
    indexes: Mapping[str, str]
    stream: str | None
    vector_indexes: Mapping[str, str]
    schedules: tuple[ScheduledAction, ...]


def read_live_table(aws: RecordingAws, name: str) -> RecordedTable:
    """Read a table and its scaling targets.

    Args:
        aws: calls to AWS.
        name: name of the table.

    Raises:
        InputError: the table does not exist or may not be read, it or an index is changing (DescribeTable then shows the
            end of a switch that has not ended; quirks: DDB-TABLE-064), or it has replicas in other Regions.
    """
    try:
        table = aws.call("dynamodb", "describe_table", TableName=name)["Table"]
    except CallFailed as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise InputError(
            f"--table {name}", "does not exist in this account and Region", "Check name, Region and profile"
        ) from None
    _, partition, _, region, account, _ = table["TableArn"].split(":", 5)
    indexes = sorted(table.get("GlobalSecondaryIndexes", []), key=lambda index: str(index["IndexName"]))
    vector_indexes = table.get("VectorIndexes", [])
    for location, status in [
        (f"table {name}", table.get("TableStatus", "ACTIVE")),
        *((f"index {index['IndexName']}", index.get("IndexStatus", "ACTIVE")) for index in indexes),
        *((f"vector index {i['IndexName']}", i.get("IndexStatus", "ACTIVE")) for i in vector_indexes),
    ]:
        if status != "ACTIVE":
            raise InputError(
                location, f"is {status}: its figures are on the move", "Record when it is ACTIVE"
            )
    elsewhere = sorted(
        replica["RegionName"]
        for replica in table.get("Replicas", [])
        if replica.get("RegionName", region) != region
    )
    if elsewhere:
        raise InputError(
            f"table {name}",
            f"has replicas in {', '.join(elsewhere)}",
            "Replicas in other Regions are out of scope",
        )
    resources: list[tuple[str | None, dict[str, Any]]] = [
        (None, table),
        *((index["IndexName"], index) for index in indexes),
    ]
    summary = table.get("BillingModeSummary", {})
    # Absent for a table that was created provisioned and never switched (API: BillingModeSummary).
    on_demand = summary.get("BillingMode") == "PAY_PER_REQUEST"
    schedules: tuple[ScheduledAction, ...] = ()
    if on_demand:
        capacity = _on_demand(resources)
    else:
        bounds = _scaling_bounds(aws, name, [index for index, _ in resources])
        capacity = _provisioned(resources, name, _scaling_targets(aws, bounds))
        schedules = _scheduled_actions(aws, bounds)
    last = summary.get("LastUpdateToPayPerRequestDateTime")
    decreases = {
        resource_key(index): int(resource.get("ProvisionedThroughput", {}).get("NumberOfDecreasesToday", 0))
        for index, resource in resources
    }
    return RecordedTable(
        name,
        account,
        region,
        partition,
        capacity,
        units={}
        if on_demand
        else {
            resource_key(index): _units(resource, "ProvisionedThroughput", CAPACITY_UNITS)
            for index, resource in resources
        },
        warm={
            resource_key(index): _units(resource, "WarmThroughput", _WARM)
            for index, resource in resources
            if resource.get("WarmThroughput")
        },
        history=History(None if last is None else _whole_second(last), decreases),
        keys=table_text(_keys(table, table), _index_texts(table, "LocalSecondaryIndexes")),
        indexes=_index_texts(table, "GlobalSecondaryIndexes"),
        stream=_stream(table),
        vector_indexes={index["IndexName"]: _vector_index(index) for index in vector_indexes},
        schedules=schedules,
    )


def _keys(table: Mapping[str, Any], resource: Mapping[str, Any]) -> str:
    types = {
        attribute["AttributeName"]: attribute["AttributeType"] for attribute in table["AttributeDefinitions"]
    }
    return keys_text([(key["AttributeName"], key["KeyType"]) for key in resource["KeySchema"]], types)


def _index_texts(table: Mapping[str, Any], name: str) -> dict[str, str]:
    return {
        index["IndexName"]: index_text(
            _keys(table, index),
            index["Projection"].get("ProjectionType"),
            index["Projection"].get("NonKeyAttributes", ()),
        )
        for index in table.get(name, [])
    }


def _vector_index(index: Mapping[str, Any]) -> str:
    return vector_index_text(
        index.get("VectorAttribute", {}).get("AttributeName"),
        index.get("Dimensions"),
        index.get("DistanceFunction"),
        [(item["AttributeName"], item["SearchSchemaElementType"]) for item in index.get("SearchSchema", ())],
        index.get("Projection", {}).get("ProjectionType"),
        index.get("Projection", {}).get("NonKeyAttributes", ()),
    )


def _stream(table: Mapping[str, Any]) -> str | None:
    # A stream that was switched off keeps its ARN, but not its specification (API: TableDescription).
    specification = table.get("StreamSpecification", {})
    return specification.get("StreamViewType") if specification.get("StreamEnabled") else None


def _on_demand(resources: list[tuple[str | None, dict[str, Any]]]) -> Capacity:
    def capacity_of(resource: Mapping[str, Any]) -> OnDemand:
        maximum = _units(resource, "OnDemandThroughput", _MAXIMUM)
        return OnDemand(maximum=None if maximum == Units() else maximum)

    (_, table), *indexes = resources
    return Capacity.on_demand(
        maximum=capacity_of(table).maximum,
        indexes={str(name): capacity_of(index) for name, index in indexes},
    )


def _provisioned(
    resources: list[tuple[str | None, dict[str, Any]]], name: str, targets: ScalingTargets
) -> Capacity:
    def throughput(index: str | None, resource: Mapping[str, Any], access: Access) -> Throughput:
        fixed = _units(resource, "ProvisionedThroughput", CAPACITY_UNITS).of(access)
        scaled = targets.get((scaling_resource_id(name, index), scalable_dimension(Dimension(index, access))))
        if scaled is None and fixed is None:
            raise InputError(
                f"table {name}, {resource_key(index)}",
                f"shows no provisioned {access} units",
                "Record when it is ACTIVE",
            )
        return scaled or fixed or 0

    provisioned = {
        index: Provisioned(throughput(index, resource, "read"), throughput(index, resource, "write"))
        for index, resource in resources
    }
    return Capacity.provisioned(
        read=provisioned[None].read,
        write=provisioned[None].write,
        indexes={index: capacity for index, capacity in provisioned.items() if index is not None},
    )


def _scaling_bounds(aws: RecordingAws, name: str, indexes: list[str | None]) -> ScalingBounds:
    """The bounds of every scaling target of the table and its indexes."""
    ids = [scaling_resource_id(name, index) for index in indexes]
    return {
        (target["ResourceId"], target["ScalableDimension"]): (
            int(target["MinCapacity"]),
            int(target["MaxCapacity"]),
        )
        for page in aws.pages(
            "application-autoscaling",
            "describe_scalable_targets",
            ServiceNamespace="dynamodb",
            ResourceIds=ids,
        )
        for target in page.get("ScalableTargets", [])
    }


def _scaling_targets(aws: RecordingAws, bounds: ScalingBounds) -> ScalingTargets:
    """Dimensions that auto scaling changes: a scaling target with a target-tracking policy.

    A target without such a policy only sets bounds and changes nothing by itself, so its throughput counts as fixed.
    """
    targets: dict[tuple[str, str], AutoScaling] = {}
    for _, policy in _of_each_resource(aws, bounds, "describe_scaling_policies", "ScalingPolicies"):
        tracking = policy.get("TargetTrackingScalingPolicyConfiguration")
        key = (policy["ResourceId"], policy["ScalableDimension"])
        if tracking is not None and key in bounds:
            targets[key] = AutoScaling(*bounds[key], target=round(tracking["TargetValue"]))
    return targets


def _of_each_resource(
    aws: RecordingAws, bounds: ScalingBounds, operation: str, member: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What a list operation of Application Auto Scaling shows of each scaling resource, with its id."""
    for resource in sorted({resource for resource, _ in bounds}):
        for page in aws.pages(
            "application-autoscaling", operation, ServiceNamespace="dynamodb", ResourceId=resource
        ):
            yield from ((resource, item) for item in page.get(member, []))


def _scheduled_actions(aws: RecordingAws, bounds: ScalingBounds) -> tuple[ScheduledAction, ...]:
    """The scheduled actions of every scaling target; those of a deregistered one are gone (API: DeregisterScalableTarget)."""
    found = []
    for resource, action in _of_each_resource(aws, bounds, "describe_scheduled_actions", "ScheduledActions"):
        index = resource.partition("/index/")[2] or None
        limits = action.get("ScalableTargetAction", {})
        start, end = action.get("StartTime"), action.get("EndTime")
        found.append(
            ScheduledAction(
                scaled_dimension(resource_key(index), action["ScalableDimension"]),
                action["ScheduledActionName"],
                action["Schedule"],
                action.get("Timezone"),
                limits.get("MinCapacity"),
                limits.get("MaxCapacity"),
                None if start is None else _whole_second(start),
                None if end is None else _whole_second(end),
            )
        )
    return tuple(sorted(found, key=lambda action: (action.dimension.key, action.name)))


def _units(resource: Mapping[str, Any], name: str, fields: Mapping[Access, str]) -> Units:
    """The units that a member of a table or index states; 0 (on-demand mode) and -1 (no maximum) mean none."""
    values = {access: int(resource.get(name, {}).get(fields[access], 0)) for access in ACCESSES}
    return Units(**{access: value for access, value in values.items() if value > 0})


def _whole_second(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(microsecond=0)
