"""Classification of a transition against the live table: relief, break-glass or any other change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    OnDemand,
    Provisioned,
    Units,
)
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.classification import classify_by_baseline, is_cure, lowered
from capacity_guard.handlers.live_state import read_live_state
from capacity_guard.handlers.messages import (
    GateError,
)
from tests.fakes.gate_aws import client_error
from tests.handlers import wrong_states
from tests.handlers.gate_world import (
    ALARM_NAMES,
    INDEX,
    LOWERED,
    NOW,
    ON_DEMAND,
    PROVISIONED,
    RAISED,
    STACK_ID,
    WARM,
    a_plan,
    a_relief,
    an_aws,
    at,
    prepare_preflight,
    refused_preflight,
    run_preflight,
    set_alarm_state,
    throttle,
)
from tests.handlers.table_plans import SCALED as TABLE_SCALED
from tests.handlers.table_plans import plan_of_table, provisioned, scaled
from tests.handlers.wrong_states import Wrong

REASON = "orders are lost, incident 4711"


def table(read: int, write: int | AutoScaling, index: int | AutoScaling = 4_800) -> Capacity:
    """A provisioned capacity with 2,000 reads for the index."""
    return Capacity.provisioned(
        read=read, write=write, indexes={"by_agent": Provisioned(read=2_000, write=index)}
    )


def maxima(write: int | None) -> Capacity:
    units = None if write is None else Units(write=write)
    return Capacity.on_demand(maximum=units, indexes={"by_agent": OnDemand()})


def judged(monkeypatch: pytest.MonkeyPatch, plan: GatePlan, live: Capacity) -> str:
    """The classification by Preflight, or ``refused``, while the table throttles and its alarm is in ALARM."""
    aws, preflight = prepare_preflight(monkeypatch, plan, live)
    throttle(aws, "table", at(-6), 900, 900, 900)
    set_alarm_state(aws, ALARM_NAMES["table"], "ALARM", at(-5))
    try:
        return str(preflight.run()["Judged"])
    except GateError:
        return "refused"


OLD, LOW, HIGH = table(4_000, 5_000), table(4_000, 4_000), table(4_000, 9_000)


SCALED = table(4_000, AutoScaling(5_000, 8_000, 70, seed=5_000))


@pytest.mark.parametrize(
    ("recorded", "live", "declared", "expected"),
    [
        pytest.param(OLD, OLD, HIGH, "relief", id="fresh baseline, raised"),
        pytest.param(OLD, LOW, HIGH, "relief", id="lowered since it was recorded, raised"),
        pytest.param(HIGH, LOW, OLD, "relief", id="a lowering of the baseline, a raise of the live table"),
        pytest.param(LOW, OLD, OLD, "relief", id="raised by hand, the code catches up"),
        pytest.param(LOW, HIGH, OLD, "refused", id="a raise of the baseline, a lowering of the live table"),
        pytest.param(OLD, OLD, LOW, "refused", id="lowered"),
        pytest.param(OLD, OLD, table(3_999, 9_000), "refused", id="one raised, one lowered"),
        pytest.param(
            OLD, SCALED, table(4_000, AutoScaling(6_000, 9_000)), "relief", id="bounds raised since"
        ),
        pytest.param(
            OLD, SCALED, table(4_000, AutoScaling(6_000, 7_000)), "refused", id="maximum below live"
        ),
        pytest.param(
            OLD, SCALED, table(4_000, AutoScaling(4_500, 9_000)), "refused", id="minimum below live"
        ),
        pytest.param(
            OLD, SCALED, table(4_000, AutoScaling(5_500, 9_000, 80)), "refused", id="target steers later"
        ),
        pytest.param(
            OLD, SCALED, table(4_000, AutoScaling(5_500, 9_000, 50)), "relief", id="target steers sooner"
        ),
        pytest.param(maxima(1_000), maxima(1_000), maxima(3_000), "relief", id="maximum raised"),
        pytest.param(maxima(1_000), maxima(2_000), maxima(3_000), "relief", id="maximum raised meanwhile"),
        pytest.param(maxima(1_000), maxima(1_000), maxima(None), "relief", id="maximum removed"),
        pytest.param(maxima(1_000), maxima(5_000), maxima(3_000), "refused", id="maximum higher by hand"),
        pytest.param(maxima(1_000), maxima(None), maxima(3_000), "refused", id="maximum removed by hand"),
        pytest.param(OLD, OLD, ON_DEMAND, "refused", id="to on-demand"),
        pytest.param(OLD, ON_DEMAND, HIGH, "refused", id="a raise of what is on-demand by now"),
    ],
)
def test_relief_when_the_baseline_is_older_than_the_live_table_is_judged_against_the_table(
    monkeypatch: pytest.MonkeyPatch, recorded: Capacity, live: Capacity, declared: Capacity, expected: str
) -> None:
    assert judged(monkeypatch, a_plan(declared, recorded), live) == expected


def test_relief_when_it_returns_to_the_capacity_before_is_one_whatever_it_lowers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert judged(monkeypatch, a_plan(OLD, HIGH, previous=OLD), HIGH) == "relief"
    assert judged(monkeypatch, a_plan(WARM, PROVISIONED, previous=WARM), PROVISIONED) == "relief"


@pytest.mark.parametrize("created", [True, False])
def test_relief_when_an_index_comes_or_goes_is_none(monkeypatch: pytest.MonkeyPatch, created: bool) -> None:
    without = Capacity.provisioned(read=4_000, write=9_000)
    before, after = (without, HIGH) if created else (OLD, without)
    assert judged(monkeypatch, a_plan(after, before), before) == "refused"


def test_relief_when_an_index_came_since_the_baseline_is_still_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(monkeypatch, a_plan(HIGH, Capacity.provisioned(read=4_000, write=5_000)), OLD) == "relief"


@pytest.mark.parametrize(
    "call", ["dynamodb:DescribeTable", "application-autoscaling:DescribeScalableTargets"]
)
def test_relief_when_the_live_table_cannot_be_read_goes_by_the_baseline(
    monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    denied = client_error(call.partition(":")[2], "AccessDeniedException", "not authorized")
    plan = a_relief()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.fail(call, denied, denied)
    data = preflight.run()
    assert data["Judged"] == "relief"
    assert "was denied" in data["Warnings"]
    plan = a_plan(LOWERED)
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.fail(call, denied, denied)
    with pytest.raises(GateError, match="was denied"):
        preflight.run()


def test_raised_when_compared_is_the_relief_that_these_tests_mean() -> None:
    assert a_plan(RAISED).transition.only_raises


def test_relief_when_it_only_returns_to_the_capacity_before_is_never_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(WARM, PROVISIONED, previous=WARM)
    assert plan.transition.is_return
    assert not a_relief().transition.is_empty
    aws, preflight = prepare_preflight(monkeypatch, plan)
    set_alarm_state(aws, ALARM_NAMES[INDEX], "ALARM", at(-5))
    throttle(aws, INDEX, at(-6), 900, 900, 900)
    data = preflight.run()
    assert "throttling, 900 throttle events" in data["Warnings"]


def test_relief_when_a_raise_of_the_reads_cuts_what_auto_scaling_had_reached_is_no_relief(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = plan_of_table(provisioned(scaled(3_500, 9_000, 3_600), read=5_000), TABLE_SCALED)
    aws = an_aws(plan)
    assert run_preflight(monkeypatch, plan, aws)["Judged"] == "relief"
    aws.resources["table"].units["write"] = 5_000
    assert run_preflight(monkeypatch, plan, aws)["Judged"] == "change"


HIGHER_LIVE: wrong_states.Cases = [
    ("other target", wrong_states.other_target, "table, write: auto scaling steers to 50 %, not 70 %"),
    (
        "scaled where fixed",
        wrong_states.scaled_where_fixed,
        "table, read: is auto scaled, not fixed at 4,000",
    ),
    ("other fixed units", wrong_states.other_fixed_units, "table, read: provisioned 4,500, not 4,000"),
    (
        "other mode",
        wrong_states.switched_to_on_demand,
        "billing mode is PAY_PER_REQUEST, not PROVISIONED",
    ),
]


@pytest.mark.parametrize(
    ("wrong", "expected"), [case[1:] for case in HIGHER_LIVE], ids=[case[0] for case in HIGHER_LIVE]
)
def test_relief_when_a_raise_of_the_baseline_lowers_the_live_table_refuses_it(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    plan = a_relief()
    assert plan.transition.only_raises
    aws = an_aws(plan)
    wrong(aws)
    text = refused_preflight(monkeypatch, plan, aws)
    assert "the baseline calls this a raise, but the live table has more (" in text
    assert expected in text


def test_relief_when_the_live_table_was_switched_by_hand_is_code_that_catches_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    wrong_states.switched_to_on_demand(aws)
    data = run_preflight(monkeypatch, plan, aws)
    assert data["Judged"] == "relief"
    assert "billing mode is PAY_PER_REQUEST, not PROVISIONED" in data["Warnings"]


def test_classification_when_the_plan_alone_decides_follows_the_baseline() -> None:
    assert classify_by_baseline(a_plan(LOWERED), NOW) == "change"
    assert classify_by_baseline(a_relief(), NOW) == "relief"


def test_cure_when_asked_is_a_relief_alone() -> None:
    assert [is_cure(text) for text in ("change", "relief", "already deployed")] == [False, True, False]


def test_lowered_when_the_live_table_has_more_names_each_value() -> None:
    plan = a_plan(LOWERED)
    live = read_live_state(GateAws(an_aws(plan).clients()), plan, STACK_ID, NOW)
    assert live.table is not None
    assert live.scaling is not None
    texts = list(lowered(plan.transition, live.table))
    assert texts == ["table, read: 4,000 provisioned become 3,000"]
    assert list(lowered(a_relief().transition, live.table)) == []


FIFTY = Capacity.provisioned(read=50, write=50, indexes={"by_agent": Provisioned(read=50, write=50)})
YEAR_OLD = NOW - timedelta(days=365)


def returning(previous: Capacity, replaced_at: datetime | None, template: Capacity = PROVISIONED) -> GatePlan:
    plan = a_plan(previous, template, previous=previous)
    deployed = replace(plan.deployed, replaced_at=replaced_at)
    return replace(plan, transition=replace(plan.transition, deployed=deployed))


@pytest.mark.parametrize(
    ("replaced_at", "why"),
    [
        (YEAR_OLD, "a return is a relief until 2025-07-16"),
        (None, "does not say when the capacity before was replaced"),
        (NOW + timedelta(days=3), "a return is a relief until"),
    ],
)
def test_return_when_its_time_is_over_or_unknown_is_refused_like_any_change(
    monkeypatch: pytest.MonkeyPatch, replaced_at: datetime | None, why: str
) -> None:
    plan = returning(WARM, replaced_at)
    aws = an_aws(plan)
    throttle(aws, INDEX, at(-6), 900, 900, 900)
    text = refused_preflight(monkeypatch, plan, aws)
    assert "the return to the capacity before is not a relief" in text
    assert why in text
    assert "throttling" in text


@pytest.mark.parametrize("template", [PROVISIONED, ON_DEMAND])
def test_return_when_it_does_not_carry_live_traffic_is_refused(
    monkeypatch: pytest.MonkeyPatch, template: Capacity
) -> None:
    plan = returning(FIFTY, NOW - timedelta(days=1), template)
    text = refused_preflight(monkeypatch, plan, an_aws(plan))
    assert "table, read: it serves 50 a second at once, the traffic is 500" in text


def test_return_when_the_traffic_cannot_be_read_is_judged_by_the_recording() -> None:
    in_time = NOW - timedelta(days=1)
    # on-demand serves what is provisioned, 6,400: more than the 4,800 recorded
    assert classify_by_baseline(returning(WARM, in_time), NOW) == "relief"
    assert classify_by_baseline(returning(HIGH, in_time, WARM), NOW) == "relief"
    assert classify_by_baseline(returning(FIFTY, in_time), NOW) == "change"
    assert classify_by_baseline(returning(HIGH, YEAR_OLD, WARM), NOW) == "change"
