"""A capacity as the resources of a CloudFormation template: the table, and of a Table its auto scaling."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..capacity.capacity import AutoScaling, Capacity, OnDemand, Provisioned, ResourceCapacity, Throughput
from ..capacity.dimension import ACCESSES, Access, index_of
from ..capacity.structure import Structure, TableKind
from ..dynamodb.names import CAPACITY_UNITS, MAXIMUM_UNITS, TARGET_TRACKING, utilization_metric

REGION = {"Ref": "AWS::Region"}
_KEY = re.compile(r"(.+):([SNB]) (HASH|RANGE)")
_TARGET, _POLICY = (f"AWS::ApplicationAutoScaling::{name}" for name in ("ScalableTarget", "ScalingPolicy"))


def template_json(logical_id: str, kind: TableKind, capacity: Capacity) -> str:
    """The resources of a template that declare a capacity, as JSON: with the properties of the capacity, to merge by name.

    Args:
        logical_id: logical id of the table.
        kind: its resource type.
        capacity: the capacity.
    """
    return json.dumps(table_resources(logical_id, kind, capacity), indent=2)


def table_resources(
    logical_id: str, kind: TableKind, capacity: Capacity, structure: Structure | None = None
) -> dict[str, Any]:
    """The resources that declare a capacity, by logical id, the table first.

    Args:
        logical_id: logical id of the table.
        kind: its resource type.
        capacity: the capacity.
        structure: keys and indexes to state as well, where they are known.
    """
    build = _table if kind is TableKind.TABLE else _global_table
    properties = build(capacity)
    known = {} if structure is None else structure.indexes
    for entry in properties.get("GlobalSecondaryIndexes", ()):
        entry.update(_index_shape(known.get(entry["IndexName"])))
    keys = None if structure is None else key_attributes(structure.keys.split("; ", 1)[0])
    resources: dict[str, Any] = {
        logical_id: {"Type": kind.value, "Properties": {**_keys(keys), **properties}}
    }
    if keys is not None:
        attributes = dict(keys_of(keys, known))
        resources[logical_id]["Properties"]["AttributeDefinitions"] = [
            {"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()
        ]
    if kind is TableKind.TABLE:
        resources |= _scaling(logical_id, capacity)
    return resources


def key_attributes(text: str) -> list[tuple[str, str, str]] | None:
    """Name, type and role of each key attribute of ``keys_text``; ``None`` where the text is none of known types."""
    found = [_KEY.fullmatch(part) for part in text.split(", ")]
    return None if None in found else [(m[1], m[2], m[3]) for m in found if m is not None]


def keys_of(keys: list[tuple[str, str, str]], indexes: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name and type of the key attributes of a table and of its indexes."""
    parts = [key_attributes(text.split("; ", 1)[0]) or [] for text in indexes.values()]
    return [(name, kind) for part in (keys, *parts) for name, kind, _ in part]


def _keys(keys: list[tuple[str, str, str]] | None) -> dict[str, Any]:
    if keys is None:
        return {}
    return {"KeySchema": [{"AttributeName": name, "KeyType": role} for name, _, role in keys]}


