"""Traffic, transitions and Hypothesis strategies of the simulator's tests."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import strategies as st

from capacity_guard.capacity import Capacity
from capacity_guard.capacity.deployed import Deployed
from capacity_guard.capacity.transition import Transition
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.simulator import compiled
from capacity_guard.simulator.dimension_replay import run
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.supply import Move, OnDemandSupply, ProvisionedSupply, Run, Supply
from capacity_guard.simulator.table_replay import Outcome
from tests.builders.cases import START, flat, traffic

WRITE_PARTITION = 1_000.0
"""Writes per second that one partition serves."""
EVEN = Parameters(peak_second=1.0, returning=0.0)
"""Evenly distributed traffic without retries: results can be computed by hand."""
RUNNERS = [
    pytest.param(run, id="plain"),
    pytest.param(
        compiled.run,
        id="compiled",
        marks=pytest.mark.skipif(not compiled.available(), reason="no C compiler: the twin was not built"),
    ),
]
"""The Python implementation and its compiled twin."""
AT = 600
"""Position of the minute in which transitions start."""
BUSY = START + timedelta(minutes=AT)


def short(index_write: array[float], table_write: array[float] | None = None) -> Traffic:
    """Traffic as long as the given series."""
    return traffic(index_write, table_write)


def day(units: float) -> array[float]:
    """One day with the same units per second in every minute."""
    return flat(units, 1)


def to(declared: Capacity, before: Deployed) -> Transition:
    return Transition("conversations", before, declared)


def stretches(*rates: tuple[float, int]) -> array[float]:
    """Units per minute of rates in units per second, each for a number of minutes."""
    return array("d", [rate * 60 for rate, minutes in rates for _ in range(minutes)])


def assert_conserved(outcome: Outcome) -> None:
    """Served and throttled units are the demand; causes are the throttled units."""
    for replayed in outcome.dimensions.values():
        for load, served, throttled in zip(replayed.demand, replayed.served, replayed.throttled, strict=True):
            assert load != load or math.isclose(served + throttled, load, abs_tol=1e-6)
        causes = sum(replayed.causes.values())
        assert math.isclose(causes, replayed.throttled_units, rel_tol=1e-6, abs_tol=1e-6)


def assert_same(run: Run, expected: Run) -> None:
    """Two replays are bit-identical, but for a total that is added up in another order."""
    for name in ("load", "served", "throttled", "limit"):
        assert getattr(run, name).tobytes() == getattr(expected, name).tobytes(), name
    assert run.throttles == expected.throttles
    assert math.isclose(run.hottest, expected.hottest, rel_tol=1e-12)
    assert run.state == expected.state


def minute_demands(rates: Iterable[float]) -> array[float]:
    """Units per minute of rates in units per second."""
    return array("d", [60 * rate for rate in rates])


any_parameters = st.builds(
    Parameters,
    reaction_minutes=st.integers(2, 15),
    peak_second=st.floats(1, 2),
    hottest_share=st.floats(0, 1),
    returning=st.floats(0, 0.9),
    growth_minutes=st.integers(1, 40),
)
fixed_supplies = st.integers(1, 4_000).map(lambda units: ProvisionedSupply(units, units, units, 0.7))
on_demand_supplies = st.builds(OnDemandSupply, st.floats(1, 8_000), st.floats(1, 40_000))


@st.composite
def scaled_supplies(draw: st.DrawFn) -> ProvisionedSupply:
    low, units, high = sorted(draw(st.tuples(*[st.integers(1, 4_000)] * 3)))
    return ProvisionedSupply(units, low, high, draw(st.integers(20, 90)) / 100)


any_supply = st.one_of(fixed_supplies, scaled_supplies(), on_demand_supplies)
table_rates = st.lists(st.floats(0, 3_000), min_size=30, max_size=300)
_levels = st.one_of(
    st.sampled_from([0.0, 0.2, 0.5, 0.5 - 1e-16, 0.7, 0.7 + 1e-16, 1.0, 1.3, 2.0]), st.floats(0, 3)
)
_stretches = st.lists(
    st.tuples(_levels, st.floats(0, 0.3), st.integers(1, 90), st.booleans()), min_size=1, max_size=12
)


@st.composite
def moved_supplies(draw: st.DrawFn) -> ProvisionedSupply:
    """Auto scaling or fixed units, with scheduled actions that move the bounds."""
    supply = draw(st.one_of(scaled_supplies(), fixed_supplies))
    minutes = sorted(draw(st.sets(st.integers(0, 400), max_size=6)))
    around = supply.maximum
    bounds = st.tuples(st.integers(1, 2 * around), st.integers(1, 2 * around)).map(sorted)
    is_fixed = supply.minimum == supply.maximum
    moves = [Move(at, low, low if is_fixed else high) for at in minutes for low, high in [draw(bounds)]]
    return replace(supply, moves=tuple(moves))


@st.composite
def histories(draw: st.DrawFn) -> tuple[Supply, list[float]]:
    """A supply and stretches of traffic at shares of it: quiet and busy ones, which skipping has to distinguish."""
    supply = draw(st.one_of(any_supply, scaled_supplies(), moved_supplies()))
    around = supply.units if isinstance(supply, ProvisionedSupply) else min(supply.ceiling, supply.maximum)
    demand: list[float] = []
    for level, noise, minutes, gap in draw(_stretches):
        for minute in range(minutes):
            demand.append(60 * around * level * (1 + noise * math.sin(len(demand) * 1.7 + minute)))
        if gap:
            demand.append(math.nan)
    return supply, demand
