"""The replays of one table that a plan shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Margins, Rollout
from capacity_guard.capacity.transition import Transition
from capacity_guard.planning.replays import TableReplays, switch_minutes
from capacity_guard.simulator.dimension_replay import run
from capacity_guard.simulator.supply import Run, Supply
from tests.builders.cases import (
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
from tests.planning.plans import incident, plan_of


def test_plan_when_provisioned_mode_has_no_seed_replays_what_it_can(tmp_path: Path) -> None:
    table = plan_of(tmp_path, baseline(deployed(on_demand())), provisioned(AutoScaling(100, 3_000)))
    assert {replay.replay for dimension in table.dimensions for replay in dimension.replays} == {
        "recorded",
        "headroom",
    }
    assert table.hours == ()


def test_plan_when_an_index_throttles_at_the_start_shows_what_it_rejects_on_the_table(tmp_path: Path) -> None:
    table = incident(tmp_path)
    (writes,) = [d for d in table.dimensions if d.dimension == TABLE_WRITE]
    start = writes.replays[0]
    assert start.cause == "an index that throttles"
    assert 0 < start.low < start.units < start.high


@pytest.mark.slow
def test_plan_when_a_key_is_hot_names_its_partition(tmp_path: Path) -> None:
    table = plan_of(
        tmp_path, baseline(deployed(provisioned(4_000)), traffic(flat(2_500))), on_demand(), hottest_share=0.6
    )
    causes = {
        throttling.cause for dimension, throttling in table.throttling if dimension.dimension == INDEX_WRITE
    }
    assert causes <= {"partition of the hottest key"}


def table_replays(margins: Margins | None = None) -> TableReplays:
    """A switch to on-demand mode, with a busy hour that throttles while the mode switches."""
    before = deployed(provisioned(AutoScaling(100, 5_000, seed=3_000)))
    series = spike(flat(500, 3), START + timedelta(hours=5), 60, 3_000)
    transition = Transition("conversations", before, on_demand())
    return TableReplays(transition, traffic(series), margins or Margins(), Rollout(), run)


def test_results_of_a_switch_are_its_start_and_the_declared_capacity_afterwards() -> None:
    replays = table_replays()
    start, admitted, recorded, headroom = replays.results[INDEX_WRITE]
    assert [result.name for result in replays.results[INDEX_WRITE]] == [
        "start",
        "admitted",
        "recorded",
        "headroom",
    ]
    assert (admitted.trial.factor, admitted.trial.parameters.peak_second) == (1.2, 1.0)
    assert start.hour.throttled < admitted.hour.throttled <= admitted.high
    assert 0 < start.low < start.hour.throttled <= start.high
    assert start.hour.started == replays.worst_position
    assert (recorded.hour.throttled, recorded.low, recorded.high) == (0, 0, 0)
    assert (recorded.trial.factor, headroom.trial.factor) == (1.0, 1.3)


def test_declared_when_asked_again_is_not_replayed_again() -> None:
    runs: list[Supply] = []

    def counted(supply: Supply, *arguments: Any) -> Run:
        runs.append(supply)
        return run(supply, *arguments)

    replays = replace(table_replays(), runner=counted)
    assert replays.results is replays.results
    declared = {
        trial: replays.declared(trial) for trial in (replays.recorded, replays.headroom, *replays.range)
    }
    replayed = len(runs)
    assert all(replays.declared(trial) is outcome for trial, outcome in declared.items())
    assert len(runs) == replayed


def test_range_expects_the_best_case_and_then_the_worst_case() -> None:
    best_case, worst_case = table_replays().range
    assert best_case.parameters.reaction_minutes < worst_case.parameters.reaction_minutes
    assert best_case.factor == worst_case.factor == 1.0


@pytest.mark.parametrize(("switches", "minutes"), [(True, 7), (False, 0)])
def test_switch_minutes_when_the_mode_stays_expects_none(switches: bool, minutes: int) -> None:
    declared = on_demand() if switches else provisioned(2_000)
    transition = Transition("conversations", deployed(provisioned()), declared)
    assert switch_minutes(transition, Margins(switch_minutes=7)) == minutes


def test_change_at_when_a_position_is_given_starts_the_switch_there() -> None:
    change = table_replays().change_at(400, back_at=430)
    phases = {phase.name: phase.first for phase in change.phases}
    assert (phases["switch"], phases["switch back"]) == (400, 430)
    assert TABLE_WRITE in change.outcome.dimensions


def test_change_is_replayed_by_the_runner_within_the_quota_of_the_account() -> None:
    runs: list[Supply] = []

    def counted(supply: Supply, *arguments: Any) -> Run:
        runs.append(supply)
        return run(supply, *arguments)

    replays = replace(table_replays(Margins(table_quota=1_500)), runner=counted)
    change = replays.change_at(400)
    assert runs
    assert change.outcome.dimensions[INDEX_WRITE].limit[-1] == 1_500


def test_worst_position_of_two_dimensions_that_are_asked_alike_is_that_of_the_first() -> None:
    """The table is before its index, whichever is busy first."""
    busy = [spike(flat(500, 3), START + timedelta(days=day, hours=5), 60, 600) for day in (1, 2)]
    replays = TableReplays(
        Transition("conversations", deployed(provisioned()), on_demand()),
        traffic(index_write=busy[1], table_write=busy[0]),
        Margins(),
        Rollout(),
        run,
    )
    table, index = (replays.results[dimension][0].hour for dimension in (TABLE_WRITE, INDEX_WRITE))
    assert (table.throttled, table.asked) == (index.throttled, index.asked) == (0, table.asked)
    assert replays.worst_position == table.started != index.started


def test_change_when_the_transition_cannot_start_expects_none() -> None:
    transition = Transition("conversations", deployed(on_demand()), provisioned(AutoScaling(100, 3_000)))
    replays = TableReplays(transition, traffic(flat(100, 2)), Margins(), Rollout(), run)
    assert replays.change is None
    assert replays.worst_position is None


def test_results_of_a_recording_without_writes_of_the_table_are_those_of_the_rest() -> None:
    replays = table_replays()
    index_alone = replace(replays, traffic=replays.traffic.only([INDEX_WRITE]))
    assert list(index_alone.results) == [INDEX_WRITE]
    assert index_alone.results[INDEX_WRITE] == replays.results[INDEX_WRITE]
