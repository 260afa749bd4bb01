"""A change is taken back from every state of its stack; a call that is interrupted is continued by the same call."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.handlers.aws_error import AwsError
from capacity_guard.rollback.roll_back import Outcome, Result, Rollback
from tests.fakes.models import client_error
from tests.handlers.gate_world import ON_DEMAND, TABLE, TABLE_NAME, replace_clock, set_capacity

from .world import FINGERPRINT, HOLD, ROLE, World, table_resource, template

REASON = "ada: INC-1"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    replace_clock(monkeypatch, lambda: made.aws.now)
    return made


def roll_back(world: World, lines: list[str] | None = None, minutes: float = 60) -> Outcome:
    """Run the command's work."""
    told: list[str] = [] if lines is None else lines
    rollback = Rollback(world.calls(), TABLE_NAME, wait=timedelta(minutes=minutes), report=told.append)
    return rollback.run(rollback.find(), REASON)


def test_change_when_it_is_taken_back_is_held_first_and_restored_by_cloudformation(world: World) -> None:
    lines: list[str] = []
    outcome = roll_back(world, lines)
    assert outcome.result is Result.RESTORED
    assert world.held == FINGERPRINT
    assert lines[0] == f"{HOLD} holds {FINGERPRINT}"
    (update,) = world.updates
    token = update.pop("ClientRequestToken")
    policy = json.loads(update.pop("StackPolicyDuringUpdateBody"))
    assert token.startswith(f"capacity-guard-{FINGERPRINT}-")
    assert update == {
        "StackName": update["StackName"],
        "UsePreviousTemplate": True,
        "Parameters": [
            {"ParameterKey": "Held", "UsePreviousValue": True},
            {"ParameterKey": "BootstrapVersion", "UsePreviousValue": True},
        ],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "RoleARN": ROLE,
        "RollbackConfiguration": {"RollbackTriggers": [], "MonitoringTimeInMinutes": 0},
    }
    assert policy["Statement"][-1]["Resource"] == f"LogicalResourceId/{TABLE}"


def test_change_when_it_was_taken_back_before_is_not_updated_again(world: World) -> None:
    roll_back(world)
    outcome = roll_back(world)
    assert outcome.result is Result.NOTHING_TO_DO
    assert "was taken back before" in outcome.text
    assert len(world.updates) == 1
    assert world.aws.ssm.parameters[HOLD]["Version"] == 2


def test_call_when_it_was_interrupted_after_the_hold_is_continued(world: World) -> None:
    world.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})
    assert roll_back(world).result is Result.RESTORED
    assert len(world.updates) == 1


def test_call_when_it_was_interrupted_during_the_update_waits_for_it(world: World) -> None:
    roll_back(world)
    world.coming = ["UPDATE_IN_PROGRESS"] * 3
    lines: list[str] = []
    assert roll_back(world, lines).result is Result.NOTHING_TO_DO
    assert any(line.startswith("stack Conversations-production is UPDATE_IN_PROGRESS") for line in lines)


def test_stack_when_another_deployment_runs_is_waited_for(world: World) -> None:
    world.coming = ["UPDATE_COMPLETE", *["UPDATE_IN_PROGRESS"] * 4]
    assert roll_back(world).result is Result.RESTORED


def test_deployment_when_it_begins_just_before_the_update_is_waited_for(world: World) -> None:
    world.refusals = [
        "Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated.",
        "Stack:arn is in UPDATE_COMPLETE_CLEANUP_IN_PROGRESS state and can not be updated.",
    ]
    assert roll_back(world).result is Result.RESTORED


def test_stack_when_its_rollback_failed_is_continued_first(world: World) -> None:
    world.status = "UPDATE_ROLLBACK_FAILED"
    assert roll_back(world).result is Result.RESTORED
    assert world.continued == 1


def test_rollback_that_fails_again_after_it_was_continued_is_left_to_the_person(world: World) -> None:
    world.rollback_failed()
    world.continue_ends = "UPDATE_ROLLBACK_FAILED"
    outcome = roll_back(world)
    assert (outcome.result, world.continued) == (Result.FAILED, 1)
    assert "--resources-to-skip" in outcome.text


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "DELETE_FAILED", "ROLLBACK_FAILED"])
def test_stack_when_it_takes_no_update_is_told_and_the_change_stays_held(world: World, status: str) -> None:
    world.status = status
    outcome = roll_back(world)
    assert outcome.result is Result.FAILED
    assert f"is {status}, and takes no update" in outcome.text
    assert "Run the same command again to continue" in outcome.text
    assert world.held == FINGERPRINT
    assert not world.updates


def test_stack_whose_update_failed_without_rollback_is_updated_with_rollback_disabled(world: World) -> None:
    world.status = "UPDATE_FAILED"
    assert roll_back(world).result is Result.RESTORED
    assert [update["DisableRollback"] for update in world.updates] == [True]


