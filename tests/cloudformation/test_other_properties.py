"""Digests of the properties of a table that must not change together with its capacity."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from capacity_guard.cloudformation.other_properties import read_other_properties

GLOBAL_TABLE: dict[str, Any] = {
    "Type": "AWS::DynamoDB::GlobalTable",
    "Properties": {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "WriteOnDemandThroughputSettings": {"MaxWriteRequestUnits": 5},
        "ANewProperty": 1,
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by_day",
                "KeySchema": [],
                "Projection": {"ProjectionType": "ALL"},
                "ANewProperty": 1,
            }
        ],
        "Replicas": [
            {
                "Region": {"Ref": "AWS::Region"},
                "TableClass": "STANDARD",
                "Tags": [{"Key": "team", "Value": "a"}],
                "DeletionProtectionEnabled": True,
                "ReadProvisionedThroughputSettings": {},
                "GlobalSecondaryIndexes": [{"IndexName": "by_day", "ANewProperty": 1}],
            }
        ],
    },
}
REGION = '{"Ref": "AWS::Region"}'


def changed(path: tuple[str | int, ...], value: object) -> set[str]:
    """The properties whose digest differs when a value of the template does."""
    other = copy.deepcopy(GLOBAL_TABLE["Properties"])
    place: Any = other
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    before, after = read_other_properties(GLOBAL_TABLE), read_other_properties({"Properties": other})
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def test_properties_are_those_that_must_not_travel_and_that_nothing_else_compares() -> None:
    assert list(read_other_properties(GLOBAL_TABLE)) == [
        "ANewProperty",
        "GlobalSecondaryIndexes[by_day].ANewProperty",
        f"Replicas[{REGION}].GlobalSecondaryIndexes[by_day].ANewProperty",
        f"Replicas[{REGION}].TableClass",
        "TableName",
        "TimeToLiveSpecification",
    ]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("TimeToLiveSpecification", "AttributeName"), "until", {"TimeToLiveSpecification"}),
        (("TimeToLiveSpecification", "Enabled"), "true", set()),
        (("ANewProperty",), "1", set()),
        (("ANewProperty",), {"Ref": "Parameter"}, {"ANewProperty"}),
        (("SSESpecification",), {"SSEEnabled": True}, {"SSESpecification"}),
        (("Replicas", 0, "TableClass"), "STANDARD_INFREQUENT_ACCESS", {f"Replicas[{REGION}].TableClass"}),
        (("Replicas", 0, "Tags"), [], set()),
        (("BillingMode",), "PROVISIONED", set()),
        (
            ("GlobalSecondaryIndexes",),
            {"Fn::If": ["c", [], []]},
            {"GlobalSecondaryIndexes[by_day].ANewProperty"},
        ),
    ],
)
def test_property_when_its_template_changes_has_another_digest(
    path: tuple[str | int, ...], value: object, expected: set[str]
) -> None:
    assert changed(path, value) == expected


def test_properties_of_a_template_without_any_are_none() -> None:
    assert read_other_properties({"Type": "AWS::DynamoDB::Table"}) == {}


def test_digest_holds_nothing_of_the_value() -> None:
    policy = {"Properties": {"ResourcePolicy": {"PolicyDocument": {"Statement": ["secret"]}}}}
    (digest,) = read_other_properties(policy).values()
    assert len(digest) == 12
    assert "secret" not in digest
