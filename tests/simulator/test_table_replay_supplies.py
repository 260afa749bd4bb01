"""Supplies of a replay at their bounds."""

from __future__ import annotations

from array import array

import pytest

from capacity_guard.capacity import AutoScaling
from capacity_guard.simulator.supply import OnDemandSupply, ProvisionedSupply
from capacity_guard.simulator.table_replay import on_demand, partition, provisioned, settled
from tests.builders.cases import INDEX_WRITE, TABLE_READ, TABLE_WRITE

SCALED = AutoScaling(100, 400, 70)


@pytest.mark.parametrize(
    ("units", "started"), [(None, 100), (0, 100), (99, 100), (101, 101), (400, 400), (401, 400)]
)
def test_auto_scaling_starts_within_its_bounds_at_the_minimum_by_default(
    units: int | None, started: int
) -> None:
    assert provisioned(SCALED, units) == ProvisionedSupply(started, 100, 400, 0.7)


def test_fixed_units_stay_as_they_are() -> None:
    fixed = ProvisionedSupply(250, 250, 250, 1.0)
    assert provisioned(250) == provisioned(250, 900) == fixed
    assert settled(250, array("d", [9_000.0])) == fixed


@pytest.mark.parametrize(
    ("series", "started"), [([], 100), ([0.0], 100), ([60 * 140.0], 200), ([60 * 141.0], 202)]
)
def test_auto_scaling_settles_at_what_the_first_minute_needs(series: list[float], started: int) -> None:
    assert settled(SCALED, array("d", series)).units == started


@pytest.mark.parametrize(
    ("maximum", "quota", "limit"), [(None, 40_000, 40_000), (500, 40_000, 500), (500, 300, 300)]
)
def test_on_demand_is_limited_by_its_maximum_and_the_quota(
    maximum: int | None, quota: int, limit: int
) -> None:
    assert on_demand(4_000, maximum, quota) == OnDemandSupply(4_000.0, float(limit))


def test_partition_serves_three_thousand_reads_or_a_thousand_writes() -> None:
    assert partition(TABLE_READ) == 3_000
    assert partition(TABLE_WRITE) == partition(INDEX_WRITE) == 1_000
