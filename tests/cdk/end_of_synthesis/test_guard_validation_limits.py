"""GuardValidation: limits of the services that the stack of a guard, with what the guard adds, is above."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from capacity_guard import GuardedTable, GuardOptions, Watch
from capacity_guard.capacity import InputError, limits
from capacity_guard.capacity.hold import hold_name
from capacity_guard.cdk.app.break_glass_reason import CONTEXT
from capacity_guard.cdk.provider.lambda_code import stage_lambda_code
from capacity_guard.dynamodb.alarm_definition import METRICS
from capacity_guard.dynamodb.names import metric_dimensions
from tests.builders.guarded import LOWERED, ON_DEMAND, PROVISIONED, RAISED, app, table
from tests.builders.template_tables import PROVISIONED as UNITS
from tests.builders.template_tables import synthesized_capacities, template_of

MOST_OUTPUTS = limits.TEMPLATE_OUTPUTS.value


def outputs(count: int) -> Callable[[GuardedTable], None]:
    def add(guard: GuardedTable) -> None:
        for number in range(count):
            cdk.CfnOutput(guard.stack, f"Output{number}", value="x")

    return add


def tagged(guard: GuardedTable) -> None:
    for number in range(limits.TAGS.value + 1):
        cdk.Tags.of(guard.stack).add(f"team:{number}", "orders")


def attached(guard: GuardedTable) -> None:
    role = guard.guard.provider.role
    for number in range(limits.MANAGED_POLICIES_OF_ROLE.value):
        role.add_managed_policy(
            iam.ManagedPolicy.from_managed_policy_name(guard.stack, f"M{number}", f"m{number}")
        )


def synthesized(change: Callable[[GuardedTable], None], context: dict[str, Any], **given: Any) -> list[Any]:
    """What GuardValidation reports of limits."""
    made = app(**context)
    change(table(cdk.Stack(made, "S"), **given))
    try:
        made.synth()
    except RuntimeError:
        assert made.outdir
    report = json.loads((Path(made.outdir) / "validation-report.json").read_text())
    return [
        (violation["severity"], violation["description"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        if violation["ruleName"] == "service-limit"
    ]


def test_outputs_when_as_many_as_a_template_takes_expects_nothing() -> None:
    assert synthesized(outputs(MOST_OUTPUTS), {}, capacity=LOWERED) == []


def test_outputs_when_one_more_in_a_change_expects_a_failure_with_source_and_remedy() -> None:
    ((severity, text),) = synthesized(outputs(MOST_OUTPUTS + 1), {}, capacity=LOWERED)
    assert severity == "fatal"
    assert text == (
        "S: Outputs is 201, and AWS takes 200 outputs of a template (CloudFormation Guide: cloudformation-limits). "
        "Take outputs out, or put what exports them into another stack."
    )


@pytest.mark.parametrize(
    ("context", "capacity"),
    [({}, PROVISIONED), ({}, RAISED), ({CONTEXT: "INC-4711"}, LOWERED)],
    ids=["no change", "relief", "break-glass"],
)
def test_outputs_when_one_more_in_what_must_pass_expects_a_warning(
    context: dict[str, Any], capacity: Any
) -> None:
    ((severity, _),) = synthesized(outputs(MOST_OUTPUTS + 1), context, capacity=capacity)
    assert severity == "warning"


def test_tags_of_the_app_when_too_many_expects_each_resource_of_the_guard_named() -> None:
    found = synthesized(tagged, {}, capacity=LOWERED)
    assert {severity for severity, _ in found} == {"fatal"}
    for resource in ("CapacityGuardOnEvent", "CapacityGuardRole", "CapacityGuardLog", "Throttled"):
        assert any(resource in text and ".Tags is 51" in text for _, text in found), resource


def test_policies_of_the_role_when_more_than_the_default_quota_expects_a_warning() -> None:
    ((severity, text),) = synthesized(attached, {}, capacity=LOWERED)
    assert severity == "warning", "an account may have a higher quota"
    assert "ManagedPolicyArns is 11" in text


# What no app can reach: a limit of docs/limits.md without a check.


def test_code_of_the_functions_when_measured_expects_a_hundredth_of_what_lambda_takes() -> None:
    size = sum(path.stat().st_size for path in Path(stage_lambda_code()).rglob("*") if path.is_file())
    assert 0 < size < limits.FUNCTION_CODE_BYTES.value / 100


def test_functions_when_made_expects_no_reserved_concurrency() -> None:
    """``UNRESERVED_CONCURRENCY``: only what reserves some can be refused for it."""
    made = app()
    table(cdk.Stack(made, "S"), capacity=LOWERED)
    resources = made.synth().get_stack_by_name("S").template["Resources"].values()
    functions = [entry for entry in resources if entry["Type"] == "AWS::Lambda::Function"]
    assert len(functions) == 5
    assert not any("ReservedConcurrentExecutions" in entry["Properties"] for entry in functions)
    assert not any("Layers" in entry["Properties"] for entry in functions)


def test_hold_when_its_names_are_the_longest_expects_room() -> None:
    """``PARAMETER_NAME_CHARACTERS`` counts the ARN."""
    name = hold_name("s" * 128, "L" * limits.NAME_CHARACTERS.value)
    arn = f"arn:aws-us-gov:ssm:us-isof-south-1:111122223333:parameter{name}"
    assert len(arn) <= limits.PARAMETER_NAME_CHARACTERS.value
    assert name.count("/") <= limits.PARAMETER_LEVELS.value
    assert limits.PARAMETER_VALUE_BYTES.value > len("none") + 10


def test_alarm_when_made_expects_two_metrics_of_two_dimensions() -> None:
    assert len(METRICS) <= limits.ALARM_METRICS.value
    assert len(metric_dimensions("orders", "by_agent")) <= limits.METRIC_DIMENSIONS.value


def test_tables_with_an_index_when_a_stack_is_full_of_them_expects_fewer_than_may_be_created_at_once() -> (
    None
):
    """A guarded table with one index is three resources with its alarms."""
    most = limits.TEMPLATE_RESOURCES.value // 3
    assert most < limits.INDEXED_TABLE_CREATIONS.value < limits.TABLE_OPERATIONS.value


def test_scalable_targets_when_a_stack_is_full_of_them_expects_fewer_than_a_region_takes() -> None:
    assert limits.TEMPLATE_RESOURCES.value < limits.SCALABLE_TARGETS.value


def test_scaling_policies_when_two_of_a_dimension_expects_the_capacity_unread() -> None:
    """``SCALING_POLICIES``: a table that can be read has one for each dimension."""
    target = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": {"Fn::Sub": "table/${Orders}"},
        "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
    }
    tracking = {
        "TargetValue": 70,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"},
    }
    policy = {
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Properties": {
            **target,
            "PolicyName": "follow",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": tracking,
        },
    }
    scaled = {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {**target, "MinCapacity": 1, "MaxCapacity": 9},
    }
    one = {"Target": scaled, "First": policy}
    assert synthesized_capacities(template_of(UNITS, resources=one))
    with pytest.raises(InputError, match="Second"):
        synthesized_capacities(template_of(UNITS, resources={**one, "Second": policy}))
    assert limits.SCALING_POLICIES.value > 1


def test_watched_table_when_it_changes_expects_a_stack_within_all_limits() -> None:
    given = {"capacity": ON_DEMAND, "options": GuardOptions(watch=Watch())}
    assert synthesized(lambda guard: None, {}, **given) == []
