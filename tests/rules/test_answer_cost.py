"""The cost of each step: today's live table against each capacity, and unknown where no traffic was recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned, Units
from capacity_guard.pricing.cost import Between
from capacity_guard.pricing.prices import HOURS_A_MONTH, prices_of
from capacity_guard.rules.answer_cost import prices_text, step_costs
from tests.rules.test_answers import incident

PRICES = prices_of("us-east-1")
FIXED = Capacity.provisioned(read=1_000, write=2_000, indexes={"by_agent": Provisioned(read=1, write=1)})
SCALED = Capacity.provisioned(
    read=1_000, write=AutoScaling(1_000, 9_000), indexes={"by_agent": Provisioned(read=1, write=1)}
)


def month(read: int, write: int) -> float:
    return (read * 0.00013 + write * 0.00065) * HOURS_A_MONTH


def test_fixed_units_cost_their_price_and_the_difference_is_from_the_live_table() -> None:
    (cost,) = step_costs(incident(), [FIXED], PRICES)
    assert cost.month is not None
    assert cost.difference is not None
    assert (cost.month.low, cost.month.high) == pytest.approx((month(1_001, 2_001),) * 2)
    today = month(3_000 + 4_000, 6_400 + 3_840)
    assert cost.difference.low == pytest.approx(month(1_001, 2_001) - today)
    assert (cost.currency, cost.is_estimate, cost.warm_units, cost.warm_charge) == ("USD", False, 0, 0.0)


def test_difference_from_itself_is_nothing() -> None:
    judged = incident()
    assert judged.recorded is not None
    assert judged.recorded.deployed is not None
    (cost,) = step_costs(judged, [judged.recorded.deployed.live], PRICES)
    assert cost.difference == Between(0, 0)


def test_on_demand_costs_what_was_recorded_and_a_raise_of_warm_throughput_is_unknown() -> None:
    warm = Capacity.on_demand(indexes={"by_agent": OnDemand(warm=Units(write=6_240))})
    (cost,) = step_costs(incident(), [warm], PRICES)
    assert cost.is_estimate
    assert cost.month is not None
    assert cost.month.low == cost.month.high > 0
    assert (cost.warm_units, cost.warm_charge) == (2_400, None)


def test_without_traffic_only_fixed_units_have_a_cost() -> None:
    judged = incident()
    assert judged.recorded is not None
    without = replace(judged, baseline=replace(judged.recorded, traffic=None))
    fixed, scaled, on_demand = step_costs(without, [FIXED, SCALED, Capacity.on_demand()], PRICES)
    assert fixed.month is not None
    assert fixed.month.low == pytest.approx(month(1_001, 2_001))
    assert fixed.difference is not None
    assert (scaled.month, scaled.difference) == (None, None)
    assert (on_demand.month, on_demand.difference) == (None, None)


def test_a_new_table_has_no_cost_today() -> None:
    judged = incident()
    assert judged.recorded is not None
    (cost,) = step_costs(replace(judged, baseline=replace(judged.recorded, deployed=None)), [FIXED], PRICES)
    assert cost.month is not None
    assert cost.difference is None


def test_prices_name_their_region_and_age() -> None:
    assert prices_text(PRICES) == f"prices of us-east-1, oldest {PRICES.oldest}"
    assert "in place of ap-south-2" in prices_text(prices_of("ap-south-2"))
