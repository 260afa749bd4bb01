"""The ARNs of a stack, and the policy with them: written and counted as the template has them."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from capacity_guard.cdk.provider.own_findings import _as_nag_writes
from capacity_guard.cdk.provider.stack_arns import READ_CHANGE_SETS, READ_METRICS, READ_STACK, StackArns
from capacity_guard.cdk.provider.table_access import count_characters
from tests.builders.calls import CallCounter
from tests.builders.guarded import app

ENVIRONMENTS = [
    cdk.Environment(),
    cdk.Environment(region="eu-west-1"),
    cdk.Environment(account="111111111111", region="us-gov-west-1"),
]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=["any", "Region", "account and Region"])
@pytest.mark.parametrize("flag", [False, True])
def test_arns_and_policy_are_as_the_template_has_them(environment: cdk.Environment, flag: bool) -> None:
    made = cdk.App(context={"@aws-cdk/core:enablePartitionLiterals": flag})
    stack = cdk.Stack(made, "S", env=environment)
    arns = StackArns(stack, "S", made)
    iam.ManagedPolicy(stack, "P", document=arns.policy())
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    document = policy["Properties"]["PolicyDocument"]
    assert arns.policy_characters() == count_characters(document)
    assert document["Statement"] == [
        {
            "Sid": "ReadThisStack",
            "Effect": "Allow",
            "Action": list(READ_STACK),
            "Resource": stack.resolve(arns.this_stack),
        },
        {
            "Sid": "ReadChangeSets",
            "Effect": "Allow",
            "Action": READ_CHANGE_SETS[0],
            "Resource": stack.resolve(arns.change_sets),
        },
        {"Sid": "ReadAlarmsAndMetrics", "Effect": "Allow", "Action": list(READ_METRICS), "Resource": "*"},
    ]
    for written, arn in zip(arns.written, (arns.this_stack, arns.change_sets, arns.tables), strict=True):
        resolved = stack.resolve(arn)
        assert _as_nag_writes(written) == _as_nag_writes(resolved)
        assert count_characters(written) == count_characters(resolved)


def test_a_further_stack_of_an_environment_takes_one_call() -> None:
    made = app()
    StackArns(cdk.Stack(made, "S"), "S", made)
    stack = cdk.Stack(made, "T")
    with CallCounter() as calls:
        found = StackArns(stack, "T", made)
    assert calls.count == 1
    assert [_as_nag_writes(written).rpartition(":")[2] for written in found.written] == [
        "stack/T/*",
        "changeSet/*",
        "table/",
    ]


def test_environments_do_not_share_what_they_write() -> None:
    made = app()
    for region in ("eu-west-1", "eu-central-1"):
        stack = cdk.Stack(made, region, env=cdk.Environment(region=region))
        assert f":dynamodb:{region}:" in _as_nag_writes(StackArns(stack, region, made).written[2])
