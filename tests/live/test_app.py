"""The app of a run: both tables with their guard, in both modes, and the measuring alarms."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from capacity_guard import Rollout
from live.app import global_table, plain_table
from live.scenario import INDEX, ON_DEMAND_MAXIMUM, bounds


def declared(mode: str, turn: int) -> dict[str, Any]:
    return {"mode": mode, "turn": turn, "warm": False, "baseline": None, "extra_bake": 0}


def properties_of(stack: Stack, resource_type: str) -> list[dict[str, Any]]:
    found = Template.from_stack(stack).find_resources(resource_type)
    return [dict(resource["Properties"]) for resource in found.values()]


def test_global_table_when_declared_has_its_index_and_its_guard() -> None:
    stack = Stack(App(), "Global")
    global_table(stack, declared("on-demand", 0))
    (table,) = properties_of(stack, "AWS::DynamoDB::GlobalTable")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == [INDEX]
    alarms = properties_of(stack, "AWS::CloudWatch::Alarm")
    # The guard's own defaults: what a run shows is what a user gets.
    assert [(alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) for alarm in alarms] == [
        (Rollout().alarm_periods, Rollout().alarm_datapoints)
    ] * 2


@pytest.mark.parametrize("turn", [0, 1])
def test_plain_table_when_declared_for_the_second_time_has_other_bounds(turn: int) -> None:
    stack = Stack(App(), "Plain")
    plain_table(stack, declared("provisioned", turn))
    targets = properties_of(stack, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert {target["MaxCapacity"] for target in targets} == {bounds(turn)[1]}
    other = Stack(App(), "Other")
    plain_table(other, declared("on-demand", turn))
    (table,) = properties_of(other, "AWS::DynamoDB::Table")
    maximum = table.get("OnDemandThroughput", {}).get("MaxWriteRequestUnits")
    assert maximum == (ON_DEMAND_MAXIMUM if turn else None)
