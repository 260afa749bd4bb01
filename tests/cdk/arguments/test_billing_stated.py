"""What a template states of a declared capacity, and the properties that state it."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import AutoScaling, Capacity, OnDemand, Provisioned, Units
from capacity_guard.cdk.arguments.billing import billing, index_properties, stated
from tests.builders.guarded import app


def test_provisioned_capacity_is_stated_with_scaled_writes_and_without_warm_throughput() -> None:
    declared = Capacity.provisioned(
        read=10,
        write=20,
        warm=Units(write=9_000),
        indexes={
            "a": Provisioned(AutoScaling(1, 2), AutoScaling(3, 4, 60, 3), warm=Units(read=9_000)),
            "b": Provisioned(5, 6),
        },
    )
    assert stated(declared) == Capacity.provisioned(
        read=10,
        write=AutoScaling(20, 20, 70, 20),
        indexes={
            "a": Provisioned(AutoScaling(1, 2), AutoScaling(3, 4, 60, 3)),
            "b": Provisioned(5, AutoScaling(6, 6, 70, 6)),
        },
    )


def test_on_demand_capacity_is_stated_with_its_maxima_and_without_warm_throughput() -> None:
    declared = Capacity.on_demand(
        maximum=Units(read=1),
        warm=Units(write=9_000),
        indexes={"a": OnDemand(maximum=Units(write=2), warm=Units(read=9_000)), "b": OnDemand()},
    )
    assert stated(declared) == Capacity.on_demand(
        maximum=Units(read=1), indexes={"a": OnDemand(maximum=Units(write=2)), "b": OnDemand()}
    )


def template_of(capacity: Capacity, indexes: list[dynamodb.GlobalSecondaryIndexPropsV2]) -> dict[str, Any]:
    """The properties of a table with this billing and these indexes."""
    made = app()
    stack = cdk.Stack(made, "S")
    dynamodb.TableV2(
        stack,
        "T",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        billing=billing(capacity),
        global_secondary_indexes=[index_properties(index, capacity) for index in indexes],
    )
    (table,) = made.synth().get_stack_by_name("S").template["Resources"].values()
    properties: dict[str, Any] = table["Properties"]
    return properties


def test_indexes_have_their_keys_projection_and_capacity() -> None:
    key = dynamodb.Attribute(name="agent", type=dynamodb.AttributeType.STRING)
    sort = dynamodb.Attribute(name="at", type=dynamodb.AttributeType.NUMBER)
    include = dynamodb.ProjectionType.INCLUDE
    indexes = [
        dynamodb.GlobalSecondaryIndexPropsV2(index_name="a", partition_key=key),
        dynamodb.GlobalSecondaryIndexPropsV2(
            index_name="b",
            partition_key=key,
            sort_key=sort,
            projection_type=include,
            non_key_attributes=["x", "y"],
        ),
    ]
    capacity = Capacity.on_demand(
        maximum=Units(read=1, write=2),
        indexes={"a": OnDemand(), "b": OnDemand(maximum=Units(read=3, write=4))},
    )
    properties = template_of(capacity, indexes)
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["WriteOnDemandThroughputSettings"] == {"MaxWriteRequestUnits": 2}
    (replica,) = properties["Replicas"]
    assert replica["ReadOnDemandThroughputSettings"] == {"MaxReadRequestUnits": 1}
    assert properties["GlobalSecondaryIndexes"] == [
        {
            "IndexName": "a",
            "KeySchema": [{"AttributeName": "agent", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        },
        {
            "IndexName": "b",
            "KeySchema": [
                {"AttributeName": "agent", "KeyType": "HASH"},
                {"AttributeName": "at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]},
            "WriteOnDemandThroughputSettings": {"MaxWriteRequestUnits": 4},
        },
    ]
    of_b = [index for index in replica["GlobalSecondaryIndexes"] if index["IndexName"] == "b"]
    assert of_b[0]["ReadOnDemandThroughputSettings"] == {"MaxReadRequestUnits": 3}


def test_provisioned_units_are_fixed_for_reads_and_scaled_for_writes() -> None:
    key = dynamodb.Attribute(name="agent", type=dynamodb.AttributeType.STRING)
    capacity = Capacity.provisioned(
        read=10,
        write=20,
        indexes={"a": Provisioned(AutoScaling(1, 2, 60, 1), AutoScaling(3, 4, 50, 3))},
    )
    properties = template_of(
        capacity, [dynamodb.GlobalSecondaryIndexPropsV2(index_name="a", partition_key=key)]
    )
    assert properties["BillingMode"] == "PROVISIONED"

    def scaling(access: str, minimum: int, maximum: int, target: int, seed: int) -> dict[str, Any]:
        return {
            f"{access}CapacityAutoScalingSettings": {
                "MinCapacity": minimum,
                "MaxCapacity": maximum,
                "SeedCapacity": seed,
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": target},
            }
        }

    assert properties["WriteProvisionedThroughputSettings"] == scaling("Write", 20, 20, 70, 20)
    (index,) = properties["GlobalSecondaryIndexes"]
    assert index["WriteProvisionedThroughputSettings"] == scaling("Write", 3, 4, 50, 3)
    (replica,) = properties["Replicas"]
    assert replica["ReadProvisionedThroughputSettings"] == {"ReadCapacityUnits": 10}
    (of_replica,) = replica["GlobalSecondaryIndexes"]
    assert of_replica["ReadProvisionedThroughputSettings"] == scaling("Read", 1, 2, 60, 1)
