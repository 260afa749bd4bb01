"""The way back of a table, read from the deployed template."""

from __future__ import annotations

import json
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.rollback.way_back import WayBack, find_way_back
from tests.handlers.gate_world import ON_DEMAND, PROVISIONED, TABLE, TABLE_NAME

from .world import FINGERPRINT, HOLD, ROLE, World, template


def found(body: Any) -> WayBack | InputError:
    world = World()
    described = world.calls().stack(
        f"arn:aws:cloudformation:eu-west-1:111122223333:stack/{'Conversations-production'}/abc"
    )
    return find_way_back(body, described, logical_id=TABLE, table=TABLE_NAME)


def test_template_as_object_and_as_text_gives_both_capacities() -> None:
    for body in (template(), json.dumps(template())):
        way_back = found(body)
        assert isinstance(way_back, WayBack)
        assert (way_back.deployed, way_back.declared) == (PROVISIONED, ON_DEMAND)
        assert (way_back.hold, way_back.fingerprint, way_back.role) == (HOLD, FINGERPRINT, ROLE)
        assert way_back.parameters == ("Held", "BootstrapVersion")
        assert not way_back.is_applied


@pytest.mark.parametrize(
    "condition",
    [
        {"Fn::Equals": [{"Ref": "Held"}, "no fingerprint"]},
        {"Fn::Equals": [{"Ref": "Held"}, {"Ref": "Other"}]},
        {"Fn::Equals": [{"Ref": "Held"}]},
        {"Fn::Not": [{"Fn::Equals": [{"Ref": "Held"}, FINGERPRINT]}]},
        "text",
    ],
)
def test_condition_when_it_is_not_the_guards_is_no_way_back(condition: Any) -> None:
    body = template()
    body["Conditions"] = {"IsHeld": condition}
    way_back = found(body)
    assert isinstance(way_back, InputError)
    assert "has no way back in the template" in str(way_back)


def test_template_when_it_cannot_be_read_is_an_error() -> None:
    with pytest.raises(InputError):
        found("[1")


def test_stack_without_a_way_back_whose_operation_runs_says_so() -> None:
    world = World()
    world.status = "UPDATE_IN_PROGRESS"
    described = world.calls().stack(
        "arn:aws:cloudformation:eu-west-1:111122223333:stack/Conversations-production/abc"
    )
    body = template()
    body["Conditions"] = {}
    way_back = find_way_back(body, described, logical_id=TABLE, table=TABLE_NAME)
    assert "an operation runs (UPDATE_IN_PROGRESS)" in str(way_back)
    assert "cancel-update-stack" in str(way_back)


def test_way_back_when_another_table_of_the_stack_has_auto_scaling_leaves_that_out() -> None:
    """Only CloudFormation knows the name of the other table, to which its scalable targets refer."""
    body = template()
    body["Resources"]["Orders"] = {"Type": "AWS::DynamoDB::Table", "Properties": {}}
    for name, resource in (
        ("Join", {"Fn::Join": ["", ["table/", {"Ref": "Orders"}]]}),
        ("Sub", {"Fn::Sub": "table/${Orders}/index/by_customer"}),
    ):
        body["Resources"][name] = {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "ResourceId": resource,
                "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
                "ServiceNamespace": "dynamodb",
            },
        }
    way_back = found(body)
    assert isinstance(way_back, WayBack)
    assert (way_back.deployed, way_back.declared) == (PROVISIONED, ON_DEMAND)
