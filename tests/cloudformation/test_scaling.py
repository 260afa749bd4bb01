"""Auto scaling of a Table: which scalable targets and policies of a template belong to it."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, InputError
from capacity_guard.cloudformation.scaling import ScalingResources, scaling_resources
from tests.builders.template_tables import (
    PROVISIONED,
    deployed,
    scaling,
    synthesized_capacities,
    template_of,
)

SCALED = Capacity.provisioned(read=1, write=AutoScaling(5, 50, 60, 7))


def resources_of(resources: dict[str, Any], **sections: Any) -> ScalingResources:
    return scaling_resources(deployed(template_of(PROVISIONED, resources=resources, **sections)), "Orders")


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        (None, {"Fn::Join": ["", ["table/", {"Ref": "Orders"}]]}),
        (None, {"Fn::Sub": "table/${Orders}"}),
        ("orders", {"Fn::Join": ["", ["table/", {"Ref": "Orders"}]]}),
        ("orders", "table/orders"),
    ],
)
def test_table_when_its_target_refers_to_it_by_reference_or_name_expects_the_scaling(
    name: str | None, resource: Any
) -> None:
    properties = PROVISIONED if name is None else {**PROVISIONED, "TableName": name}
    template = template_of(properties, resources=scaling(resource))
    assert synthesized_capacities(template) == {None: SCALED}


@pytest.mark.parametrize(
    "resource", ["table/orders-2", {"Fn::Sub": "table/${Other}"}, "table/orders/index/x"]
)
def test_table_when_a_target_is_of_another_table_expects_fixed_units(resource: Any) -> None:
    template = template_of({**PROVISIONED, "TableName": "orders"}, resources=scaling(resource))
    assert synthesized_capacities(template) == {None: Capacity.provisioned(read=1, write=7)}


def test_target_when_of_the_writes_of_the_table_expects_it_for_that_dimension_only() -> None:
    found = resources_of(scaling("table/orders"))
    assert found.table == "orders"
    assert found.target_of(None, "write") == "Target"
    assert found.target_of(None, "read") is None
    assert found.target_of("by_agent", "write") is None
    assert found.policy_of("Target", None, "write") == {"TargetValue": 60}


def test_target_when_of_an_index_expects_it_for_the_index() -> None:
    resources = scaling("table/orders/index/by_agent")
    resources["Target"]["Properties"]["ScalableDimension"] = "dynamodb:index:ReadCapacityUnits"
    found = resources_of(resources)
    assert found.target_of("by_agent", "read") == "Target"
    assert found.target_of("by_day", "read") is None


def test_policy_when_it_has_a_resource_id_instead_of_a_target_expects_it_for_the_dimension() -> None:
    resources = scaling("table/orders")
    resources["Policy"]["Properties"] = {
        "ResourceId": "table/orders",
        "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 50},
    }
    found = resources_of(resources)
    assert found.policy_of("Target", None, "write") == {"TargetValue": 50}
    assert found.policy_of("Target", None, "read") is None


def test_policy_when_it_refers_to_another_target_expects_none() -> None:
    resources = scaling("table/orders")
    resources["Policy"]["Properties"]["ScalingTargetId"] = {"Ref": "OtherTarget"}
    assert resources_of(resources).policies == {}


def test_target_when_its_condition_is_false_expects_none() -> None:
    conditions = {"Scaled": {"Fn::Equals": ["a", "b"]}}
    found = resources_of(scaling("table/orders", Condition="Scaled"), Conditions=conditions)
    assert (found.targets, found.policies) == ({}, {})


def test_target_when_of_another_service_expects_it_not_read() -> None:
    resources = scaling({"Fn::ImportValue": "service"})
    resources["Target"]["Properties"]["ScalableDimension"] = "ecs:service:DesiredCount"
    assert resources_of(resources).targets == {}


def test_target_when_its_resource_id_cannot_be_read_expects_an_error() -> None:
    with pytest.raises(InputError, match=r"Target.*cannot be read from outside \(Fn::ImportValue\)"):
        resources_of(scaling({"Fn::ImportValue": "table"}))


def changed(name: str, **properties: Any) -> ScalingResources:
    resources = scaling("table/orders")
    resources[name]["Properties"] |= properties
    return resources_of(resources)


def tracking(**members: Any) -> dict[str, Any]:
    return {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60, **members}}


def test_policy_of_another_type_is_no_target_tracking() -> None:
    assert changed("Policy", PolicyType="StepScaling").policy_of("Target", None, "write") is None
    assert (
        changed("Policy", PolicyType="TargetTrackingScaling").policy_of("Target", None, "write") is not None
    )


@pytest.mark.parametrize(
    ("members", "follows"),
    [
        (
            {"PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}},
            "DynamoDBReadCapacityUtilization",
        ),
        ({"CustomizedMetricSpecification": {"MetricName": "Still"}}, "a metric of its own"),
    ],
)
def test_policy_that_follows_another_metric_cannot_be_read(members: dict[str, Any], follows: str) -> None:
    with pytest.raises(InputError, match=rf"Policy.*follows {follows}, not DynamoDBWriteCapacityUtilization"):
        changed("Policy", **tracking(**members)).policy_of("Target", None, "write")


def test_policy_that_follows_the_utilization_of_its_dimension_is_read() -> None:
    metric = {"PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}}
    found = changed("Policy", **tracking(**metric)).policy_of("Target", None, "write")
    assert found == {"TargetValue": 60, **metric}


@pytest.mark.parametrize(
    "member", ["DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"]
)
def test_target_that_is_suspended_cannot_be_read(member: str) -> None:
    with pytest.raises(InputError, match=r"Target.SuspendedState: suspends its scaling"):
        changed("Target", SuspendedState={member: True}).target_of(None, "write")
    assert changed("Target", SuspendedState={member: False}).target_of(None, "write") == "Target"
