"""The compiled twin gives bit-identical results to the simulator in plain Python."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capacity_guard.capacity.transition import Transition
from capacity_guard.simulator import compiled
from capacity_guard.simulator.dimension_replay import run
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.supply import OnDemandSupply, ProvisionedSupply, Run, Supply
from capacity_guard.simulator.table_replay import simulate
from capacity_guard.simulator.worst_start import Starts
from tests.builders.cases import deployed, on_demand, provisioned, traffic
from tests.simulator.builders import WRITE_PARTITION, any_parameters, assert_same, histories

pytestmark = pytest.mark.skipif(
    not compiled.available(), reason="no C compiler: the compiled twin was not built, plain Python runs"
)


def added_up(replayed: Run) -> tuple[float, int, int, float]:
    """The totals of a replay, added up minute by minute."""
    throttled = limits = most = 0.0
    minutes, worst = 0, -1
    for at, (units, limit) in enumerate(zip(replayed.throttled, replayed.limit, strict=True)):
        throttled += units
        limits += limit
        minutes += units != 0
        if units > most:
            most, worst = units, at
    return throttled, minutes, worst, limits


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(history=histories(), parameters=any_parameters)
@example(
    history=(ProvisionedSupply(100, 10, 400, 0.7), [4_200.0] * 500 + [600.0] * 400), parameters=Parameters()
)
@example(history=(OnDemandSupply(100, 1_000), [4_000.0] * 100 + [8_500.0] * 100), parameters=Parameters())
@example(history=(ProvisionedSupply(1, 1, 1, 1.0), []), parameters=Parameters())
def test_twin_when_anything_is_replayed_expects_the_bits_of_plain_python(
    history: tuple[Supply, list[float]], parameters: Parameters
) -> None:
    supply, demand = history
    plain = run(supply, demand, WRITE_PARTITION, parameters)
    assert_same(compiled.run(supply, demand, WRITE_PARTITION, parameters), plain)
    totals = compiled.totals(supply, array("d", demand), WRITE_PARTITION, parameters)
    throttled, minutes, worst, limits = added_up(plain)
    assert (totals.throttled, totals.minutes, totals.worst) == (throttled, minutes, worst)
    assert totals.hottest == pytest.approx(plain.hottest, rel=1e-12)
    assert totals.limits == pytest.approx(
        limits, rel=1e-12
    )  # the twin adds products: a limit times its minutes


@settings(deadline=None)
@given(history=histories(), parameters=any_parameters, share=st.floats(0, 1))
def test_twin_when_a_state_is_carried_on_expects_the_bits_of_plain_python(
    history: tuple[Supply, list[float]], parameters: Parameters, share: float
) -> None:
    supply, demand = history
    cut = int(share * len(demand))
    first = compiled.run(supply, demand[:cut], WRITE_PARTITION, parameters)
    plain = run(supply, demand[:cut], WRITE_PARTITION, parameters)
    assert first.state == plain.state
    assert_same(
        compiled.run(supply, demand[cut:], WRITE_PARTITION, parameters, first.state),
        run(supply, demand[cut:], WRITE_PARTITION, parameters, plain.state),
    )


def test_twin_when_a_state_is_given_does_not_change_it() -> None:
    supply = OnDemandSupply(100, 1_000)
    state = run(supply, [4_000.0] * 40, WRITE_PARTITION, Parameters()).state
    before = replace(state, recent=list(state.recent))
    compiled.run(supply, [9_000.0] * 40, WRITE_PARTITION, Parameters(), state)
    assert state == before


def test_twin_when_the_state_is_of_other_parameters_expects_an_error() -> None:
    supply = OnDemandSupply(100, 1_000)
    state = run(supply, [4_000.0], WRITE_PARTITION, Parameters(growth_minutes=5)).state
    with pytest.raises(ValueError, match="the state is not one of this supply"):
        compiled.run(supply, [4_000.0], WRITE_PARTITION, Parameters(), state)


def test_twin_when_it_replays_tables_and_transitions_expects_what_plain_python_gives() -> None:
    carried = traffic(array("d", [60.0 * (300 + 7 * (at % 400)) for at in range(3 * 1440)]))
    capacity = provisioned(400)
    plain, twin = simulate(capacity, carried), simulate(capacity, carried, runner=compiled.run)
    assert plain == twin
    transition = Transition("conversations", deployed(provisioned(1_500)), on_demand())
    plain_starts, starts = Starts(transition, carried), Starts(transition, carried, runner=compiled.run)
    assert plain_starts.worst(Parameters()) == starts.worst(Parameters())
