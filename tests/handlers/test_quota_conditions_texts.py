"""Quotas of the service, on live states made by hand: each text to the letter, each count at its bound."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.dynamodb.describe_table import LiveTable
from capacity_guard.handlers.live_state import LiveState
from capacity_guard.handlers.quota_conditions import (
    check_decrease_quota,
    check_switch_quota,
    count_decreases,
)
from capacity_guard.handlers.stack_names import StackNames
from tests.handlers.gate_world import NOW, ON_DEMAND, PROVISIONED, STACK_ID, TABLE_NAME, a_plan
from tests.handlers.table_plans import plan_of_table

HOUR = timedelta(hours=1)


def live(plan: GatePlan, table: LiveTable | None = None, **more: Any) -> LiveState:
    return LiveState(plan, NOW, STACK_ID, StackNames(TABLE_NAME, {}), table, **more)


def table(
    units: tuple[int, int] = (100, 200),
    index: tuple[int, int] = (10, 20),
    today: int = 0,
    minutes_ago: float | None = None,
    index_today: int = 0,
) -> LiveTable:
    def described(values: tuple[int, int], decreases: int) -> dict[str, Any]:
        throughput = {
            "ReadCapacityUnits": values[0],
            "WriteCapacityUnits": values[1],
            "NumberOfDecreasesToday": decreases,
        }
        if minutes_ago is not None:
            throughput["LastDecreaseDateTime"] = NOW - timedelta(minutes=minutes_ago)  # type: ignore[assignment]
        return {"ProvisionedThroughput": throughput}

    return LiveTable.of(
        {
            "TableName": TABLE_NAME,
            **described(units, today),
            "GlobalSecondaryIndexes": [{"IndexName": "by_agent", **described(index, index_today)}],
        }
    )


def fixed(read: int = 100, write: Any = 200, index_read: int = 10, index_write: Any = 20) -> Capacity:
    return Capacity.provisioned(
        read=read, write=write, indexes={"by_agent": Provisioned(read=index_read, write=index_write)}
    )


@pytest.mark.parametrize("spent", [3, 4, 5])
@pytest.mark.parametrize(
    ("declared", "template", "which"),
    [
        (ON_DEMAND, PROVISIONED, "this change"),
        (PROVISIONED, ON_DEMAND, "the way back"),
        (fixed(), PROVISIONED, None),
        (ON_DEMAND, ON_DEMAND, None),
    ],
)
def test_switches_are_counted_up_to_four(
    spent: int, declared: Capacity, template: Capacity, which: str | None
) -> None:
    switches = tuple(NOW - hours * HOUR for hours in (23, 20, 15, 10, 5)[-spent:])
    plan = a_plan(declared, template)
    expected = []
    if which is not None and spent >= 4:
        expected = [
            f"{spent} of 4 switches to on-demand in 24 hours are spent and {which} needs one: "
            "the next is free at 2026-07-09 20:00 UTC"
        ]
    assert list(check_switch_quota(live(plan, switches=switches))) == expected
    assert list(check_switch_quota(live(plan))) == []


def decreases(declared: Capacity, template: Capacity, units: tuple[int, int] = (100, 200)) -> tuple[int, int]:
    return count_decreases(live(plan_of_table(declared, template), table(units)), "table")


@pytest.mark.parametrize(
    ("declared", "template", "units", "expected"),
    [
        (fixed(99), fixed(), (100, 200), (1, 0)),
        (fixed(100, 199), fixed(), (100, 200), (1, 0)),
        (fixed(101), fixed(), (100, 200), (0, 1)),
        (fixed(100, 201), fixed(), (100, 200), (0, 1)),
        (fixed(99, 201), fixed(), (100, 200), (1, 1)),
        (fixed(), fixed(), (100, 200), (0, 0)),
        # auto scaling has moved the units; new bounds move them back
        (fixed(100, AutoScaling(50, 150)), fixed(), (100, 200), (1, 0)),
        (fixed(100, AutoScaling(50, 250, seed=200)), fixed(), (100, 200), (0, 0)),
        (fixed(100, AutoScaling(250, 300)), fixed(), (100, 200), (0, 1)),
        (fixed(100, AutoScaling(50, 250)), fixed(100, AutoScaling(50, 150)), (100, 150), (0, 0)),
        (fixed(100, AutoScaling(180, 250)), fixed(100, AutoScaling(50, 150)), (100, 150), (0, 1)),
        (ON_DEMAND, fixed(), (100, 200), (0, 0)),
        (fixed(), ON_DEMAND, (0, 0), (0, 1)),
        (ON_DEMAND, ON_DEMAND, (0, 0), (0, 0)),
    ],
)
def test_decreases_are_counted_forward_and_back(
    declared: Capacity, template: Capacity, units: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert decreases(declared, template, units) == expected


def test_decreases_of_an_index_are_its_own() -> None:
    lower_index = fixed(index_write=19)
    state = live(plan_of_table(lower_index, fixed()), table())
    assert count_decreases(state, "table") == (0, 0)
    assert count_decreases(state, "index/by_agent") == (1, 0)
    to_provisioned = live(plan_of_table(fixed(), ON_DEMAND), table((0, 0), (0, 0)))
    assert count_decreases(to_provisioned, "index/by_agent") == (0, 0)
    without = Capacity.provisioned(read=100, write=200)
    for declared, template in ((without, fixed()), (fixed(), without)):
        assert count_decreases(live(plan_of_table(declared, template), table()), "index/by_agent") == (0, 0)
    only_on_demand = Capacity.on_demand(indexes={"by_agent": OnDemand()})
    assert count_decreases(live(plan_of_table(only_on_demand, fixed()), table()), "index/by_agent") == (0, 0)


def said(declared: Capacity, template: Capacity, **of_table: Any) -> list[str]:
    return list(check_decrease_quota(live(plan_of_table(declared, template), table(**of_table))))


LOWER, BOTH, BACK = fixed(99), fixed(99, 201), fixed(101)
MIDNIGHT = "2026-07-10 00:00 UTC"


@pytest.mark.parametrize(
    ("declared", "today", "minutes_ago", "needs", "possible"),
    [
        (LOWER, 3, 1, None, None),
        (LOWER, 4, 60, None, None),
        (LOWER, 4, 61, None, None),
        (LOWER, 4, 59, "the change needs 1", "2026-07-09 16:01 UTC"),
        (LOWER, 4, None, None, None),
        (LOWER, 26, 90, None, None),
        (LOWER, 26, 30, "the change needs 1", "2026-07-09 16:30 UTC"),
        (LOWER, 27, 90, "the change needs 1", MIDNIGHT),
        (BACK, 4, 30, "the way back needs 1", "2026-07-09 16:30 UTC"),
        (BACK, 3, 30, None, None),
        (BOTH, 2, 30, None, None),
        (BOTH, 3, 30, "the change and the way back need 2", MIDNIGHT),
        (BOTH, 4, 300, "the change and the way back need 2", MIDNIGHT),
        (fixed(), 27, 1, None, None),
        # of the day before
        (LOWER, 27, 17 * 60, None, None),
    ],
)
def test_decreases_are_four_at_once_then_one_an_hour_up_to_27_a_day(
    declared: Capacity, today: int, minutes_ago: float | None, needs: str | None, possible: str | None
) -> None:
    expected = (
        []
        if needs is None
        else [
            f"table: {today} decreases of provisioned throughput today (4, then one an hour) and {needs}: "
            f"possible at {possible}"
        ]
    )
    assert said(declared, fixed(), today=today, minutes_ago=minutes_ago) == expected


def test_hour_that_ends_after_midnight_is_midnight() -> None:
    late = NOW.replace(hour=23, minute=40)
    state = live(plan_of_table(LOWER, fixed()), table(today=4, minutes_ago=-450))
    assert state.table is not None
    (text,) = check_decrease_quota(replace(state, at=late))
    assert text.endswith(f"possible at {MIDNIGHT}")


def test_index_has_a_quota_of_its_own() -> None:
    lower_both = fixed(99, index_read=9)
    assert said(lower_both, fixed(), index_today=4, minutes_ago=30) == [
        "index by_agent: 4 decreases of provisioned throughput today (4, then one an hour) and the change needs 1: "
        "possible at 2026-07-09 16:30 UTC"
    ]
    assert list(check_decrease_quota(live(plan_of_table(LOWER, fixed())))) == []
