"""The provider: its functions, what they may do, and that a stack has one."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import InputError
from capacity_guard.cdk import provider
from capacity_guard.cdk.dependencies import dependency_path
from capacity_guard.cdk.gate_times import GateTimes
from tests.builders.guarded import GLOBAL_TABLE, PREFLIGHT, RAISED, app, synthesize, table, template
from tests.fakes import policy
from tests.paths import ROOT


def arn_of(name: str) -> dict[str, Any]:
    parts = [
        "arn:",
        {"Ref": "AWS::Partition"},
        ":dynamodb:",
        {"Ref": "AWS::Region"},
        ":",
        {"Ref": "AWS::AccountId"},
    ]
    return {"Fn::Join": ["", [*parts, f":table/{name}"]]}


def test_policy_when_the_name_is_generated_has_these_statements_and_no_other() -> None:
    made = template(capacity=RAISED)
    (guarded,) = made.of(GLOBAL_TABLE)
    statements = made.statements()
    (sid,) = set(statements) - {"ReadThisStack", "ReadAlarmsAndMetrics"}
    assert statements == {
        "ReadThisStack": {
            "Sid": "ReadThisStack",
            "Effect": "Allow",
            "Action": [
                "cloudformation:DescribeChangeSet",
                "cloudformation:DescribeStackEvents",
                "cloudformation:DescribeStackResource",
                "cloudformation:DescribeStacks",
            ],
            "Resource": {"Ref": "AWS::StackId"},
        },
        "ReadAlarmsAndMetrics": {
            "Sid": "ReadAlarmsAndMetrics",
            "Effect": "Allow",
            "Action": [
                "application-autoscaling:DescribeScalableTargets",
                "application-autoscaling:DescribeScalingPolicies",
                "cloudwatch:DescribeAlarms",
                "cloudwatch:GetMetricData",
            ],
            "Resource": "*",
        },
        sid: {
            "Sid": sid,
            "Effect": "Allow",
            "Action": ["dynamodb:DescribeTable", "dynamodb:UpdateTable"],
            "Resource": arn_of(f"S-{guarded}-*"),
        },
    }


def test_policy_when_the_name_is_given_names_that_table_alone() -> None:
    made = template(capacity=RAISED, table_name="conversations")
    resources = [s["Resource"] for s in made.statements().values() if s["Sid"].startswith("Table")]
    assert resources == [arn_of("conversations")]
    assert made.plan().table_name == "conversations"
    assert (
        dependency_path(made.resources, next(iter(made.of(PREFLIGHT))), next(iter(made.of(GLOBAL_TABLE))))
        is None
    )


def test_policy_when_a_stack_has_two_tables_has_one_statement_each() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "First")
    table(stack, "Second", table_name="second")
    sids = [sid for sid in synthesize(made).statements() if sid.startswith("Table")]
    assert len(sids) == 2
    assert all(sid.isalnum() for sid in sids)


def test_policies_of_the_framework_call_the_guards_functions_and_its_own_alone() -> None:
    made = template(capacity=RAISED)
    functions = set(made.of("AWS::Lambda::Function"))
    machines = set(made.of("AWS::StepFunctions::StateMachine"))
    for resource in made.of("AWS::IAM::Policy").values():
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            assert ({actions} if isinstance(actions, str) else set(actions)) <= {
                "lambda:InvokeFunction",
                "lambda:GetFunction",
                "states:StartExecution",
            }
            text = json.dumps(statement["Resource"])
            assert any(name in text for name in functions | machines)
            assert '"*"' not in text


def test_page_on_permissions_names_every_statement_and_action() -> None:
    page = (ROOT / "docs" / "iam.md").read_text()
    for sid, statement in template().statements().items():
        assert (sid if not sid.startswith("Table") else "`Table...`") in page
        assert all(action in page or f"`{action.split(':')[1]}`" in page for action in statement["Action"])


def test_functions_share_one_asset_of_the_parts_without_the_cdk() -> None:
    made = template()
    ours = [
        f for f in made.of("AWS::Lambda::Function").values() if f["Properties"]["Runtime"] == "python3.13"
    ]
    assert {f["Properties"]["Handler"] for f in ours} == {
        "capacity_guard.handlers.gate.on_event",
        "capacity_guard.handlers.gate.is_complete",
    }
    assert len({json.dumps(f["Properties"]["Code"]) for f in ours}) == 1


def test_gate_times_when_given_reach_the_state_machine() -> None:
    made = template(gate_times=GateTimes(query_seconds=30, longest_seconds=1_800))
    definition = json.dumps(made.only("AWS::StepFunctions::StateMachine"))
    assert '\\"IntervalSeconds\\":30,\\"MaxAttempts\\":60' in definition


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


def test_actions_of_the_role_are_those_that_the_fake_of_aws_allows() -> None:
    assert (provider.READ_STACK, provider.READ_METRICS, provider.TABLE) == (
        policy.READ_STACK,
        policy.READ_ALL,
        policy.TABLE,
    )


def test_provider_of_a_stack_is_created_once() -> None:
    stack = cdk.Stack(app(), "S")
    times = GateTimes()
    assert provider.GuardProvider.of(stack, times) is provider.GuardProvider.of(stack, times)
