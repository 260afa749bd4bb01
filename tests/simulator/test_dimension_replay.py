"""The model of one dimension: its equations computed by hand, and properties for any capacity and any traffic."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.simulator.dimension_replay import run
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.supply import OnDemandSupply, ProvisionedSupply, Run, Supply
from tests.simulator.builders import (
    EVEN,
    WRITE_PARTITION,
    any_parameters,
    any_supply,
    on_demand_supplies,
    scaled_supplies,
)

_rates = st.one_of(st.just(0.0), st.floats(0, 5_000), st.just(math.nan))
demands = st.lists(_rates.map(lambda rate: rate * 60), min_size=1, max_size=200)


def _run(supply: Supply, demand: list[float], parameters: Parameters) -> Run:
    return run(supply, demand, WRITE_PARTITION, parameters)


def _near(units: float, expected: float) -> bool:
    return math.isclose(units, expected, rel_tol=1e-9, abs_tol=1e-6)


@given(supply=any_supply, demand=demands, parameters=any_parameters)
def test_run_when_any_demand_is_served_expects_served_and_throttled_to_be_the_load(
    supply: Supply, demand: list[float], parameters: Parameters
) -> None:
    result = _run(supply, demand, parameters)
    returned = 0.0
    for asked, load, served, throttled in zip(
        demand, result.load, result.served, result.throttled, strict=True
    ):
        if math.isnan(asked):
            assert math.isnan(load)
            assert served == throttled == 0
        else:
            assert _near(load, asked + returned)
            assert _near(served + throttled, load)
            assert served >= 0
            assert throttled >= 0
        returned = parameters.returning * throttled


@given(supply=any_supply, demand=demands, parameters=any_parameters, data=st.data())
def test_run_when_a_trace_is_split_in_two_expects_the_same_as_one_replay(
    supply: Supply, demand: list[float], parameters: Parameters, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(demand)))
    undivided = _run(supply, demand, parameters)
    first = _run(supply, demand[:cut], parameters)
    second = run(supply, demand[cut:], WRITE_PARTITION, parameters, first.state)
    assert [*first.throttled, *second.throttled] == list(undivided.throttled)
    assert [*first.limit, *second.limit] == list(undivided.limit)
    assert second.state == undivided.state


@given(supply=any_supply, minutes=st.integers(1, 300), parameters=any_parameters)
def test_run_when_there_is_no_traffic_expects_no_throttling(
    supply: Supply, minutes: int, parameters: Parameters
) -> None:
    assert not any(_run(supply, [0.0] * minutes, parameters).throttled)


@given(demand=demands, parameters=any_parameters, units=st.integers(1, 4_000), more=st.integers(0, 4_000))
def test_run_when_fixed_units_are_raised_expects_no_minute_that_throttles_more(
    demand: list[float], parameters: Parameters, units: int, more: int
) -> None:
    """Fixed units only: with auto scaling, units just below the target are not raised, and fewer units would have been."""
    low = _run(ProvisionedSupply(units, units, units, 0.7), demand, parameters)
    high = _run(ProvisionedSupply(units + more, units + more, units + more, 0.7), demand, parameters)
    for less, most in zip(high.throttled, low.throttled, strict=True):
        assert less <= most + 1e-6


@given(demand=demands, parameters=any_parameters, supply=on_demand_supplies, more=st.floats(1, 5))
def test_run_when_a_ceiling_is_raised_expects_no_minute_that_throttles_more(
    demand: list[float], parameters: Parameters, supply: OnDemandSupply, more: float
) -> None:
    # Without retries only: a retry that is served earlier is missing in a later peak, which raises the ceiling.
    parameters = Parameters(
        parameters.reaction_minutes, parameters.peak_second, 0.0, 0.0, parameters.growth_minutes
    )
    low = _run(supply, demand, parameters)
    high = _run(OnDemandSupply(supply.ceiling * more, supply.maximum * more), demand, parameters)
    for less, most in zip(high.throttled, low.throttled, strict=True):
        assert less <= most + 1e-6


@given(demand=demands, parameters=any_parameters, units=st.integers(1, 4_000), factor=st.integers(2, 9))
def test_run_when_demand_and_fixed_units_grow_together_expects_throttling_to_grow_with_them(
    demand: list[float], parameters: Parameters, units: int, factor: int
) -> None:
    small = run(ProvisionedSupply(units, units, units, 0.7), demand, WRITE_PARTITION, parameters)
    large = run(
        ProvisionedSupply(units * factor, units * factor, units * factor, 0.7),
        [units * factor for units in demand],
        WRITE_PARTITION * factor,
        parameters,
    )
    for units, multiplied in zip(small.throttled, large.throttled, strict=True):
        assert math.isclose(units * factor, multiplied, rel_tol=1e-6, abs_tol=1e-3)


@given(supply=scaled_supplies(), demand=demands, parameters=any_parameters)
def test_run_when_auto_scaling_acts_expects_its_bounds_and_the_decreases_that_are_allowed(
    supply: ProvisionedSupply, demand: list[float], parameters: Parameters
) -> None:
    result = _run(supply, demand, parameters)
    assert all(supply.minimum <= limit <= supply.maximum for limit in result.limit)
    lowered = [minute for minute, (before, after) in enumerate(pairwise(result.limit)) if after < before]
    for later, earlier in zip(lowered[4:], lowered[3:], strict=False):
        assert later - earlier >= 60


def test_run_when_a_bucket_was_saved_expects_it_to_last_fifteen_minutes() -> None:
    """150 units unused for five minutes are 45,000, with which 200 a second last 900 seconds (re:Post,
    dynamodb-spiky-workloads-short-intervals)."""
    supply = ProvisionedSupply(150, 150, 150, 0.7)
    saved = _run(supply, [0.0] * 5, EVEN).state
    assert saved.bucket == 45_000
    result = run(supply, [200 * 60.0] * 20, 3_000, EVEN, saved)
    assert next(minute for minute, units in enumerate(result.throttled) if units) == 15
    assert result.throttled[15] == 50 * 60


def test_run_when_load_stays_above_the_target_expects_the_raise_after_its_reaction() -> None:
    result = _run(ProvisionedSupply(100, 100, 1_000, 0.7), [90 * 60.0] * 20, Parameters(reaction_minutes=10))
    assert list(result.limit) == [100.0] * 10 + [129.0] * 10


def test_run_when_load_falls_for_good_expects_four_decreases_and_then_one_an_hour() -> None:
    falling = [max(0.0, 4_000 - 40 * minute) * 60 for minute in range(600)]
    result = _run(ProvisionedSupply(4_000, 1, 4_000, 0.7), falling, EVEN)
    lowered = [minute for minute, (before, after) in enumerate(pairwise(result.limit)) if after < before]
    assert lowered[3] - lowered[0] < 60
    assert all(after - before >= 60 for before, after in pairwise(lowered[3:]))


def test_run_when_one_key_is_hot_expects_its_partition_to_throttle_it() -> None:
    hot = Parameters(peak_second=1.0, hottest_share=0.5, returning=0.0)
    result = _run(OnDemandSupply(4_000, 40_000), [3_000 * 60.0], hot)
    assert result.hottest == result.throttled[0] == 500 * 60
