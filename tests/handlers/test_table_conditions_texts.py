"""Conditions on the live table, the baseline and the time, on states made by hand: texts to the letter, and the bounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    ChangeWindow,
    Dimension,
    Margins,
    OnDemand,
    Provisioned,
    Rollout,
    Units,
)
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.dynamodb.describe_table import LiveTable
from capacity_guard.dynamodb.live_scaling import LiveScaling
from capacity_guard.handlers.live_state import LiveState
from capacity_guard.handlers.live_traffic import LiveTraffic
from capacity_guard.handlers.stack_names import StackNames
from capacity_guard.handlers.table_conditions import (
    check_baseline_age,
    check_change_window,
    check_equality,
    check_replicas,
    check_status,
    check_vector_indexes,
    check_warm_time,
)
from tests.handlers.gate_world import NOW, STACK_ID, TABLE_NAME, a_plan

WRITE = Dimension(None, "write")
MODE = {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}
FIXED = Capacity.provisioned(read=100, write=200, indexes={"by_agent": Provisioned(10, 20)})
FREE = Capacity.on_demand(indexes={"by_agent": OnDemand()})


def table(index: dict[str, Any] | None = None, **more: Any) -> LiveTable:
    return LiveTable.of(
        {
            "TableName": TABLE_NAME,
            "TableStatus": "ACTIVE",
            "ProvisionedThroughput": {"ReadCapacityUnits": 100, "WriteCapacityUnits": 200},
            "WarmThroughput": {
                "ReadUnitsPerSecond": 12_000,
                "WriteUnitsPerSecond": 4_000,
                "Status": "ACTIVE",
            },
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "by_agent",
                    "IndexStatus": "ACTIVE",
                    "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 20},
                    "WarmThroughput": {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000},
                    **(index or {}),
                }
            ],
            **more,
        }
    )


def live(
    plan: GatePlan | None = None,
    of: LiveTable | None = None,
    scaling: dict[Dimension, LiveScaling] | None = None,
    **more: Any,
) -> LiveState:
    scaled = replace(of or table(), scaling=scaling or {})
    return LiveState(plan or a_plan(FREE, FIXED), NOW, STACK_ID, StackNames(TABLE_NAME, {}), scaled, **more)


RISING = {"WarmThroughput": {"ReadUnitsPerSecond": 1, "WriteUnitsPerSecond": 1, "Status": "UPDATING"}}
WAIT = "not ACTIVE: wait until its change has ended"


def test_table_and_index_are_active() -> None:
    assert list(check_status(live())) == []
    assert list(check_status(replace(live(), table=None))) == []
    assert list(check_status(live(of=table(TableStatus="UPDATING", index={"IndexStatus": "CREATING"})))) == [
        f"table is UPDATING, {WAIT}",
        f"index by_agent is CREATING, {WAIT}",
    ]


def test_raise_that_nobody_declared_is_told_and_a_declared_one_awaited() -> None:
    ended = "is being raised, not ACTIVE: wait until that has ended"
    assert list(check_status(live(of=table(**RISING)))) == [f"warm throughput of table {ended}"]
    assert list(check_status(live(of=table(index=RISING)))) == [f"warm throughput of index by_agent {ended}"]
    warm = Capacity.on_demand(indexes={"by_agent": OnDemand(warm=Units(write=9_000))})
    plan = a_plan(warm, FIXED)
    moving = table(index={**RISING, "IndexStatus": "UPDATING"}, TableStatus="UPDATING")
    assert list(check_status(live(plan, moving))) == []
    both = table(index=RISING, TableStatus="UPDATING", **RISING)
    assert list(check_status(live(plan, both))) == [f"warm throughput of table {ended}"]
    assert list(check_status(live(plan, table(TableStatus="UPDATING")))) == [f"table is UPDATING, {WAIT}"]


def test_time_is_in_the_change_window() -> None:
    def said(window: str | None) -> list[str]:
        rollout = Rollout(change_window=None if window is None else ChangeWindow(window))
        return list(check_change_window(live(a_plan(FREE, FIXED, rollout=rollout))))

    assert said(None) == said("Thu 16-17") == []
    assert said("Thu 17-18") == ["it is Thu 16:00 UTC, outside the change window Thu 17-18 (UTC)"]


def differs(*parts: str, more: int = 0) -> str:
    rest = f" and {more} more" if more else ""
    return f"the live table differs from the baseline: {'; '.join(parts)}{rest}: record the baseline again"


def test_live_table_is_that_of_the_baseline() -> None:
    assert list(check_equality(live())) == []
    assert list(check_equality(replace(live(), table=None))) == []
    assert list(check_equality(replace(live(), table=table()))) == []
    other = table(ProvisionedThroughput={"ReadCapacityUnits": 101, "WriteCapacityUnits": 201})
    texts = ("table, read: provisioned 101, not 100", "table, write: provisioned 201, not 200")
    assert list(check_equality(live(of=other))) == [differs(*texts)]
    index = {"ProvisionedThroughput": {"ReadCapacityUnits": 11, "WriteCapacityUnits": 21}}
    of_both = table(index=index, ProvisionedThroughput={"ReadCapacityUnits": 101, "WriteCapacityUnits": 201})
    four = (*texts, "by_agent, read: provisioned 11, not 10", "by_agent, write: provisioned 21, not 20")
    assert list(check_equality(live(of=of_both))) == [differs(*four)]
    vector = {"VectorIndexes": [{"IndexName": "v", "IndexStatus": "ACTIVE"}]}
    five = table(
        index=index, ProvisionedThroughput={"ReadCapacityUnits": 101, "WriteCapacityUnits": 201}, **vector
    )
    assert list(check_equality(live(of=five))) == [differs(*four, more=1)]


def test_suspended_scaling_is_a_difference() -> None:
    scaled = replace(FIXED, table=Provisioned(100, AutoScaling(50, 500, 70)))
    plan = a_plan(FREE, scaled)
    found = {WRITE: LiveScaling(50, 500, 70.0)}
    assert list(check_equality(live(plan, scaling=found))) == []
    suspended = {WRITE: LiveScaling(50, 500, 70.0, suspended=True)}
    assert list(check_equality(live(plan, scaling=suspended))) == [
        differs("table, write: its auto scaling is suspended")
    ]


@pytest.mark.parametrize(
    ("known", "found", "texts"),
    [
        (("v",), ("v",), ()),
        ((), ("v",), ("vector index v is not expected",)),
        (("v", "w"), ("v",), ("vector index w does not exist",)),
        # an SDK that does not know vector indexes shows none
        (("v",), (), ()),
    ],
)
def test_vector_indexes_are_those_of_the_recording(
    known: tuple[str, ...], found: tuple[str, ...], texts: tuple[str, ...]
) -> None:
    plan = a_plan(FREE, FIXED)
    assert plan.deployed.structure is not None
    structure = replace(plan.deployed.structure, vector_indexes=dict.fromkeys(known, "x"))
    deployed = replace(plan.deployed, structure=structure)
    plan = replace(plan, transition=replace(plan.transition, deployed=deployed))
    of = table(VectorIndexes=[{"IndexName": name, "IndexStatus": "ACTIVE"} for name in found])
    assert list(check_equality(live(plan, of))) == ([differs(*texts)] if texts else [])
    unknown = replace(plan, transition=replace(plan.transition, deployed=replace(deployed, structure=None)))
    assert list(check_equality(live(unknown, of))) == []


def test_units_that_auto_scaling_has_reached_carry_the_traffic() -> None:
    scaled = replace(FIXED, table=Provisioned(100, AutoScaling(50, 500, 70)))
    lower = replace(FIXED, table=Provisioned(100, AutoScaling(40, 500, 70)))
    found = {WRITE: LiveScaling(50, 500, 70.0)}

    def said(declared: Capacity, units: float, dimension: Dimension = WRITE) -> list[str]:
        moving = LiveTraffic(NOW, {dimension: {NOW - timedelta(minutes=5): units * 60}}, {})
        return list(check_equality(live(a_plan(declared, scaled), scaling=found, traffic=moving)))

    assert said(lower, 200) == []
    assert said(lower, 201) == ["table, write: 200 provisioned, less than the live traffic of 201"]
    assert said(FREE, 201) == [], "the condition on the rise asks for more"
    assert said(lower, 900, Dimension(None, "read")) == [], "fixed units are compared themselves"


def test_replicas_in_other_regions_are_told() -> None:
    def said(*regions: str) -> list[str]:
        return list(check_replicas(live(of=table(Replicas=[{"RegionName": name} for name in regions]))))

    assert said() == said("eu-west-1") == []
    assert said("us-east-1", "eu-west-1", "ap-south-1") == [
        "the table has replicas in ap-south-1, us-east-1, which no veto watches and no gate waits for: "
        "change its capacity without the guard"
    ]
    assert list(check_replicas(replace(live(), table=None))) == []


def test_vector_indexes_keep_a_table_on_demand() -> None:
    vectors = {"VectorIndexes": [{"IndexName": "v"}, {"IndexName": "w"}]}
    back = a_plan(FIXED, FREE)
    assert list(check_vector_indexes(live(back, table(**MODE, **vectors)))) == [
        "the table has vector indexes (v, w), which exist in on-demand mode only: delete them first"
    ]
    assert list(check_vector_indexes(live(back, table(**MODE)))) == []
    assert list(check_vector_indexes(live(back, table(**vectors)))) == []
    stays = a_plan(Capacity.on_demand(maximum=Units(read=1), indexes={"by_agent": OnDemand()}), FREE)
    assert list(check_vector_indexes(live(stays, table(**MODE, **vectors)))) == []
    assert list(check_vector_indexes(replace(live(back), table=None))) == []


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(days=14), None),
        (timedelta(days=14, seconds=1), "the baseline is 14.0 days old, 14 are allowed: record it again"),
        (timedelta(days=15, hours=12), "the baseline is 15.5 days old, 14 are allowed: record it again"),
        (timedelta(0), None),
        (timedelta(minutes=-5), None),
        (
            timedelta(minutes=-6),
            "the baseline was recorded 2026-07-09 16:06 UTC, which is still to come, so its age is unknown: record it again",
        ),
    ],
)
def test_age_of_the_baseline_is_that_at_the_deployment(age: timedelta, said: str | None) -> None:
    plan = replace(a_plan(FREE, FIXED), recorded_at=NOW - age)
    assert list(check_baseline_age(live(plan))) == ([] if said is None else [said])
    older = replace(plan, margins=Margins(baseline_oldest_days=30))
    assert list(check_baseline_age(live(older))) == ([said] if said and "to come" in said else [])


def test_raise_that_takes_longer_than_a_gate_is_told_with_its_command() -> None:
    def said(units: int) -> list[str]:
        warm = Capacity.on_demand(warm=Units(write=units), indexes={"by_agent": OnDemand()})
        cold = {"WarmThroughput": {"ReadUnitsPerSecond": 1, "WriteUnitsPerSecond": 1}}
        return list(check_warm_time(live(a_plan(warm, FIXED), table(**cold))))

    assert said(40_000) == []
    (text,) = said(100_000_000)
    assert text.startswith("warm throughput of table, write 1 to 100,000,000 would take about ")
    assert text.endswith(
        " minutes, longer than a gate lasts: raise it beforehand: aws dynamodb update-table --region eu-west-1 "
        f"--table-name {TABLE_NAME} --warm-throughput WriteUnitsPerSecond=100000000"
    )
    assert list(check_warm_time(live())) == []
    assert list(check_warm_time(replace(live(), table=None))) == []
