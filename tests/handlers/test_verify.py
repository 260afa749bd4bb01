"""The comparison of a live table with a capacity."""

from __future__ import annotations

from typing import Any

from capacity_guard.capacity import (
    Capacity,
)
from capacity_guard.capacity.dimension import Dimension
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
    return find_differences(expected, table, read_scaling(calls, table), **options)


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
