"""What people decide about a watched change is written with who and why, whatever the function does meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.capacity.hold import JOURNALS_ID
from capacity_guard.handlers.aws_error import AwsError
from capacity_guard.rollback.people import Decision, decide, find_watched_table
from capacity_guard.watch.journal import Journal
from capacity_guard.watch.states import Event, State
from tests.fakes.models import client_error
from tests.handlers.gate_world import TABLE_NAME, replace_clock

from .watch_world import BAKE, FINGERPRINT, HOLD, HOUR, WatchWorld


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    made = WatchWorld()
    replace_clock(monkeypatch, lambda: made.aws.now)
    made.carry(made.deployed(HOUR))
    return made


def decided(world: WatchWorld, event: Event, pause: timedelta | None = None) -> Journal:
    aws = world.person()
    decision = Decision(event, "ada", "a client misbehaves", world.aws.now, pause)
    return decide(aws, find_watched_table(aws, TABLE_NAME), decision)


def test_accepted_change_is_not_taken_back_any_more(world: WatchWorld) -> None:
    journal = decided(world, Event.ACCEPTED)
    assert journal == world.journal
    assert (journal.state, journal.fingerprint) == (State.ACCEPTED, FINGERPRINT)
    assert (journal.entries[-1].by, journal.entries[-1].reason) == ("ada", "a client misbehaves")
    world.throttle(5, 6)
    world.look(2)
    assert world.held == "none"
    assert not world.topic.sent


def test_paused_watch_tells_and_takes_nothing_back(world: WatchWorld) -> None:
    world.look()
    assert decided(world, Event.PAUSED, 4 * HOUR).paused_until == world.aws.now + 4 * HOUR
    world.throttle(5, 6)
    world.look(2)
    assert world.held == "none"
    assert world.topic.subjects == ["throttles, and is NOT taken back"]
    assert decided(world, Event.RESUMED).paused_until is None


def test_rollback_by_a_person_is_noted_before_the_function_finds_it(world: WatchWorld) -> None:
    assert decided(world, Event.ROLLED_BACK).state is State.HELD


def test_decision_that_is_not_possible_is_refused(world: WatchWorld) -> None:
    decided(world, Event.ROLLED_BACK)
    with pytest.raises(InputError, match="is held: it was taken back"):
        decided(world, Event.ACCEPTED)


def test_change_that_is_held_is_not_accepted_though_its_journal_does_not_know_it(world: WatchWorld) -> None:
    world.look()
    world.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})
    with pytest.raises(InputError, match="is held: it was taken back"):
        decided(world, Event.ACCEPTED)
    assert world.journal.state is State.WATCHING
    paused = decided(world, Event.PAUSED, HOUR)
    assert (paused.state, paused.paused_until) == (State.HELD, world.aws.now + HOUR)


def test_hold_that_was_deleted_holds_nothing_and_one_that_cannot_be_read_is_told(world: WatchWorld) -> None:
    del world.aws.ssm.parameters[HOLD]
    assert decided(world, Event.ACCEPTED).state is State.ACCEPTED
    world.aws.fail("ssm:GetParameter", client_error("GetParameter", "AccessDeniedException", "no", 400))
    with pytest.raises(AwsError, match="ssm:GetParameter"):
        decided(world, Event.ACCEPTED)


def test_decision_before_bake_has_passed_is_refused(world: WatchWorld) -> None:
    world.events = []
    with pytest.raises(InputError, match="still with its gates"):
        decided(world, Event.ACCEPTED)


def test_journal_that_the_function_wrote_meanwhile_is_read_again(world: WatchWorld) -> None:
    world.look()
    store, reads = world.journals, 0
    original = store.get_item

    def get_item(**request: object) -> object:
        nonlocal reads
        reads += 1
        answer = original(**request)
        if reads == 1:
            store.items[next(iter(store.items))] = {
                **store.items[next(iter(store.items))],
                "version": {"N": "7"},
            }
        return answer

    store.get_item = get_item  # type: ignore[assignment,method-assign]
    assert decided(world, Event.ACCEPTED).state is State.ACCEPTED
    assert reads == 2


def test_journals_that_refuse_are_told(world: WatchWorld) -> None:
    world.journals.refuses = ["AccessDeniedException"]
    with pytest.raises(InputError, match="the journal: could not be written"):
        decided(world, Event.ACCEPTED)


@pytest.mark.parametrize("missing", ["owner", "bake", "journals"])
def test_table_without_a_watched_change_is_refused(world: WatchWorld, missing: str) -> None:
    if missing == "owner":
        world.owned = False
    else:
        del world.body["Resources"][BAKE if missing == "bake" else JOURNALS_ID]
    with pytest.raises(InputError):
        find_watched_table(world.person(), TABLE_NAME)
