"""Conditions of Preflight on what changes in the operation: other resources, and other properties of the table."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from capacity_guard.capacity.travelling import read_travelling, travelling_text
from tests.fakes.gate_aws import client_error
from tests.handlers import wrong_states
from tests.handlers.gate_world import (
    CHANGE_SET,
    ON_DEMAND,
    TABLE,
    TABLE_NAME,
    a_change,
    a_detail,
    a_plan,
    a_table_change,
    an_aws,
    refused_preflight,
    run_preflight,
)
from tests.handlers.table_plans import SCALED, plan_of_table, provisioned, scaled
from tests.handlers.wrong_states import Wrong, expect_refusal, expect_warning

WRONG: wrong_states.Cases = [
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
    (
        "time to live",
        wrong_states.time_to_live_changes,
        f"of {TABLE} there would change too: TimeToLiveSpecification (it can be changed about once an hour",
    ),
    ("a gate of the same type", wrong_states.gate_of_somebody_else, "Other (Custom::CapacityGuardPreflight)"),
    (
        "a gate that leaves, of somebody else",
        wrong_states.removed_gate_of_somebody_else,
        "Other (Custom::Cap",
    ),
    ("table replaced", wrong_states.table_replaced, f"does not keep the table {TABLE} (replacement True)"),
    ("table imported", wrong_states.table_imported, f"does not keep the table {TABLE} (action Import)"),
    ("no details", wrong_states.table_without_details, f"does not show what changes of {TABLE}"),
]


@pytest.mark.parametrize(("wrong", "expected"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_changes_when_one_thing_is_wrong_refuses_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    expect_refusal(monkeypatch, wrong, expected)


@pytest.mark.parametrize(("wrong", "expected"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_changes_when_a_relief_meets_the_same_warns_and_passes(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    expect_warning(monkeypatch, wrong, expected)


@pytest.mark.parametrize(
    "name",
    [
        "AttributeDefinitions",
        "KinesisStreamSpecification",
        "PointInTimeRecoverySpecification",
        "ResourcePolicy",
        "SSESpecification",
        "SomethingNew",
        "StreamSpecification",
        "TableClass",
        "VectorIndexes",
        "WarmThroughput",
    ],
)
def test_table_when_another_property_changes_that_cannot_be_taken_back_refuses(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.changes[0] = a_table_change(plan, name)
    assert f"of {TABLE} there would change too: {name} (" in refused_preflight(monkeypatch, plan, aws)


@pytest.mark.parametrize("name", ["Tags", "ContributorInsightsSpecification", "DeletionProtectionEnabled"])
def test_table_when_a_property_changes_that_can_be_taken_back_warns(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.changes[0] = a_table_change(plan, name)
    warnings = run_preflight(monkeypatch, plan, aws)["Warnings"]
    assert f"{name} of {TABLE} changes too; a rollback takes it back" in warnings


@pytest.mark.parametrize("attribute", ["Tags", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"])
def test_table_when_an_attribute_changes_that_needs_no_call_passes(
    monkeypatch: pytest.MonkeyPatch, attribute: str
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.changes[0]["Details"].append({"Evaluation": "Static", "Target": {"Attribute": attribute}})
    assert run_preflight(monkeypatch, plan, aws)["Warnings"] == ""


def _context(**properties: Any) -> str:
    return json.dumps({"Properties": properties})


def _replica(**more: Any) -> list[dict[str, Any]]:
    return [{"Region": "eu-west-1", "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 5}, **more}]


INDEX_KEYS = {"IndexName": "by_agent", "KeySchema": [{"AttributeName": "agent", "KeyType": "HASH"}]}


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        ("Replicas", _replica(), _replica(ReadProvisionedThroughputSettings={"ReadCapacityUnits": 9}), None),
        ("Replicas", _replica(), _replica(TableClass="STANDARD"), "Replicas eu-west-1 TableClass (it can be"),
        (
            "Replicas",
            _replica(),
            [*_replica(), {"Region": "us-east-1"}],
            "Replicas us-east-1 (new) (replicas change alone)",
        ),
        (
            "Replicas",
            _replica(GlobalSecondaryIndexes=[{"IndexName": "by_agent"}]),
            _replica(GlobalSecondaryIndexes=[{"IndexName": "by_agent", "Brand": 1}]),
            "Replicas eu-west-1 GlobalSecondaryIndexes by_agent Brand (the guard does not know",
        ),
        (
            "Replicas",
            _replica(
                GlobalSecondaryIndexes=[{"IndexName": "by_agent", "ReadProvisionedThroughputSettings": 1}]
            ),
            _replica(),
            None,
        ),
        (
            "GlobalSecondaryIndexes",
            [INDEX_KEYS],
            [{**INDEX_KEYS, "WriteProvisionedThroughputSettings": {}}],
            None,
        ),
        (
            "GlobalSecondaryIndexes",
            [INDEX_KEYS],
            [{**INDEX_KEYS, "KeySchema": []}],
            "GlobalSecondaryIndexes by_agent KeySchema (the table or index would be replaced)",
        ),
        (
            "GlobalSecondaryIndexes",
            [INDEX_KEYS],
            [],
            "GlobalSecondaryIndexes by_agent (removed) (an index is created or deleted alone)",
        ),
    ],
)
def test_table_when_the_change_set_shows_values_tells_capacity_from_the_rest(
    monkeypatch: pytest.MonkeyPatch, name: str, before: Any, after: Any, expected: str | None
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.changes[0]["Details"].append(a_detail(name))
    aws.changes[0] |= {
        "BeforeContext": _context(**{name: before}),
        "AfterContext": _context(**{name: after}),
    }
    if expected is None:
        assert run_preflight(monkeypatch, plan, aws)["Warnings"] == ""
    else:
        assert expected in refused_preflight(monkeypatch, plan, aws)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/Properties/Replicas/0/ReadProvisionedThroughputSettings/ReadCapacityUnits", None),
        ("/Properties/Replicas/0/GlobalSecondaryIndexes/1/ReadProvisionedThroughputSettings", None),
        ("/Properties/Replicas/0/SSESpecification", "Replicas 0 SSESpecification (keys can be"),
    ],
)
def test_table_when_the_change_set_shows_paths_alone_goes_by_them(
    monkeypatch: pytest.MonkeyPatch, path: str, expected: str | None
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.changes[0]["Details"].append(a_detail("Replicas", Path=path))
    if expected is None:
        assert run_preflight(monkeypatch, plan, aws)["Warnings"] == ""
    else:
        assert expected in refused_preflight(monkeypatch, plan, aws)


def test_table_when_the_change_set_hides_which_part_changes_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.changes[0]["Details"].append(a_detail("Replicas", Path=""))
    warnings = run_preflight(monkeypatch, plan, aws)["Warnings"]
    assert "does not show which part of Replicas" in warnings


def test_table_when_a_value_only_refers_to_what_travels_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    detail = a_detail("TimeToLiveSpecification") | {"Evaluation": "Dynamic", "CausingEntity": "IndexAlarm2"}
    aws.changes[0]["Details"].append(detail)
    assert run_preflight(monkeypatch, plan, aws)["Warnings"] == ""


def test_alone_when_only_tags_of_any_resource_change_passes_and_names_strangers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    tags = {
        "Replacement": "False",
        "Scope": ["Tags"],
        "Details": [{"Evaluation": "Static", "Target": {"Attribute": "Tags", "RequiresRecreation": "Never"}}],
    }
    aws.changes.append(a_change("CapacityGuardOnEvent", "AWS::Lambda::Function", "Modify", **tags))
    assert "tags of CapacityGuardOnEvent" in run_preflight(monkeypatch, plan, aws)["Warnings"]
    aws = an_aws(plan)
    aws.changes.append(
        a_change("Worker", "AWS::Lambda::Function", "Modify", **{**tags, "Replacement": "True"})
    )
    assert "Worker (AWS::Lambda::Function) would change" in refused_preflight(monkeypatch, plan, aws)
    aws = an_aws(plan)
    aws.changes.append(
        a_change("Worker", "AWS::Lambda::Function", "Modify", **{**tags, "Scope": ["Tags", "Properties"]})
    )
    assert "Worker (AWS::Lambda::Function) would change" in refused_preflight(monkeypatch, plan, aws)


def _nested(source: str, **more: Any) -> dict[str, Any]:
    detail = {"Evaluation": "Dynamic", "ChangeSource": source, "Target": {"Attribute": "Properties"}}
    return a_change(
        "Network",
        "AWS::CloudFormation::Stack",
        "Modify",
        **{"Replacement": "False", "Scope": ["Properties"], "Details": [detail], **more},
    )


def test_alone_when_a_nested_stack_is_listed_without_an_edit_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.changes.append(_nested("Automatic"))
    warnings = run_preflight(monkeypatch, plan, aws)["Warnings"]
    assert "Network (AWS::CloudFormation::Stack) is listed without an edit" in warnings


@pytest.mark.parametrize(
    "change",
    [
        _nested("DirectModification"),
        _nested("Automatic", Action="Remove"),
        _nested("Automatic", Replacement="True"),
    ],
)
def test_alone_when_a_nested_stack_is_edited_refuses(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.changes.append(change)
    assert "Network (AWS::CloudFormation::Stack) would change" in refused_preflight(monkeypatch, plan, aws)


CARTS = ("CartsTable", "CartsPreflight", "CartsBake", "CartsAlarm")


def _with_carts(*names: str) -> tuple[Any, Any]:
    """A plan and its AWS where the table Carts of the same stack changes too."""
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.changes += [
        {
            **a_table_change(plan, *names),
            "LogicalResourceId": "CartsTable",
            "ResourceType": "AWS::DynamoDB::Table",
            "PhysicalResourceId": "carts",
        },
        a_change("CartsPreflight", "Custom::CapacityGuardPreflight"),
        a_change("CartsBake", "Custom::CapacityGuardBake"),
        a_change("CartsAlarm", "AWS::CloudWatch::Alarm", "Modify"),
        _own("Gone", "Remove", "table/carts|dynamodb:table:WriteCapacityUnits|dynamodb"),
    ]
    return replace(plan, travels_in_stack=read_travelling(travelling_text(CARTS))), aws


def test_alone_when_another_table_of_the_stack_is_in_transition_lets_it_travel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan, aws = _with_carts()
    assert run_preflight(monkeypatch, plan, aws, travelling=travelling_text(CARTS))["Warnings"] == ""


def test_alone_when_another_table_travels_that_the_synthesis_did_not_know_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan, aws = _with_carts()
    text = refused_preflight(monkeypatch, plan, aws)
    assert "CartsTable (AWS::DynamoDB::Table), CartsPreflight" in text


def test_table_when_another_travelling_table_changes_its_time_to_live_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan, aws = _with_carts("TimeToLiveSpecification")
    text = refused_preflight(monkeypatch, plan, aws, travelling=travelling_text(CARTS))
    assert "of CartsTable there would change too: TimeToLiveSpecification" in text


@pytest.mark.parametrize(
    "change",
    [
        a_change("CDKMetadata", "AWS::CDK::Metadata", "Modify"),
        a_change(
            "PreflightOld123",
            "Custom::CapacityGuardPreflight",
            "Remove",
            PhysicalResourceId="preflight-3f9c01ab77",
        ),
        a_change("BakeOld123", "Custom::CapacityGuardBake", "Remove", PhysicalResourceId="bake-3f9c01ab77"),
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
