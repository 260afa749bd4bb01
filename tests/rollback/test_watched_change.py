"""The watched changes of a template, and since when each has its new capacity."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_guard.rollback.memory import Memory
from capacity_guard.rollback.watched_change import (
    UnreadBake,
    WatchedChange,
    find_change,
    find_watched,
    read_changed_at,
)
from capacity_guard.watch.options import WatchOptions
from tests.handlers.gate_world import STACK_ID, TABLE

from .watch_world import FINGERPRINT, MINUTE
from .world import BAKE, HOLD, NAME, World, event, template

OPTIONS = WatchOptions("page", later_wave=True)


def test_bake_when_read_gives_plan_hold_and_options() -> None:
    body = template(FINGERPRINT)
    body["Resources"][BAKE]["Properties"]["Watch"] = OPTIONS.to_property()
    (found,) = find_watched(body)
    assert isinstance(found, WatchedChange)
    assert (found.bake, found.hold, found.options) == (BAKE, HOLD, OPTIONS)
    assert (found.fingerprint, found.logical_id) == (FINGERPRINT, TABLE)


def test_bake_of_a_version_without_hold_and_options_is_read() -> None:
    body = template(FINGERPRINT)
    del body["Resources"][BAKE]["Properties"]["Hold"]
    (found,) = find_watched(body)
    assert isinstance(found, WatchedChange)
    assert (found.hold, found.options) == (None, WatchOptions())


@pytest.mark.parametrize(
    "change", [{"Plan": "of tomorrow"}, {"Watch": "{"}, {"Plan": None}, None, "text", []]
)
def test_bake_that_cannot_be_read_is_named_and_the_others_are_found(change: object) -> None:
    body = template(FINGERPRINT)
    good = body["Resources"][BAKE]
    properties = {**good["Properties"], **change} if isinstance(change, dict) else change
    body["Resources"] = {"Other": {**good, "Properties": properties}, BAKE: good}
    first, second = find_watched(body)
    assert isinstance(first, UnreadBake)
    assert first.bake == "Other"
    assert first.problem.startswith("Other: ")
    assert isinstance(second, WatchedChange)
    assert find_change(body, FINGERPRINT, TABLE) is not None


def test_template_without_a_bake_has_no_watched_change() -> None:
    assert list(find_watched({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})) == []
    assert list(find_watched({})) == []


@pytest.mark.parametrize(
    ("status", "found"), [("CREATE_COMPLETE", True), ("CREATE_IN_PROGRESS", False), (None, False)]
)
def test_bake_without_events_any_more_counts_from_the_oldest_metrics(status: str | None, found: bool) -> None:
    world = World()
    world.bake_status = status
    changed = read_changed_at(world.calls(), STACK_ID, BAKE, world.aws.now)
    assert changed == (world.aws.now - timedelta(days=15) if found else None)


def test_bake_whose_options_were_changed_later_keeps_its_time() -> None:
    world = World()
    began = world.aws.now - timedelta(hours=3)
    seen = ["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
    world.events = [event(began + number * timedelta(minutes=9), each) for number, each in enumerate(seen)][
        ::-1
    ]
    assert read_changed_at(world.calls(), STACK_ID, BAKE, world.aws.now) == began
    world.events = world.events[:2]
    world.bake_status = "UPDATE_COMPLETE"
    assert read_changed_at(world.calls(), STACK_ID, BAKE, world.aws.now) == world.aws.now - timedelta(days=15)


def others(world: World, number: int, every: timedelta) -> list[dict[str, Any]]:
    """Events of another resource up to now, the newest first."""
    return [event(world.aws.now - at * every, "UPDATE_COMPLETE", "Other") for at in range(number)]


def with_bake(events: list[dict[str, Any]], *bake: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted([*events, *bake], key=lambda each: each["Timestamp"], reverse=True)


def test_bake_of_a_busy_stack_is_found_on_the_first_page() -> None:
    world = World()
    began = world.aws.now - timedelta(minutes=30)
    bake = (event(began, "CREATE_IN_PROGRESS"), event(began + 10 * MINUTE, "CREATE_COMPLETE"))
    world.events = with_bake(others(world, 10_000, timedelta(minutes=2)), *bake)
    world.events_per_page = 100
    assert read_changed_at(world.calls(), STACK_ID, BAKE, world.aws.now) == began
    # 60 events in the two hours before the Bake
    assert world.pages_read == 1


def test_bake_when_its_operation_has_begun_is_not_looked_for_before_that() -> None:
    world = World()
    began = world.aws.now - timedelta(minutes=30)
    bake = (event(began, "CREATE_IN_PROGRESS"), event(began + 10 * MINUTE, "CREATE_COMPLETE"))
    start = event(began - MINUTE, "UPDATE_IN_PROGRESS", NAME)
    world.events = with_bake(others(world, 300, timedelta(minutes=5)), *bake, start)
    world.events_per_page = 1
    assert read_changed_at(world.calls(), STACK_ID, BAKE, world.aws.now) == began
    assert world.pages_read == world.events.index(start) + 1


@pytest.mark.parametrize("per_page", [1, 2, 3, 100])
def test_creation_with_two_events_began_with_the_earlier_one(per_page: int) -> None:
    """The second one says that the creation was initiated, which is at the end of a Bake."""
    world = World()
    began = world.aws.now - timedelta(hours=3)
    late = began + timedelta(minutes=59)
    world.events = [
        event(late + timedelta(seconds=1), "CREATE_COMPLETE"),
        {**event(late, "CREATE_IN_PROGRESS"), "ResourceStatusReason": "Resource creation Initiated"},
        event(began + MINUTE, "UPDATE_COMPLETE", "Other"),
        event(began, "CREATE_IN_PROGRESS"),
        event(began - MINUTE, "UPDATE_IN_PROGRESS", NAME),
    ]
    world.events_per_page = per_page
    assert read_changed_at(world.calls(), STACK_ID, BAKE, world.aws.now) == began


def test_events_when_known_are_not_read_again() -> None:
    world = World()
    began = world.aws.now - timedelta(days=6)
    bake = (event(began, "CREATE_IN_PROGRESS"), event(began + 10 * MINUTE, "CREATE_COMPLETE"))
    world.events = with_bake(others(world, 2_000, timedelta(minutes=6)), *bake)
    world.events_per_page = 100
    memory = Memory()
    assert read_changed_at(world.calls(), STACK_ID, BAKE, world.aws.now, memory) == began
    assert world.pages_read == 15
    world.aws.now += 2 * MINUTE
    world.events.insert(0, event(world.aws.now, "UPDATE_COMPLETE", "Other"))
    assert read_changed_at(world.calls(), STACK_ID, BAKE, world.aws.now, memory) == began
    assert world.pages_read == 16


def test_bake_older_than_the_events_that_are_read_has_its_capacity_since_its_status() -> None:
    world = World()
    world.events = others(world, 7_000, timedelta(minutes=3))
    world.events_per_page = 100
    world.bake_status, world.bake_updated = "CREATE_COMPLETE", world.aws.now - timedelta(days=14)
    memory = Memory()
    assert read_changed_at(world.calls(), STACK_ID, BAKE, world.aws.now, memory) == world.bake_updated
    assert world.pages_read == 60
    assert read_changed_at(world.calls(), STACK_ID, BAKE, world.aws.now, memory) == world.bake_updated
    assert world.pages_read == 61
    world.bake_status = "CREATE_IN_PROGRESS"
    assert read_changed_at(world.calls(), STACK_ID, BAKE, world.aws.now, memory) is None


STATUSES = st.sampled_from(
    [
        ("CREATE_IN_PROGRESS",),
        ("CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS"),
        ("CREATE_COMPLETE",),
        ("CREATE_FAILED", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"),
        ("DELETE_IN_PROGRESS", "DELETE_COMPLETE"),
        ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"),
        ("other",),
        ("stack",),
    ]
)
AFTER = {
    None: {"CREATE_IN_PROGRESS"},
    "CREATE_IN_PROGRESS": {"CREATE_COMPLETE", "CREATE_FAILED"},
    "CREATE_COMPLETE": {"DELETE_IN_PROGRESS", "UPDATE_IN_PROGRESS"},
    "UPDATE_COMPLETE": {"DELETE_IN_PROGRESS", "UPDATE_IN_PROGRESS"},
    "DELETE_COMPLETE": {"CREATE_IN_PROGRESS"},
}
"""What CloudFormation does with a resource in a status."""


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.tuples(STATUSES, st.integers(1, 50)), max_size=25), st.integers(1, 5))
def test_time_that_is_remembered_is_the_one_that_a_new_process_reads(
    steps: list[tuple[tuple[str, ...], int]], per_page: int
) -> None:
    """The reference reads every event, the oldest first: a Bake has passed from its first event on once it is complete."""
    world, memory = World(), Memory()
    world.events_per_page = per_page
    status: str | None = None
    began: datetime | None = None
    for group, minutes in steps:
        if group[0] not in ("other", "stack") and group[0] not in AFTER[status]:
            continue
        for number, each in enumerate(group):
            world.aws.now += timedelta(minutes=minutes if number == 0 else 1)
            if each in ("other", "stack"):
                if each == "stack" and status == "CREATE_IN_PROGRESS":
                    continue  # a stack that is in an operation begins no other one
                name = NAME if each == "stack" else "Other"
                world.events.insert(0, event(world.aws.now, "UPDATE_IN_PROGRESS", name))
                continue
            began = world.aws.now if each == "CREATE_IN_PROGRESS" and status != each else began
            status = each
            world.events.insert(0, event(world.aws.now, each))
        passed = status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        expected = began if passed else None
        assert read_changed_at(world.calls(), STACK_ID, BAKE, world.aws.now) == expected
        assert read_changed_at(world.calls(), STACK_ID, BAKE, world.aws.now, memory) == expected