def _index_shape(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    keys, _, projection = text.partition("; ")
    kind, _, attributes = projection.partition(" ")
    included = {"NonKeyAttributes": attributes.split(", ")} if attributes else {}
    return {**_keys(key_attributes(keys)), "Projection": {"ProjectionType": kind, **included}}


def _table(capacity: Capacity) -> dict[str, Any]:
    properties = {"BillingMode": capacity.billing_mode.value, **_table_units(capacity.table)}
    entries = [{"IndexName": name, **_table_units(part)} for name, part in capacity.indexes.items()]
    return {**properties, **({"GlobalSecondaryIndexes": entries} if entries else {})}


def _table_units(part: ResourceCapacity) -> dict[str, Any]:
    if isinstance(part, Provisioned):
        units = {CAPACITY_UNITS[access]: template_units(part.of(access)) for access in ACCESSES}
        return {"ProvisionedThroughput": units}
    maximum = {
        MAXIMUM_UNITS[access]: part.maximum.of(access)
        for access in ACCESSES
        if part.maximum is not None and part.maximum.of(access) is not None
    }
    return {"OnDemandThroughput": maximum} if maximum else {}


def template_units(throughput: Throughput) -> int:
    """The units of a Table's ProvisionedThroughput property."""
    return throughput.seed or throughput.minimum if isinstance(throughput, AutoScaling) else throughput


def _global_table(capacity: Capacity) -> dict[str, Any]:
    writes = [{"IndexName": name, **_global(part, "write")} for name, part in capacity.indexes.items()]
    reads = [
        {"IndexName": name, **given}
        for name, part in capacity.indexes.items()
        if (given := _global(part, "read"))
    ]
    replica = {
        "Region": REGION,
        **_global(capacity.table, "read"),
        **({"GlobalSecondaryIndexes": reads} if reads else {}),
    }
    return {
        "BillingMode": capacity.billing_mode.value,
        **_global(capacity.table, "write"),
        **({"GlobalSecondaryIndexes": writes} if writes else {}),
        "Replicas": [replica],
    }


def _global(part: ResourceCapacity, access: Access) -> dict[str, Any]:
    title = access.title()
    if isinstance(part, OnDemand):
        maximum = None if part.maximum is None else part.maximum.of(access)
        name = f"{title}OnDemandThroughputSettings"
        return {} if maximum is None else {name: {MAXIMUM_UNITS[access]: maximum}}
    throughput = part.of(access)
    settings: dict[str, Any] = {CAPACITY_UNITS[access]: throughput}
    if isinstance(throughput, int) and access == "write":
        throughput = AutoScaling(
            throughput, throughput, seed=throughput
        )  # a GlobalTable always scales its writes
    if isinstance(throughput, AutoScaling):
        settings = {
            f"{title}CapacityAutoScalingSettings": {
                "MinCapacity": throughput.minimum,
                "MaxCapacity": throughput.maximum,
                **({} if throughput.seed is None else {"SeedCapacity": throughput.seed}),
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": throughput.target},
            }
        }
    return {f"{title}ProvisionedThroughputSettings": settings}


def _scaling(logical_id: str, capacity: Capacity) -> dict[str, Any]:
    """Scalable targets and policies of a Table."""
    found: dict[str, Any] = {}
    for number, (key, part) in enumerate(capacity.resources()):
        index = index_of(key)
        for access in ACCESSES if isinstance(part, Provisioned) else ():
            assert isinstance(part, Provisioned)
            throughput = part.of(access)
            if not isinstance(throughput, AutoScaling):
                continue
            title, suffix = access.title(), "" if index is None else f"/index/{index}"
            name = f"{logical_id}{'' if index is None else f'Index{number}'}{title}"
            found[f"{name}Target"] = {
                "Type": _TARGET,
                "Properties": {
                    "ServiceNamespace": "dynamodb",
                    "ResourceId": {"Fn::Join": ["", ["table/", {"Ref": logical_id}, suffix]]},
                    "ScalableDimension": f"dynamodb:{'table' if index is None else 'index'}:{CAPACITY_UNITS[access]}",
                    "MinCapacity": throughput.minimum,
                    "MaxCapacity": throughput.maximum,
                },
            }
            found[f"{name}Policy"] = {
                "Type": _POLICY,
                "Properties": {
                    "PolicyName": f"{name}Policy",
                    "PolicyType": TARGET_TRACKING,
                    "ScalingTargetId": {"Ref": f"{name}Target"},
                    "TargetTrackingScalingPolicyConfiguration": {
                        "TargetValue": throughput.target,
                        "PredefinedMetricSpecification": {"PredefinedMetricType": utilization_metric(access)},
                    },
                },
            }
    return found


__all__ = ["REGION", "key_attributes", "keys_of", "table_resources", "template_json", "template_units"]
