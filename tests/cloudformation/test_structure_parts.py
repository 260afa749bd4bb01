"""The structure of a table in a template: each part, where it is read, and the place of each error."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.capacity.structure import Structure, TableKind
from capacity_guard.cloudformation.branches import in_each_branch
from capacity_guard.cloudformation.structure import read_guard_version, read_structure
from tests.builders.template_tables import VECTOR_INDEX, VECTOR_INDEX_TEXT, deployed, template_of

GLOBAL = "AWS::DynamoDB::GlobalTable"


def index(name: str, *keys: tuple[str, str], **projection: Any) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        "Projection": projection,
    }


WHOLE: dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "at", "AttributeType": "N"},
        {"AttributeName": "agent", "AttributeType": "B"},
    ],
    "KeySchema": [
        {"AttributeName": "id", "KeyType": "HASH"},
        {"AttributeName": "at", "KeyType": "RANGE"},
    ],
    "LocalSecondaryIndexes": [index("l", ("id", "HASH"), ("agent", "RANGE"), ProjectionType="KEYS_ONLY")],
    "GlobalSecondaryIndexes": [
        index("g", ("agent", "HASH"), ProjectionType="INCLUDE", NonKeyAttributes=["z", "y"]),
        index("h", ("agent", "HASH"), ("at", "RANGE"), ProjectionType="ALL"),
    ],
    "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
    "VectorIndexes": [VECTOR_INDEX],
    "Replicas": [{"Region": "us-east-1"}, {"Region": "eu-west-1"}, {"Region": "ap-south-1"}],
}


def structure(properties: dict[str, Any], resource_type: str = GLOBAL) -> Structure:
    return read_structure(deployed(template_of(properties, resource_type)), "Orders")


def test_every_part_of_a_table_is_read() -> None:
    assert structure(WHOLE) == Structure(
        TableKind.GLOBAL_TABLE,
        "id:S HASH, at:N RANGE; local l: id:S HASH, agent:B RANGE; KEYS_ONLY",
        {"g": "agent:B HASH; INCLUDE y, z", "h": "agent:B HASH, at:N RANGE; ALL"},
        "KEYS_ONLY",
        ("us-east-1", "ap-south-1"),
        None,
        {"by_meaning": VECTOR_INDEX_TEXT},
    )


def test_table_without_any_part_is_read() -> None:
    bare = {"Resources": {"Orders": {"Type": "AWS::DynamoDB::Table"}}}
    found = read_structure(deployed(bare), "Orders")
    assert (found.kind, found.indexes, found.stream, found.replicas) == (TableKind.TABLE, {}, None, ())
    assert (found.guard, found.vector_indexes) == (None, {})


IMPORT = {"Fn::ImportValue": "x"}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("AttributeDefinitions",), "Orders.AttributeDefinitions"),
        (("AttributeDefinitions", 0, "AttributeName"), "Orders.AttributeName"),
        (("AttributeDefinitions", 0, "AttributeType"), "Orders.AttributeType"),
        (("KeySchema",), "Orders.KeySchema"),
        (("KeySchema", 0, "AttributeName"), "Orders.AttributeName"),
        (("KeySchema", 0, "KeyType"), "Orders.KeyType"),
        (("LocalSecondaryIndexes",), "Orders.LocalSecondaryIndexes"),
        (("LocalSecondaryIndexes", 0, "IndexName"), "Orders.LocalSecondaryIndexes.IndexName"),
        (("LocalSecondaryIndexes", 0, "KeySchema"), "Orders.LocalSecondaryIndexes.KeySchema"),
        (("GlobalSecondaryIndexes",), "Orders.GlobalSecondaryIndexes"),
        (("GlobalSecondaryIndexes", 0, "IndexName"), "Orders.GlobalSecondaryIndexes.IndexName"),
        (("GlobalSecondaryIndexes", 0, "KeySchema", 0, "KeyType"), "Orders.GlobalSecondaryIndexes.KeyType"),
        (
            ("GlobalSecondaryIndexes", 0, "Projection", "ProjectionType"),
            "Orders.GlobalSecondaryIndexes.Projection.ProjectionType",
        ),
        (
            ("GlobalSecondaryIndexes", 0, "Projection", "NonKeyAttributes"),
            "Orders.GlobalSecondaryIndexes.Projection.NonKeyAttributes",
        ),
        (("StreamSpecification", "StreamViewType"), "Orders.StreamSpecification.StreamViewType"),
        (("Replicas",), "Orders.Replicas"),
        (("Replicas", 0, "Region"), "Orders.Replicas.Region"),
        (("VectorIndexes",), "Orders.VectorIndexes"),
        (("VectorIndexes", 0, "IndexName"), "Orders.VectorIndexes.IndexName"),
        (("VectorIndexes", 0, "VectorAttribute"), "Orders.VectorIndexes.VectorAttribute"),
        (
            ("VectorIndexes", 0, "VectorAttribute", "AttributeName"),
            "Orders.VectorIndexes.VectorAttribute.AttributeName",
        ),
        (("VectorIndexes", 0, "Dimensions"), "Orders.VectorIndexes.Dimensions"),
        (("VectorIndexes", 0, "DistanceFunction"), "Orders.VectorIndexes.DistanceFunction"),
        (("VectorIndexes", 0, "SearchSchema"), "Orders.VectorIndexes.SearchSchema"),
        (("VectorIndexes", 0, "SearchSchema", 0, "AttributeName"), "Orders.VectorIndexes.AttributeName"),
        (
            ("VectorIndexes", 0, "SearchSchema", 0, "SearchSchemaElementType"),
            "Orders.VectorIndexes.SearchSchemaElementType",
        ),
        (
            ("VectorIndexes", 0, "Projection", "ProjectionType"),
            "Orders.VectorIndexes.Projection.ProjectionType",
        ),
        (
            ("VectorIndexes", 0, "Projection", "NonKeyAttributes"),
            "Orders.VectorIndexes.Projection.NonKeyAttributes",
        ),
    ],
    ids=str,
)
def test_part_that_cannot_be_read_is_refused_at_its_place(path: tuple[Any, ...], place: str) -> None:
    properties = copy.deepcopy(WHOLE)
    node: Any = properties
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = IMPORT
    with pytest.raises(InputError) as raised:
        structure(properties)
    assert raised.value.location == f"stack Shop: {place}"
    assert raised.value.problem == "cannot be read from outside (Fn::ImportValue)"


@pytest.mark.parametrize(
    ("region", "replicas", "elsewhere"),
    [
        (None, [], ()),
        (None, ["us-east-1"], ()),
        (None, ["us-east-1", "us-west-2"], ("us-east-1", "us-west-2")),
        ("eu-west-1", ["us-east-1"], ("us-east-1",)),
        ("eu-west-1", ["us-east-1", "eu-west-1"], ("us-east-1",)),
    ],
)
def test_replicas_elsewhere_are_those_outside_the_region_of_the_stack(
    region: str | None, replicas: list[str], elsewhere: tuple[str, ...]
) -> None:
    template = template_of({"Replicas": [{"Region": name} for name in replicas]}, GLOBAL)
    ((_, found),) = in_each_branch(
        template, lambda read: read_structure(read, "Orders"), location="S", region=region
    )
    assert found.replicas == elsewhere


Functions = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("resources", "version"),
    [
        ({"F": {"Type": "AWS::Lambda::Function"}}, None),
        ({"F": {"Type": "AWS::Lambda::Function", "Properties": {"Description": 7}}}, None),
        (
            {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Description": "a capacity-guard: x"}}},
            None,
        ),
        ({"F": {"Type": "AWS::Lambda::Function", "Properties": {"Description": "capacity-guard:x"}}}, None),
        (
            {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Description": "capacity-guard: x"}}},
            "without an asset",
        ),
        (
            {
                "L": {
                    "Type": "AWS::Lambda::LayerVersion",
                    "Properties": {"Description": "capacity-guard: x", "Code": {"S3Key": "a"}},
                },
                "N": {"Properties": {"Description": "capacity-guard: x", "Code": {"S3Key": "a"}}},
            },
            None,
        ),
        (
            {
                name: {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {"Description": f"capacity-guard: {name}", "Code": {"S3Key": key}},
                }
                for name, key in (("F", "c"), ("G", "a"), ("H", "b"), ("I", "a"))
            },
            "a, b, c",
        ),
        (
            {
                "F": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "Description": "capacity-guard: x",
                        "Code": {"S3Key": {"Fn::Select": [0, {"b": 1, "a": 2}]}},
                    },
                }
            },
            '{"Fn::Select": [0, {"a": 2, "b": 1}]}',
        ),
    ],
)
def test_version_of_the_guard_is_the_key_of_the_code_of_its_functions(
    resources: dict[str, Any], version: str | None
) -> None:
    assert read_guard_version(deployed({"Resources": resources})) == version
