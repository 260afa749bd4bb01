"""A change of provisioned units: what throttles for another cause is told, and not taken back."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import Rollout
from capacity_guard.watch.states import Event
from tests.handlers.gate_world import ON_DEMAND, a_plan, replace_clock

from .lowered import lowered_world
from .watch_world import BAKE, FINGERPRINT, HOUR, WatchWorld


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    """A change that lowered the reads of the table an hour ago."""
    made = lowered_world()
    replace_clock(monkeypatch, lambda: made.aws.now)
    return made


def test_reads_that_throttle_for_lack_of_units_are_taken_back(world: WatchWorld) -> None:
    world.throttle(5, 6, key="table", metric="Read")
    world.throttle(5, 6, key="table", metric="ReadProvisionedThroughput")
    world.look(5)
    assert "restored, the capacity is that of before the change" in world.topic.subjects


def test_hot_key_is_told_and_nothing_is_taken_back(world: WatchWorld) -> None:
    world.throttle(5, 6, key="table", metric="Read")
    world.throttle(5, 6, key="table", metric="ReadKeyRangeThroughput")
    world.look(3)
    assert world.topic.subjects == ["throttles, but not because of the change"]
    assert "(hot key, account)" in world.topic.sent[0]["Message"]
    assert world.held == "none"
    assert world.journal.entries[-1].event is Event.PAGED


def test_hot_key_beside_a_lack_of_units_is_taken_back(world: WatchWorld) -> None:
    world.throttle(5, 6, key="table", metric="Read")
    world.throttle(5, 6, key="table", metric="ReadKeyRangeThroughput", events=40)
    world.look(5)
    assert "restored, the capacity is that of before the change" in world.topic.subjects


def test_index_that_the_change_does_not_touch_is_told(world: WatchWorld) -> None:
    world.throttle(5, 6, key="index/by_agent")
    world.look(2)
    assert world.topic.subjects == ["throttles, but not because of the change"]
    assert "The change does not touch index by_agent." in world.topic.sent[0]["Message"]


def test_another_cause_does_not_keep_a_change_from_settling(world: WatchWorld) -> None:
    world.carry(world.deployed(30 * HOUR))
    world.throttle(5, 6, key="index/by_agent")
    world.look(2)
    assert world.topic.subjects == ["throttles, but not because of the change", "the change has settled"]


def test_threshold_of_the_rollout_is_what_the_watch_allows_and_what_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = WatchWorld()
    replace_clock(monkeypatch, lambda: world.aws.now)
    plan = a_plan(ON_DEMAND, rollout=Rollout(alarm_threshold=100))
    world.body["Resources"][BAKE]["Properties"]["Plan"] = plan.of_bake().to_property()
    world.carry(world.deployed(HOUR))
    world.throttle(5, 6, events=80)
    world.look()
    assert (world.held, world.topic.sent) == ("none", [])
    world.throttle(5, 6, events=200)
    world.look()
    assert world.held == FINGERPRINT
    assert "200, 200 throttle events a minute (normal: at most 100)" in world.topic.sent[0]["Message"]
