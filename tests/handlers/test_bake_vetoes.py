"""Vetoes of Bake: alarms and throttling, and what counts for a relief."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    OnDemand,
    Provisioned,
    Rollout,
)
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.handlers.handover import Loud
from capacity_guard.handlers.messages import (
    GateError,
)
from tests.fakes.gate_aws import FakeAws
from tests.handlers.gate_world import (
    ALARM_NAMES,
    INDEX,
    LOWERED,
    NOW,
    ON_DEMAND,
    PROVISIONED,
    Framework,
    a_plan,
    a_relief,
    a_user_alarm,
    an_aws,
    at,
    failed_bake,
    prepare_bake,
    replace_aws,
    set_alarm_state,
    set_capacity,
    throttle,
)


def test_veto_when_the_index_alarm_is_on_names_alarm_index_access_and_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan())
    throttle(aws, INDEX, at(4), 300, 5_120, 40)

    def until() -> None:
        if aws.now >= at(7):
            set_alarm_state(aws, ALARM_NAMES[INDEX], "ALARM", at(6, 50))

    framework.interval = 600  # the alarm is read before the throttled minutes are judged
    aws.now = NOW
    framework.start()
    aws.now = at(7)
    with pytest.raises(GateError) as vetoed:
        framework.go_on(until)
    assert vetoed.value.text == (
        "Bake vetoed: alarm Conversations-IndexAlarm-B is in ALARM: index by_agent, write, 5,120 throttle events in "
        "the minute 16:05 UTC, 0 allowed"
    )


def test_veto_when_only_the_metrics_show_throttling_does_not_wait_for_the_alarm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan())
    throttle(aws, "table", at(4), 70, 1_000, access="Read")
    text = failed_bake(framework)
    assert text == "Bake vetoed: table, read, 1,000 throttle events in the minute 16:05 UTC, 0 allowed"


def test_veto_when_table_index_and_a_users_alarm_are_in_alarm_names_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan(LOWERED, rollout=Rollout(alarms=("checkout-errors",))))
    aws.alarms["checkout-errors"] = a_user_alarm("checkout-errors")
    aws.cloudwatch.composites.add("checkout-errors")
    set_alarm_state(aws, ALARM_NAMES["table"], "ALARM", NOW)
    set_alarm_state(aws, "checkout-errors", "ALARM", NOW)
    throttle(aws, INDEX, at(1), 50, 60)
    framework.start()
    aws.now = at(4)
    with pytest.raises(GateError) as vetoed:
        framework.poll()
    text = str(vetoed.value)
    assert "alarm Conversations-TableAlarm-A is in ALARM: table, it is OK" in text
    assert "alarm checkout-errors is in ALARM since 16:00 UTC: it is OK" in text
    assert "index by_agent, write, 60 throttle events in the minute 16:02 UTC, 0 allowed" in text


@pytest.mark.parametrize(
    ("events", "rollout", "vetoed"),
    [
        ((5, 0, 0, 0, 0, 7), Rollout(), False),  # two of five, not two of six
        ((5, 0, 0, 0, 7), Rollout(), True),
        ((5, 0, 0, 7), Rollout(alarm_periods=3), False),
        ((5,), Rollout(alarm_datapoints=1), True),
        ((20, 20, 20), Rollout(alarm_threshold=20), False),
        ((21, 0, 21), Rollout(alarm_threshold=20), True),
        ((9, 9, 0, 9, 9), Rollout(alarm_periods=5, alarm_datapoints=4), True),
        ((9, 9, 0, 0, 9, 9), Rollout(alarm_periods=5, alarm_datapoints=4), False),
    ],
)
def test_veto_when_minutes_throttle_follows_the_alarms_own_rule(
    monkeypatch: pytest.MonkeyPatch, events: tuple[float, ...], rollout: Rollout, vetoed: bool
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan(rollout=rollout))
    throttle(aws, INDEX, at(2), *events)
    if vetoed:
        assert "Bake vetoed: index by_agent, write" in failed_bake(framework)
    else:
        framework.run()


def test_veto_when_throttling_was_over_before_the_bake_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan())
    throttle(aws, INDEX, at(-4), 500, 500, 500)
    framework.run()


def test_veto_when_reads_and_writes_together_exceed_the_noise_counts_their_sum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan(rollout=Rollout(alarm_threshold=20)))
    throttle(aws, INDEX, at(2), 15, 15)
    throttle(aws, INDEX, at(2), 15, 15, access="Read")
    assert "30 throttle events in the minute 16:02 UTC, 20 allowed" in failed_bake(framework)


@pytest.mark.parametrize("indexes", [0, 20])
def test_veto_when_there_are_no_or_twenty_indexes_watches_all(
    monkeypatch: pytest.MonkeyPatch, indexes: int
) -> None:
    provisioned_indexes = {f"i{n:02}": Provisioned(100, AutoScaling(200, 400)) for n in range(indexes)}
    declared = Capacity.provisioned(read=4_000, write=6_400, indexes=provisioned_indexes)
    before = Capacity.on_demand(indexes={name: OnDemand() for name in provisioned_indexes})
    aws, framework = prepare_bake(monkeypatch, a_plan(declared, before))
    aws.page = 7
    last = f"index/i{indexes - 1:02}" if indexes else "table"
    throttle(aws, last, at(2), 11, 12)
    assert f"{last.replace('/', ' ')}, write, 12 throttle events" in failed_bake(framework)


@pytest.fixture
def relief(monkeypatch: pytest.MonkeyPatch) -> tuple[FakeAws, Framework]:
    """A relief that is deployed while the index throttles and its alarm is in ALARM."""
    aws, framework = prepare_bake(monkeypatch, a_relief())
    throttle(aws, INDEX, at(-5), 900, 900, 900, 900, 900, 700)
    set_alarm_state(aws, ALARM_NAMES[INDEX], "ALARM", at(-3))
    framework.loud = Loud(at(-1), (INDEX,), (ALARM_NAMES[INDEX],))
    return aws, framework


def test_relief_when_what_throttled_before_clears_passes(relief: tuple[FakeAws, Framework]) -> None:
    aws, framework = relief
    throttle(aws, INDEX, at(1), 300, 100)

    def until() -> None:
        if aws.now >= at(6):
            set_alarm_state(aws, ALARM_NAMES[INDEX], "OK", at(6))

    assert framework.run(until) == {"Result": "passed", "Judged": "relief", "Warnings": ""}


def test_relief_when_what_throttled_before_goes_on_is_not_rolled_back(
    relief: tuple[FakeAws, Framework],
) -> None:
    aws, framework = relief
    throttle(aws, INDEX, at(1), *([800] * 12))
    assert framework.run()["Result"] == "passed"


def test_relief_when_it_throttles_again_after_clearing_is_vetoed(relief: tuple[FakeAws, Framework]) -> None:
    aws, framework = relief
    throttle(aws, INDEX, at(6), 400, 500)

    def until() -> None:
        if at(3) <= aws.now < at(4):
            set_alarm_state(aws, ALARM_NAMES[INDEX], "OK", at(3))

    assert "index by_agent, write, 500 throttle events in the minute 16:07 UTC" in failed_bake(
        framework, until
    )


def test_relief_when_the_alarm_changes_again_is_vetoed(relief: tuple[FakeAws, Framework]) -> None:
    aws, framework = relief

    def until() -> None:
        if aws.now == at(8, 20):
            set_alarm_state(aws, ALARM_NAMES[INDEX], "ALARM", at(8))

    assert "alarm Conversations-IndexAlarm-B is in ALARM" in failed_bake(framework, until)


def test_relief_when_what_was_quiet_throttles_is_vetoed(relief: tuple[FakeAws, Framework]) -> None:
    aws, framework = relief
    throttle(aws, "table", at(3), 60, 60)
    assert "table, write, 60 throttle events" in failed_bake(framework)


def test_relief_when_the_alarm_comes_late_for_what_happened_before_is_not_vetoed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_relief())
    framework.loud = Loud(at(-1), (INDEX,))
    throttle(aws, INDEX, at(-1), 900, 900)

    def until() -> None:
        if at(1) <= aws.now < at(4):
            set_alarm_state(aws, ALARM_NAMES[INDEX], "ALARM", at(1))
        elif aws.now >= at(4):
            set_alarm_state(aws, ALARM_NAMES[INDEX], "OK", at(4))

    assert framework.run(until)["Result"] == "passed"


@pytest.mark.parametrize(("since", "vetoed"), [(at(-9), False), (at(3), True)])
def test_relief_when_a_users_alarm_was_on_counts_only_if_it_changes_again(
    monkeypatch: pytest.MonkeyPatch, since: Any, vetoed: bool
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_relief(rollout=Rollout(alarms=("checkout-errors",))))
    aws.alarms["checkout-errors"] = a_user_alarm("checkout-errors", "ALARM", at(-9))
    framework.loud = Loud(at(-1), (), ("checkout-errors",))
    framework.start()
    aws.now = at(4)
    set_alarm_state(aws, "checkout-errors", "ALARM", since)
    if vetoed:
        with pytest.raises(GateError, match="alarm checkout-errors is in ALARM since 16:03 UTC"):
            framework.go_on()
    else:
        framework.go_on()


def bake_while_throttling(monkeypatch: pytest.MonkeyPatch, plan: GatePlan, classification: str) -> Framework:
    """A Bake after the change, while the index throttles as it did before, with the classification by Preflight."""
    aws = an_aws(plan)
    set_capacity(aws, plan.transition.declared)
    throttle(aws, INDEX, at(-5), *([900] * 20))
    set_alarm_state(aws, ALARM_NAMES[INDEX], "ALARM", at(-3))
    replace_aws(monkeypatch, aws)
    loud = Loud(at(-1), (INDEX,), (ALARM_NAMES[INDEX],))
    return Framework(aws, "bake", plan, judged=classification, loud=loud)


def test_classification_when_preflight_called_it_a_relief_does_not_ask_the_baseline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(LOWERED)
    assert not plan.transition.only_raises
    assert bake_while_throttling(monkeypatch, plan, "relief").run()["Judged"] == "relief"


def test_classification_when_preflight_called_it_a_change_does_not_ask_the_baseline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_relief()
    assert plan.transition.only_raises
    with pytest.raises(GateError, match="Bake vetoed"):
        bake_while_throttling(monkeypatch, plan, "change").run()


OLD = Capacity.provisioned(
    read=5_000, write=5_000, indexes={"by_agent": Provisioned(read=5_000, write=5_000)}
)


def return_in_progress(monkeypatch: pytest.MonkeyPatch, loud: Loud) -> tuple[FakeAws, Framework]:
    """A return whose Preflight passed at 16:01; the bake starts at 16:07."""
    plan = a_plan(OLD, Capacity.on_demand(indexes={"by_agent": OnDemand()}), previous=OLD)
    aws, framework = prepare_bake(monkeypatch, plan)
    framework.judged, framework.loud = "relief", loud
    aws.now = at(7)
    return aws, framework


def test_relief_when_the_switch_itself_caused_the_throttling_before_the_bake_is_vetoed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = return_in_progress(monkeypatch, Loud(at(1)))
    throttle(aws, "table", at(3), *[1_000] * 30)
    assert "Bake vetoed: table, write, 1,000 throttle events" in failed_bake(framework)


def test_relief_when_the_switch_itself_turned_the_alarm_on_before_the_bake_is_vetoed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = return_in_progress(monkeypatch, Loud(at(1)))
    throttle(aws, "table", at(2), 1_000, 1_000)
    set_alarm_state(aws, ALARM_NAMES["table"], "ALARM", at(5))
    assert "alarm Conversations-TableAlarm-A is in ALARM" in failed_bake(framework)


def test_relief_when_it_throttled_before_the_change_and_still_does_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where the metrics of that minute came too late for Preflight."""
    for loud in (
        Loud(at(1), ("table",), (ALARM_NAMES["table"],)),
        Loud(at(1), (), (ALARM_NAMES["table"],)),
        Loud(at(1)),
    ):
        aws, framework = return_in_progress(monkeypatch, loud)
        throttle(aws, "table", at(-3), *[1_000] * 40)
        if loud.alarms:
            set_alarm_state(aws, ALARM_NAMES["table"], "ALARM", at(-1))
        assert framework.run()["Result"] == "passed"


