"""The rollback of a transition in a plan."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, ChangeWindow, Margins, Rollout
from capacity_guard.capacity.transition import Transition
from capacity_guard.planning.replays import TableReplays
from capacity_guard.planning.way_back import way_back
from capacity_guard.simulator.dimension_replay import run
from tests.builders.cases import (
    END,
    INDEX_WRITE,
    START,
    TABLE_WRITE,
    baseline,
    deployed,
    flat,
    on_demand,
    provisioned,
    spike,
    traffic,
)
from tests.planning.plans import plan_of


@pytest.mark.slow
def test_plan_when_the_recording_ends_before_the_rollback_does_not_say_that_it_was_replayed(
    tmp_path: Path,
) -> None:
    series = spike(flat(500), END - timedelta(minutes=20), 20, 3_000)
    before = deployed(provisioned(AutoScaling(500, 5_000, 70, seed=600)))
    table = plan_of(tmp_path, baseline(before, traffic(series)), on_demand())
    assert table.way_back is not None
    assert table.way_back.why == "not replayed: the recording ends before it would be over"


def to(declared: Capacity, before: Capacity | None) -> Transition:
    return Transition("conversations", None if before is None else deployed(before), declared)


def test_way_back_when_a_seed_is_missing_is_not_possible() -> None:
    scaling = AutoScaling(100, 5_000)
    found = way_back(to(on_demand(), provisioned(scaling, 1_000, 1_000)), None, Rollout())
    assert found is not None
    assert not found.possible
    assert found.why == "no units to go back with, a seed is missing: by_agent, write"
    assert found.resent[TABLE_WRITE] == 1_000
    assert INDEX_WRITE not in found.resent


def test_way_back_of_a_created_table_and_of_no_change_is_none() -> None:
    assert way_back(to(on_demand(), None), None, Rollout()) is None
    assert way_back(to(provisioned(), provisioned()), None, Rollout()) is None


def test_way_back_without_a_recording_is_possible_but_not_replayed() -> None:
    found = way_back(to(on_demand(), provisioned()), None, Rollout())
    assert found is not None
    assert (found.possible, found.units) == (True, 0.0)
    assert found.why == "not replayed: no traffic was recorded"


def test_way_back_of_a_change_that_cannot_start_names_what_has_no_seed() -> None:
    change = to(provisioned(AutoScaling(100, 5_000)), on_demand())
    replays = TableReplays(change, traffic(flat(500)), Margins(), Rollout(), run)
    found = way_back(change, replays, replays.rollout)
    assert found is not None
    assert found.why == "not replayed: the change cannot start, a seed is missing: by_agent, write"


def test_way_back_when_the_change_window_was_not_recorded_says_so() -> None:
    window = Rollout(change_window=ChangeWindow("Sun 06-10"))
    recorded = traffic(flat(100, 0.5))  # twelve hours of a Thursday
    replays = TableReplays(to(on_demand(), provisioned()), recorded, Margins(), window, run)
    found = way_back(replays.transition, replays, window)
    assert found is not None
    assert found.why == "not replayed: no minute was recorded in the change window Sun 06-10"


def test_way_back_when_traffic_stays_high_expects_the_units_that_its_seed_throttles() -> None:
    """The worst start is followed by traffic above the seed of 600 units: the rollback throttles it."""
    before = provisioned(AutoScaling(500, 5_000, 70, seed=600))
    series = spike(flat(500, 3), START + timedelta(hours=5), 600, 3_000)
    replays = TableReplays(to(on_demand(), before), traffic(series), Margins(), Rollout(), run)
    found = way_back(replays.transition, replays, replays.rollout)
    assert found is not None
    assert found.units > 0
    assert found.why.startswith("vetoed at the end of the bake after the worst start, ")
