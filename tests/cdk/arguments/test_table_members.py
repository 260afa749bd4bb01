"""What users of a table ask of a GuardedTable is what they ask of its TableV2."""

from __future__ import annotations

import typing
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam

from capacity_guard import GuardedTable
from capacity_guard.cdk.arguments.table_members import MetricOptions, OperationsMetricOptions
from tests.builders.calls import CallCounter
from tests.builders.guarded import app, synthesize, table


@pytest.fixture(scope="module")
def guarded() -> GuardedTable:
    stack = cdk.Stack(app(), "S")
    return table(stack, dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE)


def members(interface: type) -> list[str]:
    return [name for name in dir(interface) if not name.startswith("_")]


@pytest.mark.parametrize("name", members(dynamodb.ITableV2))
def test_member_of_the_installed_interface_is_one_of_a_guarded_table(name: str) -> None:
    assert hasattr(GuardedTable, name)


@pytest.mark.parametrize(
    "name",
    ["encryption_key", "env", "grants", "stack", "table_arn", "table_id", "table_name", "table_stream_arn"],
)
def test_attribute_is_that_of_the_table(guarded: GuardedTable, name: str) -> None:
    ours, theirs = getattr(guarded, name), getattr(guarded.table, name)
    assert ours == theirs or type(ours) is type(theirs)


def test_reference_is_that_of_the_table(guarded: GuardedTable) -> None:
    stack = guarded.stack
    assert stack.resolve(guarded.table_ref.table_arn) == stack.resolve(guarded.table.table_ref.table_arn)


def statements(grant: str, *arguments: str, through: bool) -> Any:
    made = app()
    stack = cdk.Stack(made, "S")
    guarded = table(stack, dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE)
    role = iam.Role(stack, "User", assumed_by=iam.AccountRootPrincipal())
    getattr(guarded if through else guarded.table, grant)(role, *arguments)
    policies = synthesize(made).of("AWS::IAM::Policy")
    return [found for key, found in policies.items() if key.startswith("User")]


GRANTS = {name: () for name in members(dynamodb.ITableV2) if name.startswith("grant_")} | {
    "grant": ("dynamodb:GetItem", "dynamodb:Query"),
    "grant_stream": ("dynamodb:GetRecords",),
}


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("name", sorted(GRANTS))
def test_grant_gives_what_the_table_gives(name: str) -> None:
    ours = statements(name, *GRANTS[name], through=True)
    assert ours
    assert ours == statements(name, *GRANTS[name], through=False)


OPERATIONS = [dynamodb.Operation.PUT_ITEM, dynamodb.Operation.QUERY]


@pytest.mark.parametrize("name", [name for name in members(dynamodb.ITableV2) if name.startswith("metric")])
def test_metric_is_that_of_the_table(guarded: GuardedTable, name: str) -> None:
    given: dict[str, Any] = {"statistic": "Maximum", "period": cdk.Duration.minutes(2)}
    arguments = ("ReadThrottleEvents",) if name == "metric" else ()
    if name.endswith("_for_operations"):
        given["operations"] = OPERATIONS
    if name == "metric_user_errors":
        given.pop("statistic")
    if name == "metric_successful_request_latency":
        given["dimensions_map"] = {"TableName": "orders", "Operation": "Query"}
    ours, theirs = (
        guarded.stack.resolve(getattr(of, name)(*arguments, **given).to_metric_config())
        for of in (guarded, guarded.table)
    )
    assert ours == theirs


@pytest.mark.parametrize(
    ("options", "method"),
    [
        (MetricOptions, dynamodb.TableV2.metric),
        (OperationsMetricOptions, dynamodb.TableV2.metric_throttled_requests_for_operations),
    ],
)
def test_options_of_a_metric_are_those_of_the_installed_cdk(options: type, method: Any) -> None:
    of_cdk = {*typing.get_type_hints(method)} - {"return", "metric_name"}
    assert {*typing.get_type_hints(options)} == of_cdk


def test_policies_and_removal_go_to_the_table() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"))
    guarded.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
    guarded.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["dynamodb:GetItem"], principals=[iam.AccountRootPrincipal()], resources=["*"]
        )
    )
    found = synthesize(made).only("AWS::DynamoDB::GlobalTable")
    assert found["DeletionPolicy"] == "Delete"
    (replica,) = found["Properties"]["Replicas"]
    assert replica["ResourcePolicy"]["PolicyDocument"]["Statement"][0]["Action"] == "dynamodb:GetItem"


def test_members_cost_nothing_until_they_are_asked_for() -> None:
    stack = cdk.Stack(app(), "S")
    table(stack, "First")
    with CallCounter() as bare:
        dynamodb.TableV2(
            stack,
            "Bare",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        )
    with CallCounter() as guarded:
        table(stack, "Second")
    # The construct, two alarms of four objects each, the resource, a reference to it, the permission, its acknowledgment.
    assert guarded.count - bare.count <= 16