def test_relief_when_the_names_were_too_long_to_be_handed_over_counts_everything_as_loud(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = return_in_progress(monkeypatch, Loud(at(1), everything=True))
    throttle(aws, "table", at(3), *[1_000] * 30)
    assert framework.run()["Result"] == "passed"


@pytest.mark.parametrize("late", [timedelta(seconds=-30), timedelta(minutes=1), None])
def test_switch_to_on_demand_that_throttled_while_it_was_frozen_passes_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, late: timedelta | None
) -> None:
    """The alarm changes before the bake, in it, or not at all: the same minutes have the same verdict."""
    aws, framework = prepare_bake(monkeypatch, a_plan())
    framework.judged, framework.loud = "change", Loud(at(-6))
    throttle(aws, INDEX, at(-4), 300, 400)

    def until() -> None:
        if late is not None and aws.now >= NOW + late:
            set_alarm_state(aws, ALARM_NAMES[INDEX], "ALARM", NOW + late)

    until()
    data = framework.run(until)
    assert data["Result"] == "passed"
    assert (
        "throttled while the billing mode switched: index by_agent, write, 400 throttle" in data["Warnings"]
    )


@pytest.mark.parametrize("late", [timedelta(seconds=-30), timedelta(minutes=5), None])
def test_switch_to_on_demand_that_throttles_afterwards_is_vetoed(
    monkeypatch: pytest.MonkeyPatch, late: timedelta | None
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan())
    framework.judged, framework.loud = "change", Loud(at(-6))
    throttle(aws, INDEX, at(-4), 300, 400)
    throttle(aws, INDEX, at(2), 500, 600)
    if late is not None:
        set_alarm_state(aws, ALARM_NAMES[INDEX], "ALARM", NOW + late)
    assert "600 throttle events in the minute 16:03 UTC" in failed_bake(framework)


