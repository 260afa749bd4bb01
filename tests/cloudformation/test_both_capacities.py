"""Both capacities in one template: L1 tables, the Region's replica, and what cannot be held."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, InputError, OnDemand, Provisioned, Units
from capacity_guard.cloudformation.both_capacities import both_capacities, with_overrides
from capacity_guard.cloudformation.branches import in_each_branch
from capacity_guard.cloudformation.capacity import read_capacity

FIXED = Capacity.provisioned(
    read=10, write=20, indexes={"a": Provisioned(read=1, write=2), "b": Provisioned(read=3, write=4)}
)
ON_DEMAND = Capacity.on_demand(
    maximum=Units(read=100, write=200), indexes={"a": OnDemand(), "b": OnDemand(maximum=Units(write=7))}
)
SCALED = Capacity.provisioned(
    read=AutoScaling(5, 50, 60, 6),
    write=AutoScaling(7, 70, 65, 8),
    indexes={"a": Provisioned(1, AutoScaling(2, 9, 70, 3))},
)


def table(capacity: Capacity) -> dict[str, Any]:
    """A Table with fixed units or maxima, as a template states it."""

    def of(name: str | None) -> dict[str, Any]:
        each = capacity.of(name)
        if isinstance(each, Provisioned):
            return {
                "ProvisionedThroughput": {"ReadCapacityUnits": each.read, "WriteCapacityUnits": each.write}
            }
        if each.maximum is None:
            return {}
        units = {"MaxReadRequestUnits": each.maximum.read, "MaxWriteRequestUnits": each.maximum.write}
        return {"OnDemandThroughput": {key: value for key, value in units.items() if value is not None}}

    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": capacity.billing_mode.value,
            **of(None),
            "GlobalSecondaryIndexes": [{"IndexName": name, **of(name)} for name in capacity.indexes],
        },
    }


def global_table(capacity: Capacity, *regions: Any) -> dict[str, Any]:
    """A GlobalTable of an on-demand capacity without maxima."""
    return {
        "Type": "AWS::DynamoDB::GlobalTable",
        "Properties": {
            "BillingMode": capacity.billing_mode.value,
            "GlobalSecondaryIndexes": [{"IndexName": name} for name in capacity.indexes],
            "Replicas": [{"Region": region} for region in regions],
        },
    }


def sides(
    resource: dict[str, Any], deployed: Capacity, declared: Capacity, region: str | None = None
) -> list[Capacity]:
    """The capacity of the template under the condition, then without it."""
    overrides = both_capacities(
        resource, deployed, declared, condition="IsHeld", region=region, location="S/T"
    )
    assert all(set(value) == {"Fn::If"} for value in overrides.values())
    template = {
        "Conditions": {"IsHeld": {"Fn::Equals": [{"Ref": "Held"}, "0123456789"]}},
        "Resources": {"T": with_overrides(resource, overrides)},
    }
    found = dict(in_each_branch(template, lambda read: read_capacity(read, "T"), location="S", region=region))
    assert len(found) == 2
    return [found["Held = 0123456789"], found["Held is not 0123456789"]]


LOWER = Capacity.provisioned(read=10, write=19, indexes=dict(FIXED.indexes))
OTHER_MAXIMA = Capacity.on_demand(indexes={"a": OnDemand(maximum=Units(read=5)), "b": OnDemand()})


@pytest.mark.parametrize(
    ("deployed", "declared"),
    [
        (FIXED, ON_DEMAND),
        (ON_DEMAND, FIXED),
        (FIXED, LOWER),
        (ON_DEMAND, OTHER_MAXIMA),
        (OTHER_MAXIMA, ON_DEMAND),
    ],
)
def test_table_when_it_holds_two_capacities_reads_as_each(deployed: Capacity, declared: Capacity) -> None:
    assert sides(table(declared), deployed, declared) == [deployed, declared]


def test_overrides_when_one_property_differs_are_of_that_property_alone() -> None:
    found = both_capacities(table(LOWER), FIXED, LOWER, condition="C", region=None, location="S/T")
    assert found == {
        "ProvisionedThroughput": {
            "Fn::If": [
                "C",
                {"ReadCapacityUnits": 10, "WriteCapacityUnits": 20},
                {"ReadCapacityUnits": 10, "WriteCapacityUnits": 19},
            ]
        }
    }


@pytest.mark.parametrize(
    ("region", "regions"),
    [
        ("eu-west-1", ["us-east-1", "eu-west-1"]),
        (None, [{"Ref": "AWS::Region"}]),
        (None, ["eu-west-1"]),
    ],
)
def test_global_table_when_its_index_has_no_entry_in_the_replica_gets_one(
    region: str | None, regions: list[Any]
) -> None:
    declared = Capacity.on_demand(indexes={"a": OnDemand()})
    found = sides(global_table(declared, *regions), SCALED, declared, region)
    assert found == [SCALED, declared]


def test_scaling_when_it_is_held_keeps_what_a_capacity_does_not_state() -> None:
    lower = Capacity.provisioned(read=1, write=AutoScaling(6, 70, 65, 8))
    higher = Capacity.provisioned(read=1, write=AutoScaling(7, 70, 65, 9))
    scaling = {
        "MinCapacity": 6,
        "MaxCapacity": 70,
        "SeedCapacity": 8,
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 65, "ScaleInCooldown": 30},
    }
    resource = {
        "Type": "AWS::DynamoDB::GlobalTable",
        "Properties": {
            "BillingMode": "PROVISIONED",
            "WriteProvisionedThroughputSettings": {"WriteCapacityAutoScalingSettings": scaling},
            "Replicas": [{"Region": "r", "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 1}}],
        },
    }
    found = both_capacities(resource, higher, lower, condition="C", region="r", location="S/T")
    held = {**scaling, "MinCapacity": 7, "SeedCapacity": 9}
    assert found == {
        "WriteProvisionedThroughputSettings": {
            "Fn::If": [
                "C",
                {"WriteCapacityAutoScalingSettings": held},
                {"WriteCapacityAutoScalingSettings": scaling},
            ]
        }
    }
    assert sides(resource, higher, lower, "r") == [higher, lower]


def test_index_when_it_comes_or_goes_cannot_be_held() -> None:
    fewer = Capacity.provisioned(read=10, write=20, indexes={"a": FIXED.of("a")})
    with pytest.raises(InputError, match="gets or loses an index"):
        both_capacities(table(FIXED), fewer, FIXED, condition="C", region=None, location="S/T")


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (
            {"GlobalSecondaryIndexes": {"Fn::If": ["Big", [], []]}},
            "GlobalSecondaryIndexes: are stated by a function",
        ),
        (
            {"GlobalSecondaryIndexes": [{"Fn::If": ["Big", {}, {}]}]},
            "GlobalSecondaryIndexes: are stated by a function",
        ),
        ({"Replicas": {"Ref": "All"}}, "Replicas: are stated by a function"),
        ({"Replicas": []}, "Replicas: have none, or several"),
        ({"Replicas": [{"Region": "a"}, {"Region": "b"}]}, "Replicas: have none, or several"),
    ],
)
def test_part_when_it_stands_behind_a_function_is_named(properties: dict[str, Any], expected: str) -> None:
    declared = Capacity.on_demand(indexes={"a": OnDemand()})
    resource = global_table(declared, "eu-west-1")
    resource["Properties"] |= properties
    with pytest.raises(InputError, match=expected):
        both_capacities(resource, SCALED, declared, condition="C", region="eu-west-1", location="S/T")
