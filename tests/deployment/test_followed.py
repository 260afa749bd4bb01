"""One stack: the operation that runs already, its warm throughput, and what it says where a call fails."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from capacity_guard.capacity.hold import JOURNALS_ID
from capacity_guard.deployment.assembly import read_assembly
from capacity_guard.deployment.followed import Followed, Result, follow, of_operation
from capacity_guard.deployment.planned import read_planned
from capacity_guard.rollback.calls import RollbackAws
from capacity_guard.watch.journal import Journal
from capacity_guard.watch.states import Event, State
from tests.fakes.models import client_error
from tests.handlers.gate_world import (
    ON_DEMAND,
    TABLE,
    TABLE_NAME,
    a_plan,
    in_the_evening,
    replace_clock,
    with_schedules,
)
from tests.rollback.watch_world import Both, Journals
from tests.rollback.world import BAKE, NAME

from .deploy_world import FINGERPRINT, PREFLIGHT, DeployWorld, write_assembly

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DeployWorld:
    made = DeployWorld(tmp_path)
    replace_clock(monkeypatch, lambda: made.aws.now)
    return made


def followed(world: DeployWorld) -> Followed:
    write_assembly(world.folder / "cdk.out", world.templates)
    (stack,) = read_assembly(world.folder / "cdk.out")
    return follow(read_planned(stack, None), world.calls())


def test_newest_operation_is_told_without_the_ones_before(world: DeployWorld) -> None:
    world.deployed()
    world.event(NAME, "UPDATE_IN_PROGRESS")
    one = followed(world)
    assert one.live.runs
    assert list(one.attach()) == [
        f"{world.aws.now:%H:%M:%S} {NAME}: an operation has begun (UPDATE_IN_PROGRESS)"
    ]
    assert not one.is_attached_to(one.planned.changes[0])
    assert of_operation([]) == []


def test_operation_whose_first_events_are_too_old_to_be_read_is_attached_to(world: DeployWorld) -> None:
    world.began()
    world.changed()
    world.events = [event for event in world.events if event["LogicalResourceId"] != NAME]
    one = followed(world)
    assert "Bake has begun" in "\n".join(list(one.attach()))
    assert one.runs
    world.vetoed()
    list(one.look())
    assert one.outcome().result is Result.UNDONE


def test_stack_that_is_created_anew_is_read_by_its_name(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    world.status = "ROLLBACK_COMPLETE"
    one = followed(world)

    def events(self: object, request: dict[str, str]) -> dict[str, object]:
        asked.append(request["StackName"])
        return {"StackEvents": []}

    monkeypatch.setattr("tests.rollback.world._CloudFormation.do_describe_stack_events", events)
    list(one.look())
    assert asked == [NAME]


def test_events_from_before_the_deployment_are_not_told(world: DeployWorld) -> None:
    world.deployed()
    one = followed(world)
    assert list(one.look()) == []
    assert one.outcome().result is Result.UNCHANGED


def test_warm_throughput_that_is_raised_is_told_once(world: DeployWorld) -> None:
    one = followed(world)
    world.began()
    world.calls().table.raise_warm_throughput(TABLE_NAME, "by_agent", {"write": 20_000})
    lines = [*one.look(), *one.look()]
    assert [line for line in lines if "warm" in line] == [
        f"{NAME}: Conversations: warm throughput is raised: by_agent"
    ]


def test_call_that_fails_is_told_once_until_it_works_again(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = followed(world)

    def refuse(*arguments: object) -> None:
        raise client_error("DescribeStackEvents", "AccessDenied", "expired", 403)

    with monkeypatch.context() as patched:
        patched.setattr("tests.rollback.world._CloudFormation.do_describe_stack_events", refuse)
        lines = [*one.look(), *one.look()]
    assert len(lines) == 1
    assert "its stages cannot be read" in lines[0]
    assert one.unread == 2
    assert list(one.look()) == []
    assert one.unread == 0


def test_table_name_that_cannot_be_read_is_left_out(world: DeployWorld) -> None:
    one = followed(world)
    assert one.table_names() == {FINGERPRINT: TABLE_NAME}
    world.owned = False
    assert followed(world).table_names() == {}


def test_what_people_and_the_watch_write_into_the_journal_is_told_once(world: DeployWorld) -> None:
    journals = Journals()
    world.body["Resources"][JOURNALS_ID] = {"Type": "AWS::DynamoDB::Table", "Properties": {}}
    one = followed(world)
    one._aws = RollbackAws(
        {**world.calls()._clients, "dynamodb": Both(world.aws.clients()["dynamodb"], journals)}
    )
    world.began()
    world.changed()
    list(one.look())
    kept = Journal("ConversationsTable9A1B", FINGERPRINT, State.WATCHING)
    kept = kept.with_event(Event.PAGED, at=one._began - MINUTE, by="watch", reason="long ago")
    kept = kept.with_event(
        Event.PAUSED, at=world.aws.now, by="ada", reason="a client", until=world.aws.now + MINUTE
    )
    journals.items[TABLE] = {"journal": {"S": json.dumps(kept.to_json())}, "version": {"N": "1"}}
    lines = [*one.look(), *one.look()]
    assert lines == [f"{world.aws.now:%H:%M:%S} {NAME}: Conversations: paused by a person, ada: a client"]


def test_table_that_is_restored_while_a_schedule_has_raised_its_minimum_is_undone(world: DeployWorld) -> None:
    plan = with_schedules(a_plan(ON_DEMAND)).to_property()
    for gate in (PREFLIGHT, BAKE):
        world.templates[NAME]["Resources"][gate]["Properties"]["Plan"] = plan
    one = followed(world)
    world.began()
    world.changed()
    world.vetoed()
    in_the_evening(world.aws)
    list(one.look())
    outcome = one.outcome()
    assert outcome.result is Result.UNDONE
    assert "Conversations: table and 1 index have the capacity of before the change" in outcome.lines[-1]
