"""Each case in which a watch must be sound: it ends with the table restored, or with people told (docs/watch-cases.md)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.handlers.aws_error import AwsError
from capacity_guard.watch.states import Event, State
from tests.handlers.gate_world import replace_clock

from .two_tables import OTHER_FINGERPRINT, TwoTables
from .watch_world import FINGERPRINT, HOUR, MINUTE, TABLE, WatchWorld, assert_restored, throttled


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    made = WatchWorld()
    replace_clock(monkeypatch, lambda: made.aws.now)
    return made


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> TwoTables:
    made = TwoTables()
    replace_clock(monkeypatch, lambda: made.aws.now)
    made.carry(made.deployed(HOUR))
    return made


def test_alarm_that_flaps_takes_back_once_and_tells_once(world: WatchWorld) -> None:
    """An alarm that flaps calls the function at each of its ALARMs, between them and the schedule's calls."""
    throttled(world)
    for _ in range(6):
        world.look()
        world.look()
        world.pass_time(timedelta(seconds=30))
        world.throttle(3, 4)
    world.look(4)
    assert_restored(world)
    assert len(world.updates) == 1
    assert world.topic.subjects == [
        "throttles, its change is being taken back",
        "restored, the capacity is that of before the change",
    ]


def test_alarm_that_clears_before_the_function_runs_is_taken_back_all_the_same(world: WatchWorld) -> None:
    world.carry(world.deployed(HOUR))
    world.throttle(20, 21)
    world.look(4)
    assert_restored(world)


def test_alarm_that_fires_twice_takes_back_once(world: WatchWorld) -> None:
    throttled(world).look()
    world.throttle(1, 2)
    world.look()
    world.look(4)
    assert_restored(world)
    assert len(world.updates) == 1


def test_alarms_of_table_and_index_at_once_take_back_once(world: WatchWorld) -> None:
    throttled(world)
    world.throttle(5, 6, key="table")
    first, second = world.watcher(), world.watcher()
    first.look(world.aws.now)
    second.look(world.aws.now)
    world.look(4)
    assert_restored(world)
    assert len(world.updates) == 1


def test_event_that_comes_late_finds_the_throttling_of_before(world: WatchWorld) -> None:
    throttled(world)
    world.pass_time(3 * HOUR)
    world.look(4)
    assert_restored(world)


def test_event_that_comes_after_the_change_was_restored_changes_nothing(world: WatchWorld) -> None:
    throttled(world).look(6)
    sent = list(world.topic.subjects)
    world.pass_time(5 * HOUR)
    world.look()
    assert_restored(world)
    assert (len(world.updates), world.topic.subjects) == (1, sent)


def test_event_that_never_comes_is_made_up_for_by_the_schedule(world: WatchWorld) -> None:
    world.carry(world.deployed(HOUR))
    world.look(3)
    world.throttle(3, 4)
    world.pass_time(2 * MINUTE)
    world.look(4)
    assert_restored(world)


def test_stack_that_rolls_back_is_waited_for(world: WatchWorld) -> None:
    throttled(world)
    world.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    world.look(3)
    assert world.held == "none"
    assert world.topic.subjects == ["throttles, and an operation of the stack runs"]
    world.status = "UPDATE_ROLLBACK_COMPLETE"
    world.look(4)
    assert_restored(world)


def test_own_update_that_ends_in_a_failed_rollback_is_continued_and_tried_again(world: WatchWorld) -> None:
    throttled(world)
    world.ends = "UPDATE_ROLLBACK_FAILED"
    world.look(4)
    assert world.continued == 1
    assert world.held == FINGERPRINT
    world.ends = "UPDATE_COMPLETE"
    world.pass_time(timedelta(minutes=16))
    world.look(5)
    assert_restored(world)


def test_rollback_that_cannot_be_continued_is_told_each_hour(world: WatchWorld) -> None:
    throttled(world)
    world.rollback_failed()
    world.continue_ends = "UPDATE_ROLLBACK_FAILED"
    world.look(40)
    assert world.held == FINGERPRINT
    assert world.topic.subjects.count("NOT restored, and NOT tried again") == 2
    assert world.continued == 1
    assert "UPDATE_ROLLBACK_FAILED" in world.topic.sent[-1]["Message"]


