"""GuardedTable: each refusal to the letter, every property in the template, and its indexes."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.aws_dynamodb import (
    Attribute,
    AttributeType,
    PointInTimeRecoverySpecification,
    StreamViewType,
    TableClass,
    TableEncryptionV2,
)

from capacity_guard import Capacity, InputError
from tests.builders.guarded import INDEX, ON_DEMAND, app, index, synthesize, table


def refusal(**properties: Any) -> tuple[str, str, str]:
    with pytest.raises(InputError) as raised:
        table(cdk.Stack(app(), "S"), "T", **properties)
    return raised.value.location, raised.value.problem, raised.value.remedy


@pytest.mark.parametrize(
    ("properties", "location", "problem", "remedy"),
    [
        (
            {"capacity": "on-demand"},
            "GuardedTable T: capacity",
            "is str",
            "Give Capacity.on_demand(...) or Capacity.provisioned(...)",
        ),
        (
            {"global_secondary_indexes": [index("a"), index("b"), index("b")]},
            "GuardedTable T: global_secondary_indexes",
            "'b' is there twice",
            "Name each index once",
        ),
        (
            {"table_name": ""},
            "GuardedTable T: table_name",
            "is not plain text",
            "Give the name itself, or leave it out",
        ),
        (
            {"table_name": cdk.Aws.STACK_NAME},
            "GuardedTable T: table_name",
            "is not plain text",
            "Give the name itself, or leave it out",
        ),
        (
            {"baseline": 7},
            "GuardedTable T: baseline",
            "is int",
            "Give a file, Baseline.load(...) or NewTable(...)",
        ),
    ],
)
def test_property_that_is_wrong_is_refused_to_the_letter(
    properties: dict[str, Any], location: str, problem: str, remedy: str
) -> None:
    assert refusal(**properties) == (location, problem, remedy)


def test_nested_stack_is_refused_to_the_letter() -> None:
    with pytest.raises(InputError) as raised:
        table(cdk.NestedStack(cdk.Stack(app(), "S"), "N"), "T")
    assert raised.value.location == "GuardedTable T"


def properties_of(**given: Any) -> dict[str, Any]:
    made = app()
    table(cdk.Stack(made, "S"), "T", **{"capacity": ON_DEMAND, **given})
    found: dict[str, Any] = synthesize(made).only("AWS::DynamoDB::GlobalTable")
    return found


def test_table_with_defaults_is_this() -> None:
    found = properties_of(capacity=Capacity.on_demand(), global_secondary_indexes=[])
    region = {"Ref": "AWS::Region"}
    found.pop("DependsOn", None)
    assert found == {
        "Type": "AWS::DynamoDB::GlobalTable",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "AttributeDefinitions": [{"AttributeName": "conversation_id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "conversation_id", "KeyType": "HASH"}],
            "Replicas": [
                {
                    "DeletionProtectionEnabled": True,
                    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                    "Region": region,
                }
            ],
            "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
        },
    }


def test_table_with_everything_is_this() -> None:
    found = properties_of(
        table_name="orders",
        sort_key=Attribute(name="part", type=AttributeType.NUMBER),
        removal_policy=cdk.RemovalPolicy.DESTROY,
        deletion_protection=False,
        point_in_time_recovery_specification=PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=False
        ),
        encryption=TableEncryptionV2.dynamo_owned_key(),
        time_to_live_attribute="expires",
        dynamo_stream=StreamViewType.NEW_IMAGE,
        table_class=TableClass.STANDARD_INFREQUENT_ACCESS,
        tags=[cdk.CfnTag(key="team", value="care"), cdk.CfnTag(key="cost", value="7")],
    )
    properties = found["Properties"]
    (replica,) = properties["Replicas"]
    assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == ("Delete", "Delete")
    assert properties["TableName"] == "orders"
    assert properties["KeySchema"][1] == {"AttributeName": "part", "KeyType": "RANGE"}
    assert properties["SSESpecification"] == {"SSEEnabled": False}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert replica["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert replica["Tags"] == [{"Key": "team", "Value": "care"}, {"Key": "cost", "Value": "7"}] or replica[
        "Tags"
    ] == [{"Key": "cost", "Value": "7"}, {"Key": "team", "Value": "care"}]
    assert replica["DeletionProtectionEnabled"] is False
    assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": False}


def test_index_is_reached_by_its_name_and_another_refused() -> None:
    stack = cdk.Stack(app(), "S")
    guarded = table(stack, "T")
    reference = guarded.index(INDEX)
    assert (reference.name, reference.rollback_alarm) == (INDEX, guarded.rollback_alarms[f"index/{INDEX}"])
    assert reference.arn == f"{guarded.table.table_arn}/index/{INDEX}"
    bare = table(stack, "U", capacity=Capacity.on_demand(), global_secondary_indexes=[])
    for of, remedy in (
        (guarded, f"Use one of its indexes: {INDEX}"),
        (bare, "Leave it out: the table has no index"),
    ):
        with pytest.raises(InputError) as raised:
            of.index("x")
        assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
            f"{of.node.id}.index",
            "'x' is not an index of this table",
            remedy,
        )


def test_guard_is_that_of_its_own_table() -> None:
    guarded = table(cdk.Stack(app(), "S"), "T", table_name="orders")
    assert (guarded.guard.label, guarded.guard.table.dialect, guarded.guard.table_name) == (
        "T",
        "guarded",
        "orders",
    )
    assert guarded.guard.resource.node.path == "S/T/Table/Resource"
