"""The cost of a capacity that serves the recorded traffic."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capacity_guard.pricing.prices import TABLE
from capacity_guard.pricing.recorded_cost import REACTIONS, costs
from tests.builders.cases import INDEX_WRITE, START, flat, on_demand, provisioned, spike, traffic

DAYS = 7.0


def test_costs_of_fixed_units_are_the_same_at_each_reaction() -> None:
    found = costs(provisioned(), traffic(flat(100, DAYS)), TABLE["us-east-1"])
    assert len(found) == len(REACTIONS)
    assert {cost.hour for cost in found} == {found[0].hour}
    assert found[0].hour.low == pytest.approx(2 * 1_000 * (0.00013 + 0.00065))


def test_costs_of_on_demand_mode_are_those_of_the_recorded_minutes() -> None:
    with_gap = spike(flat(100, DAYS), START + timedelta(hours=3), 60, float("nan"))
    found = costs(on_demand(), traffic(with_gap), TABLE["us-east-1"])
    assert found[0].dimensions[INDEX_WRITE].high == pytest.approx(100 * 3_600 * 0.625e-6)
