"""A deployment that leaves the capacity alone: gates that are created for a change that is deployed already pass."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import Capacity, Units
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.handlers.already_deployed import find_capacity_edits, is_scaling_of
from tests.fakes.gate_aws import FakeAws
from tests.handlers import wrong_states
from tests.handlers.gate_world import (
    ALARM_NAMES,
    INDEX,
    LOWERED,
    NOW,
    ON_DEMAND,
    PROVISIONED,
    TABLE,
    TABLE_NAME,
    WARM,
    a_change,
    a_plan,
    a_relief,
    an_aws,
    at,
    refused_preflight,
    run_preflight,
    set_alarm_state,
    set_capacity,
    throttle,
)

GLOBAL = "AWS::DynamoDB::GlobalTable"


def edit(name: str, kind: str = GLOBAL, logical_id: str = TABLE, **more: Any) -> dict[str, Any]:
    target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Never", **more}
    return a_change(logical_id, kind, "Modify", Details=[{"Target": target, "Evaluation": "Static"}])


def deployed(plan: GatePlan, *changes: dict[str, Any]) -> FakeAws:
    """The change is deployed, and a gate is created for it beside these changes."""
    aws = an_aws(plan)
    set_capacity(aws, plan.transition.declared)
    aws.changes = [a_change("PreflightGate", "Custom::CapacityGuardPreflight"), *changes]
    return aws


@pytest.mark.parametrize(
    "plan", [a_plan(LOWERED), a_plan(ON_DEMAND), a_plan(PROVISIONED, ON_DEMAND), a_relief()]
)
def test_preflight_when_the_change_is_deployed_already_passes_whatever_is_wrong_and_travels(
    monkeypatch: pytest.MonkeyPatch, plan: GatePlan
) -> None:
    """Break-glass was dropped, or a new recording changed the class, and a hotfix goes with it."""
    aws = deployed(plan, edit("Tags"), edit("Code", "AWS::Lambda::Function", "Hotfix"))
    aws.stack["DisableRollback"] = True
    throttle(aws, INDEX, at(-5), 900, 900, 900)
    set_alarm_state(aws, ALARM_NAMES["table"], "ALARM", at(-8))
    data = run_preflight(monkeypatch, plan, aws)
    assert data["Judged"] == "already deployed"
    assert "already has the declared capacity" in data["Warnings"]
    assert aws.now == NOW


@pytest.mark.parametrize(
    "change",
    [
        edit("BillingMode"),
        edit("WriteProvisionedThroughputSettings"),
        edit("Replicas"),
        edit("SomethingNew"),
        a_change(TABLE, GLOBAL, "Modify"),
        a_change(TABLE, GLOBAL, "Remove"),
    ],
)
def test_preflight_when_this_operation_edits_the_table_judges_it(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    plan = a_plan(LOWERED)
    aws = deployed(plan, change)
    data = run_preflight(monkeypatch, plan, aws)
    assert data["Judged"] == "relief", "code that catches up with what somebody did by hand"


def test_preflight_when_the_live_table_differs_in_one_value_judges_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(LOWERED)
    aws = deployed(plan)
    aws.resources["table"].units["read"] = 3_001
    wrong_states.rollback_disabled(aws)
    assert "rollback is disabled" in refused_preflight(monkeypatch, plan, aws)


def test_preflight_when_the_operation_has_no_change_set_judges_it(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(LOWERED)
    aws = deployed(plan)
    wrong_states.no_change_set(aws)
    assert run_preflight(monkeypatch, plan, aws)["Judged"] == "relief"


def test_preflight_when_only_warm_throughput_is_missing_raises_it_and_does_not_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Break-glass deployed the switch without its raise."""
    plan = a_plan(WARM)
    aws = deployed(plan)
    data = run_preflight(monkeypatch, plan, aws)
    assert data["Judged"] == "already deployed"
    assert "warm throughput of index by_agent is not reached yet" in data["Warnings"]
    assert len(aws.writes()) == 1


