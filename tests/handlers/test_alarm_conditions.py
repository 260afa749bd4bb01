"""Conditions of Preflight on alarms: they exist, are OK, and watch the throttle events."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capacity_guard.capacity import (
    Rollout,
)
from tests.handlers import wrong_states
from tests.handlers.gate_world import (
    ALARM_NAMES,
    NOW,
    ON_DEMAND,
    a_change,
    a_plan,
    a_user_alarm,
    an_aws,
    prepare_bake,
    prepare_preflight,
    refused_preflight,
    run_preflight,
    set_alarm_state,
)
from tests.handlers.wrong_states import Wrong, expect_refusal, expect_warning

WRONG: wrong_states.Cases = [
    ("alarm on", wrong_states.alarm_in_alarm, "alarm Conversations-IndexAlarm-B is in ALARM"),
    (
        "alarm blind",
        wrong_states.alarm_not_evaluated,
        "alarm Conversations-TableAlarm-A cannot be evaluated (EVALUATION_FAILURE)",
    ),
    ("alarm without data", wrong_states.alarm_without_data, "is INSUFFICIENT_DATA, not OK"),
    ("alarm deleted", wrong_states.alarm_deleted, "alarm Conversations-TableAlarm-A does not exist"),
    (
        "alarm of the table",
        wrong_states.index_alarm_on_the_table,
        "does not watch the throttle events of index by_agent",
    ),
    (
        "alarm of 5 minutes",
        wrong_states.alarm_of_another_period,
        "does not watch the throttle events of table",
    ),
    (
        "alarm without writes",
        wrong_states.alarm_without_writes,
        "does not watch the throttle events of table",
    ),
    ("plain alarm", wrong_states.alarm_on_one_metric, "does not watch the throttle events of table"),
    (
        "alarm keeps missing data",
        wrong_states.alarm_ignores_missing_data,
        "TreatMissingData is ignore, not notBreaching",
    ),
    (
        "alarm of an earlier version",
        wrong_states.alarm_of_an_earlier_version,
        "as this version of the guard does (its expression is FILL(read_throttle, 0) + FILL",
    ),
    (
        "alarm of an earlier version, remedy",
        wrong_states.alarm_of_an_earlier_version,
        "deploy the guard first, without the change of capacity",
    ),
    (
        "alarm of 15 minutes",
        wrong_states.alarm_of_other_minutes,
        "needs 2 of 15 minutes, declared are 2 of 5: deploy the guard first",
    ),
    (
        "alarm that allows more",
        wrong_states.alarm_of_a_higher_threshold,
        "allows 500 throttle events a minute, declared are 0: deploy the guard first",
    ),
    ("alarm without periods", wrong_states.alarm_of_no_number, "EvaluationPeriods"),
]


@pytest.mark.parametrize(("wrong", "expected"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_alarms_when_one_thing_is_wrong_refuses_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    expect_refusal(monkeypatch, wrong, expected)


@pytest.mark.parametrize(("wrong", "expected"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_alarms_when_a_relief_meets_the_same_warns_and_passes(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    expect_warning(monkeypatch, wrong, expected)


def test_alarms_when_this_operation_updates_the_settings_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan()
    aws = an_aws(plan)
    wrong_states.alarm_of_other_minutes(aws)
    wrong_states.alarm_of_a_higher_threshold(aws)
    aws.changes.append(a_change(plan.alarms["table"], "AWS::CloudWatch::Alarm", "Modify"))
    run_preflight(monkeypatch, plan, aws)


def test_alarms_when_the_threshold_is_lower_than_declared_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(rollout=Rollout(alarm_threshold=20))
    run_preflight(monkeypatch, plan, an_aws(plan))


@pytest.mark.parametrize("state", ["ALARM", "INSUFFICIENT_DATA", None])
@pytest.mark.parametrize("composite", [False, True])
def test_alarms_when_the_users_alarm_is_not_ok_refuses(
    monkeypatch: pytest.MonkeyPatch, state: str | None, composite: bool
) -> None:
    plan = a_plan(rollout=Rollout(alarms=("checkout-errors",)))
    aws = an_aws(plan)
    if state is not None:
        aws.alarms["checkout-errors"] = a_user_alarm("checkout-errors", state)
    if composite:
        aws.cloudwatch.composites.add("checkout-errors")
    assert "checkout-errors" in refused_preflight(monkeypatch, plan, aws)


def test_alarms_when_there_are_more_than_a_page_reads_all(monkeypatch: pytest.MonkeyPatch) -> None:
    names = tuple(f"alarm-{i}" for i in range(120))
    plan = a_plan(rollout=Rollout(alarms=names))
    aws = an_aws(plan)
    aws.page = 30
    aws.alarms.update({name: a_user_alarm(name) for name in names})
    run_preflight(monkeypatch, plan, aws)
    set_alarm_state(aws, "alarm-119", "ALARM", NOW)
    assert "alarm-119" in refused_preflight(monkeypatch, plan, aws)


def test_alarms_when_just_created_waits_until_they_have_a_state(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws, preflight = prepare_preflight(monkeypatch, plan)
    name = ALARM_NAMES["table"]
    aws.alarms[name]["AlarmConfigurationUpdatedTimestamp"] = NOW - timedelta(seconds=20)
    set_alarm_state(aws, name, "INSUFFICIENT_DATA", NOW - timedelta(seconds=20))
    preflight.start()
    assert preflight.poll() is None
    aws.now += timedelta(minutes=3)
    set_alarm_state(aws, name, "OK", aws.now)
    assert preflight.poll() is not None


@pytest.mark.parametrize("gate", ["preflight", "bake"])
def test_alarms_when_they_never_had_data_pass_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, gate: str
) -> None:
    # Missing data always ignored, FILL of an empty series empty: a quiet table's alarms keep their first state.
    plan = a_plan() if gate == "preflight" else a_plan(rollout=Rollout(bake_minutes=7))
    run, aws = (None, an_aws(plan)) if gate == "preflight" else prepare_bake(monkeypatch, plan)[::-1]
    for name in ALARM_NAMES.values():
        set_alarm_state(aws, name, "INSUFFICIENT_DATA", NOW - timedelta(days=2))
        aws.alarms[name]["StateReason"] = "Unchecked: Initial alarm creation"
    data = run_preflight(monkeypatch, plan, aws) if run is None else run.run()
    for name in ALARM_NAMES.values():
        assert name in data["Warnings"]
    assert "had no data" in data["Warnings"] or "has had no data" in data["Warnings"]


def test_alarms_when_the_users_alarm_never_had_data_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(rollout=Rollout(alarms=("checkout-errors",)))
    aws = an_aws(plan)
    unchecked = "Unchecked: Initial alarm creation"
    aws.alarms["checkout-errors"] = a_user_alarm(
        "checkout-errors", "INSUFFICIENT_DATA", StateReason=unchecked
    )
    assert "checkout-errors is INSUFFICIENT_DATA, not OK" in refused_preflight(monkeypatch, plan, aws)


def test_alarms_when_just_created_and_never_evaluated_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    name = ALARM_NAMES["table"]
    aws.alarms[name]["AlarmConfigurationUpdatedTimestamp"] = NOW
    set_alarm_state(aws, name, "INSUFFICIENT_DATA", NOW)
    assert "is INSUFFICIENT_DATA, not OK" in refused_preflight(monkeypatch, plan, aws)
    assert aws.now - NOW >= timedelta(minutes=10)
