"""Which permissions CloudFormation needs for an operation on a resource, by the schema of its type."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections.iam_handlers import needed_by_handler

PREFIX = "arn:aws:{}:eu-west-1:000000000000:"
TABLE, GLOBAL = "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"


def needed(
    resource_type: str, operation: str, before: dict[str, Any], after: dict[str, Any], physical_id: str = "t"
) -> dict[str, str]:
    """Resource by action."""
    found = needed_by_handler(resource_type, operation, physical_id, before, after, prefix=PREFIX)
    return {need.action: need.resource for need in found}


@pytest.mark.parametrize("resource_type", [TABLE, GLOBAL])
def test_table_is_updated_and_read_on_its_arn_and_no_item_of_it(resource_type: str) -> None:
    found = needed(
        resource_type, "update", {"BillingMode": "PROVISIONED"}, {"BillingMode": "PAY_PER_REQUEST"}
    )
    assert found["dynamodb:UpdateTable"] == "arn:aws:dynamodb:eu-west-1:000000000000:table/t"
    assert found["dynamodb:DescribeContinuousBackups"] == found["dynamodb:UpdateTable"]
    assert not {
        "dynamodb:DeleteTable",
        "dynamodb:CreateTable",
        "dynamodb:GetItem",
        "dynamodb:TagResource",
    } & set(found)


def test_global_table_is_scaled_where_it_states_auto_scaling() -> None:
    settings = {"WriteCapacityAutoScalingSettings": {"MinCapacity": 1}}
    found = needed(GLOBAL, "update", {"WriteProvisionedThroughputSettings": settings}, {})
    assert {"application-autoscaling:RegisterScalableTarget", "cloudwatch:PutMetricAlarm"} <= set(found)
    assert found["cloudwatch:PutMetricAlarm"].endswith(":alarm:TargetTracking-table/any-AlarmHigh")
    without = needed(GLOBAL, "update", {}, {"BillingMode": "PAY_PER_REQUEST"})
    assert "application-autoscaling:DescribeScheduledActions" in without
    assert "application-autoscaling:RegisterScalableTarget" not in without


def test_table_that_is_replaced_is_created_and_deleted() -> None:
    assert "dynamodb:CreateTable" in needed(TABLE, "create", {}, {"TableName": "new"}, "")
    assert set(needed(TABLE, "delete", {}, {})) == {"dynamodb:DescribeTable", "dynamodb:DeleteTable"}


@pytest.mark.parametrize(
    ("before", "after", "action"),
    [
        ({}, {"Tags": [{"Key": "a", "Value": "b"}]}, "TagResource"),
        ({}, {"TimeToLiveSpecification": {"Enabled": True}}, "UpdateTimeToLive"),
        (
            {"Replicas": [{"PointInTimeRecoverySpecification": {}}]},
            {"Replicas": [{}]},
            "UpdateContinuousBackups",
        ),
        ({}, {"ResourcePolicy": {}}, "PutResourcePolicy"),
    ],
)
def test_table_needs_more_where_more_than_its_capacity_changes(
    before: dict[str, Any], after: dict[str, Any], action: str
) -> None:
    assert f"dynamodb:{action}" in needed(GLOBAL, "update", before, after)
    assert f"dynamodb:{action}" not in needed(GLOBAL, "update", before, before)


def test_scaling_target_is_read_registered_and_scheduled() -> None:
    scheduled = {"ScheduledActions": [{"ScheduledActionName": "a"}]}
    plain = needed(TARGET, "update", {}, {"MinCapacity": 1})
    assert set(plain) == {
        "application-autoscaling:RegisterScalableTarget",
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScheduledActions",
    }
    assert "application-autoscaling:PutScheduledAction" in needed(TARGET, "create", {}, scheduled)
    assert "application-autoscaling:DeleteScheduledAction" in needed(TARGET, "update", scheduled, {})
    assert set(needed(TARGET, "delete", scheduled, {})) == {
        "application-autoscaling:DeregisterScalableTarget"
    }


def test_scaling_target_passes_its_role_when_it_is_created() -> None:
    role = {"RoleARN": "arn:aws:iam::000000000000:role/aws-service-role/x"}
    assert needed(TARGET, "create", {}, role)["iam:PassRole"] == role["RoleARN"]
    assert "iam:PassRole" not in needed(TARGET, "update", {}, role)


def test_writes_of_scaling_have_their_namespace_and_reads_have_none() -> None:
    found = {
        need.action: dict(need.context)
        for need in needed_by_handler(POLICY, "update", "p", {}, {}, prefix=PREFIX)
        if need.action.startswith("application")
    }
    assert found == {
        "application-autoscaling:DescribeScalingPolicies": {},
        "application-autoscaling:PutScalingPolicy": {"application-autoscaling:service-namespace": "dynamodb"},
    }


def test_custom_resource_invokes_its_function() -> None:
    token = "arn:aws:lambda:eu-west-1:000000000000:function:f"
    for resource_type in ("Custom::CapacityGuardBake", "AWS::CloudFormation::CustomResource"):
        assert needed(resource_type, "create", {}, {"ServiceToken": token}) == {
            "lambda:InvokeFunction": token
        }
        assert needed(resource_type, "delete", {"ServiceToken": token}, {}) == {
            "lambda:InvokeFunction": token
        }


@pytest.mark.parametrize(
    ("resource_type", "action"),
    [
        ("AWS::IAM::Role", "iam:UpdateRole"),
        ("AWS::StepFunctions::StateMachine", "states:UpdateStateMachine"),
        ("AWS::CDK::Metadata", "cdk:UpdateMetadata"),
        ("Company::X::Y::MODULE", "company:UpdateResource"),
    ],
)
def test_other_type_needs_an_action_of_its_service(resource_type: str, action: str) -> None:
    assert needed(resource_type, "update", {}, {}) == {action: "*"}