def test_stack_whose_other_resources_fail_again_is_restored_if_its_table_is(world: World) -> None:
    world.status = world.ends = "UPDATE_FAILED"
    outcome = roll_back(world)
    assert outcome.result is Result.RESTORED
    assert "is still UPDATE_FAILED, for other resources" in outcome.text
    assert len(world.updates) == 1


def test_stack_whose_table_fails_again_is_told_with_the_reasons(world: World) -> None:
    world.status = world.ends = "UPDATE_FAILED"
    world.restore = lambda: None  # type: ignore[method-assign]
    outcome = roll_back(world)
    assert outcome.result is Result.FAILED
    assert "the update ended in UPDATE_FAILED" in outcome.text


def test_stack_that_takes_no_update_in_update_failed_is_told_with_the_services_message(world: World) -> None:
    world.status, world.resumes = "UPDATE_FAILED", False
    outcome = roll_back(world)
    assert outcome.result is Result.FAILED
    assert "non-terminal [UPDATE_FAILED] state" in outcome.text
    assert world.held == FINGERPRINT


def test_deployment_of_another_change_in_the_meantime_is_not_taken_back(world: World) -> None:
    rollback = Rollback(world.calls(), TABLE_NAME, wait=timedelta(hours=1), report=lambda line: None)
    found = rollback.find()
    world.body = template("abcdef0123")
    outcome = rollback.run(found, REASON)
    assert outcome.result is Result.FAILED
    assert "another change (abcdef0123) was deployed in the meantime" in outcome.text
    assert not world.updates


def test_update_when_cloudformation_undoes_it_is_told_with_its_reason(world: World) -> None:
    world.ends = "UPDATE_ROLLBACK_COMPLETE"
    world.events = [
        {
            "StackId": "s",
            "EventId": "1",
            "StackName": "n",
            "Timestamp": world.aws.now,
            "LogicalResourceId": TABLE,
            "ResourceStatus": "UPDATE_FAILED",
            "ResourceStatusReason": "Subscriber limit exceeded",
        }
    ]
    outcome = roll_back(world)
    assert outcome.result is Result.FAILED
    assert f"the update ended in UPDATE_ROLLBACK_COMPLETE: {TABLE}: Subscriber limit exceeded" in outcome.text


def test_update_when_the_table_is_not_as_before_afterwards_is_told(world: World) -> None:
    world.on_update = lambda: set_capacity(world.aws, ON_DEMAND)
    outcome = roll_back(world)
    assert outcome.result is Result.FAILED
    assert "was not shown to be restored" in outcome.text


def test_update_when_an_index_differs_afterwards_is_told(world: World) -> None:
    def one_index_less_units() -> None:
        world.aws.resources["index/by_agent"].units["read"] = 1

    world.on_update = one_index_less_units
    outcome = roll_back(world)
    assert outcome.result is Result.FAILED
    assert "by_agent" in outcome.text


def test_update_when_it_is_denied_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.refusals = ["User is not authorized to perform: iam:PassRole"]
    outcome = roll_back(world)
    assert outcome.result is Result.FAILED
    assert "iam:PassRole" in outcome.text


def test_time_when_it_is_over_is_told(world: World) -> None:
    world.status = "UPDATE_IN_PROGRESS"
    outcome = roll_back(world, minutes=5)
    assert outcome.result is Result.FAILED
    assert "it took too long" in outcome.text
    assert world.held == FINGERPRINT


def test_stack_that_is_being_deleted_is_not_waited_for(world: World) -> None:
    world.status = "DELETE_IN_PROGRESS"
    began = world.aws.now
    outcome = roll_back(world, minutes=60)
    assert outcome.result is Result.FAILED
    assert "is DELETE_IN_PROGRESS, and takes no update" in outcome.text
    assert world.aws.now == began
    assert not world.updates


def test_hold_when_it_cannot_be_read_or_written_fails_before_anything_changed(world: World) -> None:
    denied = client_error("PutParameter", "AccessDeniedException", "not authorized", 400)
    world.aws.fail("ssm:PutParameter", denied)
    with pytest.raises(AwsError, match="ssm:PutParameter"):
        roll_back(world)
    assert not world.updates
    assert world.held == "none"


def test_stack_policy_when_there_is_one_is_sent_with_every_statement_of_it(world: World) -> None:
    own = {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "LogicalResourceId/Other"}
    world.policy = json.dumps({"Statement": [own]})
    assert roll_back(world).result is Result.RESTORED
    sent = json.loads(world.updates[0]["StackPolicyDuringUpdateBody"])["Statement"]
    assert sent[0] == own
    assert len(sent) == 2


@pytest.mark.parametrize("missing", ["owner", "condition", "parameter", "role"])
def test_table_when_it_has_no_way_back_is_refused_before_anything_changes(world: World, missing: str) -> None:
    if missing == "owner":
        world.owned = False
    elif missing == "condition":
        world.body["Conditions"] = {}
    elif missing == "parameter":
        world.body = {"Resources": {TABLE: table_resource()}}
    else:
        world.outputs = []
    with pytest.raises(InputError):
        roll_back(world)
    assert world.held == "none"
