"""Conditions of Preflight on live traffic: nothing throttles, and the provisioned units carry the traffic."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import (
    AutoScaling,
    Provisioned,
    Rollout,
)
from tests.handlers import wrong_states
from tests.handlers.gate_world import (
    INDEX,
    ON_DEMAND,
    PROVISIONED,
    a_plan,
    an_aws,
    at,
    refused_preflight,
    run_preflight,
    set_traffic,
    throttle,
)
from tests.handlers.wrong_states import Wrong, expect_refusal, expect_warning

LASTING: wrong_states.Cases = [
    (
        "writes throttled",
        wrong_states.index_writes_throttled,
        "index by_agent, write: throttling, 5,120 throttle events in the minute 15:55 UTC",
    ),
    (
        "reads throttled",
        wrong_states.table_reads_throttled,
        "table, read: throttling, 9 throttle events in the minute 15:55 UTC, 0 allowed",
    ),
    (
        "live peak",
        wrong_states.peak_far_higher,
        "table, read: live peak 3,500 a second in the last 3 hours, more than 1.2 x",
    ),
    (
        "no metrics",
        wrong_states.no_consumed_writes,
        "table, write: CloudWatch has no consumed units of the last 3 hours",
    ),
]


SWITCHING: wrong_states.Cases = [
    (
        "frozen",
        wrong_states.too_few_units,
        "by_agent, write: 3,200 provisioned, and frozen while the mode switches; live traffic 3,000",
    ),
]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [case[1:] for case in (*LASTING, *SWITCHING)],
    ids=[case[0] for case in (*LASTING, *SWITCHING)],
)
def test_traffic_when_one_thing_is_wrong_refuses_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    expect_refusal(monkeypatch, wrong, expected)


# a relief switches no mode
@pytest.mark.parametrize(
    ("wrong", "expected"), [case[1:] for case in LASTING], ids=[case[0] for case in LASTING]
)
def test_traffic_when_a_relief_meets_the_same_warns_and_passes(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    expect_warning(monkeypatch, wrong, expected)


def test_throttling_when_within_the_recorded_noise_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(rollout=Rollout(alarm_threshold=20))
    aws = an_aws(plan)
    throttle(aws, INDEX, at(-6), 20, 19, 20)
    run_preflight(monkeypatch, plan, aws)


def test_throttling_when_a_single_minute_stands_out_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan()
    aws = an_aws(plan)
    throttle(aws, INDEX, at(-6), 40)
    run_preflight(monkeypatch, plan, aws)


def test_throttling_when_it_ended_a_while_ago_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan()
    aws = an_aws(plan)
    throttle(aws, INDEX, at(-30), 400, 500, 600)
    run_preflight(monkeypatch, plan, aws)


@pytest.mark.parametrize(
    ("live", "units", "refused"),
    [
        (3_000, 3_499, True),  # 3,000 and a rise of 500
        (3_000, 3_500, False),
        (4_900, 5_399, True),
        (4_900, 5_400, False),
    ],
)
def test_rise_when_live_traffic_and_rise_exceed_what_is_provisioned_refuses(
    monkeypatch: pytest.MonkeyPatch, live: float, units: int, refused: bool
) -> None:
    template = replace(
        PROVISIONED, indexes={"by_agent": Provisioned(2_000, AutoScaling(1_000, 8_000, 70, seed=6_000))}
    )
    plan = a_plan(ON_DEMAND, template)
    aws = an_aws(plan)
    set_traffic(aws, {"index/by_agent/write": live})
    aws.resources[INDEX].units["write"] = units
    if refused:
        assert f"by_agent, write: {units:,} provisioned" in refused_preflight(monkeypatch, plan, aws)
    else:
        run_preflight(monkeypatch, plan, aws)


def test_live_peak_when_a_quiet_dimension_is_touched_by_hand_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    quiet = replace(plan.evidence.dimensions[next(iter(plan.evidence.dimensions))], peak=None)
    first = next(iter(plan.evidence.dimensions))
    plan = replace(
        plan, evidence=replace(plan.evidence, dimensions={**plan.evidence.dimensions, first: quiet})
    )
    aws = an_aws(plan)
    set_traffic(aws, {first.key: 8})
    run_preflight(monkeypatch, plan, aws)