def test_two_tables_of_which_one_throttles_restore_that_one_alone(two: TwoTables) -> None:
    two.throttle(5, 6)
    two.look(8)
    assert_restored(two)
    assert two.other_held == "none"
    assert two.other_mode == "PAY_PER_REQUEST"
    assert len(two.updates) == 1


def test_two_tables_of_which_the_second_throttles_restore_that_one_alone(two: TwoTables) -> None:
    two.throttle_other(5, 6)
    two.look(8)
    assert two.other_held == OTHER_FINGERPRINT
    assert two.other_mode == "PROVISIONED"
    assert two.held == "none"
    assert two.aws.mode == "PAY_PER_REQUEST"
    assert len(two.updates) == 1


def test_two_tables_that_both_throttle_are_both_restored(two: TwoTables) -> None:
    two.throttle(5, 6)
    two.throttle_other(5, 6)
    two.look(12)
    assert_restored(two)
    assert (two.other_held, two.other_mode) == (OTHER_FINGERPRINT, "PROVISIONED")
    assert two.topic.subjects.count("restored, the capacity is that of before the change") == 2
    updates = len(two.updates)
    two.look(6)
    assert len(two.updates) == updates


@pytest.mark.sampled(every=30)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 60, 2))
def test_two_tables_that_both_throttle_are_restored_though_the_process_dies(
    two: TwoTables, call: int, after: bool
) -> None:
    two.throttle(5, 6)
    two.throttle_other(5, 6)
    with two.dies(call, after=after):
        two.look(8)
    two.look(14)
    assert_restored(two)
    assert (two.other_held, two.other_mode) == (OTHER_FINGERPRINT, "PROVISIONED")


def test_second_of_two_tables_that_throttles_while_the_first_is_restored_comes_after_it(
    two: TwoTables,
) -> None:
    two.throttle(5, 6)
    two.look()
    assert two.held == FINGERPRINT
    two.throttle_other(1, 2, 3, 4)
    two.pass_time(3 * MINUTE)
    two.look(12)
    assert_restored(two)
    assert (two.other_held, two.other_mode) == (OTHER_FINGERPRINT, "PROVISIONED")


def test_update_of_two_tables_that_cloudformation_undoes_is_tried_again_for_both(two: TwoTables) -> None:
    two.throttle(5, 6)
    two.throttle_other(5, 6)
    two.ends = "UPDATE_ROLLBACK_COMPLETE"
    two.look(6)
    assert "NOT restored yet" in two.topic.subjects
    two.ends = "UPDATE_COMPLETE"
    two.pass_time(timedelta(minutes=16))
    two.look(12)
    assert_restored(two)
    assert (two.other_held, two.other_mode) == (OTHER_FINGERPRINT, "PROVISIONED")


def test_table_deleted_while_its_change_is_being_restored_is_told(world: WatchWorld) -> None:
    throttled(world).look()
    world.owned = False
    world.look(3)
    assert "the table is gone" in world.topic.subjects


def test_table_deleted_by_hand_is_told_and_the_other_table_is_watched_on(two: TwoTables) -> None:
    """The stack still lists it, and DynamoDB does not have it."""
    del two.aws.dynamodb.tables["Conversations-XYZ"]
    two.throttle_other(5, 6)
    two.look(8, fails=True)
    assert two.topic.subjects.count("the change is NOT watched") == 1
    assert (two.other_held, two.other_mode) == (OTHER_FINGERPRINT, "PROVISIONED")


def test_guard_removed_in_mid_watch_ends_the_looks(world: WatchWorld) -> None:
    throttled(world)
    for logical_id in list(world.body["Resources"]):
        if logical_id.endswith("Gate"):
            del world.body["Resources"][logical_id]
    world.look(3)
    assert not world.updates
    assert not world.topic.sent


