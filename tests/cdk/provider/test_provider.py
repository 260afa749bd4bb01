"""The provider: its functions, what they may do, and that a stack has one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.aws_dynamodb import Attribute, AttributeType, GlobalSecondaryIndexPropsV2

from capacity_guard import Capacity, GuardedTable, InputError, NewTable, OnDemand
from capacity_guard.cdk.app.dependencies import dependency_path
from capacity_guard.cdk.gate_times import GateTimes
from capacity_guard.cdk.provider import provider, stack_arns
from capacity_guard.evidence.provenance import TableIdentity
from tests.builders.feature_flags import recommended_flags
from tests.builders.guarded import GLOBAL_TABLE, PREFLIGHT, RAISED, app, baseline, synthesize, table, template
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


def stack_arn(resource: str) -> dict[str, Any]:
    return {
        "Fn::Join": [
            "",
            [
                "arn:",
                {"Ref": "AWS::Partition"},
                ":cloudformation:",
                {"Ref": "AWS::Region"},
                ":",
                {"Ref": "AWS::AccountId"},
                f":{resource}",
            ],
        ]
    }


def test_policy_when_the_name_is_generated_has_these_statements_and_no_other() -> None:
    made = template(capacity=RAISED)
    (guarded,) = made.of(GLOBAL_TABLE)
    assert made.statements() == {
        "ReadThisStack": {
            "Sid": "ReadThisStack",
            "Effect": "Allow",
            "Action": [
                "cloudformation:DescribeChangeSet",
                "cloudformation:DescribeStackEvents",
                "cloudformation:DescribeStackResource",
                "cloudformation:DescribeStacks",
            ],
            "Resource": stack_arn("stack/S/*"),
        },
        "ReadChangeSets": {
            "Sid": "ReadChangeSets",
            "Effect": "Allow",
            "Action": "cloudformation:DescribeChangeSet",
            "Resource": stack_arn("changeSet/*"),
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
        "Tables": {
            "Sid": "Tables",
            "Effect": "Allow",
            "Action": ["dynamodb:DescribeTable", "dynamodb:UpdateTable"],
            "Resource": [arn_of(f"S-{guarded}-*"), arn_of("conversations")],
        },
    }


def test_policy_when_the_recorded_name_fits_the_pattern_has_the_pattern_alone() -> None:
    known = template(capacity=RAISED)
    (guarded,) = known.of(GLOBAL_TABLE)
    recorded = replace(baseline(), table=TableIdentity(f"S-{guarded}-1ABC"))
    assert template(capacity=RAISED, baseline=recorded).table_arns() == [arn_of(f"S-{guarded}-*")]


def test_policy_when_the_table_is_new_does_not_name_the_baselines_name() -> None:
    made = template(baseline=NewTable("conversations"))
    (guarded,) = made.of(GLOBAL_TABLE)
    assert made.table_arns() == [arn_of(f"S-{guarded}-*")]


def test_policy_when_the_name_is_given_names_that_table_alone() -> None:
    made = template(capacity=RAISED, table_name="orders")
    assert made.table_arns() == [arn_of("orders")]
    assert made.plan().table_name == "orders"
    assert (
        dependency_path(made.resources, next(iter(made.of(PREFLIGHT))), next(iter(made.of(GLOBAL_TABLE))))
        is None
    )


def test_policy_when_a_stack_has_two_tables_has_one_statement() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "First", table_name="first")
    table(stack, "Second", table_name="second")
    found = synthesize(made)
    assert found.table_arns() == [arn_of("first"), arn_of("second")]
    assert [sid for sid in found.statements() if sid.startswith("Table")] == ["Tables"]


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        ("stack/S/0a1b2c3d-0000-1111-2222-333344445555", True),  # denied in the wild: the stack's id
        ("stack/S/*", True),  # denied in the wild: aws-cdk issue 1034
        ("changeSet/cdk-deploy-change-set/0a1b2c3d-0000-1111-2222-333344445555", True),
        ("stack/Sales/0a1b2c3d-0000-1111-2222-333344445555", False),
        ("stack/Sales/*", False),
    ],
)
def test_describe_change_set_is_allowed_in_every_form_and_for_no_other_stack(
    resource: str, allowed: bool
) -> None:
    made = template()
    arn = f"arn:aws:cloudformation:eu-west-1:123456789012:{resource}"
    grants = [
        s for s in made.statements().values() if "cloudformation:DescribeChangeSet" in list_of(s["Action"])
    ]
    assert any(fnmatchcase(arn, as_iam_reads(s["Resource"])) for s in grants) is allowed
    # everything else is read from this stack alone
    others = [
        s for s in made.statements().values() if "cloudformation:DescribeStacks" in list_of(s["Action"])
    ]
    assert [as_iam_reads(s["Resource"]) for s in others] == [
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/S/*"
    ]


def list_of(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def as_iam_reads(value: Any) -> str:
    """A joined ARN with the values of one account."""
    values = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012"}
    return "".join(p if isinstance(p, str) else values[p["Ref"]] for p in value["Fn::Join"][1])


@pytest.mark.parametrize("with_flags", [False, True])
def test_log_is_one_group_that_every_function_refers_to_with_and_without_the_flags_of_cdk_init(
    with_flags: bool,
) -> None:
    made = app(**(recommended_flags() if with_flags else {}))
    table(cdk.Stack(made, "S"), capacity=RAISED)
    found = synthesize(made)
    ((log, group),) = found.of("AWS::Logs::LogGroup").items()
    assert group == {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {"RetentionInDays": 90},
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
    }
    functions = found.of("AWS::Lambda::Function")
    assert len(functions) == 5
    for function in functions.values():
        assert function["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": log}
    # so no gate calls a function whose group is still to come
    for gate in found.gates:
        assert dependency_path(found.resources, gate, log) is not None


def test_template_under_the_flags_of_cdk_init_has_the_same_resources() -> None:
    resources = []
    for flags in ({}, recommended_flags()):
        made = app(**flags)
        table(cdk.Stack(made, "S"), capacity=RAISED)
        resources.append(synthesize(made).resources)
    assert list(resources[0]) == list(resources[1])


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
        assert f"`{sid}`" in page
        actions = list_of(statement["Action"])
        assert all(action in page or f"`{action.split(':')[1]}`" in page for action in actions)


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
    assert (stack_arns.READ_STACK, stack_arns.READ_METRICS, provider.TABLE) == (
        policy.READ_STACK,
        policy.READ_ALL,
        policy.TABLE,
    )


def test_page_on_permissions_states_the_resources_that_guarded_tables_cost() -> None:
    def resources(count: int, guarded: bool, indexes: Sequence[GlobalSecondaryIndexPropsV2]) -> int:
        made = app()
        stack = cdk.Stack(made, "S")
        for position in range(count):
            key = Attribute(name="id", type=AttributeType.STRING)
            if guarded:
                capacity = Capacity.on_demand(indexes={index.index_name: OnDemand() for index in indexes})
                GuardedTable(
                    stack,
                    f"T{position}",
                    partition_key=key,
                    capacity=capacity,
                    baseline=NewTable(f"t{position}"),
                    global_secondary_indexes=indexes,
                )
            else:
                cdk.aws_dynamodb.TableV2(stack, f"T{position}", partition_key=key)
        found = synthesize(made)
        return len(found.resources) - len(found.gates)

    key = Attribute(name="agent", type=AttributeType.STRING)
    one, two = resources(1, True, ()), resources(2, True, ())
    indexed = resources(
        1, True, [GlobalSecondaryIndexPropsV2(index_name=name, partition_key=key) for name in ("a", "b")]
    )
    of_table, of_index = two - one - 1, (indexed - one) // 2
    of_stack = one - resources(1, False, ()) - of_table
    page = " ".join((ROOT / "docs" / "iam.md").read_text().split())
    assert f"{of_stack} resources to a stack" in page
    assert f"{of_table} resource for each guarded table" in page
    assert f"{of_index} more for each of its indexes" in page
    assert f"{(500 - of_stack) // (1 + of_table)} guarded tables without indexes" in page


def test_provider_of_a_stack_is_created_once() -> None:
    stack = cdk.Stack(app(), "S")
    times = GateTimes()
    assert provider.GuardProvider.of(stack, times) is provider.GuardProvider.of(stack, times)
