"""A table with its indexes, and a transition, under recorded traffic."""

from __future__ import annotations

import math
from array import array
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructs_lib.capacity import AutoScaling, Capacity, OnDemand, Units
from constructs_lib.capacity.rollout import Margins
from constructs_lib.capacity.simulator import trial
from constructs_lib.capacity.simulator.change import AFTER_MINUTES, simulate_change, worst_starts
from constructs_lib.capacity.simulator.parameters import Parameters
from constructs_lib.capacity.simulator.table import Cause, Outcome, simulate
from constructs_lib.capacity.traffic import Traffic
from constructs_lib.capacity.transition import Deployed, Transition
from tests.rules.builders import (
    INDEX,
    INDEX_WRITE,
    START,
    TABLE_WRITE,
    deployed,
    flat,
    on_demand,
    provisioned,
    spike,
    traffic,
)

EVEN = Parameters(peak_second=1.0, returning=0.0)
AT = 600
BUSY = START + timedelta(minutes=AT)


def short(index_write: array[float], table_write: array[float] | None = None) -> Traffic:
    return traffic(index_write, table_write)


def day(units: float) -> array[float]:
    return flat(units, 1)


def to(declared: Capacity, was: Deployed) -> Transition:
    return Transition("conversations", was, declared)


def assert_conserved(outcome: Outcome) -> None:
    for one in outcome.dimensions.values():
        for load, served, throttled in zip(one.demand, one.served, one.throttled, strict=True):
            assert load != load or math.isclose(served + throttled, load, abs_tol=1e-6)
        assert math.isclose(sum(one.causes.values()), one.throttled_units, rel_tol=1e-6, abs_tol=1e-6)


def test_simulate_when_an_index_throttles_expects_the_tables_writes_rejected_with_it() -> None:
    """150 of 300 writes a second do not fit into the index: as many of the table's 400 are rejected, though it has room."""
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
def test_simulate_when_on_demand_throttles_expects_what_bound_it(
    maximum: int | None, quota: int, cause: Cause
) -> None:
    capacity = on_demand(indexes={INDEX: OnDemand(maximum=None if maximum is None else Units(write=maximum))})
    outcome = simulate(capacity, short(day(900)), parameters=EVEN, ceilings={INDEX_WRITE: 850.0}, quota=quota)
    assert outcome.dimensions[INDEX_WRITE].cause is cause
    assert_conserved(outcome)


def test_simulate_when_a_capacity_names_no_such_index_expects_it_left_out() -> None:
    outcome = simulate(Capacity.on_demand(), short(day(900)))
    assert {d.index for d in outcome.dimensions} == {None}


def test_change_when_the_mode_switches_expects_units_frozen_and_scaling_still() -> None:
    """The reader sees 715 units (500 / 0.7) for the ten minutes of the switch, whatever is asked."""
    series = spike(day(500), BUSY, 60, 2_000)
    was = deployed(provisioned(AutoScaling(100, 5_000, seed=2_000)))
    change = simulate_change(to(on_demand(), was), short(series), AT, parameters=EVEN, switch_minutes=10)
    one = change.outcome.dimensions[INDEX_WRITE]
    assert change.frozen[INDEX_WRITE] == 715
    assert set(one.limit[AT : AT + 10]) == {715.0}
    assert [(p.name, p.first, p.stop) for p in change.phases] == [
        ("before", 0, AT),
        ("switch", AT, AT + 10),
        ("after", AT + 10, 1440),
    ]
    # A bucket of 300 seconds carries the first minutes, then 1,285 of 2,000 are throttled.
    assert one.throttled[AT : AT + 2] == array("d", [0.0, 0.0])
    assert one.throttled[AT + 9] == pytest.approx(1_285 * 60)
    assert set(one.throttled[AT + 10 :]) == {0.0}
    assert_conserved(change.outcome)


def test_change_when_warm_throughput_is_raised_expects_the_switch_to_wait_for_it() -> None:
    warm = on_demand(indexes={INDEX: Units(write=6_000)})
    change = simulate_change(to(warm, deployed(provisioned())), short(day(100)), AT)
    assert [(p.name, p.stop - p.first) for p in change.phases[1:3]] == [("pre-warm", 9), ("switch", 10)]
    assert change.outcome.dimensions[INDEX_WRITE].limit[AT + 19] == 6_000


