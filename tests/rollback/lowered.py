"""A stack in which a change that lowered provisioned reads an hour ago is watched."""

from __future__ import annotations

from capacity_guard.cloudformation.both_capacities import both_capacities, with_overrides
from capacity_guard.watch.options import WatchOptions
from tests.handlers.gate_world import LOWERED, PROVISIONED, TABLE, a_plan, set_capacity

from .watch_world import BAKE, HOUR, WatchWorld


def lowered_world(options: WatchOptions | None = None) -> WatchWorld:
    """The stack."""
    made = WatchWorld(options)
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
