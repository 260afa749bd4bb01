"""The journal shows the whole way of a change, though no gate writes one: from the events of the stack."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.rollback.stages import find_preflight, last_attempt
from capacity_guard.watch.states import Event, State
from tests.handlers.gate_world import TABLE

from .gate_events import PREFLIGHT, gated, way
from .watch_world import BAKE, FINGERPRINT, HOUR, MINUTE, WatchWorld


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    return gated(monkeypatch)


def test_journal_after_the_deployment_has_every_stage_with_who_when_and_how_long(world: WatchWorld) -> None:
    began = way(world, 7)
    world.carry(began)
    world.look()
    entries = world.journal.entries
    assert [(entry.event, entry.by, entry.at - began, dict(entry.figures)) for entry in entries] == [
        (Event.PREFLIGHT_STARTED, "Preflight", timedelta(0), {}),
        (Event.PREFLIGHT_PASSED, "Preflight", 4 * MINUTE, {"minutes": 4}),
        (Event.TABLE_CHANGED, "CloudFormation", 8 * MINUTE, {}),
        (Event.BAKE_PASSED, "Bake", 18 * MINUTE, {"minutes": 10}),
    ]
    assert world.journal.state is State.WATCHING
    assert world.journal.fingerprint == FINGERPRINT


@pytest.mark.parametrize(
    ("upto", "state"), [(1, State.PREFLIGHT), (3, State.CHANGING), (5, State.CHANGING), (6, State.BAKING)]
)
def test_look_during_the_deployment_shows_the_stage(world: WatchWorld, upto: int, state: State) -> None:
    began = way(world, upto)
    world.carry(began)
    world.throttle(5, 6)
    world.status = "UPDATE_IN_PROGRESS"
    world.look()
    assert world.journal.state is state
    assert world.held == "none"
    assert not world.topic.sent
    way(world, 7)
    world.status = "UPDATE_COMPLETE"
    world.look()
    assert [entry.event for entry in world.journal.entries][:4] == [
        Event.PREFLIGHT_STARTED,
        Event.PREFLIGHT_PASSED,
        Event.TABLE_CHANGED,
        Event.BAKE_PASSED,
    ]


def test_events_that_cannot_be_read_leave_what_the_bake_shows(world: WatchWorld) -> None:
    world.carry(world.deployed(HOUR))
    world.body["Resources"].pop(PREFLIGHT)
    world.look()
    assert world.journal.state is State.WATCHING
    assert [entry.event for entry in world.journal.entries] == [
        Event.PREFLIGHT_STARTED,
        Event.PREFLIGHT_PASSED,
        Event.TABLE_CHANGED,
        Event.BAKE_PASSED,
    ]


def test_same_change_made_again_gets_a_journal_of_its_own(world: WatchWorld) -> None:
    began = way(world, 7, 40 * HOUR)
    world.carry(began)
    world.look()
    assert world.journal.state is State.SETTLED
    world.pass_time(10 * HOUR)
    again = way(world, 7, MINUTE * 30)
    world.look()
    assert world.journal.state is State.WATCHING
    assert world.journal.entries[0].at == again
    world.throttle(5, 6)
    world.look(4)
    assert world.held == FINGERPRINT


def test_journal_that_could_not_be_read_is_not_written_over(world: WatchWorld) -> None:
    """A GetItem that fails once must not cost the acceptance of a person."""
    began = way(world, 7)
    world.carry(began)
    world.look()
    before = dict(world.journals.items[TABLE])
    read = world.journals.get_item

    def fails_once(**request: Any) -> Any:
        world.journals.refuses = ["InternalServerError"]
        try:
            return read(**request)
        finally:
            world.journals.refuses = []

    world.journals.get_item = fails_once  # type: ignore[method-assign]
    world.look()
    world.journals.get_item = read  # type: ignore[method-assign]
    assert world.journals.items[TABLE] == before


def test_attempt_of_another_table_is_not_that_of_this_one(world: WatchWorld) -> None:
    way(world, 7)
    assert last_attempt(world.events[::-1], "OtherTable") is None
    found = last_attempt(world.events[::-1], TABLE)
    assert found is not None
    assert (found.fingerprint, found.preflight, found.bake) == (FINGERPRINT, PREFLIGHT, BAKE)


def test_preflight_of_a_change_is_the_one_that_its_table_waits_for() -> None:
    gate = {"Type": "Custom::CapacityGuardPreflight", "Properties": {"Fingerprint": "f"}}
    template = {"Resources": {"A": gate, "B": gate, "T": {"DependsOn": "B"}, "U": {"DependsOn": ["A"]}}}
    assert find_preflight(template, "f", "T") == "B"
    assert find_preflight(template, "f", "U") == "A"
    assert find_preflight(template, "g", "T") is None
    assert find_preflight({"Resources": {"A": gate}}, "f", "T") == "A"
