"""Why a change is not taken back: traffic beyond the capacity of before, no seed, and quotas that are spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned, Units
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.dynamodb.describe_table import LiveTable
from capacity_guard.handlers.live_table import read_table
from capacity_guard.handlers.live_traffic import LiveTraffic
from capacity_guard.rollback.obstacles import best_move, find_obstacles
from tests.handlers.gate_world import (
    LOWERED,
    ON_DEMAND,
    PROVISIONED,
    STACK_ID,
    TABLE,
    TABLE_NAME,
    a_plan,
    set_capacity,
)

from .world import World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MORE_READS = replace(PROVISIONED, table=Provisioned(read=5_000, write=PROVISIONED.table.write))
NO_SEED = Capacity.provisioned(
    read=4_000,
    write=AutoScaling(6_400, 10_000, 70),
    indexes={"by_agent": Provisioned(read=2_000, write=AutoScaling(4_800, 8_000, 70))},
)


def traffic(world: World, units: Mapping[str, float]) -> LiveTraffic:
    at = world.aws.now.replace(second=0) - 4 * MINUTE
    consumed = {
        Dimension(None if key.startswith("table") else "by_agent", key.rpartition("/")[2]): {at: value * 60}  # type: ignore[arg-type]
        for key, value in units.items()
    }
    return LiveTraffic(world.aws.now, consumed, {})


def obstacles(
    declared: Capacity,
    template: Capacity = PROVISIONED,
    *,
    units: Mapping[str, float] | None = None,
    world: World | None = None,
) -> list[str]:
    world = world or World()
    set_capacity(world.aws, declared)
    table: LiveTable = read_table(world.calls().table, TABLE_NAME)
    return find_obstacles(
        world.calls(), a_plan(declared, template), table, traffic(world, units or {}), STACK_ID, world.aws.now
    )


def test_capacity_of_before_that_carries_the_traffic_is_no_obstacle() -> None:
    assert obstacles(ON_DEMAND, units={"table/write": 6_000, "index/by_agent/write": 4_700}) == []
    assert obstacles(LOWERED, units={"table/read": 3_900}) == []


def test_capacity_of_before_that_does_not_carry_the_traffic_is_one() -> None:
    (text,) = obstacles(ON_DEMAND, units={"table/write": 6_500})
    assert text == "table, write: the capacity of before has 6,400 units a second, and live traffic is 6,500"


def test_capacity_of_before_that_is_more_than_there_is_now_is_no_obstacle() -> None:
    assert obstacles(LOWERED, units={"table/read": 9_000}) == []
    lowered = Capacity.on_demand(maximum=Units(write=5_000))
    before = Capacity.on_demand(maximum=Units(write=6_000))
    assert obstacles(lowered, before, units={"table/write": 9_000}) == []
    (text,) = obstacles(Capacity.on_demand(), before, units={"table/write": 9_000})
    assert text == "table, write: the capacity of before has 6,000 units a second, and live traffic is 9,000"


def test_units_that_the_change_leaves_alone_are_no_obstacle() -> None:
    assert obstacles(LOWERED, units={"index/by_agent/read": 2_100}) == []


def test_capacity_of_before_without_a_seed_is_one() -> None:
    assert any("no seed" in text for text in obstacles(ON_DEMAND, NO_SEED))


def test_quota_of_switches_when_it_is_spent_is_one_with_its_time() -> None:
    world = World()
    spent = [
        {
            "StackId": STACK_ID,
            "EventId": f"{hours}",
            "StackName": "S",
            "LogicalResourceId": TABLE,
            "ResourceStatus": "UPDATE_IN_PROGRESS",
            "Timestamp": world.aws.now - hours * HOUR,
            "ResourceProperties": f'{{"BillingMode": "{mode}"}}',
        }
        for hours in range(1, 21, 2)
        for mode in (["PAY_PER_REQUEST"] if hours % 4 == 1 else ["PROVISIONED"])
    ]
    world.events = spent
    found = obstacles(PROVISIONED, ON_DEMAND, world=world)
    assert len(found) == 1
    assert "quota of switches to on-demand is spent: the next is free at 2026-07-10" in found[0]
    world.events = spent[:4]
    assert obstacles(PROVISIONED, ON_DEMAND, world=world) == []


def test_decreases_when_they_are_spent_are_one() -> None:
    world = World()
    set_capacity(world.aws, MORE_READS)
    table = read_table(world.calls().table, TABLE_NAME)
    resource = table.resources["table"]
    spent = replace(resource, decreases=27, last_decrease=world.aws.now - HOUR)
    table = replace(table, resources={**table.resources, "table": spent})
    found = find_obstacles(
        world.calls(), a_plan(MORE_READS), table, traffic(world, {}), STACK_ID, world.aws.now
    )
    assert len(found) == 1
    assert found[0].startswith(
        "table has had its decreases of today: the next is free at 2026-07-10 00:00 UTC"
    )


@pytest.mark.parametrize(
    ("declared", "move"),
    [
        (ON_DEMAND, "raise the warm throughput of index by_agent"),
        (
            Capacity.on_demand(indexes={"by_agent": OnDemand(maximum=Units(write=5))}),
            "lift the on-demand maximum",
        ),
        (LOWERED, "raise the units or the minimum"),
    ],
)
def test_best_move_is_that_of_the_mode(declared: Capacity, move: str) -> None:
    assert best_move(a_plan(declared), "index/by_agent").startswith(move)
