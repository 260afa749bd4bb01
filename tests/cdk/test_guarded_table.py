"""GuardedTable: defaults, properties, and what is refused at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.aws_dynamodb import (
    Attribute,
    AttributeType,
    GlobalSecondaryIndexPropsV2,
    PointInTimeRecoverySpecification,
    ProjectionType,
    StreamViewType,
    TableV2,
)

from capacity_guard import Capacity, GuardedTable, InputError, NewTable, OnDemand
from tests.builders.guarded import (
    GLOBAL_TABLE,
    INDEX,
    ON_DEMAND,
    app,
    baseline,
    index,
    synthesize,
    table,
    template,
)
from tests.paths import ROOT


def test_table_with_defaults_is_protected_backed_up_encrypted_and_retained() -> None:
    resource = template().only(GLOBAL_TABLE)
    replica = resource["Properties"]["Replicas"][0]
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    assert replica["DeletionProtectionEnabled"] is True
    assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert resource["Properties"]["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert "TableName" not in resource["Properties"]


@pytest.mark.slow
def test_every_property_when_given_reaches_the_table() -> None:
    given = GlobalSecondaryIndexPropsV2(
        index_name=INDEX,
        partition_key=Attribute(name="agent_id", type=AttributeType.STRING),
        sort_key=Attribute(name="last_activity", type=AttributeType.STRING),
        projection_type=ProjectionType.INCLUDE,
        non_key_attributes=["subject"],
    )
    resource = template(
        capacity=ON_DEMAND,
        baseline=NewTable("t"),
        global_secondary_indexes=[given],
        sort_key=Attribute(name="part", type=AttributeType.NUMBER),
        table_name="conversations",
        removal_policy=cdk.RemovalPolicy.DESTROY,
        deletion_protection=False,
        point_in_time_recovery_specification=PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=False
        ),
        time_to_live_attribute="expires",
        dynamo_stream=StreamViewType.NEW_IMAGE,
        tags=[cdk.CfnTag(key="team", value="care")],
    ).only(GLOBAL_TABLE)
    properties = resource["Properties"]
    replica = properties["Replicas"][0]
    assert resource["DeletionPolicy"] == "Delete"
    assert properties["TableName"] == "conversations"
    assert [k["AttributeName"] for k in properties["KeySchema"]] == ["conversation_id", "part"]
    made = properties["GlobalSecondaryIndexes"][0]
    assert [k["AttributeName"] for k in made["KeySchema"]] == ["agent_id", "last_activity"]
    assert made["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["subject"]}
    assert replica["DeletionProtectionEnabled"] is False
    assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": False}
    assert properties["TimeToLiveSpecification"]["AttributeName"] == "expires"
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert replica["Tags"] == [{"Key": "team", "Value": "care"}]


def test_table_and_index_are_reachable_as_ordinary_objects() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    guarded = table(stack)
    role = iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal())
    guarded.table.grant_read_data(role)
    assert isinstance(guarded.table, TableV2)
    assert guarded.index(INDEX).rollback_alarm is guarded.rollback_alarms[f"index/{INDEX}"]
    cdk.CfnOutput(stack, "IndexArn", value=guarded.index(INDEX).arn)
    resources = synthesize(made)
    (name,) = resources.of(GLOBAL_TABLE)
    assert stack.resolve(guarded.index(INDEX).arn) == {
        "Fn::Join": ["", [{"Fn::GetAtt": [name, "Arn"]}, f"/index/{INDEX}"]]
    }


@pytest.mark.slow
def test_example_is_at_most_fifteen_lines_and_synthesizes(tmp_path: Path) -> None:
    example = ROOT / "examples" / "orders.py"
    assert len([line for line in example.read_text().splitlines() if line.strip()]) <= 15
    baseline(index="by_customer").save(tmp_path / "baselines" / "Orders.json")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CDK_CONTEXT_JSON": '{"capacity-guard:now": "2026-07-09"}',
        "CDK_OUTDIR": str(tmp_path / "cdk.out"),
    }
    subprocess.run([sys.executable, example], cwd=tmp_path, env=environment, check=True)
    template = json.loads((tmp_path / "cdk.out" / "Orders.template.json").read_text())
    types = [resource["Type"] for resource in template["Resources"].values()]
    assert types.count("AWS::CloudWatch::Alarm") == 2
    assert types.count("Custom::CapacityGuardPreflight") == types.count("Custom::CapacityGuardBake") == 1


def _refuse(**properties: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        table(cdk.Stack(app(), "S"), **properties)
    return caught.value


@pytest.mark.parametrize(
    ("properties", "location", "problem"),
    [
        ({"capacity": "on-demand"}, "GuardedTable Conversations: capacity", "is str"),
        (
            {"capacity": Capacity.on_demand(indexes={"by_agnet": OnDemand()})},
            'GuardedTable Conversations: capacity: indexes["by_agnet"]',
            "is not an index of this table",
        ),
        (
            {"capacity": Capacity.provisioned(read=1, write=1)},
            f'GuardedTable Conversations: capacity: indexes["{INDEX}"]',
            "has no provisioned throughput",
        ),
        ({"baseline": 5}, "GuardedTable Conversations: baseline", "is int"),
        ({"table_name": ""}, "GuardedTable Conversations: table_name", "is not plain text"),
        ({"table_name": cdk.Aws.STACK_NAME}, "GuardedTable Conversations: table_name", "is not plain text"),
        (
            {"global_secondary_indexes": [index(INDEX)] * 2},
            "GuardedTable Conversations: global_secondary_indexes",
            "'by_agent' is there twice",
        ),
    ],
)
def test_property_when_wrong_is_refused_at_once(
    properties: dict[str, Any], location: str, problem: str
) -> None:
    error = _refuse(**properties)
    assert (error.location, error.problem) == (location, problem)
    assert error.remedy


def test_nested_stack_is_refused() -> None:
    nested = cdk.NestedStack(cdk.Stack(app(), "S"), "N")
    with pytest.raises(InputError, match="nested stack"):
        table(nested)


def test_index_when_unknown_is_refused() -> None:
    guarded: GuardedTable = table(cdk.Stack(app(), "S"))
    with pytest.raises(InputError, match="Use one of its indexes: by_agent"):
        guarded.index("by_agnet")
