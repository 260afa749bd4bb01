"""The watched changes of a template, and since when each has its new capacity."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capacity_guard.rollback.watched_change import (
    UnreadBake,
    WatchedChange,
    find_change,
    find_watched,
    read_changed_at,
)
from capacity_guard.watch.options import WatchOptions
from tests.handlers.gate_world import STACK_ID, TABLE

from .watch_world import FINGERPRINT
from .world import BAKE, HOLD, World, event, template

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
