"""Scalable targets and policies of a template: to which table, index and target each of them belongs."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.cloudformation.scaling import ScalingResources, scaling_resources
from tests.builders.template_tables import PROVISIONED, deployed, template_of

AUTO = "AWS::ApplicationAutoScaling::"
WRITES, READS = "dynamodb:table:WriteCapacityUnits", "dynamodb:table:ReadCapacityUnits"
INDEX_WRITES, INDEX_READS = "dynamodb:index:WriteCapacityUnits", "dynamodb:index:ReadCapacityUnits"


def target(resource: Any = "table/orders", dimension: Any = WRITES, **more: Any) -> dict[str, Any]:
    properties = {"ResourceId": resource, "ScalableDimension": dimension}
    return {
        "Type": f"{AUTO}ScalableTarget",
        "Properties": {name: value for name, value in properties.items() if value is not None},
        **more,
    }


def policy(tracked: int | None = 60, **properties: Any) -> dict[str, Any]:
    tracking = (
        {} if tracked is None else {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": tracked}}
    )
    return {"Type": f"{AUTO}ScalingPolicy", "Properties": {**properties, **tracking}}


def of(**resources: Any) -> ScalingResources:
    return scaling_resources(deployed(template_of(PROVISIONED, resources=resources)), "Orders")


@pytest.mark.parametrize(
    ("resource", "dimension", "belongs"),
    [
        ("table/orders", WRITES, True),
        ("table/orders", READS, True),
        ("table/orders/index/a", INDEX_READS, True),
        ("table/orders/index", INDEX_READS, False),
        ("table/orders-2", WRITES, False),
        ("table/order", WRITES, False),
        ("orders", WRITES, False),
        (None, WRITES, False),
        ("table/orders", None, False),
        ("table/orders", "ecs:service:DesiredCount", False),
        ("table/orders", "xdynamodb:table:WriteCapacityUnits", False),
    ],
)
def test_target_and_policy_belong_to_the_table_by_their_resource_id_and_dimension(
    resource: Any, dimension: Any, belongs: bool
) -> None:
    one = target(resource, dimension)
    other = {"Type": f"{AUTO}ScalingPolicy", "Properties": one["Properties"]}
    found = of(T=one, P=other)
    assert found.targets == ({"T": one["Properties"]} if belongs else {})
    assert found.policies == ({"P": (None, one["Properties"])} if belongs else {})
    assert found.table == "orders"


def test_resources_of_other_types_and_without_one_are_neither_target_nor_policy() -> None:
    properties = target()["Properties"]
    found = of(
        A={"Type": "AWS::Other::ScalableTarget", "Properties": properties},
        B={"Type": f"{AUTO}Other", "Properties": properties},
        C={"Properties": properties},
        D={"Type": f"{AUTO}ScalableTarget"},
        E={"Type": f"{AUTO}ScalingPolicy"},
        F={"Type": "AWS::Other::ScalingPolicy", "Properties": properties},
    )
    assert (found.targets, found.policies) == ({}, {})


@pytest.mark.parametrize("reference", ["T", {"Fn::GetAtt": ["T", "Id"]}, {"Ref": "Elsewhere"}, 7])
def test_policy_with_another_reference_than_to_a_target_of_the_table_does_not_belong_to_it(
    reference: Any,
) -> None:
    named = policy(ScalingTargetId=reference, ResourceId="table/orders", ScalableDimension=WRITES)
    assert of(T=target(), P=named).policies == {}


def test_policy_with_a_reference_belongs_to_its_target_whatever_else_it_names() -> None:
    found = of(
        T=target(),
        P=policy(70, ScalingTargetId={"Ref": "T"}, ResourceId="table/other", ScalableDimension=READS),
    )
    assert found.policies["P"][0] == "T"
    assert found.policy_of("T", None, "write") == {"TargetValue": 70}
    assert found.policy_of("U", None, "write") is None


def test_targets_and_policies_are_found_by_index_and_access() -> None:
    by_name = {
        "TW": ("table/orders", WRITES),
        "TR": ("table/orders", READS),
        "AW": ("table/orders/index/a", INDEX_WRITES),
        "AR": ("table/orders/index/a", INDEX_READS),
        "BW": ("table/orders/index/b", INDEX_WRITES),
    }
    resources = {name: target(*place) for name, place in by_name.items()}
    resources |= {
        f"P{name}": policy(20 + number, ResourceId=place[0], ScalableDimension=place[1])
        for number, (name, place) in enumerate(by_name.items())
    }
    found = of(**resources)
    for index, access, name, tracked in (
        (None, "write", "TW", 20),
        (None, "read", "TR", 21),
        ("a", "write", "AW", 22),
        ("a", "read", "AR", 23),
        ("b", "write", "BW", 24),
    ):
        assert found.target_of(index, access) == name  # type: ignore[arg-type]
        assert found.policy_of(name, index, access) == {"TargetValue": tracked}  # type: ignore[arg-type]
    assert found.target_of("b", "read") is None
    assert found.policy_of("BR", "b", "read") is None


def test_dimension_of_the_table_with_the_resource_of_an_index_scales_neither() -> None:
    found = of(T=target("table/orders/index/a", WRITES), U=target("table/orders", INDEX_WRITES))
    assert set(found.targets) == {"T", "U"}
    assert [found.target_of(index, "write") for index in (None, "a")] == [None, None]


def test_step_scaling_is_passed_over_for_the_target_tracking_after_it() -> None:
    found = of(
        T=target(), Step=policy(None, ScalingTargetId={"Ref": "T"}), P=policy(ScalingTargetId={"Ref": "T"})
    )
    assert set(found.policies) == {"Step", "P"}
    assert found.policy_of("T", None, "write") == {"TargetValue": 60}
    assert (
        of(T=target(), Step=policy(None, ScalingTargetId={"Ref": "T"})).policy_of("T", None, "write") is None
    )


@pytest.mark.parametrize(
    ("resource", "dimension", "index"),
    [("table/orders", WRITES, None), ("table/orders/index/a", INDEX_WRITES, "a")],
    ids=["table", "index"],
)
def test_two_targets_of_one_dimension_are_refused_since_the_later_registration_counts(
    resource: str, dimension: str, index: str | None
) -> None:
    reads = READS if index is None else INDEX_READS
    found = of(T=target(resource, dimension), Other=target(resource, dimension), R=target(resource, reads))
    with pytest.raises(InputError, match=r"stack Shop: Other: scales what T scales too.* Take one of"):
        found.target_of(index, "write")
    assert found.target_of(index, "read") == "R"


def test_two_policies_of_one_target_are_refused_since_the_service_takes_one() -> None:
    by_place = policy(20, ResourceId="table/orders", ScalableDimension=WRITES)
    for second in (policy(90, ScalingTargetId={"Ref": "T"}), by_place):
        found = of(T=target(), P=policy(ScalingTargetId={"Ref": "T"}), Q=second)
        with pytest.raises(InputError, match=r"stack Shop: Q: tracks what P tracks too.* Take one of"):
            found.policy_of("T", None, "write")


@pytest.mark.parametrize(
    ("resources", "place"),
    [
        ({"T": target({"Fn::ImportValue": "x"})}, "T.ResourceId"),
        ({"T": target(7)}, "T.ResourceId"),
        ({"T": target("table/orders", 7)}, "T.ScalableDimension"),
        ({"P": policy(ResourceId=7, ScalableDimension=READS)}, "P.ResourceId"),
        ({"P": policy(ScalableDimension=7)}, "P.ScalableDimension"),
        ({"T": target(Condition="Unknown")}, "T"),
    ],
)
def test_target_or_policy_that_cannot_be_read_is_refused_at_its_place(
    resources: dict[str, Any], place: str
) -> None:
    with pytest.raises(InputError) as raised:
        of(**resources)
    assert raised.value.location == f"stack Shop: {place}"


def test_tracking_that_is_a_function_is_refused_at_its_policy() -> None:
    spoilt = policy(
        None,
        ScalingTargetId={"Ref": "T"},
        TargetTrackingScalingPolicyConfiguration={"Fn::ImportValue": "x"},
    )
    found = of(T=target(), P=spoilt)
    with pytest.raises(InputError) as raised:
        found.policy_of("T", None, "write")
    assert raised.value.location == "stack Shop: P.TargetTrackingScalingPolicyConfiguration"


def test_target_under_a_condition_is_one_where_it_is_true() -> None:
    conditions = {"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Equals": ["a", "b"]}}
    resources = {"T": target(Condition="No"), "U": target(Condition="Yes")}
    template = template_of(PROVISIONED, resources=resources, Conditions=conditions)
    assert set(scaling_resources(deployed(template), "Orders").targets) == {"U"}
