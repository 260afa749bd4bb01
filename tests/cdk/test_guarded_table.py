"""The table of a GuardedTable: defaults, capacity as CloudFormation gets it, and what is refused at once."""

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
from aws_cdk.aws_dynamodb import Attribute, AttributeType, ProjectionType, StreamViewType, TableV2

from capacity_guard import (
    AutoScaling,
    Capacity,
    GuardedTable,
    Index,
    InputError,
    NewTable,
    OnDemand,
    Provisioned,
    Units,
)
from capacity_guard.cdk.gates import GateTimes
from tests.builders.guarded import INDEX, ON_DEMAND, WARM, app, baseline, synthesize, table, template
from tests.paths import ROOT

TABLE = "AWS::DynamoDB::GlobalTable"


def properties_of(capacity: Capacity, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = template(capacity=capacity, baseline=NewTable("t"), **more).one(TABLE)[
        "Properties"
    ]
    return found


def test_table_with_defaults_is_protected_backed_up_encrypted_and_retained() -> None:
    resource = template().one(TABLE)
    replica = resource["Properties"]["Replicas"][0]
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    assert replica["DeletionProtectionEnabled"] is True
    assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert resource["Properties"]["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert "TableName" not in resource["Properties"]


def test_fixed_writes_when_provisioned_become_auto_scaling_that_cannot_move() -> None:
    capacity = Capacity.provisioned(read=10, write=20, indexes={INDEX: Provisioned(read=30, write=40)})
    properties = properties_of(capacity)
    replica = properties["Replicas"][0]
    write = properties["WriteProvisionedThroughputSettings"]["WriteCapacityAutoScalingSettings"]
    index = properties["GlobalSecondaryIndexes"][0]["WriteProvisionedThroughputSettings"]
    assert (write["MinCapacity"], write["MaxCapacity"], write["SeedCapacity"]) == (20, 20, 20)
    assert index["WriteCapacityAutoScalingSettings"]["SeedCapacity"] == 40
    assert replica["ReadProvisionedThroughputSettings"] == {"ReadCapacityUnits": 10}
    assert replica["GlobalSecondaryIndexes"][0]["ReadProvisionedThroughputSettings"] == {
        "ReadCapacityUnits": 30
    }


def test_auto_scaling_when_declared_keeps_minimum_maximum_target_and_seed() -> None:
    scaling = AutoScaling(5, 50, target=60, seed=7)
    capacity = Capacity.provisioned(
        read=scaling, write=scaling, indexes={INDEX: Provisioned(read=scaling, write=scaling)}
    )
    properties = properties_of(capacity)
    replica = properties["Replicas"][0]
    settings = [
        properties["WriteProvisionedThroughputSettings"]["WriteCapacityAutoScalingSettings"],
        replica["ReadProvisionedThroughputSettings"]["ReadCapacityAutoScalingSettings"],
        properties["GlobalSecondaryIndexes"][0]["WriteProvisionedThroughputSettings"][
            "WriteCapacityAutoScalingSettings"
        ],
        replica["GlobalSecondaryIndexes"][0]["ReadProvisionedThroughputSettings"][
            "ReadCapacityAutoScalingSettings"
        ],
    ]
    assert (
        settings
        == [
            {
                "MinCapacity": 5,
                "MaxCapacity": 50,
                "SeedCapacity": 7,
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60},
            }
        ]
        * 4
    )


def test_auto_scaling_when_no_seed_is_declared_states_none() -> None:
    scaling = AutoScaling(5, 50)
    capacity = Capacity.provisioned(
        read=5, write=scaling, indexes={INDEX: Provisioned(read=5, write=scaling)}
    )
    write = properties_of(capacity)["WriteProvisionedThroughputSettings"]["WriteCapacityAutoScalingSettings"]
    assert "SeedCapacity" not in write


def test_on_demand_maxima_when_declared_stand_on_table_and_index() -> None:
    capacity = Capacity.on_demand(
        maximum=Units(read=11, write=12), indexes={INDEX: OnDemand(maximum=Units(read=13, write=14))}
    )
    properties = properties_of(capacity)
    replica, index = properties["Replicas"][0], properties["GlobalSecondaryIndexes"][0]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["WriteOnDemandThroughputSettings"] == {"MaxWriteRequestUnits": 12}
    assert replica["ReadOnDemandThroughputSettings"] == {"MaxReadRequestUnits": 11}
    assert index["WriteOnDemandThroughputSettings"] == {"MaxWriteRequestUnits": 14}
    assert replica["GlobalSecondaryIndexes"][0]["ReadOnDemandThroughputSettings"] == {
        "MaxReadRequestUnits": 13
    }


def test_warm_throughput_when_declared_stands_in_no_template() -> None:
    made = template(capacity=WARM)
    assert "WarmThroughput" not in str(made.one(TABLE))
    assert made.gates, "it is declared to the gates instead"


def test_every_property_when_given_reaches_the_table() -> None:
    index = Index(
        INDEX,
        partition_key=Attribute(name="agent_id", type=AttributeType.STRING),
        sort_key=Attribute(name="last_activity", type=AttributeType.STRING),
        projection=ProjectionType.INCLUDE,
        non_key_attributes=("subject",),
    )
    resource = template(
        capacity=ON_DEMAND,
        baseline=NewTable("t"),
        indexes=[index],
        sort_key=Attribute(name="part", type=AttributeType.NUMBER),
        table_name="conversations",
        removal_policy=cdk.RemovalPolicy.DESTROY,
        deletion_protection=False,
        point_in_time_recovery=False,
        time_to_live_attribute="expires",
        stream=StreamViewType.NEW_IMAGE,
        tags={"team": "care"},
    ).one(TABLE)
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
    (name,) = resources.of(TABLE)
    assert stack.resolve(guarded.index(INDEX).arn) == {
        "Fn::Join": ["", [{"Fn::GetAtt": [name, "Arn"]}, f"/index/{INDEX}"]]
    }


def test_example_is_at_most_fifteen_lines_and_synthesizes(tmp_path: Path) -> None:
    example = ROOT / "examples" / "orders.py"
    assert len([line for line in example.read_text().splitlines() if line.strip()]) <= 15
    baseline(index="by_customer").save(tmp_path / "baselines" / "orders.json")
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
        ({"table_name": ""}, "GuardedTable Conversations: table_name", "is no plain text"),
        ({"table_name": cdk.Aws.STACK_NAME}, "GuardedTable Conversations: table_name", "is no plain text"),
        (
            {"indexes": [Index(INDEX, Attribute(name="a", type=AttributeType.STRING))] * 2},
            "GuardedTable Conversations: indexes",
            "'by_agent' stands there twice",
        ),
    ],
)
def test_property_when_wrong_is_refused_at_once(
    properties: dict[str, Any], location: str, problem: str
) -> None:
    error = _refuse(**properties)
    assert (error.location, error.problem) == (location, problem)
    assert error.remedy


