"""A table in a running emulator whose write units Application Auto Scaling holds."""

from __future__ import annotations

from capacity_guard.rehearsal.emulator import Emulator

WRITES = "dynamodb:table:WriteCapacityUnits"


def create_table(emulator: Emulator) -> None:
    """Create the table ``table`` with 10 read and 100 write units."""
    emulator.client("dynamodb").create_table(
        TableName="table",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 100},
    )


def register(emulator: Emulator, minimum: int, maximum: int) -> None:
    """Register the writes of ``table`` as a scalable target."""
    emulator.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId="table/table",
        ScalableDimension=WRITES,
        MinCapacity=minimum,
        MaxCapacity=maximum,
    )


def writes(emulator: Emulator) -> int:
    """Provisioned write units of ``table``."""
    described = emulator.client("dynamodb").describe_table(TableName="table")["Table"]
    units: int = described["ProvisionedThroughput"]["WriteCapacityUnits"]
    return units


def follow(emulator: Emulator) -> None:
    """Let auto scaling hold the writes of the table at half of what is provisioned."""
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
