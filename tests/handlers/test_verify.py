"""The comparison of a live table with a capacity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from capacity_guard.capacity import AutoScaling, Capacity, Provisioned
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.live_table import read_scaling, read_table
from capacity_guard.handlers.verify import find_differences, find_inactive
from tests.fakes.gate_aws import FakeAws
from tests.handlers.gate_world import (
    INDEX,
    ON_DEMAND,
    PROVISIONED,
    TABLE_NAME,
    a_plan,
    an_aws,
)


def differences_from(expected: Capacity, aws: FakeAws, **options: Any) -> list[str]:
    calls = GateAws(aws.clients())
    table = read_table(calls, TABLE_NAME)
    return find_differences(expected, read_scaling(calls, table), **options)


def test_differences_when_the_table_has_the_capacity_are_none() -> None:
    assert differences_from(PROVISIONED, an_aws(a_plan()), scaled_units=True) == []
    assert differences_from(ON_DEMAND, an_aws(a_plan(), ON_DEMAND), scaled_units=True) == []


def test_differences_when_the_mode_differs_are_the_mode_alone() -> None:
    assert differences_from(ON_DEMAND, an_aws(a_plan()), scaled_units=True) == [
        "billing mode is PROVISIONED, not PAY_PER_REQUEST"
    ]


def test_differences_when_scaled_units_left_their_bounds_count_only_if_the_caller_asks() -> None:
    aws = an_aws(a_plan())
    aws.resources[INDEX].units["write"] = 8_001
    expected = ["by_agent, write: provisioned 8,001, outside 4,800 to 8,000"]
    assert differences_from(PROVISIONED, aws, scaled_units=True) == expected
    assert differences_from(PROVISIONED, aws, scaled_units=False) == []
    ignored = {Dimension("by_agent", "write")}
    assert differences_from(PROVISIONED, aws, scaled_units=True, ignored=ignored) == []


def test_inactive_when_an_index_is_updating_names_it() -> None:
    aws = an_aws(a_plan())
    aws.resources[INDEX].status = "UPDATING"
    table = read_table(GateAws(aws.clients()), TABLE_NAME)
    assert find_inactive(table) == ["index by_agent is UPDATING"]


WRITE = Dimension(None, "write")
NIGHT = ScheduledAction(WRITE, "night", "cron(0 20 * * ? *)", minimum=20, maximum=40)
DAY = ScheduledAction(WRITE, "day", "cron(0 7 * * ? *)", minimum=6_400)
AT_NIGHT = Capacity.provisioned(
    read=4_000,
    write=AutoScaling(20, 40, 70),
    indexes={"by_agent": Provisioned(read=2_000, write=AutoScaling(4_800, 8_000, 70))},
)


def test_bounds_that_a_scheduled_action_sets_are_no_difference() -> None:
    aws = an_aws(a_plan(), AT_NIGHT)
    assert differences_from(PROVISIONED, aws, scaled_units=True) == [
        "table, write: scales 20 to 40, not 6,400 to 10,000",
        "table, write: provisioned 20, outside 6,400 to 10,000",
    ]
    assert differences_from(PROVISIONED, aws, scaled_units=True, schedules=[DAY, NIGHT]) == []
    # an action of another dimension says nothing about this one
    other = replace(NIGHT, dimension=Dimension("by_agent", "write"))
    assert len(differences_from(PROVISIONED, aws, scaled_units=True, schedules=[other])) == 2


def test_bounds_that_no_scheduled_action_sets_are_a_difference() -> None:
    aws = an_aws(a_plan(), replace(AT_NIGHT, table=Provisioned(4_000, AutoScaling(21, 40, 70))))
    assert differences_from(PROVISIONED, aws, scaled_units=False, schedules=[DAY, NIGHT]) == [
        "table, write: scales 21 to 40, not 6,400 to 10,000"
    ]


def test_what_the_change_leaves_alone_may_be_as_it_was_before() -> None:
    aws = an_aws(a_plan(), AT_NIGHT)
    options = {"scaled_units": True, "before": AT_NIGHT}
    assert differences_from(PROVISIONED, aws, unchanged={WRITE}, **options) == []
    assert len(differences_from(PROVISIONED, aws, unchanged=(), **options)) == 2
    on_demand = {"scaled_units": True, "before": ON_DEMAND, "unchanged": {WRITE}}
    assert len(differences_from(PROVISIONED, aws, **on_demand)) == 2


def test_units_of_a_target_without_policy_are_those_that_a_scheduled_action_sets() -> None:
    fixed = replace(PROVISIONED, table=Provisioned(4_000, 6_400))
    aws = an_aws(a_plan(), AT_NIGHT)
    aws.policies = [policy for policy in aws.policies if "/index/" in policy["ResourceId"]]
    assert differences_from(fixed, aws, scaled_units=True, schedules=[NIGHT]) == []
    aws.resources["table"].units["write"] = 30
    assert differences_from(fixed, aws, scaled_units=True, schedules=[NIGHT]) == [
        "table, write: provisioned 30, as no scheduled action sets it"
    ]


def test_inactive_when_a_vector_index_is_created_names_it() -> None:
    aws = an_aws(a_plan(), ON_DEMAND)
    aws.table.more = {"VectorIndexes": [{"IndexName": "by_meaning", "IndexStatus": "CREATING"}]}
    table = read_table(GateAws(aws.clients()), TABLE_NAME)
    assert find_inactive(table) == ["vector index by_meaning is CREATING"]
