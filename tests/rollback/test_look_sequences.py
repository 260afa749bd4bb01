"""Whatever happens in whatever order while a change is watched: it ends restored and told, and nothing is done twice.

The events are these: a process that dies at any call, events twice and late, operations under way, a rollback that failed, an
update that CloudFormation undoes, and journal, hold or topic that are lost for a while.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capacity_guard.rollback.problems import NotLookedError
from capacity_guard.watch.states import State
from tests.handlers.gate_world import PROVISIONED, TABLE, replace_clock

from .watch_world import FINGERPRINT, HOLD, HOUR, MINUTE, WatchWorld

ACTIONS = st.one_of(
    st.just(("look", 0)),
    st.just(("two looks at once", 0)),
    st.tuples(st.sampled_from(["dies before", "dies after"]), st.integers(1, 24)),
    st.tuples(st.just("time"), st.integers(1, 25)),
    st.just(("throttles", 0)),
    st.just(("metrics are corrected", 0)),
    st.sampled_from(
        [
            ("busy", 0),
            ("not busy", 0),
            ("rollback failed", 0),
            ("updates are undone", 0),
            ("updates work", 0),
            ("update is refused", 0),
            ("journal is lost", 0),
            ("journal is damaged", 0),
            ("journal refuses", 0),
            ("journal works", 0),
            ("hold is lost", 0),
            ("topic refuses", 0),
            ("topic works", 0),
        ]
    ),
)


def act(world: WatchWorld, action: str, number: int) -> None:
    if action == "look":
        world.look(fails=None)
    elif action == "two looks at once":
        first, second = world.watcher(), world.watcher()
        for watcher in (first, second):
            with suppress(NotLookedError):
                watcher.look(world.aws.now)
    elif action.startswith("dies"):
        with world.dies(number, after=action == "dies after"):
            world.look(fails=None)
    elif action == "time":
        world.pass_time(number * MINUTE)
    elif action == "throttles":
        world.throttle(4, 5)
    elif action == "metrics are corrected":
        world.aws.series("WriteThrottleEvents", "index/by_agent").clear()
    elif action == "busy":
        world.status = "UPDATE_IN_PROGRESS"
    elif action == "not busy":
        world.status = "UPDATE_COMPLETE"
    elif action == "rollback failed":
        world.rollback_failed()
    elif action in ("updates are undone", "updates work"):
        world.ends = "UPDATE_ROLLBACK_COMPLETE" if action == "updates are undone" else "UPDATE_COMPLETE"
    elif action == "update is refused":
        world.refusals = ["Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated."]
    elif action == "journal is lost":
        world.journals.items.clear()
    elif action == "journal is damaged":
        world.journals.items[TABLE] = {"table": {"S": TABLE}, "version": {"N": "5"}, "journal": {"S": "{"}}
    elif action in ("journal refuses", "journal works"):
        world.journals.refuses = ["InternalServerError"] if action == "journal refuses" else []
    elif action == "hold is lost":
        world.aws.ssm.parameters.pop(HOLD, None)
    else:
        world.topic.refuses = action == "topic refuses"


@pytest.mark.slow
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(st.lists(ACTIONS, max_size=14))
def test_change_that_throttles_ends_restored_and_told_whatever_happens(
    monkeypatch: pytest.MonkeyPatch, actions: list[tuple[str, int]]
) -> None:
    world = WatchWorld()
    replace_clock(monkeypatch, lambda: world.aws.now)
    world.carry(world.deployed(HOUR))
    for action, number in actions:
        act(world, action, number)
    if world.status == "UPDATE_IN_PROGRESS":
        world.status = "UPDATE_COMPLETE"
    world.ends, world.refusals, world.journals.refuses = "UPDATE_COMPLETE", [], []
    world.topic.refuses = False
    world.throttle(4, 5)
    world.look(30)
    assert world.held == FINGERPRINT
    assert world.aws.mode == PROVISIONED.billing_mode.value
    assert world.status == "UPDATE_COMPLETE"
    assert world.journal.state is State.HELD
    assert "restored, the capacity is that of before the change" in world.topic.subjects
    told, updates, entries = len(world.topic.sent), len(world.updates), len(world.journal.entries)
    world.look(10)
    assert (len(world.topic.sent), len(world.updates), len(world.journal.entries)) == (told, updates, entries)


@pytest.mark.slow
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(st.lists(ACTIONS.filter(lambda action: action[0] != "throttles"), max_size=14))
def test_change_that_does_not_throttle_is_never_taken_back(
    monkeypatch: pytest.MonkeyPatch, actions: list[tuple[str, int]]
) -> None:
    world = WatchWorld()
    replace_clock(monkeypatch, lambda: world.aws.now)
    world.carry(world.deployed(HOUR))
    for action, number in actions:
        act(world, action, number)
    world.pass_time(timedelta(hours=1))
    world.look(2, fails=None)
    assert not world.updates
    assert world.aws.ssm.parameters.get(HOLD, {}).get("Value", "none") == "none"