@pytest.mark.parametrize(
    ("times", "problem"),
    [
        ({"query_seconds": 0}, "0 is no whole number of seconds"),
        ({"query_seconds": 1.5}, "1.5 is no whole number of seconds"),
        ({"longest_seconds": 3_600}, "3600 leaves a gate no time to say why it failed"),
        ({"query_seconds": 7}, "3540 is no multiple of query_seconds (7)"),
    ],
)
def test_gate_times_when_wrong_are_refused(times: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError) as caught:
        GateTimes(**times)
    assert caught.value.problem == problem


def test_gate_times_when_tables_of_a_stack_differ_are_refused() -> None:
    stack = cdk.Stack(app(), "S")
    table(stack)
    with pytest.raises(InputError, match="another table of the stack"):
        table(stack, "Other", gate_times=GateTimes(query_seconds=30))


def test_construct_named_like_the_provider_when_there_is_refused() -> None:
    stack = cdk.Stack(app(), "S")
    cdk.CfnOutput(stack, "CapacityGuard", value="mine")
    with pytest.raises(InputError, match="construct of another kind"):
        table(stack)


def test_nested_stack_is_refused() -> None:
    nested = cdk.NestedStack(cdk.Stack(app(), "S"), "N")
    with pytest.raises(InputError, match="nested stack"):
        table(nested)


def test_index_when_unknown_is_refused() -> None:
    guarded: GuardedTable = table(cdk.Stack(app(), "S"))
    with pytest.raises(InputError, match="Its indexes: by_agent"):
        guarded.index("by_agnet")


@pytest.mark.parametrize("now", ["soon", "2026-07-09T15:40:00", "2026-13-01", 5])
def test_now_when_it_is_no_moment_is_refused(now: object) -> None:
    with pytest.raises(InputError, match="capacity-guard:now"):
        table(cdk.Stack(app(**{"capacity-guard:now": now}), "S"))


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        ("2026-07-09", "2026-07-09T00:00:00+00:00"),
        ("2026-07-09T17:40:00+02:00", "2026-07-09T15:40:00+00:00"),
        ("2026-07-09T15:40:00Z", "2026-07-09T15:40:00+00:00"),
    ],
)
def test_now_when_given_is_that_moment_in_utc(now: str, moment: str) -> None:
    guarded = table(cdk.Stack(app(**{"capacity-guard:now": now}), "S"))
    assert guarded.now.isoformat() == moment
