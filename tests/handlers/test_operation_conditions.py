"""Conditions of Preflight on the operation: how it was started, where it runs, and of which operation its change set is."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.handlers.change_set import ChangeSet
from tests.handlers import wrong_states
from tests.handlers.gate_world import (
    ON_DEMAND,
    TABLE_NAME,
    a_plan,
    a_relief,
    an_aws,
    refused_preflight,
    run_preflight,
)
from tests.handlers.wrong_states import Wrong, expect_refusal, expect_warning

WRONG: wrong_states.Cases = [
    ("express", wrong_states.express_mode, "express mode"),
    ("no rollback", wrong_states.rollback_disabled, "rollback is disabled"),
    ("no rollback by config", wrong_states.rollback_disabled_by_config, "rollback is disabled"),
    (
        "no rollback by change set",
        wrong_states.rollback_disabled_by_change_set,
        "by its change set: make one without --on-stack-failure DO_NOTHING",
    ),
    ("express by change set", wrong_states.express_mode_of_the_change_set, "express mode"),
    ("direct update", wrong_states.no_change_set, "has no change set"),
    (
        "an earlier change set",
        wrong_states.earlier_change_set,
        "names has the status EXECUTE_COMPLETE instead of EXECUTE_IN_PROGRESS, so it is of an earlier operation",
    ),
    ("a failed change set", wrong_states.failed_change_set, "has the status EXECUTE_FAILED"),
    ("a change set without status", wrong_states.change_set_without_status, "has the status unknown"),
    ("a change set of another stack", wrong_states.change_set_of_another_stack, "is of another stack"),
    ("a change set without the gate", wrong_states.change_set_without_the_gate, "does not create this gate"),
    ("drift reverted", wrong_states.drift_reverted, "reverts drift"),
    ("drift compared", wrong_states.drift_compared, "reverts drift"),
    ("live value replaced", wrong_states.live_value_replaced, "reverts drift"),
    (
        "alarm not deployed",
        wrong_states.alarm_not_deployed,
        "does not have IndexAlarm2 yet: deploy the guard first",
    ),
    (
        "alarm leaving",
        wrong_states.alarm_being_deleted,
        "does not have IndexAlarm2 yet: deploy the guard first",
    ),
]


@pytest.mark.parametrize(("wrong", "expected"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_operation_when_one_thing_is_wrong_refuses_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    expect_refusal(monkeypatch, wrong, expected)


@pytest.mark.parametrize(("wrong", "expected"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_operation_when_a_relief_meets_the_same_warns_and_passes(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    expect_warning(monkeypatch, wrong, expected)


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("baseline is of account 999999999999, this is 111122223333", {"account": "999999999999"}),
        ("baseline is of Region us-east-1, this is eu-west-1", {"region": "us-east-1"}),
        ("baseline is of table Orders, this is Conversations-XYZ", {"recorded_name": "Orders"}),
    ],
)
def test_identity_when_the_baseline_names_another_account_or_region_refuses(
    monkeypatch: pytest.MonkeyPatch, part: str, changes: dict[str, Any]
) -> None:
    plan = a_plan(**changes)
    assert part in refused_preflight(monkeypatch, plan, an_aws(plan))
    relief = a_relief(**changes)
    assert part in run_preflight(monkeypatch, relief, an_aws(relief))["Warnings"]


def test_identity_when_the_baseline_names_no_account_and_region_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(account=None, region=None)
    assert run_preflight(monkeypatch, plan, an_aws(plan))["Warnings"] == ""


def test_identity_when_the_baseline_names_this_table_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(recorded_name=TABLE_NAME)
    assert run_preflight(monkeypatch, plan, an_aws(plan))["Warnings"] == ""


def test_operation_when_the_stack_does_not_show_how_it_was_started_warns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    del aws.stack["DeploymentConfig"]
    assert "does not show how this operation was started" in run_preflight(monkeypatch, plan, aws)["Warnings"]


@pytest.mark.parametrize("keeps", [False, True])
def test_change_set_when_update_stack_follows_is_never_taken_for_the_operations_own(keeps: bool) -> None:
    """Whether a stack goes on naming an earlier change set is not documented: both readings lead to a refusal."""
    aws = an_aws(a_plan(ON_DEMAND))
    stacks = aws.cloudformation
    stacks.keeps_change_set = keeps
    table = {"type": "AWS::SNS::Topic", "properties": {}}
    stacks.make("Other", {"First": table})
    stacks.make_change_set("Other", "next", {"First": table, "Second": table}, execute=True)
    stacks.update("Other", {"First": table})
    (other,) = (stack for stack in stacks.stacks.values() if stack.described["StackName"] == "Other")
    id = other.described.get("ChangeSetId")
    assert (id is not None) == keeps
    if id is not None:
        found = ChangeSet(id, other.executed, ())
        assert found.foreign(other.described["StackId"]) == (
            "has the status EXECUTE_COMPLETE instead of EXECUTE_IN_PROGRESS"
        )
