"""A synthesized template: references without a value, both sides of each condition that is needed."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, InputError, Units
from capacity_guard.cloudformation.branches import in_each_branch
from capacity_guard.cloudformation.intrinsics import Intrinsics
from tests.builders.template_tables import PROVISIONED, scaling, synthesized_capacities, template_of

BACK = {"Fn::Equals": [{"Ref": "Back"}, "none"]}
SCALED = Capacity.provisioned(read=1, write=AutoScaling(5, 50, 60, 7))


def test_table_when_its_mode_depends_on_a_condition_expects_both_sides() -> None:
    properties = {
        "BillingMode": {"Fn::If": ["Held", "PROVISIONED", "PAY_PER_REQUEST"]},
        "ProvisionedThroughput": {
            "Fn::If": ["Forward", {"Ref": "AWS::NoValue"}, PROVISIONED["ProvisionedThroughput"]]
        },
    }
    template = template_of(
        properties,
        resources=scaling({"Fn::Sub": "table/${Orders}"}, Condition="Held"),
        Parameters={"Back": {"Type": "String", "Default": "none"}},
        Conditions={"Forward": BACK, "Held": {"Fn::Not": [{"Condition": "Forward"}]}},
    )
    # Two branches, not four: both conditions make the same comparison.
    assert synthesized_capacities(template) == {
        "Back = none": Capacity.on_demand(),
        "Back is not none": SCALED,
    }


def test_table_when_two_conditions_compare_one_parameter_expects_no_impossible_branch() -> None:
    maximum = {
        "Fn::If": ["IsA", {"MaxReadRequestUnits": 1}, {"Fn::If": ["IsB", {"MaxReadRequestUnits": 2}, {}]}]
    }
    conditions = {
        name: {"Fn::Equals": [text, {"Ref": "Size"}]} for name, text in (("IsA", "a"), ("IsB", "b"))
    }
    mode = {"Fn::If": ["IsB", "PAY_PER_REQUEST", "PAY_PER_REQUEST"]}
    template = template_of({"BillingMode": mode, "OnDemandThroughput": maximum}, Conditions=conditions)
    assert synthesized_capacities(template) == {
        "Size = b": Capacity.on_demand(maximum=Units(read=2)),
        "Size is not b, Size = a": Capacity.on_demand(maximum=Units(read=1)),
        "Size is not b, Size is not a": Capacity.on_demand(),
    }


def test_table_when_a_condition_compares_a_known_region_expects_one_side() -> None:
    mode = {"BillingMode": {"Fn::If": ["Here", "PAY_PER_REQUEST", "x"]}}
    here = {"Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}}
    assert synthesized_capacities(template_of(mode, Conditions=here), "eu-west-1") == {
        None: Capacity.on_demand()
    }


def test_table_when_a_parameter_states_its_units_expects_an_error_with_the_remedy() -> None:
    units = {"ProvisionedThroughput": {"ReadCapacityUnits": {"Ref": "Reads"}, "WriteCapacityUnits": 1}}
    with pytest.raises(InputError, match=r"stack S: Orders.*Reads.*whole number.*plain value in the table"):
        synthesized_capacities(template_of(units))


def test_template_when_conditions_have_too_many_outcomes_expects_an_error() -> None:
    names = [f"C{number}" for number in range(9)]
    properties: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST"}
    properties["GlobalSecondaryIndexes"] = [
        {"Fn::If": [name, {"IndexName": name}, {"Ref": "AWS::NoValue"}]} for name in names
    ]
    conditions = {name: {"Fn::Equals": [{"Ref": name}, "yes"]} for name in names}
    with pytest.raises(InputError, match="more than 32 ways"):
        synthesized_capacities(template_of(properties, Conditions=conditions))


def test_reference_when_the_table_has_a_name_expects_the_name() -> None:
    def reference(read: Intrinsics) -> str | None:
        return read.text({"Ref": "Orders"}, path="Outputs")

    for properties, text in (({"TableName": "orders"}, "orders"), ({}, "${Orders}")):
        assert in_each_branch(template_of(properties), reference, location="stack S") == ((None, text),)
