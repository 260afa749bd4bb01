"""Declared capacity in the template of a GuardedTable."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard import AutoScaling, Capacity, InputError, NewTable, OnDemand, Provisioned, Units
from capacity_guard.cdk.arguments.billing import billing
from tests.builders.guarded import GLOBAL_TABLE, INDEX, WARM, template


def properties_of(capacity: Capacity, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = template(capacity=capacity, baseline=NewTable("t"), **more).only(GLOBAL_TABLE)[
        "Properties"
    ]
    return found


def test_fixed_writes_when_provisioned_become_auto_scaling_that_cannot_move() -> None:
    capacity = Capacity.provisioned(read=10, write=20, indexes={INDEX: Provisioned(read=30, write=40)})
    properties = properties_of(capacity)
    replica = properties["Replicas"][0]
    write = properties["WriteProvisionedThroughputSettings"]["WriteCapacityAutoScalingSettings"]
    index = properties["GlobalSecondaryIndexes"][0]["WriteProvisionedThroughputSettings"]
    assert (write["MinCapacity"], write["MaxCapacity"], write["SeedCapacity"]) == (20, 20, 20)
    assert index["WriteCapacityAutoScalingSettings"]["SeedCapacity"] == 40
    assert replica["ReadProvisionedThroughputSettings"] == {"ReadCapacityUnits": 10}
    assert replica["GlobalSecondaryIndexes"][0]["ReadProvisionedThroughputSettings"] == {
        "ReadCapacityUnits": 30
    }


def test_auto_scaling_when_declared_keeps_minimum_maximum_target_and_seed() -> None:
    scaling = AutoScaling(5, 50, target=60, seed=7)
    capacity = Capacity.provisioned(
        read=scaling, write=scaling, indexes={INDEX: Provisioned(read=scaling, write=scaling)}
    )
    properties = properties_of(capacity)
    replica = properties["Replicas"][0]
    settings = [
        properties["WriteProvisionedThroughputSettings"]["WriteCapacityAutoScalingSettings"],
        replica["ReadProvisionedThroughputSettings"]["ReadCapacityAutoScalingSettings"],
        properties["GlobalSecondaryIndexes"][0]["WriteProvisionedThroughputSettings"][
            "WriteCapacityAutoScalingSettings"
        ],
        replica["GlobalSecondaryIndexes"][0]["ReadProvisionedThroughputSettings"][
            "ReadCapacityAutoScalingSettings"
        ],
    ]
    assert (
        settings
        == [
            {
                "MinCapacity": 5,
                "MaxCapacity": 50,
                "SeedCapacity": 7,
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60},
            }
        ]
        * 4
    )


def test_auto_scaling_when_no_seed_is_declared_states_none() -> None:
    scaling = AutoScaling(5, 50)
    capacity = Capacity.provisioned(
        read=5, write=scaling, indexes={INDEX: Provisioned(read=5, write=scaling)}
    )
    write = properties_of(capacity)["WriteProvisionedThroughputSettings"]["WriteCapacityAutoScalingSettings"]
    assert "SeedCapacity" not in write


def test_on_demand_maxima_when_declared_stand_on_table_and_index() -> None:
    capacity = Capacity.on_demand(
        maximum=Units(read=11, write=12), indexes={INDEX: OnDemand(maximum=Units(read=13, write=14))}
    )
    properties = properties_of(capacity)
    replica, index = properties["Replicas"][0], properties["GlobalSecondaryIndexes"][0]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["WriteOnDemandThroughputSettings"] == {"MaxWriteRequestUnits": 12}
    assert replica["ReadOnDemandThroughputSettings"] == {"MaxReadRequestUnits": 11}
    assert index["WriteOnDemandThroughputSettings"] == {"MaxWriteRequestUnits": 14}
    assert replica["GlobalSecondaryIndexes"][0]["ReadOnDemandThroughputSettings"] == {
        "MaxReadRequestUnits": 13
    }


def test_warm_throughput_when_declared_stands_in_no_template() -> None:
    made = template(capacity=WARM)
    assert "WarmThroughput" not in str(made.only(GLOBAL_TABLE))
    assert made.gates, "it is declared to the gates instead"


@pytest.mark.parametrize("target", [10, 19.9, 90.1, 100])
def test_target_that_table_v2_does_not_take_is_an_input_error(target: float) -> None:
    capacity = Capacity.provisioned(read=5, write=AutoScaling(5, 10, target))
    with pytest.raises(InputError, match=r"AutoScaling\.target: .* is not a number from 20 to 90"):
        billing(capacity)


def test_seed_above_the_maximum_is_refused_in_code() -> None:
    scaling = AutoScaling(1, 2, 70, seed=3)
    with pytest.raises(InputError) as raised:
        billing(Capacity.provisioned(read=5, write=scaling))
    assert (raised.value.location, raised.value.problem) == ("AutoScaling.seed", "3 exceeds the maximum 2")
