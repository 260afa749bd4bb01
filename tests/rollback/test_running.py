"""A veto while an operation runs: the deployment that made the change is cancelled, anything else is waited for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_guard.rollback.roll_back import Result, Rollback
from capacity_guard.rollback.running import Running, read_running
from capacity_guard.watch.options import WatchOptions
from capacity_guard.watch.states import Event, State
from tests.fakes.models import client_error
from tests.handlers.gate_world import (
    ON_DEMAND,
    PROVISIONED,
    STACK_ID,
    TABLE,
    TABLE_NAME,
    a_plan,
    replace_clock,
)

from .gate_events import PREFLIGHT, TOKEN, gate_event, gated, own_update, stack_event, undone
from .two_tables import OTHER_BAKE, OTHER_FINGERPRINT, TwoTables
from .watch_world import BAKE, FINGERPRINT, MINUTE, WatchWorld
from .world import event


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    return gated(monkeypatch)


def runs(world: WatchWorld, *later: dict[str, Any], token: str | None = "exec-2") -> None:
    """Another update runs, with these events, after the one that made the change."""
    own_update(world)
    began = world.aws.now - 10 * MINUTE
    tokens = {} if token is None else {"ClientRequestToken": token}
    world.events = [
        *({**each, **tokens} for each in later[::-1]),
        stack_event(began, "UPDATE_IN_PROGRESS", token),
        stack_event(began - 20 * MINUTE, "UPDATE_COMPLETE", TOKEN),
        *world.events,
    ]


def running(world: WatchWorld) -> Running:
    return read_running(world.calls(), STACK_ID, world.status, FINGERPRINT, TABLE)


def at(world: WatchWorld, minutes: int) -> datetime:
    return world.aws.now - minutes * MINUTE


@pytest.mark.parametrize("token", [TOKEN, None], ids=["with a token", "without a token"])
def test_deployment_that_made_the_change_is_cancelled(world: WatchWorld, token: str | None) -> None:
    own_update(world, token)
    assert running(world) is Running.OWN
    world.look()
    assert (world.held, world.cancelled, len(world.updates)) == (FINGERPRINT, 1, 0)
    assert world.aws.mode == PROVISIONED.billing_mode.value
    assert world.topic.subjects == ["throttles, its deployment is being cancelled"]
    assert "CloudFormation rolls it back" in world.topic.sent[0]["Message"]
    assert world.journal.state is State.HELD
    assert "is cancelled" in world.journal.entries[-1].reason


def test_cancelled_deployment_ends_restored_where_the_template_shows_it_still(world: WatchWorld) -> None:
    own_update(world)
    world.look(6)
    assert world.cancelled == 1
    assert world.aws.mode == PROVISIONED.billing_mode.value
    assert "restored, the capacity is that of before the change" in world.topic.subjects
    assert world.journal.entries[-1].event is Event.RESTORED


def test_cancelled_deployment_ends_the_looks_where_its_template_is_gone(world: WatchWorld) -> None:
    own_update(world)
    world.on_cancel = lambda: undone(world)
    world.look(6)
    assert (world.cancelled, len(world.updates)) == (1, 0)
    assert world.topic.subjects == ["throttles, its deployment is being cancelled"]


def test_change_is_found_in_the_events_where_the_template_is_that_of_before(world: WatchWorld) -> None:
    """No source states whether GetTemplate shows the template of before, or of the update that runs."""
    own_update(world)
    for gate in (BAKE, PREFLIGHT):
        world.body["Resources"].pop(gate)
    world.body["Conditions"] = {}
    world.look()
    assert (world.held, world.cancelled) == (FINGERPRINT, 1)
    assert world.aws.mode == PROVISIONED.billing_mode.value


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 26))
def test_process_that_dies_around_the_cancellation_ends_restored(
    world: WatchWorld, call: int, after: bool
) -> None:
    own_update(world)
    with world.dies(call, after=after):
        world.look()
    world.look(6)
    assert world.held == FINGERPRINT
    assert world.aws.mode == PROVISIONED.billing_mode.value
    assert world.cancelled == 1
    assert world.journal.state is State.HELD


def test_change_that_somebody_holds_meanwhile_is_cancelled_too(world: WatchWorld) -> None:
    own_update(world)
    world.aws.series("WriteThrottleEvents", "index/by_agent").clear()
    world.aws.ssm.put_parameter(
        {"Name": "/capacity-guard/Conversations-production/" + TABLE, "Value": FINGERPRINT, "Overwrite": True}
    )
    world.look(4)
    assert world.cancelled == 1
    assert world.aws.mode == PROVISIONED.billing_mode.value


def test_person_who_rolls_back_cancels_it_too(world: WatchWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    own_update(world)
    world.on_cancel = lambda: undone(world)
    told: list[str] = []
    monkeypatch.setattr("capacity_guard.rollback.roll_back.clock.sleep", lambda seconds: None)
    command = Rollback(world.person(), TABLE_NAME, wait=timedelta(hours=1), report=told.append)
    outcome = command.run(command.find(), "INC-1")
    assert outcome.result is Result.RESTORED
    assert world.cancelled == 1
    assert any("is cancelled" in line for line in told)


def waits(world: WatchWorld, expected: Running) -> None:
    """The operation is waited for, and people are told what runs; then the change is restored."""
    assert running(world) is expected
    world.look(2)
    assert (world.held, world.cancelled) == ("none", 0)
    (told,) = world.topic.sent
    assert expected.value in told["Message"]
    world.status = "UPDATE_COMPLETE"
    world.look(4)
    assert world.aws.mode == PROVISIONED.billing_mode.value
    assert world.held == FINGERPRINT


@pytest.mark.parametrize("token", ["exec-2", None], ids=["with a token", "without a token"])
def test_deployment_of_something_else_is_waited_for(world: WatchWorld, token: str | None) -> None:
    runs(world, event(at(world, 8), "UPDATE_IN_PROGRESS", "Api"), token=token)
    waits(world, Running.OTHER)


def test_deployment_that_has_not_begun_with_any_resource_is_waited_for(world: WatchWorld) -> None:
    runs(world)
    waits(world, Running.OTHER)


def other_gate(world: WatchWorld, minutes: int, status: str) -> dict[str, Any]:
    """The Preflight of another change of the same table, a relief perhaps."""
    plan = replace(a_plan(ON_DEMAND), transition=replace(a_plan(ON_DEMAND).transition, attempt=3))
    properties = {"Fingerprint": plan.transition.fingerprint, "Plan": plan.to_property()}
    return {
        **gate_event(at(world, minutes), status, "OtherPreflight"),
        "ResourceType": "Custom::CapacityGuardPreflight",
        "ResourceProperties": json.dumps(properties),
    }


def test_other_change_of_the_table_is_waited_for_while_its_gate_looks(world: WatchWorld) -> None:
    """It may be the relief that ends the throttling."""
    runs(world, other_gate(world, 8, "CREATE_IN_PROGRESS"))
    waits(world, Running.TABLE)


def test_break_glass_on_the_table_is_waited_for(world: WatchWorld) -> None:
    """It has no gate: the table alone is in the events."""
    runs(world, event(at(world, 8), "UPDATE_IN_PROGRESS", TABLE))
    waits(world, Running.TABLE)


def test_update_of_which_the_events_show_no_beginning_is_waited_for(world: WatchWorld) -> None:
    own_update(world)
    world.events = [each for each in world.events if each.get("PhysicalResourceId") != STACK_ID]
    waits(world, Running.UNKNOWN)


def test_update_that_takes_another_change_back_is_waited_for(world: WatchWorld) -> None:
    runs(
        world, event(at(world, 8), "UPDATE_IN_PROGRESS", "OtherTable"), token="capacity-guard-0123456789-abc"
    )
    waits(world, Running.RESTORING)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Running.ENDING),
        ("UPDATE_ROLLBACK_IN_PROGRESS", Running.UNDOING),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", Running.ENDING),
        ("DELETE_IN_PROGRESS", Running.OTHER),
        ("IMPORT_IN_PROGRESS", Running.OTHER),
    ],
)
def test_operation_that_cannot_be_cancelled_is_waited_for(
    world: WatchWorld, status: str, expected: Running
) -> None:
    own_update(world)
    world.status = status
    waits(world, expected)


def test_operation_that_ends_just_before_it_is_cancelled_is_taken_back_by_an_update(
    world: WatchWorld,
) -> None:
    own_update(world)
    with pytest.MonkeyPatch.context() as patch:

        def refuse(self: object, request: object) -> None:
            raise client_error(
                "CancelUpdateStack",
                "ValidationError",
                "CancelUpdateStack cannot be called from current stack status",
                400,
            )

        patch.setattr("tests.rollback.world._CloudFormation.do_cancel_update_stack", refuse)
        world.look()
    assert (world.held, world.cancelled) == (FINGERPRINT, 0)
    assert "it was not cancelled" in world.topic.sent[0]["Message"]
    world.status = "UPDATE_COMPLETE"
    world.look(5)
    assert len(world.updates) == 1
    assert world.aws.mode == PROVISIONED.billing_mode.value


def test_watch_that_only_pages_cancels_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = WatchWorld(WatchOptions("page"))
    replace_clock(monkeypatch, lambda: world.aws.now)
    own_update(world)
    world.look(2)
    assert (world.held, world.cancelled) == ("none", 0)
    assert world.topic.subjects == ["throttles, and is NOT taken back"]


def test_change_without_a_hold_cancels_nothing(world: WatchWorld) -> None:
    """A deployment that is repeated by itself would try it again."""
    own_update(world)
    world.body["Resources"][BAKE]["Properties"].pop("Hold")
    world.look(2)
    assert world.cancelled == 0


def test_paging_over_the_events_finds_the_beginning(world: WatchWorld) -> None:
    own_update(world)
    events = world.events
    pages = [events[:3], events[3:]]

    def page(self: Any, request: dict[str, Any]) -> dict[str, Any]:
        number = int(request.get("NextToken", "0"))
        return {"StackEvents": pages[number], **({"NextToken": "1"} if number == 0 else {})}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.rollback.world._CloudFormation.do_describe_stack_events", page)
        assert running(world) is Running.OWN


def test_cancelled_deployment_of_two_tables_takes_both_back_and_holds_the_one_that_throttled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two = TwoTables()
    replace_clock(monkeypatch, lambda: two.aws.now)
    own_update(two)
    with two.of_other():
        two.carry(two.aws.now - 60 * MINUTE)
    began = event(two.aws.now - 30 * MINUTE, "CREATE_IN_PROGRESS", OTHER_BAKE)
    two.events.insert(0, {**began, "ClientRequestToken": TOKEN})

    def undo() -> None:
        two.applied, two.others_applied = FINGERPRINT, OTHER_FINGERPRINT
        two.restore()
        for bake in (BAKE, OTHER_BAKE):
            two.body["Resources"].pop(bake)

    two.on_cancel = undo
    two.look(5)
    assert (two.cancelled, len(two.updates)) == (1, 0)
    assert (two.aws.mode, two.other_mode) == ("PROVISIONED", "PROVISIONED")
    assert (two.held, two.other_held) == (FINGERPRINT, "none")
