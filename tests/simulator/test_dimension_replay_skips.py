"""What the simulator skips changes nothing: its results are those of the definition, to the bit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st

from capacity_guard.simulator.dimension_replay import run
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.supply import OnDemandSupply, ProvisionedSupply, Run, State, Supply
from tests.fakes import simulator_definition
from tests.simulator.test_dimension_replay import WRITE_PARTITION, parameters, scaled, supplies

_levels = st.one_of(
    st.sampled_from([0.0, 0.2, 0.5, 0.5 - 1e-16, 0.7, 0.7 + 1e-16, 1.0, 1.3, 2.0]), st.floats(0, 3)
)
_stretches = st.lists(
    st.tuples(_levels, st.floats(0, 0.3), st.integers(1, 90), st.booleans()), min_size=1, max_size=12
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Supply, list[float]]:
    """A supply, and stretches of traffic at shares of it: the quiet and the busy ones that skipping must tell apart."""
    supply = draw(st.one_of(supplies, scaled()))
    around = supply.units if isinstance(supply, ProvisionedSupply) else min(supply.ceiling, supply.maximum)
    demand: list[float] = []
    for level, noise, minutes, gap in draw(_stretches):
        for minute in range(minutes):
            demand.append(60 * around * level * (1 + noise * math.sin(len(demand) * 1.7 + minute)))
        if gap:
            demand.append(math.nan)
    return supply, demand


def assert_same(one: Run, other: Run) -> None:
    for name in ("load", "served", "throttled", "limit"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
    assert (one.throttles, one.hottest) == (other.throttles, other.hottest)
    assert one.state == other.state


def _both(
    supply: Supply, demand: Sequence[float], unknown: Parameters, state: State | None = None
) -> tuple[Run, Run]:
    return (
        run(supply, demand, WRITE_PARTITION, unknown, state),
        simulator_definition.run(supply, demand, WRITE_PARTITION, unknown, state),
    )


@settings(max_examples=300)
@given(history=histories(), unknown=parameters)
@example(
    history=(ProvisionedSupply(100, 10, 400, 0.7), [4_200.0] * 500 + [600.0] * 400), unknown=Parameters()
)
@example(history=(OnDemandSupply(100, 1_000), [4_000.0] * 100 + [8_500.0] * 100), unknown=Parameters())
def test_run_when_stretches_are_skipped_expects_what_the_definition_gives(
    history: tuple[Supply, list[float]], unknown: Parameters
) -> None:
    supply, demand = history
    assert_same(*_both(supply, demand, unknown))


@given(history=histories(), unknown=parameters, share=st.floats(0, 1))
def test_run_when_a_state_is_carried_on_expects_what_the_definition_gives(
    history: tuple[Supply, list[float]], unknown: Parameters, share: float
) -> None:
    supply, demand = history
    cut = int(share * len(demand))
    first, same = _both(supply, demand[:cut], unknown)
    assert first.state == same.state
    assert_same(*_both(supply, demand[cut:], unknown, first.state))
