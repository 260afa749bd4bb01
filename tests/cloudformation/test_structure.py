"""The structure of a table in a template: keys, indexes, stream, replicas and the guard."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity.structure import Structure, TableKind
from capacity_guard.cloudformation.branches import in_each_branch
from capacity_guard.cloudformation.structure import read_structure
from tests.builders.template_tables import VECTOR_INDEX, VECTOR_INDEX_TEXT, template_of

TABLE: dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": attribute_type}
        for name, attribute_type in (("id", "S"), ("at", "N"), ("agent", "B"))
    ],
    "KeySchema": [
        {"AttributeName": "id", "KeyType": "HASH"},
        {"AttributeName": "at", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_agent",
            "KeySchema": [{"AttributeName": "agent", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"]},
        }
    ],
}
EXPECTED = Structure(TableKind.TABLE, "id:S HASH, at:N RANGE", {"by_agent": "agent:B HASH; INCLUDE a, b"})


def structures(
    properties: dict[str, Any],
    resource_type: str = "AWS::DynamoDB::Table",
    resources: dict[str, Any] | None = None,
    region: str | None = "eu-west-1",
    **sections: Any,
) -> dict[str | None, Structure]:
    template = template_of(properties, resource_type, resources, **sections)
    return dict(
        in_each_branch(
            template, lambda read: read_structure(read, "Orders"), location="stack S", region=region
        )
    )


def test_table_when_read_expects_keys_and_indexes_in_the_canonical_text() -> None:
    assert structures(TABLE) == {None: EXPECTED}


def test_table_when_it_has_a_local_index_expects_it_with_the_keys() -> None:
    local = {
        "IndexName": "mine",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    (found,) = structures({**TABLE, "LocalSecondaryIndexes": [local]}).values()
    assert found.keys == "id:S HASH, at:N RANGE; local mine: id:S HASH; ALL"


def test_table_when_it_has_a_vector_index_expects_the_text_that_a_recording_writes() -> None:
    (found,) = structures({**TABLE, "VectorIndexes": [VECTOR_INDEX]}).values()
    text = VECTOR_INDEX_TEXT
    assert found.vector_indexes == {"by_meaning": text}
    assert EXPECTED.table_differences(found) == (f"vector index by_meaning: is created ({text})",)


@pytest.mark.parametrize(
    ("region", "replicas", "elsewhere"),
    [
        ("eu-west-1", [{"Region": "eu-west-1"}], ()),
        ("eu-west-1", [{"Region": {"Ref": "AWS::Region"}}, {"Region": "us-east-1"}], ("us-east-1",)),
        (None, [{"Region": "us-east-1"}], ()),
        (None, [{"Region": {"Ref": "AWS::Region"}}], ()),
    ],
)
def test_global_table_when_it_names_regions_expects_the_others(
    region: str | None, replicas: list[Any], elsewhere: tuple[str, ...]
) -> None:
    (found,) = structures(
        {**TABLE, "Replicas": replicas, "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"}},
        "AWS::DynamoDB::GlobalTable",
        region=region,
    ).values()
    assert (found.kind, found.replicas) == (TableKind.GLOBAL_TABLE, elsewhere)
    assert found.stream == "NEW_AND_OLD_IMAGES"


def test_index_when_it_depends_on_a_condition_expects_a_structure_for_each_branch() -> None:
    (index,) = TABLE["GlobalSecondaryIndexes"]
    found = structures(
        {**TABLE, "GlobalSecondaryIndexes": [{"Fn::If": ["Old", {"Ref": "AWS::NoValue"}, index]}]},
        Conditions={"Old": {"Fn::Equals": [{"Ref": "Stage"}, "old"]}},
        Parameters={"Stage": {"Type": "String"}},
    )
    assert sorted(len(structure.indexes) for structure in found.values()) == [0, 1]
    assert None not in found


def function(description: Any, **code: Any) -> dict[str, Any]:
    return {"Type": "AWS::Lambda::Function", "Properties": {"Description": description, "Code": code}}


@pytest.mark.parametrize(
    ("functions", "version"),
    [
        ([], None),
        ([function("sends mail", S3Key="aa.zip")], None),
        ([function({"Ref": "Description"}, S3Key="aa.zip")], None),
        ([function("capacity-guard: on_event of the gates", S3Key="aa.zip")], "aa.zip"),
        (
            [
                function("capacity-guard: on_event of the gates", S3Key="bb.zip"),
                function("capacity-guard: is_complete of the gates", S3Key="aa.zip"),
                function("capacity-guard: is_complete of the gates", S3Key="bb.zip"),
            ],
            "aa.zip, bb.zip",
        ),
        (
            [function("capacity-guard: on_event", S3Key={"Fn::Select": [0, {"Ref": "Assets"}]})],
            '{"Fn::Select": [0, {"Ref": "Assets"}]}',
        ),
    ],
)
def test_guard_when_the_template_has_its_functions_expects_the_key_of_their_code(
    functions: list[Any], version: str | None
) -> None:
    resources = {f"F{number}": function for number, function in enumerate(functions)}
    (found,) = structures(TABLE, resources=resources).values()
    assert found.guard == version
