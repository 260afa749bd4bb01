"""The state after a replay: the clock, counters of minutes, and the bucket."""

from __future__ import annotations

import math

import pytest

from capacity_guard.simulator.dimension_replay import start
from capacity_guard.simulator.supply import OnDemandSupply, ProvisionedSupply, Supply
from capacity_guard.simulator.table_replay import Runner
from tests.simulator.builders import EVEN, RUNNERS, WRITE_PARTITION

DAY = 24 * 60
SUPPLIES: list[Supply] = [
    ProvisionedSupply(100, 100, 100, 0.7),
    ProvisionedSupply(100, 10, 400, 0.7),
    OnDemandSupply(100, 1_000),
]


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("supply", SUPPLIES, ids=["fixed", "scaled", "on-demand"])
@pytest.mark.parametrize("begin", [0, 1, 700, DAY - 1])
@pytest.mark.parametrize("minutes", [1, 5, 60, DAY - 1, DAY, DAY + 1, 2 * DAY])
def test_clock_after_a_replay_is_the_minute_of_the_day_from_1_to_1440(
    runner: Runner, supply: Supply, begin: int, minutes: int
) -> None:
    state = runner(supply, [600.0] * minutes, WRITE_PARTITION, EVEN, start(supply, EVEN, begin)).state
    assert state.minute == (begin + minutes - 1) % DAY + 1


@pytest.mark.parametrize("runner", RUNNERS)
def test_bucket_saves_five_minutes_and_no_more(runner: Runner) -> None:
    supply = ProvisionedSupply(100, 100, 100, 0.7)
    empty = runner(supply, [600 * 60.0], WRITE_PARTITION, EVEN, start(supply, EVEN, 0)).state
    assert empty.bucket == 0
    for minutes, saved in ((1, 6_000), (4, 24_000), (5, 30_000), (6, 30_000)):
        state = runner(supply, [0.0] * minutes, WRITE_PARTITION, EVEN, empty).state
        assert state.bucket == saved


@pytest.mark.parametrize("runner", RUNNERS)
def test_minutes_above_the_target_and_quiet_ones_are_counted_until_auto_scaling_acts(runner: Runner) -> None:
    supply = ProvisionedSupply(100, 10, 400, 0.7)
    before = start(supply, EVEN, 0)
    above = runner(supply, [80 * 60.0], WRITE_PARTITION, EVEN, before).state
    assert (above.above, above.busiest, above.due, above.quiet) == (1, 80, 0, 0)
    twice = runner(supply, [80 * 60.0, 90 * 60.0], WRITE_PARTITION, EVEN, before).state
    assert twice.busiest == 90
    assert twice.due > 0
    at_target = runner(supply, [70 * 60.0], WRITE_PARTITION, EVEN, before).state
    assert (at_target.above, at_target.quiet) == (0, 0)
    quiet = runner(supply, [20 * 60.0, 30 * 60.0], WRITE_PARTITION, EVEN, before).state
    assert (quiet.quiet, quiet.quiet_peak, quiet.above) == (2, 30, 0)
    ended = runner(supply, [80 * 60.0, math.nan], WRITE_PARTITION, EVEN, before).state
    assert (ended.above, ended.busiest, ended.quiet) == (1, 80, 0), "a gap moves the clock and nothing else"


@pytest.mark.parametrize("runner", RUNNERS)
def test_raise_is_to_what_the_busiest_minute_needs_within_the_maximum(runner: Runner) -> None:
    for maximum, raised in ((400, 129), (120, 120)):
        supply = ProvisionedSupply(100, 10, maximum, 0.7)
        limits = runner(supply, [90 * 60.0] * 30, WRITE_PARTITION, EVEN, None).limit
        assert limits[0] == 100
        assert limits[-1] == raised
        first = next(minute for minute, limit in enumerate(limits) if limit == raised)
        assert first == EVEN.reaction_minutes, "the raise is in effect so many minutes after the load began"
