"""The minutes of on-demand throughput."""

from __future__ import annotations

from capacity_guard.simulator.dimension_replay import run
from capacity_guard.simulator.supply import OnDemandSupply
from tests.simulator.builders import EVEN, WRITE_PARTITION


def test_run_when_traffic_triples_within_half_an_hour_expects_on_demand_to_throttle_it() -> None:
    """Twice the previous peak is served at once, more only after 30 minutes (Guide: on-demand-capacity-mode)."""
    supply = OnDemandSupply(4_000, 40_000)
    steady = run(supply, [4_000 * 60.0] * 40, WRITE_PARTITION, EVEN).state
    within = run(supply, [8_000 * 60.0], 40_000, EVEN, steady)
    beyond = run(supply, [12_000 * 60.0], 40_000, EVEN, steady)
    assert not any(within.throttled)
    assert beyond.throttled[0] == 4_000 * 60
