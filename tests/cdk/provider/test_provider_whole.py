"""The resources of the provider, whole."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_logs as logs

from capacity_guard import InputError
from capacity_guard.cdk.gate_times import GateTimes
from capacity_guard.cdk.provider.provider import LOG_RETENTION, GuardProvider
from capacity_guard.cdk.provider.stack_arns import READ_CHANGE_SETS, READ_METRICS, READ_STACK
from tests.builders.guarded import Synthesized, app, synthesize


@pytest.fixture(scope="module")
def made() -> tuple[GuardProvider, Synthesized]:
    of = app()
    provider = GuardProvider.of(cdk.Stack(of, "S"), GateTimes(query_seconds=20, longest_seconds=1_200))
    return provider, synthesize(of)


def named(made: Synthesized, kind: str, prefix: str) -> dict[str, Any]:
    ((_, found),) = [item for item in made.of(kind).items() if item[0].startswith(prefix)]
    return found


@pytest.mark.parametrize(("name", "entry"), [("OnEvent", "on_event"), ("IsComplete", "is_complete")])
def test_function_is_this(made: tuple[GuardProvider, Synthesized], name: str, entry: str) -> None:
    _, found = made
    function = named(found, "AWS::Lambda::Function", f"CapacityGuard{name}")
    (log,) = found.of("AWS::Logs::LogGroup")
    (role,) = [id for id in found.of("AWS::IAM::Role") if id.startswith("CapacityGuardRole")]
    code = function["Properties"].pop("Code")
    assert set(code) == {"S3Bucket", "S3Key"}
    assert function["Properties"] == {
        "Description": f"capacity-guard: {entry} of the gates",
        "Handler": f"capacity_guard.handlers.gate.{entry}",
        "LoggingConfig": {"LogGroup": {"Ref": log}},
        "MemorySize": 256,
        "Role": {"Fn::GetAtt": [role, "Arn"]},
        "Runtime": "python3.13",
        "Timeout": 120,
    }


def test_role_is_this(made: tuple[GuardProvider, Synthesized]) -> None:
    _, found = made
    role = named(found, "AWS::IAM::Role", "CapacityGuardRole")["Properties"]
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    ]
    partition = {"Ref": "AWS::Partition"}
    managed = ["arn:", partition, ":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]
    assert role["ManagedPolicyArns"] == [{"Fn::Join": ["", managed]}]
    (policy,) = role["Policies"]
    assert policy["PolicyName"] == "Guard"
    sids = [statement["Sid"] for statement in policy["PolicyDocument"]["Statement"]]
    assert sids == ["ReadThisStack", "ReadChangeSets", "ReadAlarmsAndMetrics", "Tables"]


def test_actions_and_retention_are_these() -> None:
    assert READ_CHANGE_SETS == ("cloudformation:DescribeChangeSet",)
    assert READ_STACK == (
        "cloudformation:DescribeChangeSet",
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStackResource",
        "cloudformation:DescribeStacks",
    )
    assert READ_METRICS == (
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
    )
    assert LOG_RETENTION is logs.RetentionDays.THREE_MONTHS


def test_gates_are_waited_for_as_long_as_the_times_say(made: tuple[GuardProvider, Synthesized]) -> None:
    provider, found = made
    definition = str(found.only("AWS::StepFunctions::StateMachine"))
    assert '"IntervalSeconds":20,"MaxAttempts":60' in definition
    assert provider.times == GateTimes(20, 1_200)
    framework = named(found, "AWS::Lambda::Function", "CapacityGuardProviderframeworkonEvent")
    (log,) = found.of("AWS::Logs::LogGroup")
    assert framework["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": log}
    assert provider.node.path == "S/CapacityGuard"


def test_provider_of_another_kind_or_other_times_is_refused_to_the_letter() -> None:
    stack = cdk.Stack(app(), "S")
    cdk.CfnOutput(stack, "CapacityGuard", value="x")
    with pytest.raises(InputError) as raised:
        GuardProvider.of(stack, GateTimes())
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "S/CapacityGuard",
        "is a construct of another kind where the guard puts its provider",
        "Give that construct another id",
    )
    other = cdk.Stack(app(), "S")
    GuardProvider.of(other, GateTimes())
    with pytest.raises(InputError) as raised:
        GuardProvider.of(other, GateTimes(query_seconds=30))
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "GuardedTable.gate_times",
        f"is {GateTimes(query_seconds=30)} here and {GateTimes()} in another table of the stack",
        "Give all guarded tables of a stack the same",
    )


def names(provider: GuardProvider, of: cdk.App) -> list[str]:
    arns = synthesize(of).table_arns()
    return [arn["Fn::Join"][1][-1].removeprefix(":table/") for arn in arns]


@pytest.mark.parametrize(
    ("recorded", "allowed"),
    [
        (None, ["S-Orders-*"]),
        ("S-Orders-1ABC", ["S-Orders-*"]),
        ("S-Orders", ["S-Orders-*", "S-Orders"]),
        ("orders", ["S-Orders-*", "orders"]),
    ],
)
def test_table_that_cloudformation_names_is_allowed_by_its_pattern_and_a_recorded_name_beside(
    recorded: str | None, allowed: list[str]
) -> None:
    of = app()
    stack = cdk.Stack(of, "S")
    provider = GuardProvider.of(stack, GateTimes())
    provider.allow_generated(cdk.CfnResource(stack, "Orders", type="AWS::DynamoDB::Table"), recorded)
    assert names(provider, of) == allowed


def test_names_are_allowed_once_and_patterns_acknowledged() -> None:
    stack = cdk.Stack(app(), "S")
    provider = GuardProvider.of(stack, GateTimes())
    before = len(list(provider.node.metadata))
    provider.allow("orders")
    provider.allow("orders")
    assert len(list(provider.node.metadata)) == before
    provider.allow("S-Orders-*", is_generated=True)
    provider.allow("S-Orders-*", is_generated=True)
    assert len(list(provider.node.metadata)) == before + 1


def test_pattern_is_told_apart_from_a_name_where_policies_are_full(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = cdk.Stack(app(), "S")
    provider = GuardProvider.of(stack, GateTimes())
    added: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        provider,
        "_table_access",
        SimpleNamespace(add=lambda name, **given: added.append((stack.resolve(name), given["is_generated"]))),
    )
    provider.allow_generated(cdk.CfnResource(stack, "Orders", type="AWS::DynamoDB::Table"), "orders")
    provider.allow("carts")
    assert added == [("S-Orders-*", True), ("orders", False), ("carts", False)]
