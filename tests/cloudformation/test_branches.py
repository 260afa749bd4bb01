"""A synthesized template: references without a value, both sides of every condition that matters."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, InputError, Units
from capacity_guard.cloudformation.branches import in_each_branch
from capacity_guard.cloudformation.capacity import read_capacity

TABLE = "AWS::DynamoDB::Table"
GLOBAL = "AWS::DynamoDB::GlobalTable"
BACK = {"Fn::Equals": [{"Ref": "Back"}, "none"]}


def capacities(
    properties: dict[str, Any],
    kind: str = TABLE,
    region: str | None = None,
    resources: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str | None, Capacity]:
    template = {
        "Resources": {"Orders": {"Type": kind, "Properties": properties}, **(resources or {})},
        **more,
    }
    look = in_each_branch(template, lambda r: read_capacity(r, "Orders"), location="stack S", region=region)
    return dict(look)


def target(resource: Any, **more: Any) -> dict[str, Any]:
    return {
        "Target": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "ResourceId": resource,
                "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
                "MinCapacity": 5,
                "MaxCapacity": 50,
                "RoleARN": {"Fn::ImportValue": "role"},
            },
            **more,
        },
        "Policy": {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "ScalingTargetId": {"Ref": "Target"},
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60},
            },
            **more,
        },
    }


PROVISIONED = {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 7}}
SCALED = Capacity.provisioned(read=1, write=AutoScaling(5, 50, 60, 7))


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        (None, {"Fn::Join": ["", ["table/", {"Ref": "Orders"}]]}),
        (None, {"Fn::Sub": "table/${Orders}"}),
        ("orders", {"Fn::Join": ["", ["table/", {"Ref": "Orders"}]]}),
        ("orders", "table/orders"),
    ],
)
def test_table_when_its_target_names_it_by_reference_or_name_reads_the_scaling(
    name: str | None, resource: Any
) -> None:
    properties = PROVISIONED if name is None else {**PROVISIONED, "TableName": name}
    assert capacities(properties, resources=target(resource)) == {None: SCALED}


@pytest.mark.parametrize(
    "resource", ["table/orders-2", {"Fn::Sub": "table/${Other}"}, "table/orders/index/x"]
)
def test_table_when_a_target_names_another_table_does_not_read_it(resource: Any) -> None:
    found = capacities({**PROVISIONED, "TableName": "orders"}, resources=target(resource))
    assert found == {None: Capacity.provisioned(read=1, write=7)}


def test_table_when_its_mode_stands_behind_a_condition_reads_both_sides() -> None:
    properties = {
        "BillingMode": {"Fn::If": ["Held", "PROVISIONED", "PAY_PER_REQUEST"]},
        "ProvisionedThroughput": {
            "Fn::If": ["Forward", {"Ref": "AWS::NoValue"}, PROVISIONED["ProvisionedThroughput"]]
        },
    }
    found = capacities(
        properties,
        resources=target({"Fn::Sub": "table/${Orders}"}, Condition="Held"),
        Parameters={"Back": {"Type": "String", "Default": "none"}},
        Conditions={"Forward": BACK, "Held": {"Fn::Not": [{"Condition": "Forward"}]}},
    )
    # Two branches, not four: both conditions ask for the same thing.
    assert found == {"Back = none": Capacity.on_demand(), "Back is not none": SCALED}


def test_table_when_two_conditions_compare_one_parameter_leaves_out_what_cannot_be() -> None:
    maximum = {
        "Fn::If": ["IsA", {"MaxReadRequestUnits": 1}, {"Fn::If": ["IsB", {"MaxReadRequestUnits": 2}, {}]}]
    }
    is_text = {name: {"Fn::Equals": [text, {"Ref": "Size"}]} for name, text in (("IsA", "a"), ("IsB", "b"))}
    mode = {"Fn::If": ["IsB", "PAY_PER_REQUEST", "PAY_PER_REQUEST"]}
    found = capacities({"BillingMode": mode, "OnDemandThroughput": maximum}, Conditions=is_text)
    assert found == {
        "Size = b": Capacity.on_demand(maximum=Units(read=2)),
        "Size is not b, Size = a": Capacity.on_demand(maximum=Units(read=1)),
        "Size is not b, Size is not a": Capacity.on_demand(),
    }


def test_table_when_a_condition_asks_for_a_known_region_takes_one_side() -> None:
    mode = {"BillingMode": {"Fn::If": ["Here", "PAY_PER_REQUEST", "x"]}}
    here = {"Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}}
    assert capacities(mode, region="eu-west-1", Conditions=here) == {None: Capacity.on_demand()}


@pytest.mark.parametrize("region", [None, "eu-west-1"])
@pytest.mark.parametrize("replica", ["eu-west-1", {"Ref": "AWS::Region"}])
def test_global_table_when_its_region_is_known_or_not_reads_the_only_replica(
    region: str | None, replica: Any
) -> None:
    if region is None and replica != "eu-west-1":
        replica = {"Ref": "AWS::Region"}
    properties = {
        "BillingMode": "PAY_PER_REQUEST",
        "Replicas": [{"Region": replica, "ReadOnDemandThroughputSettings": {"MaxReadRequestUnits": 9}}],
    }
    assert capacities(properties, GLOBAL, region) == {None: Capacity.on_demand(maximum=Units(read=9))}


def test_table_when_a_parameter_states_its_units_says_to_state_them() -> None:
    units = {"ProvisionedThroughput": {"ReadCapacityUnits": {"Ref": "Reads"}, "WriteCapacityUnits": 1}}
    with pytest.raises(InputError, match=r"stack S: Orders.*Reads.*whole number.*plain value in the table"):
        capacities(units)


def test_template_when_conditions_turn_out_in_too_many_ways_ends() -> None:
    names = [f"C{number}" for number in range(9)]
    properties: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST"}
    properties["GlobalSecondaryIndexes"] = [
        {"Fn::If": [name, {"IndexName": name}, {"Ref": "AWS::NoValue"}]} for name in names
    ]
    conditions = {name: {"Fn::Equals": [{"Ref": name}, "yes"]} for name in names}
    with pytest.raises(InputError, match="more than 32 ways"):
        capacities(properties, Conditions=conditions)
