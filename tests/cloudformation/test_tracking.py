"""How auto scaling of a table follows its target, read from both resource types."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.cloudformation.branches import in_each_branch
from capacity_guard.cloudformation.tracking import Tracking, read_tracking
from tests.builders.template_tables import GLOBAL_TABLE, PROVISIONED, scaling, template_of

SLOW = {"TargetValue": 70, "ScaleOutCooldown": 900, "ScaleInCooldown": "60", "DisableScaleIn": "true"}


def tracked(template: dict[str, Any]) -> tuple[Tracking, ...]:
    ((_, found),) = in_each_branch(template, lambda read: read_tracking(read, "Orders"), location="S")
    return found


def of_policy(**members: Any) -> tuple[Tracking, ...]:
    resources = scaling({"Fn::Sub": "table/${Orders}"})
    resources["Policy"]["Properties"]["TargetTrackingScalingPolicyConfiguration"] |= members
    return tracked(template_of(PROVISIONED, resources=resources))


def test_policy_of_a_table_without_settings_has_none() -> None:
    assert of_policy() == (Tracking("Policy"),)
    assert tracked(template_of(PROVISIONED)) == ()


def test_settings_of_a_policy_are_read() -> None:
    assert of_policy(**SLOW) == (Tracking("Policy", 900, 60, only_out=True),)
    assert of_policy(DisableScaleIn=False, ScaleOutCooldown=0) == (Tracking("Policy", 0),)


@pytest.mark.parametrize(
    "members",
    [{"ScaleOutCooldown": {"Ref": "Seconds"}}, {"DisableScaleIn": {"Ref": "Flag"}}, {"ScaleInCooldown": "x"}],
)
def test_settings_that_depend_on_a_parameter_are_named_as_unread(members: dict[str, Any]) -> None:
    (found,) = of_policy(**members)
    assert found.unread is not None
    assert next(iter(members)) in found.unread


def test_settings_of_a_global_table_are_read_with_their_place() -> None:
    writes = {
        "WriteProvisionedThroughputSettings": {
            "WriteCapacityAutoScalingSettings": {"TargetTrackingScalingPolicyConfiguration": SLOW}
        }
    }
    reads = {
        "ReadProvisionedThroughputSettings": {
            "ReadCapacityAutoScalingSettings": {
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70}
            }
        }
    }
    replica = {"Region": "eu-west-1", "GlobalSecondaryIndexes": [{"IndexName": "by_agent", **reads}]}
    properties = {
        **writes,
        "GlobalSecondaryIndexes": [{"IndexName": "by_agent", **writes}],
        "Replicas": [replica],
    }
    auto = "WriteProvisionedThroughputSettings.WriteCapacityAutoScalingSettings"
    assert tracked(template_of(properties, GLOBAL_TABLE)) == (
        Tracking(f"Orders.{auto}", 900, 60, only_out=True),
        Tracking(f"Orders.GlobalSecondaryIndexes[by_agent].{auto}", 900, 60, only_out=True),
        Tracking(
            "Orders.Replicas[0].GlobalSecondaryIndexes[by_agent].ReadProvisionedThroughputSettings."
            "ReadCapacityAutoScalingSettings"
        ),
    )
