"""Application Auto Scaling in the emulator: targets hold live units, policies follow consumption."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections.target_tracking import LOW_MINUTES, new_units

START = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)
WRITES = "dynamodb:table:WriteCapacityUnits"


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator(speed=60, start=START) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    return with_table(running)


def with_table(running: Emulator) -> Emulator:
    running.reset()
    running.client("dynamodb").create_table(
        TableName="table",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 100},
    )
    return running


def register(emulator: Emulator, minimum: int, maximum: int) -> None:
    emulator.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId="table/table",
        ScalableDimension=WRITES,
        MinCapacity=minimum,
        MaxCapacity=maximum,
    )


def writes(emulator: Emulator) -> int:
    described = emulator.client("dynamodb").describe_table(TableName="table")["Table"]
    units: int = described["ProvisionedThroughput"]["WriteCapacityUnits"]
    return units


def eventually(emulator: Emulator, condition: Callable[[], bool], rehearsal_seconds: float = 600) -> bool:
    end = emulator.clock.seconds() + rehearsal_seconds
    while emulator.clock.seconds() < end:
        if condition():
            return True
        emulator.clock.sleep(5)
    return condition()


@pytest.mark.parametrize(("minimum", "maximum", "expected"), [(300, 400, 300), (1, 40, 40), (50, 200, 100)])
def test_target_when_registered_brings_live_units_between_its_bounds(
    emulator: Emulator, minimum: int, maximum: int, expected: int
) -> None:
    register(emulator, minimum, maximum)
    assert eventually(emulator, lambda: writes(emulator) == expected)


def test_target_when_deregistered_is_gone_and_a_second_time_refused(emulator: Emulator) -> None:
    register(emulator, 100, 200)
    scaling = emulator.client("application-autoscaling")
    target = {"ServiceNamespace": "dynamodb", "ResourceId": "table/table", "ScalableDimension": WRITES}
    scaling.deregister_scalable_target(**target)
    assert scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"] == []
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        scaling.deregister_scalable_target(**target)


def test_policy_when_consumption_stays_above_its_target_raises_units(emulator: Emulator) -> None:
    register(emulator, 100, 1_000)
    emulator.client("application-autoscaling").put_scaling_policy(
        PolicyName="follow",
        ServiceNamespace="dynamodb",
        ResourceId="table/table",
        ScalableDimension=WRITES,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 50.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"},
        },
    )
    metrics = emulator.client("cloudwatch")
    minute = emulator.clock.seconds() // 60 * 60
    metrics.put_metric_data(
        Namespace="AWS/DynamoDB",
        MetricData=[
            {
                "MetricName": "ConsumedWriteCapacityUnits",
                "Dimensions": [{"Name": "TableName", "Value": "table"}],
                "Timestamp": minute + 60 * ahead,
                "Value": 90.0 * 60,
            }
            for ahead in range(-5, 6)
        ],
    )
    assert eventually(emulator, lambda: writes(emulator) == 180)


def test_cloudformation_when_it_owns_target_and_policy_registers_and_removes_them(emulator: Emulator) -> None:
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


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ([60.0, 80.0, 90.0], 180),  # two minutes above 100 x 50 %: the last of them divided by the target
        ([90.0, 40.0, 90.0], None),  # not two running
        ([90.0, None, 90.0], None),  # a gap is no evidence
    ],
)
def test_new_units_when_minutes_are_high_follows_the_last(
    last: list[float | None], expected: int | None
) -> None:
    assert new_units([40.0] * (LOW_MINUTES - 3) + last, 100, 50) == expected


def test_new_units_when_a_quarter_of_an_hour_is_low_lowers_to_its_highest_minute() -> None:
    low: list[float | None] = [10.0] * (LOW_MINUTES - 1) + [20.0]
    assert new_units(low, 100, 50) == 40
    assert new_units(low, 100, 50, scale_in=False) is None
    assert new_units([None, *low[1:]], 100, 50) is None
