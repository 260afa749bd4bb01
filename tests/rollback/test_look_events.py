"""Events of a watch: each state change, decision and message once, whatever fails meanwhile; never in the way of a rollback."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capacity_guard.rollback.memory import Memory
from capacity_guard.rollback.people import Decision, decide, find_watched_table
from capacity_guard.rollback.publisher import PAUSE
from capacity_guard.watch.events import DECISION, MESSAGE, STATE_CHANGE
from capacity_guard.watch.states import Event
from tests.handlers.gate_world import STACK_ID, TABLE, TABLE_NAME, replace_clock

from .scenes import SCENES, Scene, bus_of
from .watch_world import FINGERPRINT, HOUR, MINUTE, WatchWorld


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    made = WatchWorld()
    replace_clock(monkeypatch, lambda: made.aws.now)
    made.carry(made.deployed(HOUR))
    return made


def names(world: WatchWorld) -> list[str]:
    return [detail["event"] for detail in world.bus.of(STATE_CHANGE)]


def test_rollback_is_told_to_programs_from_state_to_state(world: WatchWorld) -> None:
    world.look()
    assert names(world) == ["preflight-started", "preflight-passed", "table-changed", "bake-passed"]
    world.throttle(2, 3)
    world.pass_time(2 * MINUTE)
    world.look(5)
    *_, held = world.bus.of(STATE_CHANGE)
    assert held["state"] == {"before": "watching", "after": "held"}
    assert held["reason"]["code"] == "taken-back"
    assert held["reason"]["runbook"] == "docs/runbooks/taken-back.md"
    assert held["figures"] == {"events": 200}
    assert held["stack"] == {"id": STACK_ID, "name": "Conversations-production"}
    assert held["table"] == {"id": "Conversations", "logical_id": TABLE, "name": TABLE_NAME}
    assert held["change"]["fingerprint"] == FINGERPRINT
    assert {"index": None, "access": "read", "change": "to on-demand"} in held["change"]["dimensions"]
    taken, restored = world.bus.of(MESSAGE)
    assert (taken["reason"]["urgency"], taken["ends_incident"]) == ("now", False)
    assert (restored["reason"]["code"], restored["ends_incident"]) == ("restored", True)
    assert {held["incident"], taken["incident"], restored["incident"]} == {
        f"Conversations-production/Conversations/{FINGERPRINT}"
    }
    assert "by_agent throttled from" in taken["text"].replace("Index ", "")


def test_event_is_put_once_by_this_process_and_by_the_next(world: WatchWorld) -> None:
    world.throttle(5, 6)
    world.look(6)
    before = list(world.bus.entries)
    world.memory = Memory()
    world.look(5)
    assert world.bus.entries == before
    assert len({entry["detail"]["id"] for entry in before}) == len(before)


def test_decision_of_a_person_is_told_to_programs(world: WatchWorld) -> None:
    world.look()
    for event, pause in ((Event.PAUSED, 4 * HOUR), (Event.RESUMED, None), (Event.ACCEPTED, None)):
        world.pass_time(MINUTE)
        found = find_watched_table(world.person(), TABLE_NAME)
        decide(world.person(), found, Decision(event, "alice", "a client retries", world.aws.now, pause))
        world.pass_time(MINUTE)
        world.look()
    paused, resumed = world.bus.of(DECISION)
    assert (paused["event"], paused["by"], paused["text"]) == ("paused", "alice", "a client retries")
    assert resumed["event"] == "resumed"
    *_, accepted = world.bus.of(STATE_CHANGE)
    assert (accepted["state"]["after"], accepted["ends_incident"]) == ("accepted", True)
    assert accepted["reason"]["code"] == "person-decided"


@pytest.mark.parametrize("way", ["refuses", "fails"])
def test_bus_that_does_not_accept_stops_no_rollback_and_gets_the_events_later(
    world: WatchWorld, way: str
) -> None:
    setattr(world.bus, way, True)
    world.throttle(5, 6)
    world.look(6)
    assert world.held == FINGERPRINT
    assert "restored, the capacity is that of before the change" in world.topic.subjects
    assert not world.bus.entries
    setattr(world.bus, way, False)
    world.pass_time(PAUSE)
    world.look(2)
    assert names(world)[-1] == "vetoed"
    assert names(world)[:4] == ["preflight-started", "preflight-passed", "table-changed", "bake-passed"]


def test_journal_that_is_lost_does_not_repeat_events_for_ever(world: WatchWorld) -> None:
    world.journals.refuses = ["InternalServerError"]
    world.look(6)
    assert names(world) == ["preflight-started", "preflight-passed", "table-changed", "bake-passed"]


def test_old_history_of_a_change_is_no_news(world: WatchWorld) -> None:
    world.carry(world.deployed(timedelta(days=3)))
    world.look()
    assert names(world) == ["bake-passed", "load-carried"]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_message_and_event_of_it_agree(scene: Scene) -> None:
    world = bus_of(scene)
    told = [
        (each["MessageAttributes"]["reason"]["StringValue"], each["Subject"]) for each in world.topic.sent
    ]
    assert [(each["reason"]["code"], each["title"]) for each in world.bus.of(MESSAGE)] == told
