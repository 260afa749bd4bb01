"""Reads of the live table and its auto scaling."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import (
    AutoScaling,
)
from capacity_guard.capacity.capacity import BillingMode
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.dynamodb.live_scaling import LiveScaling
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.live_table import read_scaling, read_scaling_targets, read_table
from tests.handlers.gate_world import (
    INDEX,
    ON_DEMAND,
    PROVISIONED,
    TABLE_NAME,
    a_plan,
    an_aws,
    register_scaling,
)


def test_table_when_read_has_its_mode_and_its_indexes() -> None:
    aws = an_aws(a_plan())
    table = read_table(GateAws(aws.clients()), TABLE_NAME)
    assert table.mode is BillingMode.PROVISIONED
    assert list(table.resources) == ["table", INDEX]


def test_scaling_when_read_has_bounds_and_targets_by_dimension() -> None:
    fake = an_aws(a_plan())
    aws = GateAws(fake.clients())
    table = read_table(aws, TABLE_NAME)
    fake.policies = [policy for policy in fake.policies if policy["ResourceId"] == f"table/{TABLE_NAME}"]
    assert read_scaling(aws, table).scaling == {
        Dimension(None, "write"): LiveScaling(6_400, 10_000, 70),
        Dimension("by_agent", "write"): LiveScaling(4_800, 8_000, None),
    }


def test_scaling_when_the_table_is_on_demand_is_empty_although_targets_remain() -> None:
    fake = an_aws(a_plan(PROVISIONED, ON_DEMAND))
    register_scaling(fake, INDEX, "write", AutoScaling(1, 40_000, 70))
    aws = GateAws(fake.clients())
    table = read_table(aws, TABLE_NAME)
    assert read_scaling(aws, table).scaling == {}
    targets = read_scaling_targets(aws, table)
    assert list(targets) == [Dimension("by_agent", "write")]
    assert targets[Dimension("by_agent", "write")]["MaxCapacity"] == 40_000


@pytest.mark.parametrize(
    ("state", "suspended"),
    [
        (None, False),
        ({}, False),
        ({"DynamicScalingInSuspended": True}, True),
        ({"DynamicScalingOutSuspended": True}, True),
        ({"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False}, False),
        ({"ScheduledScalingSuspended": True}, False),
    ],
)
def test_scaling_is_suspended_if_it_is_in_one_direction(
    state: dict[str, bool] | None, suspended: bool
) -> None:
    fake = an_aws(a_plan())
    for target in fake.targets:
        if state is not None and "/index/" not in target["ResourceId"]:
            target["SuspendedState"] = state
    aws = GateAws(fake.clients())
    found = read_scaling(aws, read_table(aws, TABLE_NAME)).scaling
    assert found is not None
    assert found[Dimension(None, "write")].suspended is suspended
    assert found[Dimension("by_agent", "write")].suspended is False
