"""A change that is held: the next step, what is noted and told, and when it is told that it takes long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capacity_guard.rollback.restoring import LONG
from capacity_guard.watch.states import Event
from tests.handlers.gate_world import ON_DEMAND, a_plan, in_the_evening, replace_clock, with_schedules

from .watch_world import BAKE, FINGERPRINT, HOLD, HOUR, WatchWorld


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    """A change that somebody holds."""
    made = WatchWorld()
    replace_clock(monkeypatch, lambda: made.aws.now)
    made.carry(made.deployed(HOUR))
    made.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})
    return made


def test_operation_that_never_ends_is_told_after_a_while(world: WatchWorld) -> None:
    world.status = "UPDATE_IN_PROGRESS"
    world.look(3)
    assert not world.topic.sent
    world.pass_time(LONG)
    world.look(3)
    assert world.topic.subjects == ["NOT restored yet"]
    world.pass_time(timedelta(hours=1))
    world.look()
    assert world.topic.subjects == ["NOT restored yet"] * 2


def test_hold_that_was_taken_out_and_written_again_is_carried_out_again(world: WatchWorld) -> None:
    world.look(5)
    assert len(world.updates) == 1
    world.applied = "none"  # somebody emptied the hold, deployed, and wrote it again
    world.look(5)
    assert len(world.updates) == 2
    assert [entry.event for entry in world.journal.entries].count(Event.RESTORED) == 1


def test_stack_whose_hold_is_not_shown_is_not_noted_at_each_look(world: WatchWorld) -> None:
    world.look(5)
    entries = len(world.journal.entries)
    world.outputs = list(world.outputs)
    world.look(5)
    assert len(world.journal.entries) == entries


def test_stack_without_a_rollback_role_is_told(world: WatchWorld) -> None:
    world.outputs = []
    world.look(2, fails=True)
    assert world.topic.subjects == ["the change is NOT watched"]
    assert "without an output CapacityGuardRollbackRoleArn" in world.topic.sent[0]["Message"]


def test_table_that_is_restored_while_a_schedule_has_raised_its_minimum_is_restored(
    world: WatchWorld,
) -> None:
    bake = world.body["Resources"][BAKE]["Properties"]
    bake["Plan"] = with_schedules(a_plan(ON_DEMAND)).of_bake().to_property()
    noted = world.on_update

    def in_evening() -> None:
        noted()
        in_the_evening(world.aws)

    world.on_update = in_evening
    world.look(180)
    assert world.topic.subjects == ["restored, the capacity is that of before the change"]
