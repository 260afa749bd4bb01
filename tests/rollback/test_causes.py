"""Which throttling a change can affect: by the resource that it changes, and by the cause that DynamoDB reports."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned, Units
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.rollback.causes import can_affect, other_causes, read_other_events
from tests.handlers.gate_world import LOWERED, ON_DEMAND, PROVISIONED, TABLE_NAME, a_plan, an_aws

MINUTE = timedelta(minutes=1)
INDEX_LOWERED = Capacity.provisioned(
    read=4_000,
    write=AutoScaling(6_400, 10_000, 70, seed=6_400),
    indexes={"by_agent": Provisioned(read=2_000, write=AutoScaling(3_000, 8_000, 70, seed=4_800))},
)
MAXIMUM = Capacity.on_demand(indexes={"by_agent": OnDemand(maximum=Units(write=100))})


def test_hot_key_is_no_cause_of_a_change_of_provisioned_units() -> None:
    assert other_causes(a_plan(LOWERED)) == ("MaxOnDemandThroughput", "AccountLimit", "KeyRangeThroughput")


def test_hot_key_is_no_cause_of_a_lower_maximum() -> None:
    assert "KeyRangeThroughput" in other_causes(a_plan(MAXIMUM, ON_DEMAND))
    assert "MaxOnDemandThroughput" not in other_causes(a_plan(MAXIMUM, ON_DEMAND))


def test_switch_to_on_demand_may_be_the_cause_of_everything() -> None:
    # Demand beyond the warm throughput has the reason of a hot key.
    assert other_causes(a_plan(ON_DEMAND)) == ()


@pytest.mark.parametrize(
    ("declared", "resource", "affected"),
    [
        (LOWERED, "table", True),
        (LOWERED, "index/by_agent", False),
        (INDEX_LOWERED, "index/by_agent", True),
        (INDEX_LOWERED, "table", True),
        (ON_DEMAND, "index/by_agent", True),
    ],
)
def test_resource_is_affected_where_it_changes_or_an_index_holds_it_up(
    declared: Capacity, resource: str, affected: bool
) -> None:
    assert can_affect(a_plan(declared), resource) is affected


def test_events_of_other_causes_are_added_up_by_minute() -> None:
    plan = a_plan(LOWERED)
    aws = an_aws(plan, PROVISIONED)
    at = aws.now.replace(second=0) - 5 * MINUTE
    aws.put("ReadKeyRangeThroughputThrottleEvents", "table", at, 30)
    aws.put("ReadAccountLimitThrottleEvents", "table", at, 4)
    aws.put("ReadProvisionedThroughputThrottleEvents", "table", at, 500)
    from capacity_guard.handlers.aws import GateAws

    found = read_other_events(GateAws(aws.clients()), plan, TABLE_NAME, "table", at - MINUTE, at + MINUTE)
    assert found[Dimension(None, "read")] == {at: 34}
    calls = len(aws.calls)
    assert read_other_events(GateAws(aws.clients()), a_plan(ON_DEMAND), TABLE_NAME, "table", at, at) == {}
    assert len(aws.calls) == calls
