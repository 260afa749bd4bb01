"""Read the structure of a table from a template: keys, indexes, stream, replicas, and the guard of the table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..capacity.errors import InputError
from ..capacity.structure import Structure, TableKind, index_text, keys_text, table_text, vector_index_text
from .intrinsics import UNKNOWN, Intrinsics

GUARD_DESCRIPTION = "capacity-guard: "
"""First part of the description of each Lambda function of the guard. The description identifies the functions, because
logical ids depend on the place of the guard in the construct tree, and ``aws:cdk:path`` can be switched off."""


def read_structure(read: Intrinsics, logical_id: str) -> Structure:
    """Read the structure of one table of a template.

    Args:
        read: the template.
        logical_id: logical id of the table.

    Raises:
        InputError: a value cannot be read.
    """
    resource = read.template["Resources"][logical_id]
    properties = resource.get("Properties", {})
    types = {
        str(read.text(attribute, "AttributeName", path=logical_id)): str(
            read.text(attribute, "AttributeType", path=logical_id)
        )
        for attribute in read.items(properties, "AttributeDefinitions", path=logical_id)
    }

    def indexes(name: str) -> dict[str, str]:
        path = f"{logical_id}.{name}"
        named = read.name if name == "GlobalSecondaryIndexes" else read.text
        return {
            str(named(index, "IndexName", path=path)): _index(read, index, types, path)
            for index in read.items(properties, name, path=logical_id)
        }

    return Structure(
        TableKind(resource["Type"]),
        table_text(_keys(read, properties, types, logical_id), indexes("LocalSecondaryIndexes")),
        indexes("GlobalSecondaryIndexes"),
        read.text(properties, "StreamSpecification", "StreamViewType", path=logical_id),
        _replicas(read, properties, logical_id),
        read_guard_version(read),
        {
            str(read.name(index, "IndexName", path=f"{logical_id}.VectorIndexes")): _vector_index(
                read, index, f"{logical_id}.VectorIndexes"
            )
            for index in read.items(properties, "VectorIndexes", path=logical_id)
        },
    )


def read_guard_version(read: Intrinsics) -> str | None:
    """Asset key of the code of the guard's functions in a template, ``None`` if the template has no guard."""
    keys = set()
    for name, resource in read.template["Resources"].items():
        if resource.get("Type") != "AWS::Lambda::Function":
            continue
        properties = resource.get("Properties", {})
        description = properties.get("Description")
        if isinstance(description, str) and description.startswith(GUARD_DESCRIPTION):
            keys.add(_asset_key(read, properties.get("Code", {}), name))
    return ", ".join(sorted(keys)) or None


def _asset_key(read: Intrinsics, code: Mapping[str, Any], path: str) -> str:
    try:
        return read.text(code, "S3Key", path=path) or "without an asset"
    except InputError:
        # The same code has the same key, so the text of an intrinsic function serves as well.
        return json.dumps(code.get("S3Key"), sort_keys=True)


def _keys(read: Intrinsics, node: Any, types: Mapping[str, str], path: str) -> str:
    schema = [
        (str(read.text(element, "AttributeName", path=path)), str(read.text(element, "KeyType", path=path)))
        for element in read.items(node, "KeySchema", path=path)
    ]
    return keys_text(schema, types)


def _index(read: Intrinsics, node: Any, types: Mapping[str, str], path: str) -> str:
    included = read.items(node, "Projection", "NonKeyAttributes", path=path)
    return index_text(
        _keys(read, node, types, path),
        read.text(node, "Projection", "ProjectionType", path=path),
        [str(attribute) for attribute in included],
    )


def _vector_index(read: Intrinsics, node: Any, path: str) -> str:
    search = [
        (
            str(read.text(element, "AttributeName", path=path)),
            str(read.text(element, "SearchSchemaElementType", path=path)),
        )
        for element in read.items(node, "SearchSchema", path=path)
    ]
    return vector_index_text(
        read.text(node, "VectorAttribute", "AttributeName", path=path),
        read.number(node, "Dimensions", path=path),
        read.text(node, "DistanceFunction", path=path),
        search,
        read.text(node, "Projection", "ProjectionType", path=path),
        [str(attribute) for attribute in read.items(node, "Projection", "NonKeyAttributes", path=path)],
    )


def _replicas(read: Intrinsics, properties: Any, logical_id: str) -> tuple[str, ...]:
    region = str(read.value({"Ref": "AWS::Region"}, logical_id))
    replicas = [
        str(read.text(replica, "Region", path=f"{logical_id}.Replicas"))
        for replica in read.items(properties, "Replicas", path=logical_id)
    ]
    # A stack without a Region deploys to the Region of its only replica.
    if UNKNOWN in region and len(replicas) == 1:
        return ()
    return tuple(replica for replica in replicas if replica != region)


__all__ = ["GUARD_DESCRIPTION", "read_guard_version", "read_structure"]