def test_preflight_when_the_raise_is_all_of_the_change_judges_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a change stands in no template, so the live table always looks as if it had the declared capacity."""
    declared = Capacity.on_demand(warm=Units(write=7_000), indexes=ON_DEMAND.indexes)  # type: ignore[arg-type]
    plan = a_plan(declared, ON_DEMAND)
    aws = deployed(plan)
    assert run_preflight(monkeypatch, plan, aws)["Judged"] == "relief"
    assert aws.now > NOW, "it waits for the raise"


def test_edits_when_scaling_changes_are_those_of_the_table_alone() -> None:
    kind = "AWS::ApplicationAutoScaling::ScalableTarget"
    physical = f"table/{TABLE_NAME}|dynamodb:table:WriteCapacityUnits|dynamodb"
    own = a_change("Target", kind, "Remove", PhysicalResourceId=physical)
    other = a_change("Other", kind, "Modify", PhysicalResourceId=physical.replace(TABLE_NAME, "other"))
    added = a_change("Added", kind)
    assert is_scaling_of(own, TABLE_NAME)
    assert not is_scaling_of(own, None)
    assert find_capacity_edits([own, other, added], [TABLE, "Added"], TABLE_NAME) == [
        f"Target ({kind}) changes",
        f"Added ({kind}) changes",
    ]


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ([{"Target": {"Attribute": "Tags"}}], []),
        ([{"Target": {"Attribute": "Metadata"}}], []),
        ([{"Target": {"Attribute": "Properties", "Name": "TimeToLiveSpecification"}}], []),
        ([{"Target": {"Attribute": "Properties", "Name": "TableClass"}}], []),
        (
            [{"Target": {"Attribute": "Properties", "Name": "OnDemandThroughput"}}],
            ["OnDemandThroughput of T changes"],
        ),
        ([{"Target": {"Attribute": "Properties"}}], ["Properties of T changes"]),
        ([{}], ["None of T changes"]),
    ],
)
def test_edits_when_a_property_is_unknown_count_it_as_capacity(
    details: list[dict[str, Any]], expected: list[str]
) -> None:
    change = a_change("T", "AWS::DynamoDB::Table", "Modify", Details=details)
    assert find_capacity_edits([change], ["T"], "orders") == expected
    assert find_capacity_edits([change], ["U"], "orders") == []


SCALING = "AWS::ApplicationAutoScaling::"
POLICY = "arn:aws:autoscaling:eu-west-1:1:scalingPolicy:7:resource/dynamodb/table/"


@pytest.mark.parametrize(
    ("kind", "physical", "table", "is_own"),
    [
        (f"{SCALING}ScalableTarget", "table/orders|x", "orders", True),
        (f"{SCALING}ScalableTarget", "table/orders/index/a|x", "orders", True),
        (f"{SCALING}ScalableTarget", "table/orders-2|x", "orders", False),
        (f"{SCALING}ScalingPolicy", f"{POLICY}orders:policyName/p", "orders", True),
        (f"{SCALING}ScalingPolicy", f"{POLICY}orders/index/a:policyName/p", "orders", True),
        (f"{SCALING}ScalingPolicy", f"{POLICY}orders-2:policyName/p", "orders", False),
        (f"{SCALING}ScalableTarget", None, "orders", False),
        (f"{SCALING}ScalableTarget", "table/None|x", None, False),
        ("AWS::SQS::Queue", "table/orders|x", "orders", False),
        (None, "table/orders|x", "orders", False),
    ],
)
def test_scaling_is_known_by_its_type_and_the_name_of_the_table(
    kind: str | None, physical: str | None, table: str | None, is_own: bool
) -> None:
    change = {"ResourceType": kind, **({} if physical is None else {"PhysicalResourceId": physical})}
    assert is_scaling_of(change, table) is is_own
