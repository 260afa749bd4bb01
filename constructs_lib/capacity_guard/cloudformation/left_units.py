"""Provisioned units that a template leaves in a table in on-demand mode, as an override of ``BillingMode`` alone does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..capacity.capacity import BillingMode
from ..capacity.dimension import TABLE, resource_key
from ..capacity.errors import InputError
from ..capacity.structure import TableKind
from ..dynamodb.names import CAPACITY_UNITS
from .intrinsics import NOTHING, Intrinsics

_UNITS = "ProvisionedThroughput"


def read_left_units(read: Intrinsics, logical_id: str) -> tuple[tuple[str, str], ...]:
    """The resources of an on-demand table that state units, by resource key, each with the path of the property.

    DynamoDB refuses them. CloudFormation drops units of 0 and passes on all others (deployed for aws-cloudformation/cfn-lint
    pull 4524: 0/0 succeeds, 1/1 and 5/5 fail). No source states this for a GlobalTable, which has other properties.

    Args:
        read: the template.
        logical_id: logical id of the table.

    Raises:
        InputError: the billing mode, or the name of an index, cannot be read.
    """
    resource = read.template["Resources"][logical_id]
    properties = resource.get("Properties", {})
    mode = read.text(properties, "BillingMode", path=logical_id)
    if resource["Type"] != TableKind.TABLE.value or mode != BillingMode.ON_DEMAND.value:
        return ()
    found = [(TABLE, _UNITS)] if _has_units(read, properties, logical_id) else []
    return (*found, *_left_in_indexes(read, properties, logical_id))


def _left_in_indexes(read: Intrinsics, properties: Any, logical_id: str) -> Iterator[tuple[str, str]]:
    name = "GlobalSecondaryIndexes"
    path = f"{logical_id}.{name}"
    for position, index in enumerate(read.items(properties, name, path=logical_id)):
        if _has_units(read, index, path):
            key = resource_key(str(read.text(index, "IndexName", path=path)))
            yield key, f"{name}.{position}.{_UNITS}"


def _has_units(read: Intrinsics, node: Any, path: str) -> bool:
    if read.at(node, _UNITS, path=path) is NOTHING:
        return False
    try:
        return any(read.number(node, _UNITS, name, path=path) for name in CAPACITY_UNITS.values())
    except InputError:
        # Units of a parameter are units, unless it is 0.
        return True


__all__ = ["read_left_units"]
