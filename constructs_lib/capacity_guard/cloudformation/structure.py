"""What a template states of a table besides its capacity: keys, indexes, stream, replicas, and the table's guard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..capacity.errors import InputError
from ..capacity.structure import Structure, TableKind, index_text, keys_text, table_text
from .intrinsics import UNKNOWN, Intrinsics

GUARD_FUNCTION = "capacity-guard: "
"""How the description of each of the guard's functions begins. Logical ids depend on where somebody puts the guard, and
``aws:cdk:path`` can be switched off."""


def read_structure(read: Intrinsics, logical_id: str) -> Structure:
    """The structure that a template states for one of its tables.

    Args:
        read: the template.
        logical_id: the table's logical id.

    Raises:
        InputError: a value that matters cannot be read.
    """
    resource = read.template["Resources"][logical_id]
    properties = resource.get("Properties", {})
    types = {
        str(read.text(one, "AttributeName", path=logical_id)): str(
            read.text(one, "AttributeType", path=logical_id)
        )
        for one in read.items(properties, "AttributeDefinitions", path=logical_id)
    }

    def indexes(name: str) -> dict[str, str]:
        path = f"{logical_id}.{name}"
        return {
            str(read.text(one, "IndexName", path=path)): _index(read, one, types, path)
            for one in read.items(properties, name, path=logical_id)
        }

    return Structure(
        TableKind(resource["Type"]),
        table_text(_keys(read, properties, types, logical_id), indexes("LocalSecondaryIndexes")),
        indexes("GlobalSecondaryIndexes"),
        read.text(properties, "StreamSpecification", "StreamViewType", path=logical_id),
        _replicas(read, properties, logical_id),
        read_guard_version(read),
    )


def read_guard_version(read: Intrinsics) -> str | None:
    """Asset key of the code of the guard's functions in a template, ``None`` where it holds none.

    Raises:
        InputError: the description of a function cannot be read for a reason other than an unknown value.
    """
    keys = set()
    for name, resource in read.template["Resources"].items():
        if resource.get("Type") != "AWS::Lambda::Function":
            continue
        properties = resource.get("Properties", {})
        description = properties.get("Description")
        if isinstance(description, str) and description.startswith(GUARD_FUNCTION):
            keys.add(_asset(read, properties.get("Code", {}), name))
    return ", ".join(sorted(keys)) or None


def _asset(read: Intrinsics, code: Mapping[str, Any], path: str) -> str:
    try:
        return read.text(code, "S3Key", path=path) or "without an asset"
    except InputError:
        # A key that a function makes is still the same text for the same code.
        return json.dumps(code.get("S3Key"), sort_keys=True)


def _keys(read: Intrinsics, node: Any, types: Mapping[str, str], path: str) -> str:
    schema = [
        (str(read.text(one, "AttributeName", path=path)), str(read.text(one, "KeyType", path=path)))
        for one in read.items(node, "KeySchema", path=path)
    ]
    return keys_text(schema, types)


def _index(read: Intrinsics, node: Any, types: Mapping[str, str], path: str) -> str:
    included = read.items(node, "Projection", "NonKeyAttributes", path=path)
    return index_text(
        _keys(read, node, types, path),
        read.text(node, "Projection", "ProjectionType", path=path),
        [str(one) for one in included],
    )


def _replicas(read: Intrinsics, properties: Any, logical_id: str) -> tuple[str, ...]:
    region = str(read.value({"Ref": "AWS::Region"}, logical_id))
    named = [
        str(read.text(one, "Region", path=f"{logical_id}.Replicas"))
        for one in read.items(properties, "Replicas", path=logical_id)
    ]
    # A stack without a Region of its own deploys to the one that its only replica names.
    if UNKNOWN in region and len(named) == 1:
        return ()
    return tuple(one for one in named if one != region)


__all__ = ["GUARD_FUNCTION", "read_guard_version", "read_structure"]
