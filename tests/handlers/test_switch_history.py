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
