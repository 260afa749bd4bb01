"""Findings of AwsSolutions in the guard's own resources: acknowledged exactly, with reasons."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from capacity_guard.cdk.provider.own_findings import acknowledge_own_findings, acknowledge_table_pattern
from tests.builders.guarded import app, table


def acknowledged(construct: cdk.Stack | cdk.CfnElement) -> dict[str, str]:
    """Reasons by id of what is acknowledged on a construct."""
    return {
        id: reason
        for entry in construct.node.metadata
        if entry.type == "aws:cdk:acknowledged-rules"
        for id, reason in entry.data.items()
    }


def test_versions_of_a_function_are_acknowledged_by_its_logical_id() -> None:
    stack = cdk.Stack(app(), "S")
    table(stack)
    function = stack.node.find_child("CapacityGuard").node.find_child("OnEvent")
    acknowledge_own_findings(stack, stack.resolve([function.function_arn]), "arn:stack/*", "arn:changes/*")
    resource = function.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    name = stack.resolve(resource.logical_id)
    reasons = acknowledged(stack)
    assert f"AwsSolutions::AwsSolutions-IAM5[Resource::<{name}.Arn>:*]" in reasons
    assert all(reason.endswith(".") or "capacity-guard docs iam" in reason for reason in reasons.values())


@pytest.mark.parametrize(
    ("region", "name", "expected"),
    [
        (
            "eu-west-1",
            "S-Orders-*",
            "arn:<AWS::Partition>:dynamodb:eu-west-1:<AWS::AccountId>:table/S-Orders-*",
        ),
        (None, "S-Orders-*", "arn:<AWS::Partition>:dynamodb:<AWS::Region>:<AWS::AccountId>:table/S-Orders-*"),
        (None, "orders", None),
    ],
)
def test_pattern_of_a_table_is_acknowledged_as_cdk_nag_writes_it_and_an_exact_name_is_not(
    region: str | None, name: str, expected: str | None
) -> None:
    stack = cdk.Stack(app(), "S", env=cdk.Environment(region=region))
    arn = stack.format_arn(service="dynamodb", resource="table", resource_name=name)
    acknowledge_table_pattern(stack, stack.resolve(arn))
    ids = [] if expected is None else [f"AwsSolutions::AwsSolutions-IAM5[Resource::{expected}]"]
    assert list(acknowledged(stack)) == ids
