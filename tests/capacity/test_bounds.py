"""Bounds: what limits the throughput of a dimension."""

from __future__ import annotations

from capacity_guard.capacity import AutoScaling, Capacity, Units
from capacity_guard.capacity.bounds import same_bounds


def _written(write: int | AutoScaling) -> Capacity:
    return Capacity.provisioned(read=100, write=write)


def test_bounds_when_only_seeds_and_warm_throughput_differ_expects_them_equal() -> None:
    assert same_bounds(_written(AutoScaling(10, 20, seed=15)), _written(AutoScaling(10, 20)))
    assert same_bounds(Capacity.on_demand(warm=Units(write=9_000)), Capacity.on_demand())
    assert not same_bounds(Capacity.on_demand(maximum=Units(write=9_000)), Capacity.on_demand())
    assert not same_bounds(_written(10), Capacity.on_demand())
