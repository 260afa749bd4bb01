"""The stages of an operation, from events in any order and any number of readings."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard.deployment.planned import find_changes
from capacity_guard.deployment.stages import Stages, warm_line
from capacity_guard.rollback.stages import reason_of
from tests.handlers.gate_world import TABLE
from tests.rollback.world import BAKE, NAME

from .deploy_world import PREFLIGHT, DeployWorld, declared


@pytest.fixture
def world(tmp_path: Path) -> DeployWorld:
    return DeployWorld(tmp_path)


def stages() -> Stages:
    return Stages(NAME, tuple(find_changes(declared(), "template")))


def test_events_are_told_once_however_they_are_read(world: DeployWorld) -> None:
    world.deployed()
    events, whole = world.events[::-1], stages()
    lines = list(whole.read(events))
    assert list(whole.read(events)) == []
    by_one = stages()
    assert [line for at in range(len(events)) for line in by_one.read(events[: at + 1])] == lines
    assert len(lines) == 8
    assert whole.seen == by_one.seen
    assert (whole.seen.started, whole.seen.ended, whole.seen.is_undone) == (True, "UPDATE_COMPLETE", False)


def test_reasons_are_those_of_the_failures_and_not_of_what_was_cancelled(world: DeployWorld) -> None:
    world.began()
    world.event("Topic", "CREATE_FAILED", "Resource creation cancelled")
    world.event("Function", "CREATE_FAILED", "no such role")
    world.changed()
    world.vetoed()
    read = stages()
    text = "\n".join(read.read(world.events[::-1]))
    assert read.seen.reasons == ("Function: no such role", f"{BAKE}: Bake vetoed: table throttles")
    assert read.seen.is_undone
    assert "Conversations: the capacity of before is being restored" in text
    assert "CloudFormation restores what was before" in text


def test_second_operation_begins_without_the_reasons_of_the_first(world: DeployWorld) -> None:
    world.began()
    world.changed()
    world.vetoed()
    world.event(NAME, "UPDATE_IN_PROGRESS")
    read = stages()
    list(read.read(world.events[::-1]))
    assert (read.seen.reasons, read.seen.is_undone, read.seen.ended) == ((), False, None)


def test_preflight_is_preparing_until_it_has_passed(world: DeployWorld) -> None:
    read = stages()
    (change,) = read.changes
    assert not read.is_preparing(change)
    world.began()
    list(read.read(world.events[::-1]))
    assert read.is_preparing(change)
    world.event(PREFLIGHT, "CREATE_COMPLETE")
    list(read.read(world.events[::-1]))
    assert not read.is_preparing(change)
    assert (read.has_seen(PREFLIGHT), read.has_seen(TABLE)) == (True, False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "Received response status [FAILED] from custom resource. Message returned: Error: Preflight refused: x\n    at y",
            "Preflight refused: x",
        ),
        ("CloudFormation did not receive a response from your Custom Resource", None),
        ("Resource handler returned message: x (RequestId: 1-2)", "Resource handler returned message: x"),
        ("Error: Bake vetoed: x", "Bake vetoed: x"),
        ("", ""),
    ],
)
def test_reason_is_without_what_is_written_around_it(text: str, reason: str | None) -> None:
    assert reason_of(text) == (text if reason is None else reason)


def test_warm_line_names_what_is_raised_now() -> None:
    table = {
        "WarmThroughput": {"Status": "ACTIVE"},
        "GlobalSecondaryIndexes": [
            {"IndexName": "a", "WarmThroughput": {"Status": "UPDATING"}},
            {"IndexName": "b"},
        ],
    }
    assert warm_line(table) == "warm throughput is raised: a"
    assert warm_line({}) is None
