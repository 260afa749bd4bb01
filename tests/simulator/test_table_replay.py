"""The replay of a table with its indexes on a capacity that does not change."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Units
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.table_replay import Cause, settled, simulate
from tests.builders.cases import INDEX, INDEX_WRITE, TABLE_WRITE, on_demand, provisioned
from tests.simulator.builders import EVEN, assert_conserved, day, minute_demands, short, table_rates


def test_simulate_when_an_index_throttles_expects_the_tables_writes_rejected_with_it() -> None:
    """The index throttles 150 of 300 writes a second: the table rejects 150 of its 400 although it has room."""
    outcome = simulate(
        Capacity.provisioned(read=1_000, write=5_000, indexes={INDEX: provisioned(150).indexes[INDEX]}),
        short(day(300), day(400)),
        parameters=EVEN,
    )
    index, table = outcome.dimensions[INDEX_WRITE], outcome.dimensions[TABLE_WRITE]
    assert index.cause is Cause.PROVISIONED
    assert table.causes == {Cause.BACK_PRESSURE: pytest.approx(table.throttled_units)}
    assert table.throttled[600] == index.throttled[600] == 150 * 60
    assert_conserved(outcome)


def test_simulate_when_an_index_has_more_units_than_the_table_expects_a_share_rejected() -> None:
    outcome = simulate(provisioned(300), short(day(400), day(100)), parameters=EVEN)
    assert outcome.dimensions[TABLE_WRITE].throttled[600] == pytest.approx(100 * 60 * 0.25)
    assert_conserved(outcome)


@pytest.mark.parametrize(
    ("maximum", "quota", "cause"),
    [(None, 40_000, Cause.CEILING), (500, 40_000, Cause.MAXIMUM), (None, 800, Cause.QUOTA)],
)
def test_simulate_when_on_demand_throttles_expects_the_limit_as_its_cause(
    maximum: int | None, quota: int, cause: Cause
) -> None:
    capacity = on_demand(indexes={INDEX: OnDemand(maximum=None if maximum is None else Units(write=maximum))})
    outcome = simulate(capacity, short(day(900)), parameters=EVEN, ceilings={INDEX_WRITE: 850.0}, quota=quota)
    assert outcome.dimensions[INDEX_WRITE].cause is cause
    assert_conserved(outcome)


def test_simulate_when_a_capacity_names_no_such_index_expects_it_left_out() -> None:
    outcome = simulate(Capacity.on_demand(), short(day(900)))
    assert {d.index for d in outcome.dimensions} == {None}


def test_simulate_when_an_index_rejects_writes_expects_them_retried_on_the_table() -> None:
    """The table's writes grow with those of the index: the load of an index cannot exceed that of its table."""
    outcome = simulate(
        Capacity.provisioned(read=1_000, write=5_000, indexes={INDEX: provisioned(150).indexes[INDEX]}),
        short(day(300), day(300)),
        parameters=Parameters(peak_second=1.0),
    )
    index, table = outcome.dimensions[INDEX_WRITE], outcome.dimensions[TABLE_WRITE]
    assert index.demand[601] > index.recorded[601]
    assert table.demand[600:610] == pytest.approx(index.demand[600:610])
    assert table.throttled[600:610] == pytest.approx(index.throttled[600:610])
    assert_conserved(outcome)


@settings(deadline=None)
@given(rates=table_rates, cut=st.integers(1, 29), units=st.integers(50, 1_500))
def test_simulate_when_a_table_is_cut_in_two_expects_one_replay(
    rates: list[float], cut: int, units: int
) -> None:
    """Rejected writes are part of the state too."""
    series = minute_demands(rates)
    capacity = provisioned(units, 2_000)
    undivided = simulate(capacity, short(series, series))
    first = simulate(capacity, short(series[:cut], series[:cut]))
    rest = simulate(capacity, short(series[cut:], series[cut:]), states=first.states)
    for dimension, replayed in undivided.dimensions.items():
        parts = [*first.dimensions[dimension].throttled, *rest.dimensions[dimension].throttled]
        assert parts == pytest.approx(list(replayed.throttled))


@pytest.mark.parametrize(("first", "units"), [(float("nan"), 143), (10.0, 100), (9_000.0, 1_000)])
def test_settled_when_auto_scaling_starts_expects_the_first_recorded_load_within_its_bounds(
    first: float, units: int
) -> None:
    supply = settled(AutoScaling(100, 1_000, 70), array("d", [first * 60, 100 * 60]))
    assert (supply.units, supply.minimum, supply.maximum, supply.target) == (units, 100, 1_000, 0.7)