def test_change_when_rolled_back_expects_the_values_that_are_resent() -> None:
    """On demand it serves 4,000 until the way back has switched; then the seed of 2,000, not the 3,400 reached before."""
    was = deployed(
        provisioned(AutoScaling(100, 5_000, seed=2_000)),
        units={f"index/{INDEX}": Units(1_000, 3_400)},
    )
    change = simulate_change(
        to(on_demand(), was), short(day(1_000)), AT, back_at=AT + 20, parameters=EVEN, switch_minutes=5
    )
    limit = change.outcome.dimensions[INDEX_WRITE].limit
    assert [p.name for p in change.phases] == ["before", "switch", "after", "switch back", "back"]
    assert limit[AT + 20] == limit[AT + 24] == 4_000
    assert limit[AT + 25] == 2_000


def test_change_when_there_is_no_seed_for_the_way_back_expects_an_error() -> None:
    was = deployed(provisioned(AutoScaling(100, 5_000)))
    with pytest.raises(ValueError, match="no units to start provisioned mode with"):
        simulate_change(to(on_demand(), was), short(day(100)), AT, back_at=AT + 20)


def test_change_when_minutes_are_not_in_order_expects_an_error() -> None:
    transition = to(on_demand(), deployed(provisioned()))
    for at, back_at in ((-1, None), (1441, None), (20, 10), (20, 1441)):
        with pytest.raises(ValueError, match="minutes of the recording"):
            simulate_change(transition, short(day(100)), at, back_at=back_at)


def test_change_when_nothing_exists_yet_expects_an_error() -> None:
    with pytest.raises(ValueError, match="does not exist yet"):
        simulate_change(Transition("new", None, on_demand()), short(day(100)), 0)


rates = st.lists(st.floats(0, 3_000), min_size=30, max_size=300)


@settings(deadline=None)
@given(rates=rates, at=st.integers(0, 29), back=st.integers(0, 40), seed=st.integers(100, 3_000))
def test_change_when_anything_is_replayed_expects_it_conserved_and_as_before_until_it_starts(
    rates: list[float], at: int, back: int, seed: int
) -> None:
    carried = short(array("d", [rate * 60 for rate in rates]))
    was = deployed(provisioned(AutoScaling(100, 3_000, seed=seed)))
    transition = to(on_demand(), was)
    change = simulate_change(transition, carried, at, back_at=min(at + back, len(rates)))
    assert_conserved(change.outcome)
    before = simulate(was.live, carried)
    for dimension, one in change.outcome.dimensions.items():
        if dimension != TABLE_WRITE:  # rejected with the index later
            assert one.throttled[:at] == before.dimensions[dimension].throttled[:at]
    assert change.phases[0].first == 0
    assert change.phases[-1].stop == carried.minutes


def test_starts_when_auto_scaling_was_about_to_come_expect_the_last_minute_before() -> None:
    """Ten minutes after the rise auto scaling would have come; a switch in the minute before keeps it away."""
    series = spike(flat(500, 7), BUSY, 60, 2_000)
    was = deployed(provisioned(AutoScaling(100, 5_000, seed=2_000)))
    hours = worst_starts(to(on_demand(), was), short(series), parameters=EVEN)[INDEX_WRITE]
    worst = max((one for one in hours if one is not None), key=lambda one: one.added)
    assert worst.at == AT + 9
    assert worst.worst < worst.at + 10
    assert worst.limit == 715
    assert worst.added <= worst.throttled
    # The same start, replayed as a whole, throttles the same.
    change = simulate_change(to(on_demand(), was), short(series), worst.at, parameters=EVEN)
    throttled = change.outcome.dimensions[INDEX_WRITE].throttled
    span = throttled[worst.at : worst.at + 10 + AFTER_MINUTES]
    assert worst.throttled == pytest.approx(math.fsum(span))


def test_starts_when_a_week_is_quiet_expect_nothing_throttled_in_any_hour() -> None:
    hours = worst_starts(to(on_demand(), deployed(provisioned())), short(flat(100, 7)))
    assert all(one is not None and one.throttled == 0 for each in hours.values() for one in each)


def test_starts_when_hours_were_not_recorded_or_not_asked_for_expect_none() -> None:
    transition = to(on_demand(), deployed(provisioned()))
    hours = worst_starts(transition, short(day(100)), hours=range(75, 100))[INDEX_WRITE]
    recorded = {hour for hour, one in enumerate(hours) if one is not None}
    assert recorded == set(range(75, 96))  # Thursday alone is recorded, from hour 72 on


def test_trial_when_provisioned_mode_has_nothing_to_start_with_expects_no_start() -> None:
    transition = to(provisioned(AutoScaling(100, 3_000)), deployed(on_demand()))
    margins = Margins()
    assert not trial.can_start(transition)
    assert trial.starts(transition, short(day(100)), margins) is None