def test_stack_that_is_being_deleted_is_told_and_not_updated(world: WatchWorld) -> None:
    throttled(world)
    world.status = "DELETE_IN_PROGRESS"
    world.look(3)
    assert not world.updates
    assert world.topic.subjects == ["throttles, and an operation of the stack runs"]


def test_journal_table_that_is_gone_for_good_does_not_stop_the_next_process(world: WatchWorld) -> None:
    """A process that remembers nothing, and no journal: people are told again, and the table is restored."""
    world.journals.refuses = ["ResourceNotFoundException"]
    throttled(world)
    for _ in range(6):
        with pytest.MonkeyPatch.context():
            world.memory = type(world.memory)()
            world.look()
            world.pass_time(2 * MINUTE)
    assert_restored(world)
    assert len(world.updates) == 1


def test_state_that_people_closed_is_not_opened_by_a_lost_event(world: WatchWorld) -> None:
    throttled(world).look(6)
    assert world.journal.state is State.HELD
    assert world.journal.entries[-1].event is Event.RESTORED


def test_services_that_fail_for_an_hour_delay_and_lose_nothing(world: WatchWorld) -> None:
    throttled(world)
    error = AwsError("cloudwatch:GetMetricData", "unavailable", "down")
    with pytest.MonkeyPatch.context() as patch:

        def fails(*_: object, **__: object) -> None:
            raise error

        patch.setattr("capacity_guard.handlers.aws.GateAws.sums_per_minute", fails)
        world.look(10, fails=True)
        world.pass_time(HOUR)
    world.look(5)
    assert_restored(world)


FAR = "2999-01-01T00:00:00Z"
PASSED = {"event": "Bake passed", "state": "watching", "at": "2026-07-09T15:50:00Z", "by": "watch"}
PAUSED = {
    "event": "paused by a person",
    "state": "watching",
    "at": "2026-07-09T15:55:00Z",
    "by": "ada",
    "reason": "?",
}
DAMAGES: dict[str, dict[str, Any]] = {
    "veto told in the future": {"told": {"veto": FAR}},
    "all told in the future": {"told": dict.fromkeys(("veto", "taken back", "restored", "events"), FAR)},
    "paused for centuries": {"paused_until": FAR},
    "pause of endless minutes": {"entries": [PASSED, {**PAUSED, "figures": {"minutes": 1e300}}]},
    "pause of minus endless minutes": {"entries": [PASSED, {**PAUSED, "figures": {"minutes": -1e300}}]},
    "text that is no text": {"entries": [PASSED, {**PAUSED, "reason": "\ud800"}]},
    "unknown text that is no text": {"of a later version": "\ud800"},
}


def damaged(change: dict[str, Any]) -> str:
    """A journal whose form is right, and what it says is not."""
    fields = {
        "version": 1,
        "table": TABLE,
        "fingerprint": FINGERPRINT,
        "state": "watching",
        "paused_until": None,
    }
    return json.dumps({**fields, "entries": [PASSED], **change})


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize(
    "text", [*map(damaged, DAMAGES.values()), "[" * 100_000], ids=[*DAMAGES, "endless nesting"]
)
def test_journal_that_says_what_cannot_be_stops_no_veto(two: TwoTables, text: str) -> None:
    two.throttle(5, 6)
    two.throttle_other(5, 6)
    two.journals.items[TABLE] = {"table": {"S": TABLE}, "version": {"N": "1"}, "journal": {"S": text}}
    two.look(8)
    assert (two.held, two.other_held) == (FINGERPRINT, OTHER_FINGERPRINT)
    assert len([each for each in two.topic.subjects if each.startswith("throttles")]) == 2


def test_update_that_is_refused_for_good_is_told_as_not_restored(world: WatchWorld) -> None:
    world.refusals = ["Role arn:aws:iam::111122223333:role/gone is invalid or cannot be assumed"] * 20
    throttled(world).look(4)
    assert world.held == FINGERPRINT
    assert world.topic.subjects == ["throttles, its change is being taken back", "NOT restored yet"]
    assert "is invalid or cannot be assumed" in world.topic.sent[-1]["Message"]
