"""CloudFormation's types of Application Auto Scaling."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from capacity_guard.rehearsal.emulator import Emulator
from tests.builders.emulated_stack import eventually
from tests.builders.scaled_units import WRITES, create_table, writes


def test_cloudformation_when_it_owns_target_and_policy_registers_and_removes_them(emulator: Emulator) -> None:
    create_table(emulator)
    target = {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "ServiceNamespace": "dynamodb",
            "ResourceId": "table/table",
            "ScalableDimension": WRITES,
            "MinCapacity": 100,
            "MaxCapacity": 200,
            "RoleARN": "arn:aws:iam::000000000000:role/any",
        },
    }
    policy = {
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Properties": {
            "PolicyName": "follow",
            "PolicyType": "TargetTrackingScaling",
            "ScalingTargetId": {"Ref": "Target"},
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 70,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"},
            },
        },
    }
    stacks, scaling = emulator.client("cloudformation"), emulator.client("application-autoscaling")

    def status() -> str:
        return str(stacks.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])

    def deployed(resources: dict[str, Any], operation: Callable[..., Any]) -> str:
        operation(StackName="scaling", TemplateBody=json.dumps({"Resources": resources}))
        assert eventually(emulator, lambda: not status().endswith("_IN_PROGRESS"))
        return status()

    stack = "scaling"
    assert deployed({"Target": target, "Policy": policy}, stacks.create_stack) == "CREATE_COMPLETE"
    (found,) = scaling.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"]
    assert found["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 70
    target["Properties"]["MinCapacity"] = 150  # type: ignore[index]
    assert deployed({"Target": target, "Policy": policy}, stacks.update_stack) == "UPDATE_COMPLETE"
    assert eventually(emulator, lambda: writes(emulator) == 150)
    stack = stacks.describe_stacks(StackName="scaling")["Stacks"][0]["StackId"]
    stacks.delete_stack(StackName="scaling")
    assert eventually(emulator, lambda: status() == "DELETE_COMPLETE")
    assert scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"] == []
