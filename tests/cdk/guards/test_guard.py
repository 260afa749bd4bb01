"""What every guard has: the plan of its gates, and the checks of its properties."""

from __future__ import annotations

import json

import aws_cdk as cdk
import pytest

from capacity_guard import ChangeWindow, InputError, Rollout
from tests.builders.guarded import (
    ALARM,
    BAKE,
    GLOBAL_TABLE,
    INDEX,
    LOWERED,
    PROVISIONED,
    app,
    synthesize,
    table,
    template,
)


def test_plan_names_what_the_stack_holds() -> None:
    rollout = Rollout(bake_minutes=12, change_window=ChangeWindow("Sun 06-10"), alarms=("users-see-errors",))
    made = template(capacity=LOWERED, rollout=rollout)
    plan = made.plan()
    (guarded,) = made.of(GLOBAL_TABLE)
    assert plan.logical_id == guarded
    assert plan.table == "Conversations"
    assert plan.table_name is None
    assert set(plan.alarms) == {"table", f"index/{INDEX}"}
    assert set(plan.alarms.values()) == set(made.of(ALARM))
    assert set(plan.travels_with) == {guarded, *made.gates, *made.of(ALARM), "CDKMetadata"}
    assert plan.rollout == rollout
    assert plan.transition.declared == LOWERED
    assert plan.deployed.template == PROVISIONED
    assert plan == made.plan(BAKE)


def test_plan_when_a_logical_id_is_overridden_afterwards_carries_the_new_one() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=LOWERED)
    guarded.guard.resource.override_logical_id("Kept")
    resources = synthesize(made)
    assert resources.plan().logical_id == "Kept"
    assert "table/S-Kept-*" in json.dumps(resources.of("AWS::IAM::Role"))


def test_plan_without_a_transition_is_refused() -> None:
    with pytest.raises(InputError, match="is in no transition"):
        _ = table(cdk.Stack(app(), "S")).guard.plan


def test_unread_plan_with_a_readable_baseline_is_refused() -> None:
    with pytest.raises(InputError, match="has a baseline that can be read"):
        _ = table(cdk.Stack(app(), "S")).guard.unread_plan


def test_case_has_account_and_region_of_the_stack_if_they_are_known() -> None:
    made = app()
    environment = cdk.Environment(account="123456789012", region="eu-west-1")
    known = table(cdk.Stack(made, "Known", env=environment)).guard.case
    unknown = table(cdk.Stack(made, "Unknown")).guard.case
    assert (known.account, known.region, known.stack) == ("123456789012", "eu-west-1", "Known")
    assert (unknown.account, unknown.region) == (None, None)


def test_alarm_ids_are_the_logical_ids_of_the_alarms_in_the_template() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"))
    alarm_ids = guarded.guard.alarm_ids
    assert list(alarm_ids) == ["table", f"index/{INDEX}"]
    assert set(alarm_ids.values()) == set(synthesize(made).of(ALARM))