@pytest.mark.parametrize("plan", [a_plan(LOWERED), a_plan(PROVISIONED, ON_DEMAND)])
def test_change_without_a_freeze_is_vetoed_by_an_alarm_that_changed_before_the_bake(
    monkeypatch: pytest.MonkeyPatch, plan: GatePlan
) -> None:
    aws, framework = prepare_bake(monkeypatch, plan)
    throttle(aws, INDEX, at(-4), 300, 400)
    set_alarm_state(aws, ALARM_NAMES[INDEX], "ALARM", NOW - timedelta(seconds=30))
    assert "alarm Conversations-IndexAlarm-B is in ALARM" in failed_bake(framework)
    assert aws.now == NOW


@pytest.mark.parametrize(
    ("throttles", "since", "vetoed_after"),
    [
        (True, -1, None),
        (True, 1, 1),
        (False, -1, 0),  # nothing throttled: it has a reason of its own
    ],
)
def test_alarm_of_a_user_counts_if_the_freeze_is_not_its_reason(
    monkeypatch: pytest.MonkeyPatch, throttles: bool, since: int, vetoed_after: int | None
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan(rollout=Rollout(alarms=("latency",))))
    framework.judged, framework.loud = "change", Loud(at(-6))
    if throttles:
        throttle(aws, INDEX, at(-4), 300, 400)
    aws.alarms["latency"] = a_user_alarm("latency")

    def until() -> None:
        changed = NOW + timedelta(minutes=since)
        if aws.now >= NOW + timedelta(minutes=3) and vetoed_after is None:
            set_alarm_state(aws, "latency", "OK", NOW + timedelta(minutes=3))
        elif aws.now >= changed:
            set_alarm_state(aws, "latency", "ALARM", changed)

    until()
    if vetoed_after is None:
        assert framework.run(until)["Result"] == "passed"
    else:
        assert "alarm latency is in ALARM" in failed_bake(framework, until)
        assert aws.now == NOW + timedelta(minutes=vetoed_after)


def test_alarm_of_a_user_that_stays_in_alarm_after_the_freeze_vetoes_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan(rollout=Rollout(alarms=("latency",))))
    framework.judged, framework.loud = "change", Loud(at(-6))
    throttle(aws, INDEX, at(-4), 300, 400)
    aws.alarms["latency"] = a_user_alarm("latency", "ALARM", NOW - timedelta(minutes=1))
    assert "alarm latency is in ALARM" in failed_bake(framework)
    assert aws.now == NOW + timedelta(minutes=10)
