"""The state of a dimension, which a replay passes on to the next one."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError

import pytest

from capacity_guard.simulator.dimension_replay import run, start
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.supply import DAY_MINUTES, OnDemandSupply, ProvisionedSupply, State
from tests.simulator.builders import EVEN, WRITE_PARTITION


def test_state_when_it_is_new_expects_a_full_bucket_and_every_decrease_allowed() -> None:
    state = State(0, units=100)
    assert state.bucket == math.inf  # the first minute limits it to 300 seconds
    assert (state.decreases, state.since) == (0, DAY_MINUTES)
    assert (
        run(ProvisionedSupply(100, 100, 100, 0.7), [0.0], WRITE_PARTITION, EVEN, state).state.bucket == 30_000
    )


def test_states_when_created_share_no_recent_rates() -> None:
    first, second = State(0), State(0)
    first.recent.append(1.0)
    assert second.recent == []


@pytest.mark.parametrize("supply", [ProvisionedSupply(100, 10, 200, 0.7), OnDemandSupply(100.0, 1_000.0)])
def test_start_when_a_supply_is_given_expects_its_units_and_the_rates_it_needs(
    supply: ProvisionedSupply | OnDemandSupply,
) -> None:
    state = start(supply, Parameters(growth_minutes=7), 61)
    assert state.minute == 61
    if isinstance(supply, ProvisionedSupply):
        assert (state.units, state.ceiling, state.recent) == (100, 0.0, [])
    else:
        assert (state.units, state.ceiling, state.recent) == (0, 100.0, [0.0] * 7)


def test_supplies_when_compared_are_values_that_cannot_change() -> None:
    assert ProvisionedSupply(1, 1, 1, 1.0) == ProvisionedSupply(1, 1, 1, 1.0)
    with pytest.raises(FrozenInstanceError):
        OnDemandSupply(1.0, 1.0).ceiling = 2.0  # type: ignore[misc]
