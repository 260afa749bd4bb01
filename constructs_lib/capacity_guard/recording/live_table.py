"""The live table: its capacity as DescribeTable and Application Auto Scaling return it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ..capacity.capacity import BillingMode, Capacity, Units
from ..capacity.dimension import TABLE, Access, index_of
from ..capacity.errors import InputError
from ..capacity.scheduled_action import ScheduledAction
from ..capacity.structure import Structure, TableKind, index_text, keys_text, table_text, vector_index_text
from ..dynamodb.describe_table import LiveTable
from ..evidence.provenance import History
from .aws import CallFailed, RecordingAws


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
        replicas: other Regions that have a replica of it.
        created_at: when it was created, UTC; ``None`` if the answer does not state it as a time.
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
    replicas: tuple[str, ...] = ()
    created_at: datetime | None = None

    def structure(
        self,
        kind: TableKind,
        guard: str | None,
        properties: Mapping[str, str],
        replica_capacity: Mapping[str, str] | None,
    ) -> Structure:
        """The structure of the table: keys, indexes and stream are live; only a template states type, guard and properties.

        Args:
            kind: resource type in the template.
            guard: version of the guard (``read_guard_version``).
            properties: digests of the further properties (``read_other_properties``).
            replica_capacity: digests of the capacity of replicas elsewhere (``read_replica_capacity``), ``None`` without any.
        """
        return Structure(
            kind,
            self.keys,
            self.indexes,
            self.stream,
            # A Table's replicas are made by a custom resource, which its template does not show as part of the table.
            replicas=self.replicas if kind is TableKind.GLOBAL_TABLE else (),
            guard=guard,
            vector_indexes=self.vector_indexes,
            properties=properties,
            replica_capacity=replica_capacity,
        )


def read_live_table(aws: RecordingAws, name: str) -> RecordedTable:
    """Read a table and its scaling targets.

    Args:
        aws: calls to AWS.
        name: name of the table.

    Raises:
        InputError: the table does not exist or may not be read, it or an index is changing (DescribeTable then shows the
            end of a switch that has not ended; quirks: DDB-TABLE-064).
    """
    try:
        data = aws.call("dynamodb", "describe_table", TableName=name)["Table"]
    except CallFailed as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise InputError(
            f"--table {name}", "does not exist in this account and Region", "Check name, Region and profile"
        ) from None
    table = in_order(LiveTable.of(data))
    _check_status(table)  # before its auto scaling is read
    return recorded_table(data, _read_scaling(aws, table))


def recorded_table(data: Mapping[str, Any], table: LiveTable) -> RecordedTable:
    """A live table from the answer of DescribeTable.

    Args:
        data: ``Table`` of the answer.
        table: the same, with its auto scaling as far as it was read.

    Raises:
        InputError: the table or an index is changing (``read_live_table``), or its throughput is not a capacity.
    """
    _check_status(table)
    _, partition, _, region, account, _ = data["TableArn"].split(":", 5)
    is_on_demand = table.mode is BillingMode.ON_DEMAND
    last, created = table.last_switch, data.get("CreationDateTime")
    return RecordedTable(
        table.name,
        account,
        region,
        partition,
        table.capacity(),
        units={}
        if is_on_demand
        else {key: _units(resource.units) for key, resource in table.resources.items()},
        warm={
            key: _units(resource.warm)
            for key, resource in table.resources.items()
            if any(resource.warm.values())
        },
        history=History(
            None if last is None else last.replace(microsecond=0),
            {key: resource.decreases for key, resource in table.resources.items()},
        ),
        keys=table_text(_keys(data, data), _index_texts(data, "LocalSecondaryIndexes")),
        indexes=_index_texts(data, "GlobalSecondaryIndexes"),
        stream=_stream(data),
        vector_indexes={index["IndexName"]: _vector_index(index) for index in data.get("VectorIndexes", [])},
        schedules=table.schedules,
        replicas=tuple(replica for replica in table.replica_regions if replica != region),
        created_at=created.astimezone(UTC) if isinstance(created, datetime) else None,
    )


def in_order(table: LiveTable) -> LiveTable:
    """The table with its indexes by name, in which order a baseline lists them."""
    keys = sorted(table.resources, key=lambda key: (key != TABLE, key))
    return replace(table, resources={key: table.resources[key] for key in keys})


def _check_status(table: LiveTable) -> None:
    for location, status in [
        *(
            (f"table {table.name}" if key == TABLE else f"index {index_of(key)}", resource.status)
            for key, resource in table.resources.items()
        ),
        *((f"vector index {name}", status) for name, status in table.vector_indexes.items()),
    ]:
        if status != "ACTIVE":
            raise InputError(
                location, f"is {status}: its figures are on the move", "Record when it is ACTIVE"
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


def _read_scaling(aws: RecordingAws, table: LiveTable) -> LiveTable:
    """The table with its auto scaling; an on-demand table has none, and nothing is read."""
    if table.mode is BillingMode.ON_DEMAND:
        return table.with_scaling((), ())
    targets = [
        target
        for page in aws.pages(
            "application-autoscaling",
            "describe_scalable_targets",
            ServiceNamespace="dynamodb",
            ResourceIds=list(table.keys_by_resource_id()),
        )
        for target in page.get("ScalableTargets", [])
    ]
    scaled = sorted({target["ResourceId"] for target in targets})
    return table.with_scaling(
        targets,
        list(_of_each_resource(aws, scaled, "describe_scaling_policies", "ScalingPolicies")),
        # Those of a deregistered target are gone (API: DeregisterScalableTarget).
        list(_of_each_resource(aws, scaled, "describe_scheduled_actions", "ScheduledActions")),
    )


def _of_each_resource(
    aws: RecordingAws, resource_ids: Sequence[str], operation: str, member: str
) -> Iterator[Mapping[str, Any]]:
    """What a list operation of Application Auto Scaling shows of each resource."""
    for resource_id in resource_ids:
        for page in aws.pages(
            "application-autoscaling", operation, ServiceNamespace="dynamodb", ResourceId=resource_id
        ):
            yield from page.get(member, [])


def _units(units: Mapping[Access, int]) -> Units:
    """Units of a live table; 0 means none."""
    return Units(units["read"] or None, units["write"] or None)
