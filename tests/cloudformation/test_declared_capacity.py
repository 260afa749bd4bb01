"""The declared capacity of a table, read from the template of its stack."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard import AutoScaling, Capacity, InputError
from capacity_guard.capacity.structure import TableKind
from capacity_guard.cloudformation.declared_capacity import DeclaredCapacity, read_declared_capacity

DEPLOYED, OTHER = Capacity.provisioned(read=5, write=5), Capacity.provisioned(read=9, write=5)


def read(template: dict[str, Any]) -> DeclaredCapacity:
    return read_declared_capacity(
        template, "Orders", location="S", account="123456789012", region="eu-west-1"
    )


def template_of(reads: Any, **attributes: Any) -> dict[str, Any]:
    return {
        "Parameters": {"Size": {"Type": "String", "Default": "big"}},
        "Conditions": {"Big": {"Fn::Equals": [{"Ref": "Size"}, "big"]}},
        "Resources": {
            "Orders": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "TableName": "orders",
                    "ProvisionedThroughput": {"ReadCapacityUnits": reads, "WriteCapacityUnits": 5},
                },
                **attributes,
            }
        },
    }


def test_declared_capacity_has_name_and_scaling_resources_of_the_template() -> None:
    template = template_of(5)
    template["Resources"]["Target"] = {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "ResourceId": "table/orders",
            "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
            "MinCapacity": 5,
            "MaxCapacity": 50,
        },
    }
    template["Resources"]["Policy"] = {
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Properties": {
            "PolicyType": "TargetTrackingScaling",
            "ScalingTargetId": {"Ref": "Target"},
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 70,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
            },
        },
    }
    declared = read(template)
    assert (declared.name, declared.scaling) == ("orders", ("Target", "Policy"))
    reads = declared.capacity(None, "S/Orders").of(None).read  # type: ignore[union-attr]
    assert isinstance(reads, AutoScaling)
    assert (reads.minimum, reads.maximum) == (5, 50)


def test_capacity_behind_a_condition_is_read_for_both_ways() -> None:
    declared = read(template_of({"Fn::If": ["Big", 9, 5]}))
    assert dict(declared.branches) == {
        "Size = big": OTHER,
        "Size is not big": DEPLOYED,
    }
    assert declared.capacity(DEPLOYED, "S/Orders") == OTHER


def test_capacity_that_depends_on_the_deployment_is_refused() -> None:
    declared = DeclaredCapacity((("Big", DEPLOYED), ("not Big", OTHER)), (), None, TableKind.TABLE)
    with pytest.raises(InputError, match=r"known only at the deployment \(Big; not Big\)"):
        declared.capacity(None, "S/Orders")


def test_table_with_a_condition_is_refused() -> None:
    with pytest.raises(InputError, match="S: Orders: exists only under condition Big"):
        read(template_of(5, Condition="Big"))


def test_table_that_is_not_in_the_template_or_has_another_type_is_refused() -> None:
    with pytest.raises(InputError, match="S: Orders: is not in the template"):
        read({"Resources": {}})
    with pytest.raises(InputError, match="S: Orders: is AWS::SNS::Topic in the template, not a table"):
        read({"Resources": {"Orders": {"Type": "AWS::SNS::Topic"}}})
