"""Both capacities of a change in one template: the properties of its table, with the deployed values behind a condition."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from ..capacity.capacity import AutoScaling, Capacity, OnDemand, Provisioned, ResourceCapacity, Throughput
from ..capacity.dimension import ACCESSES, Access
from ..capacity.errors import InputError
from ..capacity.structure import TableKind
from ..dynamodb.names import CAPACITY_UNITS, MAXIMUM_UNITS

NO_VALUE = {"Ref": "AWS::NoValue"}
_INDEXES = "GlobalSecondaryIndexes"
_REMEDY = "State it as a plain value in the table's code"


def both_capacities(
    resource: Mapping[str, Any],
    deployed: Capacity,
    declared: Capacity,
    *,
    condition: str,
    region: str | None,
    location: str,
) -> dict[str, Any]:
    """What to override in a table's properties, so that a condition decides between two capacities.

    Where a dimension is auto-scaled in both, what a capacity does not state (cooldowns) stays as the template has it.

    Args:
        resource: the table in the synthesized template, which states the declared capacity.
        deployed: the capacity of the deployed template.
        declared: the capacity that the template states.
        condition: name of the condition under which the deployed capacity applies.
        region: Region of the stack, if it is known at synthesis.
        location: the table, for errors.

    Returns:
        A value by its path in the properties, ``GlobalSecondaryIndexes.0.ProvisionedThroughput``.

    Raises:
        InputError: the two do not have the same indexes, or a function states an index or a replica.
    """
    if set(deployed.indexes) != set(declared.indexes):
        raise InputError(
            location, "gets or loses an index, which no condition can hold", "Change the index alone"
        )
    properties: dict[str, Any] = resource.get("Properties", {})
    held = copy.deepcopy(properties)
    held["BillingMode"] = deployed.billing_mode.value
    if resource["Type"] == TableKind.GLOBAL_TABLE.value:
        replica = _local_replica(held, region, location)
        for name, node in _nodes(held, declared, location):
            before = deployed.of(name)
            if deployed.billing_mode is not declared.billing_mode or before != declared.of(name):
                _set_global_table(node, _replica_node(replica, name, location), before)
    else:
        for name, node in _nodes(held, declared, location):
            before = deployed.of(name)
            if deployed.billing_mode is not declared.billing_mode or before != declared.of(name):
                _set_table(node, before)
    if "BillingMode" not in properties and not deployed.is_on_demand and not declared.is_on_demand:
        del held["BillingMode"]  # PROVISIONED is the default of both types
    return dict(_differences(held, properties, condition, ""))


def _nodes(
    properties: dict[str, Any], declared: Capacity, location: str
) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """The table and each index, as the template states them."""
    yield None, properties
    entries = _entries(properties, _INDEXES, location)
    names = {entry.get("IndexName") if isinstance(entry.get("IndexName"), str) else None for entry in entries}
    if names != set(declared.indexes):
        raise InputError(f"{location}: {_INDEXES}", "are stated by a function", _REMEDY)
    for entry in entries:
        yield entry["IndexName"], entry


def _entries(node: Mapping[str, Any], name: str, location: str) -> list[dict[str, Any]]:
    found = node.get(name, [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise InputError(f"{location}: {name}", "are stated by a function", _REMEDY)
    return found


def _local_replica(properties: dict[str, Any], region: str | None, location: str) -> dict[str, Any]:
    replicas = _entries(properties, "Replicas", location)
    local = [replica for replica in replicas if replica.get("Region") in (region, {"Ref": "AWS::Region"})]
    if len(local) == 1:
        return local[0]
    if len(replicas) == 1:
        return replicas[0]
    raise InputError(f"{location}: Replicas", "have none, or several, for the stack's Region", _REMEDY)


def _replica_node(replica: dict[str, Any], index: str | None, location: str) -> dict[str, Any]:
    """The replica, or its entry for an index, which is made if it is missing."""
    if index is None:
        return replica
    entries = _entries(replica, _INDEXES, location)
    for entry in entries:
        if entry.get("IndexName") == index:
            return entry
    entries.append({"IndexName": index})
    replica[_INDEXES] = entries
    return entries[-1]


def _set_global_table(node: dict[str, Any], replica: dict[str, Any], capacity: ResourceCapacity) -> None:
    places: dict[Access, dict[str, Any]] = {"write": node, "read": replica}
    for access, place in places.items():
        title = access.title()
        provisioned, on_demand = f"{title}ProvisionedThroughputSettings", f"{title}OnDemandThroughputSettings"
        stated = _settings(place, node, provisioned)
        for holder in (place, node):
            holder.pop(provisioned, None)
            holder.pop(on_demand, None)
        if isinstance(capacity, Provisioned):
            place[provisioned] = _provisioned_settings(capacity.of(access), access, stated)
        else:
            maximum = _maximum(capacity, access)
            if maximum is not None:
                place[on_demand] = {MAXIMUM_UNITS[access]: maximum}


def _settings(place: Mapping[str, Any], node: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = place.get(name, node.get(name))
    return found if isinstance(found, Mapping) else {}


def _provisioned_settings(
    throughput: Throughput, access: Access, stated: Mapping[str, Any]
) -> dict[str, Any]:
    if not isinstance(throughput, AutoScaling):
        return {CAPACITY_UNITS[access]: throughput}
    name = f"{access.title()}CapacityAutoScalingSettings"
    before = stated.get(name)
    scaling = copy.deepcopy(dict(before)) if isinstance(before, Mapping) and "Fn::If" not in before else {}
    tracking = scaling.get("TargetTrackingScalingPolicyConfiguration")
    tracking = tracking if isinstance(tracking, dict) else {}
    scaling.pop("SeedCapacity", None)
    scaling |= {
        "MinCapacity": throughput.minimum,
        "MaxCapacity": throughput.maximum,
        "TargetTrackingScalingPolicyConfiguration": {**tracking, "TargetValue": throughput.target},
    }
    if throughput.seed is not None:
        scaling["SeedCapacity"] = throughput.seed
    return {name: scaling}


def _set_table(node: dict[str, Any], capacity: ResourceCapacity) -> None:
    node.pop("ProvisionedThroughput", None)
    node.pop("OnDemandThroughput", None)
    if isinstance(capacity, Provisioned):
        node["ProvisionedThroughput"] = {
            CAPACITY_UNITS[access]: _template_units(capacity.of(access)) for access in ACCESSES
        }
    elif capacity.maximum is not None:
        units = {MAXIMUM_UNITS[access]: _maximum(capacity, access) for access in ACCESSES}
        node["OnDemandThroughput"] = {name: value for name, value in units.items() if value is not None}


def _template_units(throughput: Throughput) -> int | None:
    return throughput.seed if isinstance(throughput, AutoScaling) else throughput


def _maximum(capacity: ResourceCapacity, access: Access) -> int | None:
    maximum = capacity.maximum if isinstance(capacity, OnDemand) else None
    return None if maximum is None else maximum.of(access)


def _differences(
    held: Mapping[str, Any], declared: Mapping[str, Any], condition: str, path: str
) -> Iterator[tuple[str, Any]]:
    """``Fn::If`` by path, for each property in which the two differ; lists are compared entry by entry."""
    for name in dict.fromkeys((*declared, *held)):
        before, after = held.get(name, NO_VALUE), declared.get(name, NO_VALUE)
        if before == after:
            continue
        if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            for position, (old, new) in enumerate(zip(before, after, strict=True)):
                yield from _differences(old, new, condition, f"{path}{name}.{position}.")
        else:
            yield f"{path}{name}", {"Fn::If": [condition, before, after]}


def with_overrides(resource: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """A resource of a template with the overrides of ``both_capacities``."""
    changed = copy.deepcopy(dict(resource))
    for path, value in overrides.items():
        *parents, name = path.split(".")
        node: Any = changed.setdefault("Properties", {})
        for parent in parents:
            node = node[int(parent) if isinstance(node, list) else parent]
        node[name] = value
    return changed


__all__ = ["NO_VALUE", "both_capacities", "with_overrides"]
