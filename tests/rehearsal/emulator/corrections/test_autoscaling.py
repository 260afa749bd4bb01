"""CloudFormation's types of Application Auto Scaling."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections.autoscaling import RESENT_VARIABLE
from tests.builders.emulated_stack import START, eventually
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


class ScaledStack:
    """A stack whose one resource is the scalable target of the table ``table``."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._stacks, self._scaling = (
            emulator.client("cloudformation"),
            emulator.client("application-autoscaling"),
        )
        create_table(emulator)

    def deploy(self, *actions: dict[str, Any], failing: bool = False, **properties: Any) -> str:
        """Create or update the stack; return its status."""
        target = {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "ServiceNamespace": "dynamodb",
                "ResourceId": "table/table",
                "ScalableDimension": WRITES,
                "MinCapacity": 50,
                "MaxCapacity": 200,
                "RoleARN": "arn:aws:iam::000000000000:role/any",
                "ScheduledActions": list(actions),
                **properties,
            },
        }
        resources: dict[str, Any] = {"Target": target}
        if failing:
            resources["Failing"] = {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {"KeySchema": [], "AttributeDefinitions": []},
                "DependsOn": "Target",
            }
        known = [stack["StackName"] for stack in self._stacks.list_stacks()["StackSummaries"]]
        operation = self._stacks.update_stack if "scaling" in known else self._stacks.create_stack
        operation(StackName="scaling", TemplateBody=json.dumps({"Resources": resources}))
        assert eventually(self._emulator, lambda: not self._status().endswith("_IN_PROGRESS"))
        return self._status()

    def _status(self) -> str:
        return str(self._stacks.describe_stacks(StackName="scaling")["Stacks"][0]["StackStatus"])

    def names(self) -> list[str]:
        """Names of the scheduled actions."""
        found = self._scaling.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"]
        return sorted(action["ScheduledActionName"] for action in found)

    def bounds(self) -> tuple[int, int]:
        """Live bounds."""
        (target,) = self._scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
        return target["MinCapacity"], target["MaxCapacity"]

    def due(self, name: str = "night") -> dict[str, Any]:
        """A scheduled action of a template that runs in a quarter of an hour."""
        at = self._emulator.clock.now() + timedelta(minutes=15)
        return action(name, Schedule=f"at({at:%Y-%m-%dT%H:%M:%S})")

    def pass_time(self) -> None:
        """Let the time of the action pass, and auto scaling look."""
        self._emulator.clock.jump(920)
        assert eventually(self._emulator, lambda: self.bounds() == (20, 40))


def action(name: str, **members: Any) -> dict[str, Any]:
    """A scheduled action of a template; numbers as text, as templates may have them."""
    bounds = {"MinCapacity": "20", "MaxCapacity": "40"}
    return {
        "ScheduledActionName": name,
        "Schedule": "cron(0 20 * * ? *)",
        "ScalableTargetAction": bounds,
        **members,
    }


def test_scheduled_actions_of_a_template_are_put_and_those_that_leave_it_are_deleted_but_no_others(
    emulator: Emulator,
) -> None:
    stack = ScaledStack(emulator)
    start, end = "2026-12-01T00:00:00Z", "2026-12-31T00:00:00.000Z"
    assert stack.deploy(action("day"), action("night", StartTime=start, EndTime=end)) == "CREATE_COMPLETE"
    emulator.client("application-autoscaling").put_scheduled_action(
        ServiceNamespace="dynamodb",
        ResourceId="table/table",
        ScalableDimension=WRITES,
        ScheduledActionName="by hand",
        Schedule="rate(1 day)",
        ScalableTargetAction={"MinCapacity": 60},
    )

    assert stack.names() == ["by hand", "day", "night"]
    assert stack.deploy(action("day")) == "UPDATE_COMPLETE"
    assert stack.names() == ["by hand", "day"]


def test_scheduled_action_of_a_template_runs(emulator: Emulator) -> None:
    stack = ScaledStack(emulator)
    stack.deploy(stack.due())
    stack.pass_time()

    assert eventually(emulator, lambda: writes(emulator) == 40)


def test_scheduled_actions_when_an_update_fails_are_those_of_before(emulator: Emulator) -> None:
    stack = ScaledStack(emulator)
    stack.deploy(action("day"))

    assert stack.deploy(action("night"), failing=True) == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.names() == ["day"]


def test_scheduled_action_that_is_wrong_fails_the_update(emulator: Emulator) -> None:
    stack = ScaledStack(emulator)
    stack.deploy(action("day"))

    assert stack.deploy(action("day"), action("night", Schedule="30 3 * * *")) == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.names() == ["day"]


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize(("reading", "bounds"), [("", (50, 200)), ("changed", (20, 40))])
def test_update_of_a_target_whose_bounds_were_moved_sends_them_again_or_not_by_the_reading(
    reading: str, bounds: tuple[int, int]
) -> None:
    with Emulator(speed=60, start=START, settings={RESENT_VARIABLE: reading}) as emulator:
        stack = ScaledStack(emulator)
        night = stack.due()
        stack.deploy(night)
        stack.pass_time()

        assert stack.deploy(night, action("day")) == "UPDATE_COMPLETE"

        assert stack.bounds() == bounds
