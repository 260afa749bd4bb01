"""What a bound decides without a replay: never another answer than that of the replay."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Units
from capacity_guard.capacity.settings import Margins
from capacity_guard.evidence.digest import digest
from capacity_guard.simulator import engine, worst_hour
from capacity_guard.simulator.parameters import Parameters
from tests.builders.cases import INDEX, INDEX_WRITE, deployed, flat, provisioned, spike
from tests.simulator.builders import BUSY, EVEN, day, short, to
from tests.simulator.scenarios import PAIRS, PARAMETERS, TRAFFICS, TRANSITIONS

TRIALS = [worst_hour.Trial(factor, parameters) for factor in (1.0, 1.3) for parameters in PARAMETERS.values()]


@pytest.mark.parametrize(("name", "carried"), PAIRS)
def test_dimension_that_its_least_units_carry_throttles_in_no_replay(name: str, carried: str) -> None:
    transition, traffic, margins = TRANSITIONS[name], TRAFFICS[carried], Margins(table_quota=5_000)
    for trial in TRIALS:
        decided = worst_hour.carried_by_least(transition, digest(traffic, 10), [trial], margins)
        hours = worst_hour.worst_hours(transition, traffic, trial, margins, engine.runner())
        assert all(not hours[dimension].throttled for dimension in decided if dimension in hours)


@settings(max_examples=60, deadline=None)
@given(
    base=st.integers(1, 400),
    high=st.integers(1, 1_500),
    minutes=st.integers(1, 30),
    least=st.integers(1, 1_500),
    more=st.integers(0, 500),
    factor=st.sampled_from([1.0, 1.2, 1.3]),
    mode=st.sampled_from(["fixed", "scaled", "on demand"]),
)
def test_bound_agrees_with_the_replay(
    base: int, high: int, minutes: int, least: int, more: int, factor: float, mode: str
) -> None:
    traffic = short(spike(flat(base, 1), BUSY, minutes, high))
    declared = {
        "fixed": provisioned(least),
        "scaled": provisioned(AutoScaling(least, least + more)),
        "on demand": Capacity.on_demand(indexes={INDEX: OnDemand(maximum=Units(write=least))}),
    }[mode]
    transition = to(declared, deployed(provisioned(2_000)))
    for parameters in (EVEN, Parameters(), Parameters(hottest_share=0.5)):
        trial = worst_hour.Trial(factor, parameters)
        decided = worst_hour.carried_by_least(transition, digest(traffic, 10), [trial], Margins())
        if INDEX_WRITE in decided:
            hour = worst_hour.worst_hours(transition, traffic, trial, Margins())[INDEX_WRITE]
            assert (hour.throttled, hour.minutes) == (0, 0)


def test_bound_is_the_peak_with_its_busiest_second() -> None:
    traffic = short(spike(day(100), BUSY, 1, 200))
    trial = worst_hour.Trial(1.0, Parameters())
    for units, is_carried in ((271, True), (269, False)):
        transition = to(provisioned(units), deployed(provisioned(1_000)))
        decided = worst_hour.carried_by_least(transition, digest(traffic, 10), [trial], Margins())
        assert (INDEX_WRITE in decided) is is_carried
