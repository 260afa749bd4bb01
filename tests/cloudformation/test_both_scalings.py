"""What a condition decides about scaling resources, and what it cannot hold."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.cloudformation.both_scalings import BothScalings, both_scalings


def target(minimum: int = 5, dimension: str = "write", **more: Any) -> dict[str, Any]:
    properties = {"ResourceId": "table/T", "ScalableDimension": dimension, "MinCapacity": minimum}
    return {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {**properties, **more}}


def policy(of: str = "A", name: str = "p") -> dict[str, Any]:
    properties = {"PolicyName": name, "ScalingTargetId": {"Ref": of}}
    return {"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": properties}


def both(resources: dict[str, Any], deployed: dict[str, Any]) -> BothScalings:
    return both_scalings(resources, ["Size"], deployed, resources, location="S/T")


def test_resources_that_are_equal_depend_on_nothing() -> None:
    found = both({"A": target(), "P": policy()}, {"A": target(), "P": policy()})
    assert found.is_empty
    assert found.applied_to({"A": target()}, "H", "N") == {"A": target()}


def test_bounds_that_differ_are_behind_the_condition() -> None:
    found = both({"A": target(4)}, {"A": target(5)})
    applied = found.applied_to({"A": target(4), "Other": {}}, "H", "N")
    assert applied == {"A": target({"Fn::If": ["H", 5, 4]}), "Other": {}}  # type: ignore[arg-type]


def test_resources_of_one_side_have_a_condition() -> None:
    found = both({"B": target(dimension="read")}, {"A": target(), "P": policy()})
    applied = found.applied_to({"B": target(dimension="read")}, "H", "N")
    assert applied["B"]["Condition"] == "N"
    assert applied["A"] == {**target(), "Condition": "H"}
    assert applied["P"] == {**policy(), "Condition": "H"}


@pytest.mark.parametrize(
    ("resources", "deployed", "problem"),
    [
        ({"A": target(dimension="read")}, {"A": target()}, "is another one now"),
        ({"P": policy(name="q")}, {"P": policy()}, "is another one now"),
        ({"A": {**target(4), "Condition": "Big"}}, {"A": target()}, "has a condition"),
        ({"B": target(4)}, {"A": target()}, "under another logical id (B)"),
        ({}, {"P": policy(of="Gone")}, "refers to Gone, which the template no longer has"),
        ({}, {"A": target(RoleARN={"Fn::GetAtt": ["Role", "Arn"]})}, "refers to Role"),
        ({}, {"A": target(RoleARN={"Fn::Sub": "x${Role.Arn}"})}, "refers to Role"),
    ],
)
def test_scaling_that_no_condition_can_hold_is_named(
    resources: dict[str, Any], deployed: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InputError) as raised:
        both(resources, deployed)
    assert problem in str(raised.value)


def test_references_to_what_is_there_are_no_problem() -> None:
    role = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, {"Ref": "Size"}]]}
    assert both({}, {"A": target(RoleARN=role), "P": policy()}).deployed_only.keys() == {"A", "P"}


def test_other_resource_with_the_logical_id_is_named() -> None:
    with pytest.raises(InputError, match="has another resource with the logical id A"):
        both_scalings({"A": {"Type": "AWS::SNS::Topic"}}, [], {"A": target()}, [], location="S/T")
