"""Conditions of Preflight on quotas: switches of the billing mode, decreases of provisioned throughput."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    Provisioned,
)
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.live_state import read_live_state
from capacity_guard.handlers.quota_conditions import count_decreases
from tests.handlers import wrong_states
from tests.handlers.gate_world import (
    INDEX,
    LOWERED,
    NOW,
    ON_DEMAND,
    PROVISIONED,
    RAISED,
    STACK_ID,
    a_plan,
    add_table_events,
    an_aws,
    refused_preflight,
    run_preflight,
)
from tests.handlers.wrong_states import Wrong, expect_refusal

WRONG: wrong_states.Cases = [
    (
        "switches spent",
        wrong_states.switches_spent,
        "4 of 4 switches to on-demand in 24 hours are spent and this change needs one",
    ),
]


@pytest.mark.parametrize(("wrong", "expected"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_switch_quota_when_it_is_spent_refuses_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    expect_refusal(monkeypatch, wrong, expected)


def test_switch_quota_when_the_way_back_needs_the_last_one_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(PROVISIONED, ON_DEMAND)
    aws = an_aws(plan)
    add_table_events(aws, *((hours, None) for hours in (20, 15, 10, 5)))
    add_table_events(aws, *((hours - 1, "PAY_PER_REQUEST") for hours in (20, 15, 10, 5)))
    text = refused_preflight(monkeypatch, plan, aws)
    assert "the way back needs one: the next is free at 2026-07-09 21:00 UTC" in text


LOWER_AND_RAISE = Capacity.provisioned(
    read=3_000,
    write=6_500,
    indexes={"by_agent": Provisioned(2_000, AutoScaling(4_800, 8_000, 70))},
)


FIXED_WRITES = Capacity.provisioned(
    read=4_000,
    write=6_400,
    indexes={"by_agent": Provisioned(2_000, AutoScaling(4_800, 8_000, 70))},
)


@pytest.mark.parametrize(
    ("plan", "today", "minutes_ago", "expected"),
    [
        (a_plan(LOWERED), 3, 5, None),
        (a_plan(LOWERED), 4, 61, None),
        (a_plan(LOWERED), 4, 17 * 60, None),  # yesterday's count
        (a_plan(LOWERED), 4, 50, "table: 4 decreases of provisioned throughput today"),
        (a_plan(LOWERED), 27, 300, "possible at 2026-07-10 00:00 UTC"),
        (a_plan(LOWER_AND_RAISE, FIXED_WRITES), 2, 5, None),
        (a_plan(LOWER_AND_RAISE, FIXED_WRITES), 3, 300, "the change and the way back need 2"),
        (a_plan(PROVISIONED, ON_DEMAND), 4, 30, "the way back needs 1: possible at 2026-07-09 16:30 UTC"),
        (a_plan(ON_DEMAND), 9, 5, None),
    ],
)
def test_decrease_quota_when_it_leaves_no_room_refuses(
    monkeypatch: pytest.MonkeyPatch, plan: GatePlan, today: int, minutes_ago: float, expected: str | None
) -> None:
    aws = an_aws(plan)
    aws.resources["table"].decreases = today
    aws.resources["table"].last_decrease = NOW - timedelta(minutes=minutes_ago)
    if expected is None:
        run_preflight(monkeypatch, plan, aws)
    else:
        assert expected in refused_preflight(monkeypatch, plan, aws)


def test_decrease_quota_when_an_index_is_spent_refuses_for_the_index_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lower = replace(
        PROVISIONED, indexes={"by_agent": Provisioned(1_500, AutoScaling(4_800, 8_000, 70, seed=4_800))}
    )
    plan = a_plan(lower)
    aws = an_aws(plan)
    aws.resources["table"].decreases = aws.resources[INDEX].decreases = 4
    aws.resources["table"].last_decrease = aws.resources[INDEX].last_decrease = NOW - timedelta(minutes=1)
    text = refused_preflight(monkeypatch, plan, aws)
    assert "index by_agent: 4 decreases" in text
    assert "table: 4" not in text


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (a_plan(LOWERED), (1, 0)),
        (a_plan(PROVISIONED, LOWERED), (0, 1)),
        (a_plan(RAISED), (0, 0)),
        (a_plan(LOWER_AND_RAISE, FIXED_WRITES), (1, 1)),
        (a_plan(PROVISIONED, ON_DEMAND), (0, 1)),
        (a_plan(ON_DEMAND), (0, 0)),
    ],
    ids=["lowered", "raised", "bounds raised", "lowered and raised", "to provisioned", "to on-demand"],
)
def test_decreases_when_counted_are_at_most_one_forward_and_one_back(
    plan: GatePlan, expected: tuple[int, int]
) -> None:
    live = read_live_state(GateAws(an_aws(plan).clients()), plan, STACK_ID, NOW)
    assert count_decreases(live, "table") == expected
