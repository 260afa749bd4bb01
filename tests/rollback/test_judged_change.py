"""A change of provisioned units: what throttles for another cause is told, and not taken back."""

from __future__ import annotations

import pytest

from capacity_guard.cloudformation.both_capacities import both_capacities, with_overrides
from capacity_guard.watch.states import Event
from tests.handlers.gate_world import LOWERED, PROVISIONED, TABLE, a_plan, replace_clock, set_capacity

from .watch_world import BAKE, HOUR, WatchWorld


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    """A change that lowered the reads of the table an hour ago."""
    made = WatchWorld()
    replace_clock(monkeypatch, lambda: made.aws.now)
    plan = a_plan(LOWERED)
    resource = {
        "Type": "AWS::DynamoDB::GlobalTable",
        "Properties": _properties(3_000),
    }
    overrides = both_capacities(
        resource, PROVISIONED, LOWERED, condition="IsHeld", region="eu-west-1", location="S"
    )
    resources = made.body["Resources"]
    resources[TABLE] = with_overrides(resource, overrides)
    resources[BAKE]["Properties"] |= {
        "Fingerprint": plan.transition.fingerprint,
        "Plan": plan.of_bake().to_property(),
    }
    made.body["Conditions"]["IsHeld"] = {"Fn::Equals": [{"Ref": "Held"}, plan.transition.fingerprint]}
    set_capacity(made.aws, LOWERED)
    made.carry(made.deployed(HOUR))
    return made


def _properties(reads: int) -> dict[str, object]:
    def writes(low: int, high: int) -> dict[str, object]:
        tracking = {"TargetValue": 70}
        scaling = {"MinCapacity": low, "MaxCapacity": high, "SeedCapacity": low}
        return {
            "WriteCapacityAutoScalingSettings": {
                **scaling,
                "TargetTrackingScalingPolicyConfiguration": tracking,
            }
        }

    index = {"IndexName": "by_agent"}
    return {
        "BillingMode": "PROVISIONED",
        "WriteProvisionedThroughputSettings": writes(6_400, 10_000),
        "GlobalSecondaryIndexes": [{**index, "WriteProvisionedThroughputSettings": writes(4_800, 8_000)}],
        "Replicas": [
            {
                "Region": "eu-west-1",
                "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": reads},
                "GlobalSecondaryIndexes": [
                    {**index, "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 2_000}}
                ],
            }
        ],
    }


def test_reads_that_throttle_for_lack_of_units_are_taken_back(world: WatchWorld) -> None:
    world.throttle(5, 6, key="table", metric="Read")
    world.throttle(5, 6, key="table", metric="ReadProvisionedThroughput")
    world.look(5)
    assert "the capacity of before is restored" in world.topic.subjects


def test_hot_key_is_told_and_nothing_is_taken_back(world: WatchWorld) -> None:
    world.throttle(5, 6, key="table", metric="Read")
    world.throttle(5, 6, key="table", metric="ReadKeyRangeThroughput")
    world.look(3)
    assert world.topic.subjects == ["throttles for another cause"]
    assert "(hot key, account)" in world.topic.sent[0]["Message"]
    assert world.held == "none"
    assert world.journal.entries[-1].event is Event.PAGED


def test_hot_key_beside_a_lack_of_units_is_taken_back(world: WatchWorld) -> None:
    world.throttle(5, 6, key="table", metric="Read")
    world.throttle(5, 6, key="table", metric="ReadKeyRangeThroughput", events=40)
    world.look(5)
    assert "the capacity of before is restored" in world.topic.subjects


def test_index_that_the_change_does_not_touch_is_told(world: WatchWorld) -> None:
    world.throttle(5, 6, key="index/by_agent")
    world.look(2)
    assert world.topic.subjects == ["throttles for another cause"]
    assert "The change does not touch index by_agent." in world.topic.sent[0]["Message"]


def test_another_cause_does_not_keep_a_change_from_settling(world: WatchWorld) -> None:
    world.carry(world.deployed(30 * HOUR))
    world.throttle(5, 6, key="index/by_agent")
    world.look(2)
    assert world.topic.subjects == ["throttles for another cause", "has settled"]
