"""Declared capacity: which branch counts, and each refusal to the letter."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard import Capacity, InputError
from capacity_guard.capacity.structure import TableKind
from capacity_guard.cloudformation.declared_capacity import DeclaredCapacity, read_declared_capacity

A, B, C = (Capacity.provisioned(read=units, write=1) for units in (1, 2, 3))
PLAIN = "State it as a plain value in the table's code"


def declared(*branches: tuple[str | None, Capacity]) -> DeclaredCapacity:
    return DeclaredCapacity(branches, (), None, TableKind.TABLE)


@pytest.mark.parametrize(
    ("branches", "deployed", "capacity"),
    [
        (((None, A),), None, A),
        (((None, A),), A, A),
        ((("x", A), ("y", A)), A, A),
        ((("x", A), ("y", B)), A, B),
        ((("x", A), ("y", B)), B, A),
        ((("x", A), ("y", B), ("z", A)), A, B),
    ],
)
def test_capacity_is_the_one_that_is_not_deployed(branches: Any, deployed: Any, capacity: Capacity) -> None:
    assert declared(*branches).capacity(deployed, "S/T") == capacity


@pytest.mark.parametrize(
    ("branches", "deployed", "words"),
    [
        ((("x", A), ("y", B)), None, "x; y"),
        ((("x", A), ("y", B)), C, "x; y"),
        ((("x", A), (None, B), ("z", C)), A, "x; z"),
        ((("x", A), ("y", B), ("z", C), ("w", A), ("v", B)), None, "x; y; z; and 2 more"),
    ],
)
def test_capacity_that_is_not_one_is_refused_with_the_branches(
    branches: Any, deployed: Any, words: str
) -> None:
    with pytest.raises(InputError) as raised:
        declared(*branches).capacity(deployed, "S/T")
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "S/T",
        f"has a capacity that depends on what is known only at the deployment ({words})",
        PLAIN,
    )


def read(
    resource: dict[str, Any] | None, region: str | None = "eu-west-1", **resources: Any
) -> DeclaredCapacity:
    template = {"Resources": {**({} if resource is None else {"T": resource}), **resources}}
    template["Conditions"] = {
        "Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
        "Mine": {"Fn::Equals": [{"Ref": "AWS::AccountId"}, "1"]},
    }
    return read_declared_capacity(template, "T", location="S", account="1", region=region)


TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST"}}


@pytest.mark.parametrize(
    ("resource", "problem", "remedy"),
    [
        (
            None,
            "is not in the template",
            "Leave the table's resource as its construct makes it, or remove the guard with it",
        ),
        (
            {"Type": "AWS::SNS::Topic"},
            "is AWS::SNS::Topic in the template, not a table",
            "Leave the table's resource as its construct makes it, or remove the guard with it",
        ),
        (
            {"Properties": {}},
            "is None in the template, not a table",
            "Leave the table's resource as its construct makes it, or remove the guard with it",
        ),
        (
            {**TABLE, "Condition": "Here"},
            "exists only under condition Here",
            "Guard a table that its stack always has",
        ),
    ],
)
def test_resource_that_is_no_table_of_every_deployment_is_refused(
    resource: Any, problem: str, remedy: str
) -> None:
    with pytest.raises(InputError) as raised:
        read(resource)
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == ("S: T", problem, remedy)


def test_template_without_resources_has_no_table() -> None:
    with pytest.raises(InputError, match="S: T: is not in the template"):
        read_declared_capacity({}, "T", location="S", account=None, region=None)


def test_table_of_either_type_is_read_with_its_kind_and_name() -> None:
    assert read(TABLE) == DeclaredCapacity(((None, Capacity.on_demand()),), (), None, TableKind.TABLE)
    named = {
        "Type": "AWS::DynamoDB::GlobalTable",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "TableName": {"Ref": "Name"},
            "Replicas": [{"Region": "eu-west-1"}],
        },
    }
    assert read(named) == DeclaredCapacity(
        ((None, Capacity.on_demand()),), (), {"Ref": "Name"}, TableKind.GLOBAL_TABLE
    )
    without_mode = {"Type": "AWS::DynamoDB::Table"}
    with pytest.raises(InputError, match="S: T: states no read throughput"):
        read(without_mode)


def test_account_and_region_decide_conditions_where_they_are_known() -> None:
    modes = {"Fn::If": ["Here", {"Fn::If": ["Mine", "PAY_PER_REQUEST", "x"]}, "PROVISIONED"]}
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    properties = {"BillingMode": modes, "ProvisionedThroughput": units}
    table = {"Type": "AWS::DynamoDB::Table", "Properties": properties}
    assert read(table).branches == ((None, Capacity.on_demand()),)
    assert read(table, "us-east-1").branches == ((None, A),)
    assert len(read(table, None).branches) == 2


def target(dimension: str) -> dict[str, Any]:
    return {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "ResourceId": {"Fn::Sub": "table/${T}"},
            "ScalableDimension": dimension,
            "MinCapacity": 1,
            "MaxCapacity": 2,
        },
    }


def test_scaling_resources_of_every_branch_are_listed_once_targets_first() -> None:
    policy = {
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Properties": {"ScalingTargetId": {"Ref": "W"}},
    }
    units = {"ReadCapacityUnits": {"Fn::If": ["Here", 1, 2]}, "WriteCapacityUnits": 1}
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"ProvisionedThroughput": units}}
    found = read(
        table,
        None,
        P=policy,
        W=target("dynamodb:table:WriteCapacityUnits"),
        R=target("dynamodb:table:ReadCapacityUnits"),
        Other=target("ecs:service:DesiredCount"),
    )
    assert len(found.branches) == 2
    assert found.scaling == ("W", "R", "P")
