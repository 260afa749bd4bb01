"""Skipped minutes do not change the results: they are bit-identical to those of the definition."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capacity_guard.simulator.dimension_replay import run
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.supply import OnDemandSupply, ProvisionedSupply, Run, State, Supply
from tests.fakes import simulator_definition
from tests.simulator.builders import WRITE_PARTITION, any_parameters, assert_same, histories


def _both(
    supply: Supply, demand: Sequence[float], parameters: Parameters, state: State | None = None
) -> tuple[Run, Run]:
    return (
        run(supply, demand, WRITE_PARTITION, parameters, state),
        simulator_definition.run(supply, demand, WRITE_PARTITION, parameters, state),
    )


@pytest.mark.slow
@settings(max_examples=300)
@given(history=histories(), parameters=any_parameters)
@example(
    history=(ProvisionedSupply(100, 10, 400, 0.7), [4_200.0] * 500 + [600.0] * 400), parameters=Parameters()
)
@example(history=(OnDemandSupply(100, 1_000), [4_000.0] * 100 + [8_500.0] * 100), parameters=Parameters())
def test_run_when_stretches_are_skipped_expects_what_the_definition_gives(
    history: tuple[Supply, list[float]], parameters: Parameters
) -> None:
    supply, demand = history
    assert_same(*_both(supply, demand, parameters))


@given(history=histories(), parameters=any_parameters, share=st.floats(0, 1))
def test_run_when_a_state_is_carried_on_expects_what_the_definition_gives(
    history: tuple[Supply, list[float]], parameters: Parameters, share: float
) -> None:
    supply, demand = history
    cut = int(share * len(demand))
    first, expected = _both(supply, demand[:cut], parameters)
    assert first.state == expected.state
    assert_same(*_both(supply, demand[cut:], parameters, first.state))
