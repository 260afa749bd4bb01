"""A capacity as the resources of a CloudFormation template: the table, and of a Table its auto scaling."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..capacity.capacity import AutoScaling, Capacity, OnDemand, Provisioned, ResourceCapacity, Throughput
from ..capacity.dimension import ACCESSES, Access, Dimension, index_of
from ..capacity.structure import Structure, TableKind, projected_attributes
from ..dynamodb.names import (
    CAPACITY_UNITS,
    MAXIMUM_UNITS,
    TARGET_TRACKING,
    scalable_dimension,
    utilization_metric,
)
from .code_names import CodeNames, ScalingKey

REGION = {"Ref": "AWS::Region"}
_LOCAL = "local "
"""What the text of a local secondary index begins with (``table_text``)."""
_KEY = re.compile(r"(.+):([SNB]) (HASH|RANGE)")
_TARGET, _POLICY = (f"AWS::ApplicationAutoScaling::{name}" for name in ("ScalableTarget", "ScalingPolicy"))


def template_json(
    logical_id: str,
    kind: TableKind,
    capacity: Capacity,
    names: CodeNames | None = None,
    leaving: Collection[str] = (),
) -> str:
    """The resources of a template that declare a capacity, as JSON: with the properties of the capacity, to merge by name.

    A scaling resource that the template has keeps its logical id, and a policy its name: CloudFormation would replace it, and
    Application Auto Scaling refuses a second policy of the same metric. A new one gets a logical id that is free.

    Args:
        logical_id: logical id of the table.
        kind: its resource type.
        capacity: the capacity.
        names: the logical ids of the template, ``None`` where they are not known.
        leaving: indexes that the template has no more: the logical ids of their auto scaling are those of the deployed one.
    """
    resources = table_resources(logical_id, kind, capacity)
    for scaling, (resource, _, _) in scaling_keys(logical_id, capacity).items():
        if index_of(resource) in leaving:
            resources.pop(scaling, None)
    if names is None:
        return json.dumps(resources, indent=2)
    ids = {logical_id: logical_id}
    for name, key in scaling_keys(logical_id, capacity).items():
        known = names.scaling.get(key)
        ids[name] = names.free(name) if known is None else known.id or known.path
        if known is not None and key[2] == "Policy" and name in resources:
            resources[name]["Properties"].pop("PolicyName")
            if known.policy_name is not None:
                resources[name]["Properties"]["PolicyName"] = known.policy_name
    return json.dumps({ids[name]: _renamed(resource, ids) for name, resource in resources.items()}, indent=2)


def _renamed(value: Any, ids: Mapping[str, str]) -> Any:
    """A part of the resources with other logical ids in its references."""
    if isinstance(value, dict) and set(value) == {"Ref"}:
        return {"Ref": ids.get(value["Ref"], value["Ref"])}
    if isinstance(value, dict):
        return {name: _renamed(part, ids) for name, part in value.items()}
    return [_renamed(part, ids) for part in value] if isinstance(value, list) else value


def scaling_keys(logical_id: str, capacity: Capacity) -> dict[str, ScalingKey]:
    """What each scaling resource of ``table_resources`` scales, by its logical id there.

    Args:
        logical_id: logical id of the table.
        capacity: the capacity.
    """
    found: dict[str, ScalingKey] = {}
    for number, (key, part) in enumerate(capacity.resources()):
        for access in ACCESSES if isinstance(part, Provisioned) else ():
            assert isinstance(part, Provisioned)
            if isinstance(part.of(access), AutoScaling):
                index = "" if index_of(key) is None else f"Index{number}"
                name = f"{logical_id}{index}{access.title()}"
                found[f"{name}Target"] = key, access, "Target"
                found[f"{name}Policy"] = key, access, "Policy"
    return found


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
    # A step of several deployments has other indexes than the code.
    indexes = {} if structure is None else structure.indexes
    known = {name: text for name, text in indexes.items() if name in capacity.indexes}
    for entry in properties.get("GlobalSecondaryIndexes", ()):
        entry.update(_index_shape(known.get(entry["IndexName"])))
    keys = None if structure is None else key_attributes(structure.keys.split("; ", 1)[0])
    resources: dict[str, Any] = {
        logical_id: {"Type": kind.value, "Properties": {**_keys(keys), **properties}}
    }
    if structure is not None and keys is not None:
        local = [part.partition(": ")[2] for part in structure.keys.split("; ") if part.startswith(_LOCAL)]
        attributes = dict(_attributes(keys, [*known.values(), *local]))
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


def _attributes(keys: list[tuple[str, str, str]], indexes: Iterable[str]) -> list[tuple[str, str]]:
    """Name and type of the key attributes of a table and of its indexes."""
    parts = [key_attributes(text.split("; ", 1)[0]) or [] for text in indexes]
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
    included = {"NonKeyAttributes": projected_attributes(attributes)} if attributes else {}
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
    by_key = {scaled: name for name, scaled in scaling_keys(logical_id, capacity).items()}
    for (key, access, what), name in by_key.items():
        throughput = capacity.of(index_of(key)).of(access)  # type: ignore[union-attr]
        assert isinstance(throughput, AutoScaling)
        index = index_of(key)
        if what == "Target":
            properties = {
                "ServiceNamespace": "dynamodb",
                "ResourceId": {
                    "Fn::Join": [
                        "",
                        ["table/", {"Ref": logical_id}, "" if index is None else f"/index/{index}"],
                    ]
                },
                "ScalableDimension": scalable_dimension(Dimension(index, access)),
                "MinCapacity": throughput.minimum,
                "MaxCapacity": throughput.maximum,
            }
        else:
            properties = {
                "PolicyName": name,
                "PolicyType": TARGET_TRACKING,
                "ScalingTargetId": {"Ref": by_key[key, access, "Target"]},
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": throughput.target,
                    "PredefinedMetricSpecification": {"PredefinedMetricType": utilization_metric(access)},
                },
            }
        found[name] = {"Type": _TARGET if what == "Target" else _POLICY, "Properties": properties}
    return found


__all__ = [
    "REGION",
    "key_attributes",
    "scaling_keys",
    "table_resources",
    "template_json",
    "template_units",
]
