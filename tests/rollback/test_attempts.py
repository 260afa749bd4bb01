"""How often the watch tries to restore a table, and that it stops: the events of the stack count, whatever else is lost."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from capacity_guard.rollback.attempts import MOST
from capacity_guard.rollback.memory import Memory
from capacity_guard.rollback.people import Decision, decide, find_watched_table
from capacity_guard.rollback.roll_back import Result, Rollback
from capacity_guard.watch.states import Event, State
from tests.handlers.gate_world import INDEX, STACK_ID, TABLE_NAME, replace_clock

from .watch_world import FINGERPRINT, HOUR, MINUTE, WatchWorld, assert_restored, throttled

STOPPED = "NOT restored, and NOT tried again"
A_DAY = 24 * 30
"""Looks of a day."""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    """A change that throttles, and whose update CloudFormation undoes."""
    made = throttled(WatchWorld())
    made.ends = "UPDATE_ROLLBACK_COMPLETE"
    replace_clock(monkeypatch, lambda: made.aws.now)
    return made


def look(world: WatchWorld, times: int) -> list[datetime]:
    """Look some times; returns when an update was sent."""
    sent = []
    for number in range(times):
        before = len(world.updates)
        if number:
            world.pass_time(2 * MINUTE)
        world.look()
        sent += [world.aws.now] * (len(world.updates) - before)
    return sent


def person(world: WatchWorld) -> Result:
    """A person rolls the change back."""
    rollback = Rollback(world.person(), TABLE_NAME, wait=HOUR, report=lambda line: None)
    return rollback.run(rollback.find(), "ada: INC-1").result


def pause(world: WatchWorld, length: timedelta | None) -> State:
    """A person pauses the watch, or ends the pause; returns the state of the change."""
    event = Event.RESUMED if length is None else Event.PAUSED
    aws = world.person()
    decision = Decision(event, "ada", "I look at it", world.aws.now, length)
    return decide(aws, find_watched_table(aws, TABLE_NAME), decision).state


@pytest.mark.slow
def test_update_that_is_always_undone_is_sent_three_times_and_then_people_have_the_stack(
    world: WatchWorld,
) -> None:
    sent = look(world, A_DAY)
    assert [(at - sent[0]) / MINUTE for at in sent] == [0, 16, 46]
    assert world.topic.subjects[:2] == ["throttles, its change is being taken back", "NOT restored yet"]
    assert world.topic.subjects[-1] == STOPPED
    assert 22 <= world.topic.subjects.count(STOPPED) <= 24
    assert world.topic.sent[-1]["MessageAttributes"]["urgency"]["StringValue"] == "now"
    assert f"that was attempt {MOST} of {MOST}" in world.topic.sent[-1]["Message"]
    assert "capacity-guard rollback" in world.topic.sent[-1]["Message"]


@pytest.mark.slow
def test_rollback_that_fails_again_after_it_was_continued_is_left_to_people(world: WatchWorld) -> None:
    world.ends = world.continue_ends = "UPDATE_ROLLBACK_FAILED"
    look(world, A_DAY)
    assert (len(world.updates), world.continued) == (1, 1)
    assert world.topic.subjects[-1] == STOPPED
    assert "--resources-to-skip" in world.topic.sent[-1]["Message"]


def test_rollback_that_a_person_has_continued_is_not_continued_again(world: WatchWorld) -> None:
    world.rollback_failed()
    world.continue_ends = "UPDATE_ROLLBACK_FAILED"
    world.calls().continue_rollback(STACK_ID)
    look(world, 30)
    assert (world.continued, len(world.updates)) == (1, 0)
    assert world.topic.subjects[-1] == STOPPED


@pytest.mark.slow
def test_rollback_that_fails_after_each_update_is_continued_once_each(world: WatchWorld) -> None:
    world.ends = "UPDATE_ROLLBACK_FAILED"
    look(world, A_DAY)
    assert (len(world.updates), world.continued) == (MOST, MOST)
    assert world.topic.subjects[-1] == STOPPED


@pytest.mark.slow
def test_count_survives_the_loss_of_journal_and_memory(world: WatchWorld) -> None:
    for _ in range(A_DAY):
        world.look()
        world.memory = Memory()
        world.journals.items.clear()
        world.pass_time(2 * MINUTE)
    assert len(world.updates) == MOST


def test_table_that_people_restore_after_the_last_attempt_is_restored(world: WatchWorld) -> None:
    look(world, 60)
    assert world.topic.subjects[-1] == STOPPED
    world.restore()
    look(world, 3)
    assert len(world.updates) == MOST
    assert world.topic.subjects[-1] == "restored, the capacity is that of before the change"


def test_person_who_rolls_back_after_the_last_attempt_restores(world: WatchWorld) -> None:
    look(world, 60)
    world.ends = "UPDATE_COMPLETE"
    assert person(world) is Result.RESTORED
    look(world, 3)
    assert_restored(world)
    assert len(world.updates) == MOST + 1


@pytest.mark.slow
def test_person_who_rolls_back_in_vain_starts_new_attempts_of_the_watch(world: WatchWorld) -> None:
    look(world, 60)
    assert person(world) is Result.FAILED
    assert "person" in world.updates[-1]["ClientRequestToken"]
    sent = look(world, A_DAY)
    assert len(sent) == MOST
    assert world.topic.subjects[-1] == STOPPED


def test_decision_of_a_person_in_the_journal_starts_new_attempts(world: WatchWorld) -> None:
    look(world, 60)
    aws = world.person()
    decide(
        aws, find_watched_table(aws, TABLE_NAME), Decision(Event.ROLLED_BACK, "ada", "again", world.aws.now)
    )
    world.ends = "UPDATE_COMPLETE"
    assert len(look(world, 5)) == 1
    assert_restored(world)


def test_pause_of_a_change_that_is_held_stops_attempts_for_its_time(world: WatchWorld) -> None:
    look(world, 2)
    assert pause(world, 4 * HOUR) is State.HELD
    world.ends = "UPDATE_COMPLETE"
    assert look(world, 100) == []
    assert "a person has paused the watch until" in world.topic.sent[-1]["Message"]
    world.pass_time(HOUR)
    assert len(look(world, 8)) == 1
    assert_restored(world)


def test_pause_also_leaves_a_rollback_that_failed_alone(world: WatchWorld) -> None:
    look(world, 2)
    assert pause(world, HOUR) is State.HELD
    world.rollback_failed()
    look(world, 10)
    assert world.continued == 0
    assert pause(world, None) is State.HELD
    look(world, 2)
    assert world.continued == 1


def test_pause_of_a_held_change_whose_journal_is_lost_is_kept(world: WatchWorld) -> None:
    look(world, 2)
    world.journals.items.clear()
    assert pause(world, HOUR) is State.HELD
    assert look(world, 20) == []


def test_person_who_rolls_back_ends_the_pause(world: WatchWorld) -> None:
    look(world, 2)
    pause(world, 4 * HOUR)
    aws = world.person()
    journal = decide(
        aws, find_watched_table(aws, TABLE_NAME), Decision(Event.ROLLED_BACK, "ada", "now", world.aws.now)
    )
    assert journal.paused_until is None


def test_traffic_and_quotas_are_asked_before_each_attempt(world: WatchWorld) -> None:
    look(world, 2)
    world.ends = "UPDATE_COMPLETE"
    series = world.aws.series("ConsumedWriteCapacityUnits", INDEX)
    series[max(series)] = 6_000 * 60  # traffic has risen beyond the 4,800 units that would be restored
    assert look(world, 60) == []
    assert "no update is sent now: by_agent, write: the capacity of before has 4,800" in str(
        world.topic.sent[-1]
    )
    series[max(series)] = 1_000 * 60
    assert len(look(world, 12)) == 1
    assert_restored(world)
    assert world.held == FINGERPRINT
