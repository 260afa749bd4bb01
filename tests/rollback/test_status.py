"""Where a change is, read from the stack, the hold and the metrics."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.rollback.status import Status, read_status
from capacity_guard.watch.options import WatchOptions
from capacity_guard.watch.settings import WatchSettings
from capacity_guard.watch.settling import Verdict
from tests.handlers.gate_world import TABLE_NAME, replace_clock

from .watch_world import WatchWorld
from .world import FINGERPRINT, HOLD, World, event

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PEAKS = {
    ("Read", "table"): 2_000,
    ("Write", "table"): 4_800,
    ("Read", "index/by_agent"): 1_000,
    ("Write", "index/by_agent"): 4_800,
}


def deployed(world: World, ago: timedelta) -> datetime:
    """The change was deployed some time ago."""
    began = world.aws.now - ago
    world.events = [event(began + 10 * MINUTE, "CREATE_COMPLETE"), event(began, "CREATE_IN_PROGRESS")]
    world.aws.events = world.events[::-1]
    return began


def carry(world: World, start: datetime, share: float = 1.0) -> None:
    """Traffic at a share of the recorded peaks since a time."""
    for (access, key), units in PEAKS.items():
        series = world.aws.series(f"Consumed{access}CapacityUnits", key)
        at = start.replace(second=0)
        while at < world.aws.now:
            series[at] = units * 60 * share
            at += MINUTE


def status(world: World) -> Status:
    return read_status(world.calls(), TABLE_NAME, world.aws.now, is_later_wave=False)


def test_change_when_it_has_carried_its_load_is_settled() -> None:
    world = World()
    began = deployed(world, 30 * HOUR)
    carry(world, began)
    found = status(world)
    assert found.changed_at == began
    assert found.judgment is not None
    assert found.judgment.progress.verdict is Verdict.SETTLED
    assert not found.is_held


def test_change_when_it_throttles_is_vetoed() -> None:
    world = World()
    carry(world, deployed(world, HOUR), share=0.2)
    for minutes in (10, 11):
        world.aws.put("WriteThrottleEvents", "index/by_agent", world.aws.now - minutes * MINUTE, 100)
    found = status(world)
    assert found.judgment is not None
    assert found.judgment.vetoed == ("index/by_agent",)


def test_change_when_it_is_held_is_not_judged() -> None:
    world = World()
    deployed(world, HOUR)
    world.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})
    found = status(world)
    assert found.is_held
    assert found.judgment is None


@pytest.mark.parametrize(
    "statuses",
    [
        [],
        ["CREATE_IN_PROGRESS"],
        ["CREATE_IN_PROGRESS", "CREATE_FAILED"],
        ["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "DELETE_FAILED"],
    ],
)
def test_change_when_its_bake_has_not_passed_is_not_judged(statuses: list[str]) -> None:
    world = World()
    first = world.aws.now - HOUR
    world.events = [event(first + number * MINUTE, each) for number, each in enumerate(statuses)][::-1]
    assert status(world).judgment is None


def test_change_when_its_bake_was_created_twice_began_with_the_second_one() -> None:
    world = World()
    first = world.aws.now - 5 * HOUR
    seen = [
        "CREATE_IN_PROGRESS",
        "CREATE_FAILED",
        "CREATE_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
    ]
    world.events = [event(first + number * HOUR, each) for number, each in enumerate(seen)][::-1]
    assert status(world).changed_at == first + 2 * HOUR


def test_table_without_a_change_or_a_bake_is_refused() -> None:
    world = World()
    world.body["Resources"].pop("BakeGate")
    with pytest.raises(InputError, match=f"has no Bake of change {FINGERPRINT}"):
        status(world)
    world.body["Conditions"] = {}
    with pytest.raises(InputError, match="has no way back"):
        status(world)
    world.owned = False
    with pytest.raises(InputError, match="belongs to no CloudFormation stack"):
        status(world)


def test_status_has_the_journal_and_the_settings_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    world = WatchWorld(WatchOptions(later_wave=True, settings=WatchSettings(later_wave_hours=1)))
    replace_clock(monkeypatch, lambda: world.aws.now)
    began = world.deployed(30 * HOUR)
    world.carry(began)
    found = read_status(world.person(), TABLE_NAME, world.aws.now, is_later_wave=False)
    assert found.journal is not None
    assert (found.journal.entries[-1].by, found.journal_repaired, found.journal_problem) == (
        "status",
        True,
        None,
    )
    assert found.judgment is not None
    assert found.judgment.progress.shortest_ends == began + HOUR
    world.look()
    found = read_status(world.person(), TABLE_NAME, world.aws.now, is_later_wave=False)
    assert found.journal == world.journal
    world.journals.refuses = ["AccessDeniedException"]
    found = read_status(world.person(), TABLE_NAME, world.aws.now, is_later_wave=False)
    assert found.journal is None
    assert "was denied" in str(found.journal_problem)
