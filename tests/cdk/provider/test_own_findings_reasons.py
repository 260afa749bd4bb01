"""What the provider acknowledges of AwsSolutions, to the letter."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk

from capacity_guard.cdk.provider.own_findings import (
    acknowledge_own_findings,
    acknowledge_table_pattern,
)
from tests.builders.guarded import RAISED, app, table


def acknowledged(construct: Any) -> dict[str, str]:
    return {
        id: reason
        for entry in construct.node.metadata
        if entry.type == "aws:cdk:acknowledged-rules"
        for id, reason in entry.data.items()
    }


PREFIX = "AwsSolutions::AwsSolutions-"
GENERAL = {
    f"{PREFIX}IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]": (
        "The functions write their own log with the policy that AWS maintains for this, no more."
    ),
    f"{PREFIX}IAM5[Resource::*]": (
        "DescribeAlarms, GetMetricData and the reading of scaling targets and policies: reads that the services "
        "authorize on no single table; see `capacity-guard docs iam`."
    ),
    f"{PREFIX}L1": "The runtimes are those that this library and the CDK's provider framework are tested with.",
    f"{PREFIX}SF1": "The CDK's provider framework owns the state machine; the functions log each decision themselves.",
    f"{PREFIX}SF2": "The CDK's provider framework owns the state machine; a gate's log is its trace.",
}


def test_provider_acknowledges_exactly_this() -> None:
    stack = cdk.Stack(app(), "S")
    guarded = table(stack, capacity=RAISED, table_name="orders")
    provider = guarded.guard.provider
    framework = provider.node.find_child("Provider").node
    functions = [
        provider.node.find_child("OnEvent"),
        provider.node.find_child("IsComplete"),
        framework.find_child("framework-isComplete"),
        framework.find_child("framework-onTimeout"),
    ]
    ids = [stack.resolve(function.node.default_child.logical_id) for function in functions]  # type: ignore[union-attr]
    account = "<AWS::Region>:<AWS::AccountId>"
    assert acknowledged(provider) == {
        **GENERAL,
        **{
            f"{PREFIX}IAM5[Resource::<{name}.Arn>:*]": (
                "The CDK's provider framework calls any version of this function."
            )
            for name in ids
        },
        f"{PREFIX}IAM5[Resource::arn:<AWS::Partition>:cloudformation:{account}:stack/S/*]": (
            "The stack's own id, which ends with an id that CloudFormation gives it."
        ),
        f"{PREFIX}IAM5[Resource::arn:<AWS::Partition>:cloudformation:{account}:changeSet/*]": (
            "DescribeChangeSet alone: the ARN of a change set does not name its stack; see `capacity-guard docs iam`."
        ),
    }


def test_patterns_are_acknowledged_as_they_are_given() -> None:
    stack = cdk.Stack(app(), "S")
    acknowledge_table_pattern(stack, "arn:table/S-*")
    acknowledge_table_pattern(stack, "arn:table/*-S")
    assert acknowledged(stack) == {
        f"{PREFIX}IAM5[Resource::arn:table/S-*]": (
            "CloudFormation names the table; its exact name would be a reference to it before it exists."
        ),
    }


def test_without_functions_the_general_findings_are_acknowledged() -> None:
    stack = cdk.Stack(app(), "S")
    acknowledge_own_findings(stack, [], "arn:stack/*", "arn:changes/*")
    assert acknowledged(stack) == {
        **GENERAL,
        f"{PREFIX}IAM5[Resource::arn:stack/*]": (
            "The stack's own id, which ends with an id that CloudFormation gives it."
        ),
        f"{PREFIX}IAM5[Resource::arn:changes/*]": (
            "DescribeChangeSet alone: the ARN of a change set does not name its stack; see `capacity-guard docs iam`."
        ),
    }
