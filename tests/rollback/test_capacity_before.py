"""The live table compared with the capacity of before a change, as the gates compare it."""

from __future__ import annotations

from dataclasses import replace

from capacity_guard.capacity import Capacity
from capacity_guard.dynamodb.describe_table import LiveTable
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.live_table import read_scaling, read_table
from capacity_guard.rollback.capacity_before import CapacityBefore
from tests.fakes.gate_aws import FakeAws
from tests.handlers.gate_world import (
    EVENING,
    LOWERED,
    ON_DEMAND,
    PROVISIONED,
    TABLE_NAME,
    a_plan,
    an_aws,
    in_the_evening,
    with_schedules,
)


def live(aws: FakeAws) -> LiveTable:
    calls = GateAws(aws.clients())
    return read_scaling(calls, read_table(calls, TABLE_NAME))


def in_evening() -> LiveTable:
    aws = an_aws(a_plan())
    in_the_evening(aws)
    return live(aws)


def test_bounds_that_a_scheduled_action_sets_are_no_difference() -> None:
    plan = with_schedules(a_plan(ON_DEMAND))
    before = CapacityBefore.of_transition(plan.transition, PROVISIONED)
    assert before.schedules == (EVENING,)
    assert before.differences(in_evening()) == []
    (difference,) = replace(before, schedules=()).differences(in_evening())
    assert difference == "table, write: scales 8,000 to 10,000, not 6,400 to 10,000"


def test_dimension_that_the_change_leaves_alone_may_be_as_it_was_live() -> None:
    aws = an_aws(a_plan())
    aws.resources["table"].units["read"] = 2_999
    by_hand = live(aws).capacity()
    assert isinstance(by_hand, Capacity)
    plan = a_plan(LOWERED, live=by_hand)
    # the change lowers the reads of the table, so CloudFormation sends them again
    changed = CapacityBefore.of_transition(plan.transition, PROVISIONED)
    assert changed.differences(live(aws)) == ["table, read: provisioned 2,999, not 4,000"]
    unchanged = CapacityBefore.of_unchanged(PROVISIONED, (), by_hand)
    assert unchanged.differences(live(aws)) == []
    assert CapacityBefore.of_unchanged(PROVISIONED, (), None).differences(live(aws)) != []


def test_change_that_is_not_known_leaves_the_template_to_compare_with() -> None:
    before = CapacityBefore.of_transition(None, PROVISIONED)
    assert before == CapacityBefore(PROVISIONED)
    assert before.differences(live(an_aws(a_plan()))) == []
    assert before.differences(in_evening()) != []
