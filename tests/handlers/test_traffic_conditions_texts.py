"""Conditions on the live traffic and on what CloudFormation sends: texts to the letter, and the bounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, Dimension, Margins, Provisioned, Rollout, Units
from capacity_guard.capacity.evidence import DimensionEvidence, Evidence, Peak
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.capacity.structure import TableKind
from capacity_guard.dynamodb.describe_table import LiveTable
from capacity_guard.dynamodb.live_scaling import LiveScaling
from capacity_guard.handlers.cloudformation_conditions import (
    check_nothing_new,
    check_scaling_targets,
    check_sent_units,
    check_way_back,
)
from capacity_guard.handlers.live_state import LiveState
from capacity_guard.handlers.live_traffic import LiveTraffic
from capacity_guard.handlers.stack_names import StackNames
from capacity_guard.handlers.traffic_conditions import check_live_peak, check_rise, check_throttling
from tests.handlers.gate_world import NOW, ON_DEMAND, STACK_ID, TABLE_NAME, a_plan
from tests.handlers.table_plans import plan_of_table

READ, WRITE = Dimension(None, "read"), Dimension(None, "write")
INDEX_READ, INDEX_WRITE = Dimension("by_agent", "read"), Dimension("by_agent", "write")
DIMENSIONS = (READ, WRITE, INDEX_READ, INDEX_WRITE)
RECENT = NOW.replace(second=0) - timedelta(minutes=5)


def fixed(read: int = 100, write: Any = 200, index_read: int = 10, index_write: Any = 20) -> Capacity:
    return Capacity.provisioned(
        read=read, write=write, indexes={"by_agent": Provisioned(read=index_read, write=index_write)}
    )


def table(read: int = 100, write: int = 200, index: tuple[int, int] = (10, 20), **more: Any) -> LiveTable:
    def units(first: int, second: int) -> dict[str, Any]:
        return {"ProvisionedThroughput": {"ReadCapacityUnits": first, "WriteCapacityUnits": second}}

    indexes = [{"IndexName": "by_agent", **units(*index)}]
    return LiveTable.of(
        {"TableName": TABLE_NAME, **units(read, write), "GlobalSecondaryIndexes": indexes, **more}
    )


Minutes = dict[datetime, float]


def traffic(
    consumed: dict[Dimension, Minutes], throttled: dict[Dimension, Minutes] | None = None
) -> LiveTraffic:
    return LiveTraffic(NOW, consumed, {one: (throttled or {}).get(one, {}) for one in DIMENSIONS})


def flowing(**units: float) -> LiveTraffic:
    """Units per second of the last minutes, by name of the dimension."""
    named = {"read": READ, "write": WRITE, "index_read": INDEX_READ, "index_write": INDEX_WRITE}
    return traffic({named[name]: {RECENT: value * 60} for name, value in units.items()})


def live(
    plan: GatePlan,
    of: LiveTable | None = None,
    moving: LiveTraffic | None = None,
    scaling: dict[Dimension, LiveScaling] | None = None,
    **more: Any,
) -> LiveState:
    scaled = replace(of or table(), scaling=scaling)
    return LiveState(plan, NOW, STACK_ID, StackNames(TABLE_NAME, {}), scaled, traffic=moving, **more)


def recorded(rise: float = 0, peaks: dict[Dimension, float] | None = None, noise: float = 0) -> Evidence:
    known = dict.fromkeys(DIMENSIONS, 50.0) if peaks is None else peaks
    dimensions = {}
    for dimension, units in known.items():
        peak = Peak(units, NOW)
        dimensions[dimension] = DimensionEvidence(peak, (peak,) * 168, (rise,) * 168, noise)
    return Evidence(NOW - timedelta(days=14), NOW, 10, dimensions)


def test_traffic_and_rise_are_carried_while_the_mode_switches() -> None:
    plan = a_plan(ON_DEMAND, fixed(), evidence=recorded(rise=20))
    assert list(check_rise(live(plan, moving=flowing(read=80, write=180)))) == []
    assert list(check_rise(live(plan, moving=flowing(read=81, index_write=0.5)))) == [
        "table, read: 100 provisioned, and frozen while the mode switches; live traffic 81 and the rise recorded for this "
        "hour of the week (20) lead to 101: deploy a higher floor first, or choose a quieter hour",
        "by_agent, write: 20 provisioned, and frozen while the mode switches; live traffic 0.5 and the rise recorded for "
        "this hour of the week (20) lead to 20.5: deploy a higher floor first, or choose a quieter hour",
    ]
    without_rise = replace(plan, evidence=recorded(peaks={}))
    assert list(check_rise(live(without_rise, moving=flowing(read=100)))) == []
    assert len(list(check_rise(live(without_rise, moving=flowing(read=100.1))))) == 1
    assert list(check_rise(live(plan))) == []
    assert list(check_rise(replace(live(plan, moving=flowing(read=900)), table=None))) == []
    stays = a_plan(fixed(101), fixed(), evidence=recorded(rise=20))
    assert list(check_rise(live(stays, moving=flowing(read=900)))) == []


def test_rise_is_that_of_the_hour_of_the_week() -> None:
    known = recorded(rise=0)
    hour = 3 * 24 + 16  # Thursday, 16:00
    rises = tuple(60.0 if number == hour else 0.0 for number in range(168))
    dimensions = {one: replace(evidence, rise=rises) for one, evidence in known.dimensions.items()}
    plan = a_plan(ON_DEMAND, fixed(), evidence=replace(known, dimensions=dimensions))
    state = live(plan, moving=flowing(read=50))
    assert len(list(check_rise(state))) == 1
    assert list(check_rise(replace(state, at=NOW - timedelta(hours=1)))) == []
    assert list(check_rise(replace(state, at=NOW + timedelta(hours=1)))) == []


def test_live_peak_is_not_far_above_the_recorded_one() -> None:
    plan = a_plan(ON_DEMAND, fixed(), evidence=recorded(), margins=Margins(live_peak=1.5))
    quiet = {"write": 1.0, "index_read": 1.0, "index_write": 1.0}
    assert list(check_live_peak(live(plan, moving=flowing(read=75, **quiet)))) == []
    assert list(check_live_peak(live(plan, moving=flowing(read=75.5, **quiet)))) == [
        "table, read: live peak 75.5 a second in the last 3 hours, more than 1.5 x the recorded 50: record the baseline again"
    ]
    small = replace(plan, evidence=recorded(peaks={READ: 2}))
    assert list(check_live_peak(live(small, moving=flowing(read=12)))) == []
    assert list(check_live_peak(live(small, moving=flowing(read=12.1)))) != []
    new = replace(plan, evidence=recorded(peaks={}))
    assert list(check_live_peak(live(new, moving=flowing(read=10)))) == []
    assert list(check_live_peak(live(new, moving=flowing(read=11)))) == [
        "table, read: live peak 11 a second in the last 3 hours, more than 1.5 x the recorded 0: record the baseline again"
    ]
    assert list(check_live_peak(live(plan))) == []
    assert list(check_live_peak(replace(live(plan, moving=flowing(read=900)), table=None))) == []


def test_live_peak_is_the_busiest_minute_of_all() -> None:
    plan = a_plan(ON_DEMAND, fixed(), evidence=recorded(peaks={READ: 50}))
    early = traffic({READ: {RECENT: 60.0, RECENT - timedelta(hours=2): 9_000.0}})
    assert len(list(check_live_peak(live(plan, moving=early)))) == 1


def test_dimension_without_consumed_units_is_told_where_it_had_traffic() -> None:
    plan = a_plan(ON_DEMAND, fixed(), evidence=recorded(peaks={READ: 0.1, WRITE: 0}))
    assert list(check_live_peak(live(plan, moving=flowing()))) == [
        "table, read: CloudWatch has no consumed units of the last 3 hours"
    ]


def test_throttling_of_the_last_minutes_is_told_with_its_worst_minute() -> None:
    plan = a_plan(
        ON_DEMAND, fixed(), evidence=recorded(noise=5), rollout=Rollout(alarm_periods=3, alarm_datapoints=2)
    )
    minute = NOW.replace(second=0) - timedelta(minutes=4)
    events = {minute: 16.0, minute - timedelta(minutes=1): 11.0}

    def said(throttled: dict[Dimension, Minutes]) -> list[str]:
        return list(check_throttling(live(plan, moving=traffic({}, throttled))))

    assert said({WRITE: events}) == [
        "table, write: throttling, 16 throttle events in the minute 15:56 UTC, 10 allowed"
    ]
    assert said({INDEX_READ: events}) == [
        "index by_agent, read: throttling, 16 throttle events in the minute 15:56 UTC, 10 allowed"
    ]
    assert said({WRITE: {minute: 16.0}}) == []
    assert said({WRITE: {minute: 10.0, minute - timedelta(minutes=1): 10.0}}) == []
    old = {key - timedelta(hours=1): value for key, value in events.items()}
    assert said({WRITE: old}) == []
    assert list(check_throttling(live(plan))) == []
    state = replace(live(plan, moving=traffic({}, {WRITE: events})), table=None)
    assert list(check_throttling(state)) == []


def test_units_that_the_change_sends_carry_the_traffic() -> None:
    plan = plan_of_table(fixed(90, 300), fixed())
    assert list(check_sent_units(live(plan, moving=flowing(read=90, write=300)))) == []
    assert list(check_sent_units(live(plan, moving=flowing(read=90.5, write=301)))) == [
        "table, read: the change sends 90 provisioned units, less than the live traffic of 90.5: declare more, or wait for "
        "a quieter hour",
        "table, write: the change sends 300 provisioned units, less than the live traffic of 301: declare more, or wait for "
        "a quieter hour",
    ]
    assert list(check_sent_units(live(plan, moving=flowing(index_read=900)))) == [], "the change sends none"
    assert list(check_sent_units(live(plan))) == []
    assert list(check_sent_units(replace(live(plan, moving=flowing(read=900)), table=None))) == []


def test_units_that_a_rollback_sends_carry_the_traffic() -> None:
    plan = plan_of_table(fixed(300, 300), fixed())
    end = "deploy a higher floor or seed first"
    assert list(check_way_back(live(plan, moving=flowing(read=100, write=200)))) == []
    assert list(check_way_back(live(plan, moving=flowing(read=100.5, index_write=21)))) == [
        f"table, read: a rollback would re-send 100 units, less than the live traffic of 100: {end}",
        f"by_agent, write: a rollback would re-send 20 units, less than the live traffic of 21: {end}",
    ]
    limited = Capacity.on_demand(maximum=None, indexes={})
    assert (
        list(check_way_back(live(plan_of_table(fixed(), limited), moving=flowing(read=900, index_read=900))))
        == []
    )
    capped = plan_of_table(fixed(), Capacity.on_demand(maximum=Units(read=100), indexes={}))
    assert list(check_way_back(live(capped, moving=flowing(read=101, write=900)))) == [
        f"table, read: a rollback would re-send 100 on-demand maximum, less than the live traffic of 101: {end}"
    ]
    scaled = plan_of_table(ON_DEMAND, fixed(100, AutoScaling(50, 500, 70, seed=150)))
    assert list(check_way_back(live(scaled, moving=flowing(write=151)))) == [
        f"table, write: a rollback would re-send 150 units, less than the live traffic of 151: {end}"
    ]
    assert list(check_way_back(live(plan))) == []
    assert list(check_way_back(replace(live(plan, moving=flowing(read=900)), table=None))) == []


def test_call_that_sends_what_the_live_table_has_is_told() -> None:
    plan = plan_of_table(fixed(300, 400), fixed())
    said = (
        "table: the live table already has the 300 read and 400 write units that the change sends, and DynamoDB refuses "
        'such a call ("The provisioned throughput will not change"): declare one unit more, or go back to the deployed units'
    )
    assert list(check_nothing_new(live(plan, table(300, 400)))) == [said]
    assert list(check_nothing_new(live(plan, table(300, 401)))) == []
    assert list(check_nothing_new(live(plan, table(301, 400)))) == []
    on_demand = table(300, 400, BillingModeSummary={"BillingMode": "PAY_PER_REQUEST"})
    assert list(check_nothing_new(live(plan, on_demand))) == []
    of_index = plan_of_table(fixed(index_read=30, index_write=40), fixed())
    (text,) = check_nothing_new(live(of_index, table(index=(30, 40))))
    assert text.startswith("index by_agent: the live table already has the 30 read and 40 write units")
    other_kind = plan_of_table(fixed(300, 400), fixed(), TableKind.GLOBAL_TABLE)
    assert list(check_nothing_new(live(other_kind, table(300, 400)))) == []
    assert list(check_nothing_new(replace(live(plan, table(300, 400)), table=None))) == []


def test_scaling_target_that_exists_already_is_told_with_the_command() -> None:
    scaled = fixed(100, AutoScaling(50, 500, 70, seed=150), 10, AutoScaling(5, 50, 70, seed=20))
    plan = plan_of_table(scaled, fixed())

    def text(label: str, resource: str, part: str) -> str:
        return (
            f'{label}, write: a scaling target exists that the change would create ("already exists"): remove it with: aws '
            "application-autoscaling deregister-scalable-target --region eu-west-1 --service-namespace dynamodb "
            f"--resource-id {resource} --scalable-dimension dynamodb:{part}:WriteCapacityUnits"
        )

    of_table = text("table", f"table/{TABLE_NAME}", "table")
    of_index = text("by_agent", f"table/{TABLE_NAME}/index/by_agent", "index")
    found = {WRITE: LiveScaling(1, 2, 70)}
    assert list(check_scaling_targets(live(plan))) == []
    assert list(check_scaling_targets(live(plan, scaling=found))) == [of_table]
    assert list(check_scaling_targets(live(plan, leftover_targets=frozenset({INDEX_WRITE, READ})))) == [
        of_index
    ]
    deployed = plan_of_table(scaled, fixed(100, AutoScaling(50, 400, 70, seed=150)))
    assert list(check_scaling_targets(live(deployed, scaling=found))) == []
    without = Capacity.provisioned(read=100, write=200)
    new_index = plan_of_table(scaled, without)
    both = {WRITE: LiveScaling(1, 2, 70), INDEX_WRITE: LiveScaling(1, 2, 70)}
    assert list(check_scaling_targets(live(new_index, scaling=both))) == [of_table, of_index]
    other_kind = plan_of_table(scaled, fixed(), TableKind.GLOBAL_TABLE)
    assert list(check_scaling_targets(live(other_kind, scaling=found))) == []
    assert list(check_scaling_targets(replace(live(plan, scaling=found), table=None))) == []


@pytest.mark.parametrize("minutes_ago", [0, 1, 2])
def test_minutes_that_are_not_complete_yet_do_not_hide_the_traffic(minutes_ago: int) -> None:
    plan = plan_of_table(fixed(90, 300), fixed())
    newest = NOW.replace(second=0) - timedelta(minutes=minutes_ago)
    moving = traffic({READ: {RECENT: 95 * 60.0, newest: 60.0}})
    assert len(list(check_sent_units(live(plan, moving=moving)))) == 1
