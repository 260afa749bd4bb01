"""Conditions on alarms, on states made by hand: texts to the letter, and ages at their bound."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_guard.capacity import Rollout
from capacity_guard.handlers.alarm_conditions import (
    NEW_ALARM_SECONDS,
    check_alarms,
    find_new_alarms,
    find_unproven_alarms,
)
from capacity_guard.handlers.change_set import ChangeSet
from capacity_guard.handlers.live_alarms import LiveAlarm
from capacity_guard.handlers.live_state import LiveState
from capacity_guard.handlers.stack_names import StackNames
from tests.builders.rollback_alarm import rollback_alarm
from tests.handlers.gate_world import INDEX, NOW, STACK_ID, a_plan

PLAN = a_plan(rollout=Rollout(alarms=("users",), alarm_threshold=30))
FIRST = "deploy the guard first, without the change of capacity"
UNPROVEN = "Unchecked: Initial alarm creation"


def alarm(
    name: str = "of-table",
    state: str = "OK",
    evaluation: str | None = None,
    configured: datetime | None = NOW - timedelta(days=3),
    reason: str = "it is so",
    **definition: Any,
) -> LiveAlarm:
    index = "by_agent" if name == "of-index" else None
    return LiveAlarm(
        name, state, evaluation, NOW, configured, reason, rollback_alarm("orders", index, **definition)
    )


def live(*alarms: LiveAlarm, changes: tuple[dict[str, Any], ...] | None = (), **more: Any) -> LiveState:
    """A live state with these alarms, and the others as they should be."""
    given = {one.name: one for one in (alarm(), alarm("of-index"), alarm("users"), *alarms)}
    fields = {"ExecutionStatus": "EXECUTE_IN_PROGRESS", "StackId": STACK_ID}
    return LiveState(
        PLAN,
        NOW,
        STACK_ID,
        StackNames("orders", {"table": "of-table", INDEX: "of-index"}),
        alarms=given,
        change_set=None if changes is None else ChangeSet("c", fields, changes),
        **more,
    )


def said(*alarms: LiveAlarm, **given: Any) -> list[str]:
    return list(check_alarms(live(*alarms, **given)))


def test_alarms_as_they_should_be_are_not_told() -> None:
    assert said() == []
    assert list(check_alarms(replace(live(), alarms=None))) == []
    assert list(find_unproven_alarms(replace(live(), alarms=None))) == []
    assert find_new_alarms(replace(live(), alarms=None)) == []
    assert NEW_ALARM_SECONDS == 600


@pytest.mark.parametrize("name", ["of-table", "of-index", "users"])
def test_alarm_that_cannot_veto_is_told(name: str) -> None:
    state = live()
    assert state.alarms is not None
    gone = replace(state, alarms={key: one for key, one in state.alarms.items() if key != name})
    assert list(check_alarms(gone)) == [f"alarm {name} does not exist in this account and Region"]
    assert said(alarm(name, evaluation="EVALUATION_ERROR")) == [
        f"alarm {name} cannot be evaluated (EVALUATION_ERROR), so its OK means nothing"
    ]
    assert said(alarm(name, "ALARM", reason="r" * 161)) == [f"alarm {name} is in ALARM: {'r' * 159}\u2026"]
    assert said(alarm(name, "ALARM", reason="r" * 160)) == [f"alarm {name} is in ALARM: {'r' * 160}"]
    assert said(alarm(name, "INSUFFICIENT_DATA")) == [
        f"alarm {name} is INSUFFICIENT_DATA, not OK: it has no data to judge by"
    ]


@pytest.mark.parametrize("name", ["of-table", "users"])
@pytest.mark.parametrize("seconds", [0, 599, 600, 601, None])
def test_new_alarm_of_the_guard_has_time_to_get_a_state(name: str, seconds: int | None) -> None:
    configured = None if seconds is None else NOW - timedelta(seconds=seconds)
    one = alarm(name, "INSUFFICIENT_DATA", configured=configured)
    is_new = name == "of-table" and seconds is not None and seconds < 600
    assert (said(one) == []) is is_new
    assert find_new_alarms(live(one)) == ([name] if is_new else [])
    assert find_new_alarms(live(replace(one, evaluation="EVALUATION_ERROR"))) == []
    assert find_new_alarms(live(replace(one, state="OK"))) == []


@pytest.mark.parametrize("name", ["of-table", "users"])
def test_alarm_of_the_guard_that_never_had_data_is_told_as_a_warning(name: str) -> None:
    one = alarm(name, "INSUFFICIENT_DATA", reason=UNPROVEN)
    text = (
        f"alarm {name} has had no data since it was created, as on a table that never throttled: the gates read the "
        "throttle metrics too"
    )
    own = name == "of-table"
    assert (said(one) == []) is own
    assert list(find_unproven_alarms(live(one))) == ([text] if own else [])
    new = replace(one, configured=NOW)
    assert list(find_unproven_alarms(live(new))) == []
    lost = replace(one, reason="Insufficient Data")
    assert list(find_unproven_alarms(live(lost))) == []


@pytest.mark.parametrize(("name", "resource"), [("of-table", "table"), ("of-index", "index by_agent")])
def test_alarm_with_another_definition_is_told(name: str, resource: str) -> None:
    assert said(alarm(name, Unit="Seconds")) == [
        f"alarm {name} does not watch the throttle events of {resource} as this version of the guard does (Unit is set): "
        f"{FIRST}"
    ]
    (text,) = said(alarm(name, ComparisonOperator="x" * 200))
    inner = text.partition("does (")[2].rpartition("):")[0]
    assert inner == f"ComparisonOperator is {'x' * 137}\u2026"
    assert len(inner) == 160
    assert said(alarm(name, Threshold="many")) == [
        f"alarm {name}: cloudwatch:DescribeAlarms was answered in a form that cannot be read "
        "(ValueError(\"could not convert string to float: 'many'\"))"
    ]


def test_alarm_with_other_settings_is_told_unless_it_changes_too() -> None:
    loose = alarm(Threshold=31, EvaluationPeriods=9, DatapointsToAlarm=4)
    texts = [
        f"alarm of-table needs 4 of 9 minutes, declared are 2 of 5: {FIRST}",
        f"alarm of-table allows 31 throttle events a minute, declared are 30: {FIRST}",
    ]
    assert said(loose) == texts
    assert said(alarm(Threshold=30)) == []
    assert said(alarm(Threshold=29)) == []
    assert said(alarm(EvaluationPeriods=9)) == [
        f"alarm of-table needs 2 of 9 minutes, declared are 2 of 5: {FIRST}"
    ]
    assert said(alarm(DatapointsToAlarm=3)) == [
        f"alarm of-table needs 3 of 5 minutes, declared are 2 of 5: {FIRST}"
    ]
    own = {"LogicalResourceId": PLAN.alarms["table"]}
    other = {"LogicalResourceId": PLAN.alarms[INDEX]}
    assert said(loose, changes=(own,)) == []
    assert said(loose, changes=(other,)) == texts
    assert said(loose, changes=None) == []
    assert said(alarm(Unit="Seconds"), changes=(own,)) != [], "another definition is never right"
