"""The cost of a capacity: hours, months and warm throughput."""

from __future__ import annotations

import math
from array import array
from datetime import UTC, date, datetime

import pytest

from capacity_guard.capacity import Capacity, Deployed, Dimension, OnDemand, Units
from capacity_guard.capacity.transition import Transition
from capacity_guard.pricing.cost import Between, cost, unit_hours, warm_raise
from capacity_guard.pricing.prices import TABLE, Price, Prices
from capacity_guard.simulator.table_replay import DimensionOutcome, Outcome

START = datetime(2026, 7, 1, tzinfo=UTC)
READ, WRITE = Dimension(None, "read"), Dimension(None, "write")
INDEX_WRITE = Dimension("by_agent", "write")
US = TABLE["us-east-1"]


def outcome(**series: tuple[array[float], array[float], array[float]]) -> Outcome:
    """An outcome of the simulator: demand, served and limit of each dimension."""
    dimensions = {"read": READ, "write": WRITE, "index_write": INDEX_WRITE}
    return Outcome(
        START,
        {
            dimensions[name]: DimensionOutcome(
                dimensions[name],
                recorded=demand,
                demand=demand,
                served=served,
                throttled=array("d", [asked - units for asked, units in zip(demand, served, strict=True)]),
                limit=limit,
                causes={},
            )
            for name, (demand, served, limit) in series.items()
        },
        states={},
    )


def constant(value: float, minutes: int = 120) -> array[float]:
    return array("d", [value]) * minutes


def test_cost_of_provisioned_units_that_move_pays_for_what_was_provisioned() -> None:
    """100 units in the first hour; in the second, 30 minutes of 100 and 30 of 400."""
    limit = constant(100, 90) + constant(400, 30)
    load = constant(60)
    found = cost(Capacity.provisioned(read=1, write=1), [outcome(write=(load, load, limit))], US).dimensions[
        WRITE
    ]
    assert found.low == pytest.approx(175 * 0.00065)
    assert found.high == pytest.approx(250 * 0.00065)


def test_cost_of_on_demand_pays_for_served_units_of_recorded_minutes() -> None:
    """Of two hours one was recorded: 60 units a minute served are 3,600 an hour."""
    demand = constant(90, 60) + constant(math.nan, 60)
    served = constant(60, 60) + constant(0, 60)
    found = cost(Capacity.on_demand(), [outcome(write=(demand, served, constant(4_000)))], US)
    assert found.hour.low == found.hour.high == pytest.approx(3_600 * 0.625e-6)


def test_cost_of_an_index_adds_to_the_tables() -> None:
    load = constant(60)
    both = outcome(write=(load, load, constant(10)), index_write=(load, load, constant(20)))
    found = cost(Capacity.provisioned(read=1, write=1), [both], US)
    assert found.hour.high == pytest.approx(30 * 0.00065)
    assert found.month.high == pytest.approx(30 * 0.00065 * 730)


def test_cost_of_several_outcomes_spans_them() -> None:
    load = constant(60)
    low, high = (outcome(read=(load, load, constant(units))) for units in (10, 30))
    found = cost(Capacity.provisioned(read=1, write=1), [high, low], US)
    assert found.hour.low == pytest.approx(10 * 0.00013)
    assert found.hour.high == pytest.approx(30 * 0.00013)


def test_cost_of_a_dimension_never_recorded_is_nothing_on_demand() -> None:
    gap = constant(math.nan)
    found = cost(Capacity.on_demand(), [outcome(read=(gap, constant(0), constant(12_000)))], US)
    assert found.hour == Between(0.0, 0.0)


def test_unit_hours_when_the_first_hour_is_cut_weighs_it_by_its_minutes() -> None:
    start = datetime(2026, 7, 1, 0, 50, tzinfo=UTC)
    found = unit_hours([100.0] * 9 + [200.0] + [10.0] * 60, start)
    assert found.high == pytest.approx((200 * 10 + 10 * 60) / 70)
    assert found.low == pytest.approx((100 * 9 + 200 + 600) / 70)
    assert unit_hours([], start) == Between(0.0, 0.0)


def _deployed() -> Deployed:
    live = Capacity.on_demand(indexes={"by_agent": OnDemand()})
    return Deployed(live, live, {}, {"table": Units(12_000, 4_000), "index/by_agent": Units(12_000, 4_000)})


DECLARED = Capacity.on_demand(
    warm=Units(write=6_000), indexes={"by_agent": OnDemand(warm=Units(write=5_000, read=12_000))}
)


def test_warm_raise_without_a_price_says_units_and_no_amount() -> None:
    found = warm_raise(Transition("t", _deployed(), DECLARED), US)
    assert dict(found.units) == {WRITE: 2_000, INDEX_WRITE: 1_000}
    assert found.price is None


def test_warm_raise_with_a_price_charges_what_is_raised() -> None:
    warm = {
        "read": Price(0.001, "contract", date(2026, 9, 1)),
        "write": Price(0.01, "contract", date(2026, 9, 1)),
    }
    prices = Prices("eu-west-1", US.on_demand, US.provisioned, warm)  # type: ignore[arg-type]
    assert warm_raise(Transition("t", _deployed(), DECLARED), prices).price == pytest.approx(30.0)


def test_warm_raise_when_nothing_rises_costs_nothing() -> None:
    assert warm_raise(Transition("t", _deployed(), Capacity.on_demand()), US).price == 0.0
    assert warm_raise(Transition("t", None, DECLARED), US).price == 0.0


def test_between_around_parts_contains_all_of_them_and_refuses_none() -> None:
    assert Between.around([Between(2, 3), Between(1, 2)]) == Between(1, 3)
    with pytest.raises(ValueError, match="empty"):
        Between.around([])
