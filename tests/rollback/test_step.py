"""One step of taking a change back: what it does in each state of the stack, and that it makes one write at most."""

from __future__ import annotations

import json

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.handlers.aws_error import AwsError
from capacity_guard.rollback.step import (
    UPDATABLE,
    OneRun,
    Stage,
    Step,
    compare,
    hold_change,
    take_step,
    token_of,
)
from capacity_guard.rollback.way_back import WayBack, find_way_back
from tests.fakes.models import client_error
from tests.handlers.gate_world import (
    ON_DEMAND,
    STACK_ID,
    TABLE,
    TABLE_NAME,
    a_plan,
    in_the_evening,
    set_capacity,
    with_schedules,
)

from .world import BAKE, FINGERPRINT, HOLD, ROLE, World, template


def way_back(world: World) -> WayBack:
    calls = world.calls()
    found = find_way_back(world.body, calls.stack(STACK_ID), logical_id=TABLE, table=TABLE_NAME)
    assert not isinstance(found, InputError)
    return found


def step(world: World, *, is_updated: bool = False) -> Step:
    found = way_back(world)
    return take_step(world.calls(), found, lambda: way_back(world), OneRun(), is_updated=is_updated)


def held() -> World:
    world = World()
    assert hold_change(world.calls(), way_back(world), "INC-1")
    return world


def test_hold_when_written_twice_is_written_once() -> None:
    world = held()
    assert not hold_change(world.calls(), way_back(world), "INC-1")
    assert world.held == FINGERPRINT
    assert world.aws.count("ssm:PutParameter") == 1


def test_hold_that_somebody_deleted_is_written_anew() -> None:
    world = World()
    found = way_back(world)
    del world.aws.ssm.parameters[HOLD]
    assert hold_change(world.calls(), found, "INC-1")
    assert world.held == FINGERPRINT


@pytest.mark.parametrize("status", UPDATABLE)
def test_stack_that_takes_an_update_gets_one(status: str) -> None:
    world = held()
    world.status = status
    assert step(world).stage is Stage.STARTED
    assert str(world.updates[0]["ClientRequestToken"]).startswith(token_of(FINGERPRINT))


def test_stack_of_which_an_operation_runs_is_left_alone() -> None:
    world = held()
    world.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    assert step(world).stage is Stage.WAITING
    assert not world.updates


def test_rollback_that_failed_is_continued_and_no_more() -> None:
    world = held()
    world.status = "UPDATE_ROLLBACK_FAILED"
    found = step(world)
    assert (found.stage, world.continued, world.updates) == (Stage.WAITING, 1, [])


def test_update_that_was_undone_is_not_started_again_by_itself() -> None:
    world = held()
    world.status = "UPDATE_ROLLBACK_COMPLETE"
    found = step(world, is_updated=True)
    assert found.stage is Stage.FAILED
    assert "the update ended in UPDATE_ROLLBACK_COMPLETE" in found.text
    assert not world.updates


def test_another_change_is_not_taken_back() -> None:
    world = held()
    found = way_back(world)
    world.body = template("abcdef0123")
    taken = take_step(world.calls(), found, lambda: way_back(world), OneRun(), is_updated=False)
    assert taken.stage is Stage.FAILED


def test_refusal_because_of_another_operation_is_waiting_and_any_other_one_is_raised() -> None:
    world = held()
    world.refusals = ["Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated."]
    assert step(world).stage is Stage.WAITING
    world.refusals = ["User is not authorized to perform: iam:PassRole"]
    with pytest.raises(AwsError, match="PassRole"):
        step(world)


def test_table_when_compared_is_restored_different_or_being_changed() -> None:
    world = held()
    assert step(world).stage is Stage.STARTED
    world.coming = []
    assert step(world, is_updated=True).stage is Stage.RESTORED
    world.aws.resources["index/by_agent"].units["read"] = 1
    assert step(world, is_updated=True).stage is Stage.DIFFERENT
    world.aws.resources["index/by_agent"].status = "UPDATING"
    assert step(world, is_updated=True).stage is Stage.INACTIVE
    set_capacity(world.aws, ON_DEMAND)
    assert "billing mode" in step(world, is_updated=True).text


def test_update_without_permission_for_a_policy_is_sent_under_the_stacks_own() -> None:
    world = held()
    world.may_set_policy = False
    found = step(world)
    assert (found.stage, found.caution) == (Stage.STARTED, "")
    (update,) = world.updates
    assert "StackPolicyDuringUpdateBody" not in update
    assert update["RoleARN"] == ROLE


def test_update_that_is_denied_with_and_without_a_policy_is_raised() -> None:
    world = held()
    denied = client_error(
        "UpdateStack", "AccessDenied", "not authorized to perform: cloudformation:UpdateStack", 403
    )
    world.refusals = [denied, denied]
    with pytest.raises(AwsError, match="cloudformation:UpdateStack"):
        step(world)
    assert not world.updates


@pytest.mark.parametrize("policy", ["{", json.dumps({"Statement": [{"Sid": "x" * 16_384}]})])
def test_policy_of_the_stack_that_cannot_be_merged_stays_in_force_and_is_told(policy: str) -> None:
    world = held()
    world.policy = policy
    found = step(world)
    assert found.stage is Stage.STARTED
    assert "the stack's policy" in found.caution
    assert found.caution.endswith("The update was sent without a policy of its own; the stack's applies.")
    (update,) = world.updates
    assert not [name for name in update if name.startswith("StackPolicy")]


def test_minimum_that_a_schedule_has_raised_is_no_difference() -> None:
    world = held()
    world.body["Resources"][BAKE]["Properties"]["Plan"] = (
        with_schedules(a_plan(ON_DEMAND)).of_bake().to_property()
    )
    world.restore()
    in_the_evening(world.aws)
    assert compare(world.calls(), way_back(world)).stage is Stage.RESTORED
    world.body["Resources"][BAKE]["Properties"]["Plan"] = a_plan(ON_DEMAND).of_bake().to_property()
    found = compare(world.calls(), way_back(world))
    assert (found.stage, found.text) == (
        Stage.DIFFERENT,
        "table, write: scales 8,000 to 10,000, not 6,400 to 10,000",
    )
