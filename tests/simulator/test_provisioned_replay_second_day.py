"""The first decrease of a new day counts as its first."""

from __future__ import annotations

import pytest

from capacity_guard.simulator import compiled
from capacity_guard.simulator.dimension_replay import run, start
from capacity_guard.simulator.supply import ProvisionedSupply
from capacity_guard.simulator.table_replay import Runner
from tests.simulator.builders import EVEN, WRITE_PARTITION


@pytest.mark.parametrize(
    "runner",
    [
        pytest.param(run, id="plain"),
        pytest.param(
            compiled.run,
            id="compiled",
            marks=pytest.mark.skipif(
                not compiled.available(), reason="no C compiler: the twin was not built"
            ),
        ),
    ],
)
def test_run_when_units_are_lowered_after_midnight_counts_one_decrease(runner: Runner) -> None:
    supply = ProvisionedSupply(1_000, 1, 1_000, 0.7)
    demand = [600 * 60.0] * 100 + [300 * 60.0] * 60
    begin = 24 * 60 - 100
    lowered = runner(supply, demand, WRITE_PARTITION, EVEN, start(supply, EVEN, begin))
    assert lowered.limit[-1] == 429
    assert lowered.state.decreases == 1
