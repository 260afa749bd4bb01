"""Switches to on-demand in the hours of the quota, from stack events and DescribeTable."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.live_table import read_table
from capacity_guard.handlers.switch_history import read_switches
from tests.handlers.gate_world import (
    NOW,
    ON_DEMAND,
    STACK_ID,
    TABLE_NAME,
    a_plan,
    a_table_event,
    add_table_events,
    an_aws,
    refused_preflight,
    run_preflight,
)

OD, PROV = "PAY_PER_REQUEST", None


@pytest.mark.parametrize(
    ("modes", "last_hours_ago", "spent"),
    [
        ([], None, 0),
        ([(26, OD), (25, PROV)], 26, 0),
        ([(26, OD), (23, PROV), (22, OD)], 21.9, 1),
        ([(20, OD), (20, OD), (19, OD)], 19.9, 1),  # several events of one switch, and an unrelated update
        ([(20, OD), (19, PROV), (18, OD), (17, PROV), (16, OD)], 15.9, 3),
        ([(20, OD), (19, PROV), (18, OD), (17, PROV)], 2, 3),  # the last one was made by hand
        ([(20, OD), (19, PROV), (18, OD), (17, PROV), (16, OD), (15, PROV), (2, OD)], 1.9, 4),
        ([(20, OD), (19, PROV), (18, OD), (17, PROV), (16, OD), (15, PROV)], 2, 4),
    ],
)
def test_switch_quota_when_counted_leaves_room_below_four(
    monkeypatch: pytest.MonkeyPatch,
    modes: list[tuple[float, str | None]],
    last_hours_ago: float | None,
    spent: int,
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    add_table_events(aws, *modes)
    aws.last_switch = None if last_hours_ago is None else NOW - timedelta(hours=last_hours_ago)
    aws.page = 2
    if spent < 4:
        run_preflight(monkeypatch, plan, aws)
    else:
        assert "4 of 4 switches" in refused_preflight(monkeypatch, plan, aws)


def test_switch_quota_when_events_cannot_be_parsed_skips_them(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.events.append({**a_table_event(aws, NOW - timedelta(hours=1), OD), "ResourceProperties": "{cut"})
    aws.events.append({**a_table_event(aws, NOW - timedelta(hours=1), OD), "LogicalResourceId": "Orders"})
    run_preflight(monkeypatch, plan, aws)


def test_switches_when_read_are_the_starts_of_the_switches_and_one_made_by_hand() -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    add_table_events(aws, (20, OD), (19, PROV), (18, OD), (17, PROV))
    aws.last_switch = NOW - timedelta(hours=2)
    table = read_table(GateAws(aws.clients()), TABLE_NAME)
    switches = read_switches(GateAws(aws.clients()), plan, table, STACK_ID, NOW)
    assert switches == [NOW - timedelta(hours=hours) for hours in (20, 18, 2)]
    assert len(read_switches(GateAws(aws.clients()), plan, None, STACK_ID, NOW)) == 2


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        ("UPDATE_IN_PROGRESS", True),
        ("UPDATE_ROLLBACK_IN_PROGRESS", True),
        ("CREATE_IN_PROGRESS", True),
        ("DELETE_IN_PROGRESS", False),
        ("UPDATE_COMPLETE", False),
        ("UPDATE_FAILED", False),
    ],
)
def test_switch_is_counted_by_an_event_that_sends_the_mode(status: str, counts: bool) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    add_table_events(aws, (20, PROV))
    aws.events.append(a_table_event(aws, NOW - timedelta(hours=19), "PROVISIONED"))
    aws.events.append(a_table_event(aws, NOW - timedelta(hours=18), OD, status))
    switches = read_switches(GateAws(aws.clients()), plan, None, STACK_ID, NOW)
    assert switches == ([NOW - timedelta(hours=18)] if counts else [])


@pytest.mark.parametrize(("minutes", "same"), [(-2, False), (-1, True), (0, True), (60, True), (61, False)])
def test_switch_of_the_table_is_that_of_an_event_within_an_hour(minutes: float, same: bool) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    add_table_events(aws, (20, OD), (19, PROV), (18, OD))
    aws.last_switch = NOW - timedelta(hours=18) + timedelta(minutes=minutes)
    live = read_table(GateAws(aws.clients()), TABLE_NAME)
    found = read_switches(GateAws(aws.clients()), plan, live, STACK_ID, NOW)
    assert NOW - timedelta(hours=18) in found
    assert (aws.last_switch in found) is (not same or minutes == 0)


@pytest.mark.parametrize(("hours", "counts"), [(23.9, True), (24, True), (24.1, False)])
def test_switch_is_counted_for_24_hours(hours: float, counts: bool) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.events.clear()
    add_table_events(aws, (30, PROV), (29, OD), (28, PROV), (hours, OD))
    at = NOW - timedelta(hours=hours)
    assert read_switches(GateAws(aws.clients()), plan, None, STACK_ID, NOW) == ([at] if counts else [])
    aws.last_switch = at
    live = read_table(GateAws(aws.clients()), TABLE_NAME)
    assert read_switches(GateAws(aws.clients()), plan, live, STACK_ID, NOW) == ([at] if counts else [])
