"""Digests of the capacity that a template states of a GlobalTable's replicas in other Regions, which no baseline records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..dynamodb.table_properties import CAPACITY, INDEXES, REPLICAS
from .intrinsics import Intrinsics
from .other_properties import digest_of
from .structure import read_structure


def read_replica_capacity(read: Intrinsics, logical_id: str) -> dict[str, str]:
    """A digest of the capacity of each replica in another Region, its indexes included, by Region.

    A setting that a replica does not have is that of the table (CloudFormation Template Reference,
    *ReadProvisionedThroughputSettings* of AWS::DynamoDB::GlobalTable). Values are compared as they are written, functions
    included: before a deployment the value of a reference is not known.

    Args:
        read: the template.
        logical_id: logical id of the table.

    Raises:
        InputError: the structure of the table cannot be read.
    """
    properties = read.template["Resources"][logical_id].get("Properties", {})
    elsewhere = read_structure(read, logical_id).replicas
    place = f"{logical_id}.{REPLICAS}"
    found = {}
    for replica in read.items(properties, REPLICAS, path=logical_id):
        region = str(read.text(replica, "Region", path=place))
        if region in elsewhere:
            found[region] = digest_of(_capacity(read, properties, replica, logical_id))
    return found


def _capacity(
    read: Intrinsics, properties: Mapping[str, Any], replica: Mapping[str, Any], logical_id: str
) -> dict[str, Any]:
    """The settings of read capacity of a replica and of its indexes, by index name. Billing mode and write capacity are the
    table's, and part of its own capacity."""

    def indexes(node: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        path = f"{logical_id}.{INDEXES}"
        return {
            str(read.name(index, "IndexName", path=path)): index
            for index in read.items(node, INDEXES, path=logical_id)
        }

    of_table, of_replica = indexes(properties), indexes(replica)
    names = {*of_table, *of_replica}
    return {
        "table": {**_reads(properties), **_reads(replica)},
        "indexes": {
            name: {**_reads(of_table.get(name, {})), **_reads(of_replica.get(name, {}))}
            for name in sorted(names)
        },
    }


def _reads(node: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name in CAPACITY and name.startswith("Read")}


__all__ = ["read_replica_capacity"]
