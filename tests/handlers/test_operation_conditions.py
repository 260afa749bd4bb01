"""Conditions of Preflight on the operation: how it was started, where it runs, and what else it changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.gate_aws import client_error
from tests.handlers import wrong_states
from tests.handlers.gate_world import (
    CHANGE_SET,
    ON_DEMAND,
    TABLE,
    TABLE_NAME,
    a_change,
    a_plan,
    a_relief,
    an_aws,
    refused_preflight,
    run_preflight,
)
from tests.handlers.table_plans import SCALED, plan_of_table, provisioned, scaled
from tests.handlers.wrong_states import Wrong, expect_refusal, expect_warning

WRONG: wrong_states.Cases = [
    ("express", wrong_states.express_mode, "express mode"),
    ("no rollback", wrong_states.rollback_disabled, "rollback is disabled"),
    ("no rollback by config", wrong_states.rollback_disabled_by_config, "rollback is disabled"),
    ("direct update", wrong_states.no_change_set, "has no change set"),
    (
        "alarm not deployed",
        wrong_states.alarm_not_deployed,
        "does not have IndexAlarm2 yet: deploy the guard first",
    ),
    (
        "alarm leaving",
        wrong_states.alarm_being_deleted,
        "does not have IndexAlarm2 yet: deploy the guard first",
    ),
    (
        "stranger",
        wrong_states.other_change,
        "Orders (AWS::DynamoDB::Table) would change in the same operation",
    ),
    (
        "stranger on page two",
        wrong_states.other_change_on_page_two,
        "WorkerFunction (AWS::Lambda::Function) would change",
    ),
]


@pytest.mark.parametrize(("wrong", "expected"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_operation_when_one_thing_is_wrong_refuses_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    expect_refusal(monkeypatch, wrong, expected)


@pytest.mark.parametrize(("wrong", "expected"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_operation_when_a_relief_meets_the_same_warns_and_passes(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    expect_warning(monkeypatch, wrong, expected)


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("baseline is of account 999999999999, this is 111122223333", {"account": "999999999999"}),
        ("baseline is of Region us-east-1, this is eu-west-1", {"region": "us-east-1"}),
    ],
)
def test_identity_when_the_baseline_names_another_account_or_region_refuses(
    monkeypatch: pytest.MonkeyPatch, part: str, changes: dict[str, Any]
) -> None:
    plan = a_plan(**changes)
    assert part in refused_preflight(monkeypatch, plan, an_aws(plan))
    relief = a_relief(**changes)
    assert part in run_preflight(monkeypatch, relief, an_aws(relief))["Warnings"]


def test_identity_when_the_baseline_names_no_account_and_region_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(account=None, region=None)
    assert run_preflight(monkeypatch, plan, an_aws(plan))["Warnings"] == ""


@pytest.mark.parametrize(
    "change",
    [
        a_change("CDKMetadata", "AWS::CDK::Metadata", "Modify"),
        a_change("PreflightOld123", "Custom::CapacityGuardPreflight", "Remove"),
        a_change("BakeOld123", "Custom::CapacityGuardBake", "Remove"),
        a_change("IndexAlarm2", "AWS::CloudWatch::Alarm", "Modify"),
        a_change(
            "ReaderPolicy",
            "AWS::IAM::Policy",
            "Modify",
            Details=[
                {
                    "Evaluation": "Dynamic",
                    "ChangeSource": "ResourceAttribute",
                    "CausingEntity": f"{TABLE}.Arn",
                    "Target": {"Attribute": "Properties", "Name": "PolicyDocument"},
                }
            ],
        ),
    ],
    ids=["metadata", "old preflight", "old bake", "own alarm", "only refers to the table"],
)
def test_alone_when_it_belongs_to_the_transition_passes(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.changes.append(change)
    run_preflight(monkeypatch, plan, aws)


def test_alone_when_a_policy_changes_by_itself_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    detail = {
        "Evaluation": "Static",
        "ChangeSource": "DirectModification",
        "Target": {"Attribute": "Properties"},
    }
    aws.changes.append(a_change("ReaderPolicy", "AWS::IAM::Policy", "Modify", Details=[detail]))
    assert "ReaderPolicy (AWS::IAM::Policy)" in refused_preflight(monkeypatch, plan, aws)


def test_alone_when_the_change_set_is_gone_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.fail(
        "cloudformation:DescribeChangeSet",
        client_error("DescribeChangeSet", "ChangeSetNotFound", f"ChangeSet [{CHANGE_SET}] does not exist"),
    )
    assert "cloudformation:DescribeChangeSet found nothing" in refused_preflight(monkeypatch, plan, aws)


ARN = "arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:7f:resource/dynamodb/table/"


def _own(name: str, action: str, physical: str | None, kind: str = "ScalableTarget") -> dict[str, Any]:
    more = {} if physical is None else {"PhysicalResourceId": physical}
    return a_change(name, f"AWS::ApplicationAutoScaling::{kind}", action, **more)


@pytest.mark.parametrize(
    ("change", "travels"),
    [
        (_own("WriteTarget", "Add", None), True),
        (_own("Gone", "Remove", f"table/{TABLE_NAME}|dynamodb:table:WriteCapacityUnits|dynamodb"), True),
        (_own("Gone", "Remove", f"table/{TABLE_NAME}/index/by_agent|dynamodb:index:W|dynamodb"), True),
        (_own("Gone", "Remove", f"{ARN}{TABLE_NAME}:policyName/p", "ScalingPolicy"), True),
        (_own("Gone", "Remove", f"{ARN}{TABLE_NAME}/index/by_agent:policyName/p", "ScalingPolicy"), True),
        (_own("Other", "Add", None), False),
        (_own("Other", "Remove", f"table/{TABLE_NAME}2|dynamodb:table:WriteCapacityUnits|dynamodb"), False),
        (_own("Other", "Modify", f"{ARN}{TABLE_NAME}-2:policyName/p", "ScalingPolicy"), False),
        (_own("Other", "Remove", "service/default/web|ecs:service:DesiredCount|ecs"), False),
    ],
)
def test_alone_when_auto_scaling_of_the_table_changes_too_lets_it_travel(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], travels: bool
) -> None:
    plan = plan_of_table(provisioned(scaled(3_500, 8_500, 3_600)), SCALED)
    plan = replace(plan, travels_with=(*plan.travels_with, "WriteTarget"))
    aws = an_aws(plan)
    aws.changes.append(change)
    if travels:
        assert run_preflight(monkeypatch, plan, aws)["Warnings"] == ""
    else:
        assert f"{change['LogicalResourceId']} (AWS::ApplicationAutoScaling" in refused_preflight(
            monkeypatch, plan, aws
        )


def test_alone_when_many_resources_change_names_four_and_counts_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.changes += [a_change(f"Queue{number}", "AWS::SQS::Queue") for number in range(6)]
    text = refused_preflight(monkeypatch, plan, aws)
    assert "Queue3 (AWS::SQS::Queue) and 2 more would change in the same operation" in text
    assert "Queue4" not in text
