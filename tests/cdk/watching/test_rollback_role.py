"""The rollback role, statement by statement."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from capacity_guard import GuardOptions
from capacity_guard.cdk.watch import Watch
from capacity_guard.cdk.watching.rollback_role import DENIED
from tests.builders.guarded import LOWERED, app, table

WATCHED = GuardOptions(watch=Watch())


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """A stack with two watched tables and one without, synthesized with AwsSolutions, which finds nothing in the role."""
    made = app()
    stack = cdk.Stack(made, "S")
    for name in ("Orders", "Payments"):
        table(stack, name, options=WATCHED, capacity=LOWERED)
    table(stack, "Plain")
    cdk.Validations.of(made).add_plugins(AwsSolutionsChecks(made))
    found: dict[str, Any] = made.synth().get_stack_by_name("S").template
    return found


def role_of(template: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    ((logical_id, role),) = (
        (key, resource)
        for key, resource in template["Resources"].items()
        if key.startswith("CapacityGuardRollbackRole")
    )
    return logical_id, role["Properties"]


def statements_of(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    (policy,) = role_of(template)[1]["Policies"]
    return {statement["Sid"]: statement for statement in policy["PolicyDocument"]["Statement"]}


def test_role_is_assumed_by_cloudformation_alone_and_has_no_other_policy(template: dict[str, Any]) -> None:
    logical_id, role = role_of(template)
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "cloudformation.amazonaws.com"}
    assert "ManagedPolicyArns" not in role
    attached = [
        key
        for key, resource in template["Resources"].items()
        if resource["Type"].startswith("AWS::IAM::")
        and {"Ref": logical_id} in resource["Properties"].get("Roles", [])
    ]
    assert attached == []


def test_role_may_update_the_watched_tables_alone(template: dict[str, Any]) -> None:
    statement = statements_of(template)["Tables"]
    assert {arn["Fn::GetAtt"][0][:6] for arn in statement["Resource"]} == {"Orders", "Paymen"}
    writes = [
        action
        for action in statement["Action"]
        if not action.startswith(("dynamodb:Describe", "dynamodb:Get", "dynamodb:List"))
    ]
    assert writes == ["dynamodb:UpdateTable"]
    assert "dynamodb:GetItem" not in statement["Action"]


def test_role_may_scale_dynamodb_alone(template: dict[str, Any]) -> None:
    statement = statements_of(template)["Scaling"]
    assert statement["Condition"] == {
        "StringEquals": {"application-autoscaling:service-namespace": "dynamodb"}
    }
    assert all(action.startswith("application-autoscaling:") for action in statement["Action"])
    assert not [action for action in statement["Action"] if ":Describe" in action]


def test_role_may_read_scaling_without_a_condition_that_no_read_has(template: dict[str, Any]) -> None:
    statement = statements_of(template)["ReadScaling"]
    assert "Condition" not in statement
    assert statement["Resource"] == "*"
    assert all(":Describe" in action for action in statement["Action"])


def test_role_may_make_the_alarms_of_scaling_policies_and_no_others(template: dict[str, Any]) -> None:
    statement = statements_of(template)["ScalingAlarms"]
    assert statement["Action"] == ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"]
    assert str(statement["Resource"]).endswith(":alarm:TargetTracking-table/*']]}")


def test_role_may_pass_the_role_of_auto_scaling_alone(template: dict[str, Any]) -> None:
    statement = statements_of(template)["PassScalingRole"]
    assert statement["Action"] == "iam:PassRole"
    assert str(statement["Resource"]).endswith(
        "role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable']]}"
    )
    assert statement["Condition"] == {
        "StringEquals": {"iam:PassedToService": "application-autoscaling.amazonaws.com"}
    }


def test_role_may_read_holds_and_never_write_them(template: dict[str, Any]) -> None:
    assert statements_of(template)["Hold"]["Action"] == ["ssm:GetParameter", "ssm:GetParameters"]


def test_role_may_read_what_the_other_parameter_of_an_ssm_type_reads(template: dict[str, Any]) -> None:
    assert template["Parameters"]["BootstrapVersion"]["Default"] == "/cdk-bootstrap/hnb659fds/version"
    statement = statements_of(template)["BootstrapVersion"]
    assert statement["Action"] == ["ssm:GetParameter", "ssm:GetParameters"]
    assert str(statement["Resource"]).endswith(":parameter/cdk-bootstrap/*/version']]}")


def test_role_is_denied_items_replicas_and_deletion(template: dict[str, Any]) -> None:
    statement = statements_of(template)["NeverItems"]
    assert statement["Effect"] == "Deny"
    assert statement["Resource"] == "*"
    assert statement["Action"] == sorted(DENIED)
    for action in ("DeleteTable", "GetItem", "PutItem", "Scan", "Query", "CreateTableReplica"):
        assert f"dynamodb:{action}" in statement["Action"]
    assert set(statements_of(template)) == {
        "Tables",
        "Scaling",
        "ReadScaling",
        "ScalingAlarms",
        "PassScalingRole",
        "Hold",
        "BootstrapVersion",
        "NeverItems",
    }


def test_role_is_named_by_an_output(template: dict[str, Any]) -> None:
    from capacity_guard.rollback.way_back import ROLE_OUTPUT

    ((key, output),) = template["Outputs"].items()
    assert key.startswith(ROLE_OUTPUT)
    assert output["Value"] == {"Fn::GetAtt": [role_of(template)[0], "Arn"]}
