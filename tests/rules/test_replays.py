"""What is recorded above fixed units, by the budget and less what today's capacity throttles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from capacity_guard.capacity import AutoScaling, Margins
from capacity_guard.rules.replays import above_budget, throttled, throttled_today
from capacity_guard.simulator.dimension_replay import run
from capacity_guard.simulator.supply import Run, Supply
from tests.builders.cases import (
    INDEX_READ,
    INDEX_WRITE,
    TUESDAY_EVENING,
    baseline,
    case,
    deployed,
    flat,
    on_demand,
    provisioned,
    spike,
    switch_from_provisioned,
    switch_to_provisioned,
    traffic,
)


def test_excess_is_counted_in_its_worst_hour_without_burst() -> None:
    excess = above_budget(switch_from_provisioned(1_000, 1_500, minutes=3), INDEX_WRITE, 1_000)
    assert excess is not None
    assert (excess.units, excess.minutes) == (3 * 500 * 60, 3)
    assert excess.share == 3 * 500 * 60 / ((57 * 500 + 3 * 1_500) * 60)


def test_excess_within_the_budget_is_none_and_none_is_allowed_without_a_budget() -> None:
    judged = switch_from_provisioned(1_000, 1_001)
    assert above_budget(judged, INDEX_WRITE, 1_000) is None
    strict = replace(judged, margins=Margins(throttle_budget=0))
    excess = above_budget(strict, INDEX_WRITE, 1_000)
    assert excess is not None
    assert excess.units == 60


def test_excess_in_other_hours_than_those_asked_for_is_none() -> None:
    judged = switch_from_provisioned(1_000, 1_500)
    assert above_budget(judged, INDEX_WRITE, 1_000, hours=[0]) is None
    assert above_budget(judged, INDEX_READ, 1_000) is None


def test_excess_that_todays_capacity_throttles_as_well_does_not_count() -> None:
    busy = spike(flat(500), TUESDAY_EVENING, 240, 2_000)
    judged = case(on_demand(), baseline(deployed(provisioned(900)), traffic(busy)))
    before = throttled_today(judged, INDEX_WRITE)
    assert before is not None
    excess = above_budget(judged, INDEX_WRITE, 900)
    unthrottled = case(on_demand(), baseline(deployed(provisioned(9_000)), traffic(busy)))
    whole = above_budget(unthrottled, INDEX_WRITE, 900)
    assert whole is not None
    assert excess is None or excess.units < whole.units


def test_throttled_units_are_worked_out_once_for_a_case() -> None:
    judged = switch_to_provisioned(1_500, minutes=60)
    assert throttled(judged) is throttled(judged)
    assert throttled(judged)[INDEX_WRITE].is_declared
    assert throttled_today(judged, INDEX_WRITE) is None


def test_only_the_trials_whose_peak_the_least_units_do_not_carry_are_replayed() -> None:
    # 1,300 writes/s carry the recorded peak of 900, its busiest second and 1.2 times as much, and not 1.5 times as much.
    margins = Margins(headroom=1.5)
    judged = case(
        provisioned(1_500), baseline(deployed(provisioned(2_500)), traffic(flat(900))), margins=margins
    )
    asked_for = set()

    def counted(supply: Supply, asked: Sequence[float], *given: Any) -> Run:
        asked_for.add(round(asked[0] / 60))
        return run(supply, asked, *given)

    throttled(replace(judged, runner=counted))
    assert asked_for == set()
    throttled(replace(judged, declared=provisioned(1_300), runner=counted))
    assert asked_for == {1_350, 150}, "the index throttles, so writes of the table are rejected"
    asked_for.clear()
    throttled(replace(judged, declared=provisioned(AutoScaling(1_300, 2_000)), runner=counted))
    assert asked_for == {1_350}, "auto scaling and burst carry it, so the table is not asked"
