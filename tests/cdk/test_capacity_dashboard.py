"""``CapacityDashboard`` in a template: its body with the names that CloudFormation fills in, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import CapacityDashboard, GuardOptions, InputError
from capacity_guard.cdk.watch import Watch
from tests.builders.guarded import LOWERED, RAISED, app, table

from .test_dashboard_body import check_body


def filled(value: Any) -> str:
    """The text that CloudFormation makes of a body, with made-up names."""
    if isinstance(value, str):
        return value
    ((function, given),) = value.items()
    if function == "Fn::Join":
        return str(given[0]).join(map(filled, given[1]))
    return json.dumps(f"{function}:{given if isinstance(given, str) else '.'.join(map(str, given))}")[1:-1]


def dashboard_in(stack: cdk.Stack) -> tuple[dict[str, Any], str]:
    assembly = stack.node.root.synth()  # type: ignore[attr-defined]
    template: dict[str, Any] = assembly.get_stack_by_name(stack.stack_name).template
    (found,) = (
        each for each in template["Resources"].values() if each["Type"] == "AWS::CloudWatch::Dashboard"
    )
    text = filled(found["Properties"]["DashboardBody"])
    body: dict[str, Any] = json.loads(text)
    check_body(body)
    return body, text


def test_dashboard_of_a_stack_shows_every_guarded_table_with_its_indexes() -> None:
    stack = cdk.Stack(app(), "S")
    CapacityDashboard(stack, "Capacity")
    table(stack, "Orders", options=GuardOptions(watch=Watch()))
    table(stack, "Payments")
    body, text = dashboard_in(stack)
    titles = [widget["properties"]["title"] for widget in body["widgets"]]
    for name in ("Orders", "Orders / by_agent", "Payments", "Payments / by_agent"):
        assert f"{name}, read" in titles
        assert f"{name}, throttle events by cause" in titles
    assert "Ref:Orders" in text
    assert len(body["widgets"][0]["properties"]["alarms"]) == 4
    assert "SOURCE 'Ref:CapacityGuardWatchLog" in text


def test_dashboard_in_a_stack_of_its_own_refers_to_the_tables() -> None:
    made = app()
    stack = cdk.Stack(made, "S", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    other = cdk.Stack(made, "D", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    orders = table(stack, "Orders")
    CapacityDashboard(other, "Capacity", tables=[orders], dashboard_name="capacity")
    body, text = dashboard_in(other)
    assert "Fn::ImportValue:S:ExportsOutputRefOrders" in text
    assert all(widget["properties"].get("region", "eu-west-1") == "eu-west-1" for widget in body["widgets"])
    assert "What the watch did and reported" not in text


def test_body_stays_the_same_while_a_capacity_changes() -> None:
    texts = []
    for change in ({}, {"capacity": LOWERED}, {"capacity": RAISED}):
        stack = cdk.Stack(app(), "S")
        table(stack, "Orders", options=GuardOptions(watch=Watch()), **change)
        CapacityDashboard(stack, "Capacity")
        texts.append(dashboard_in(stack)[1])
    assert len(set(texts)) == 1


def test_template_without_a_dashboard_is_what_it_was() -> None:
    templates = []
    for asks in (False, True):
        stack = cdk.Stack(app(), "S")
        table(stack, "Orders", options=GuardOptions(watch=Watch()))
        if asks:
            CapacityDashboard(stack, "Capacity")
        found = stack.node.root.synth().get_stack_by_name("S").template  # type: ignore[attr-defined]
        found["Resources"] = {
            key: value
            for key, value in found["Resources"].items()
            if value["Type"] not in ("AWS::CloudWatch::Dashboard", "AWS::CDK::Metadata")
        }
        templates.append(found["Resources"])
    assert templates[0] == templates[1]


@pytest.mark.parametrize("tables", [[], ["Orders"]])
def test_what_is_no_guarded_table_is_refused(tables: Any) -> None:
    with pytest.raises(InputError, match=r"^CapacityDashboard Capacity: tables: "):
        CapacityDashboard(cdk.Stack(app(), "S"), "Capacity", tables=tables)


def test_stack_without_a_guarded_table_is_refused() -> None:
    stack = cdk.Stack(app(), "S")
    dashboard = CapacityDashboard(stack, "Capacity")
    with pytest.raises(InputError, match="has no guarded table in its stack"):
        dashboard.body()
