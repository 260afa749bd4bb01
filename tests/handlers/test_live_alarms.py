"""The alarms that can veto, as DescribeAlarms shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from capacity_guard.capacity import (
    Rollout,
)
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.live_alarms import LiveAlarm, alarm_names, read_alarms
from capacity_guard.handlers.stack_names import StackNames
from tests.handlers.gate_world import (
    ALARM_NAMES,
    NOW,
    TABLE_NAME,
    a_plan,
    a_user_alarm,
    an_aws,
)


def test_alarms_when_read_are_the_guards_and_the_users_that_exist() -> None:
    plan = a_plan(rollout=Rollout(alarms=("checkout-errors", "never-made", ALARM_NAMES["table"])))
    aws = an_aws(plan)
    aws.alarms["checkout-errors"] = a_user_alarm(
        "checkout-errors", "ALARM", NOW, EvaluationState="PARTIAL_DATA"
    )
    names = StackNames(TABLE_NAME, ALARM_NAMES)
    assert alarm_names(plan, names) == [*ALARM_NAMES.values(), "checkout-errors", "never-made"]
    alarms = read_alarms(GateAws(aws.clients()), plan, names)
    assert sorted(alarms) == sorted([*ALARM_NAMES.values(), "checkout-errors"])
    alarm = alarms["checkout-errors"]
    assert (alarm.state, alarm.evaluation, alarm.since) == ("ALARM", "PARTIAL_DATA", NOW)
    assert alarm.reason == "it is ALARM"
    assert alarm.configured == NOW - timedelta(days=3)


def test_alarms_when_there_are_none_are_not_asked_for() -> None:
    plan = replace(a_plan(), alarms={})
    aws = an_aws(plan)
    assert read_alarms(GateAws(aws.clients()), plan, StackNames(TABLE_NAME, {})) == {}
    assert aws.count("cloudwatch:DescribeAlarms") == 0


def test_alarm_when_it_has_no_transition_time_takes_the_time_of_its_update() -> None:
    data = a_user_alarm("checkout-errors", since=NOW)
    del data["StateTransitionedTimestamp"]
    assert LiveAlarm.of(data).since == NOW
