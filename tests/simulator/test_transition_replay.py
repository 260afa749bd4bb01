"""A table with its indexes, and a transition, under recorded traffic."""

from __future__ import annotations

import math
from array import array
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Units
from capacity_guard.capacity.deployed import Deployed
from capacity_guard.capacity.settings import Margins
from capacity_guard.capacity.transition import Transition
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.simulator import worst_case
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.table_replay import Cause, Outcome, simulate
from capacity_guard.simulator.transition_replay import AFTER_MINUTES, pre_warm_minutes, simulate_change
from capacity_guard.simulator.worst_start import Starts, _Replay, worst_starts
from tests.builders.cases import (
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


def test_starts_when_auto_scaling_was_about_to_come_expect_the_minute_in_which_it_would_have() -> None:
    """Ten minutes after the rise auto scaling would have come, with all burst used; a switch in that minute keeps it away."""
    series = spike(flat(500, 7), BUSY, 60, 2_000)
    was = deployed(provisioned(AutoScaling(100, 5_000, seed=2_000)))
    hours = worst_starts(to(on_demand(), was), short(series), parameters=EVEN)[INDEX_WRITE]
    worst = max((one for one in hours if one is not None), key=lambda one: one.added)
    assert worst.at == AT + 10
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
    assert not worst_case.can_start(transition)
    assert worst_case.starts(transition, short(day(100)), margins) is None


_scaled = st.builds(
    lambda low, high, target, seed: AutoScaling(low, high, target, seed=seed),
    st.integers(50, 600),
    st.integers(700, 3_000),
    st.sampled_from([40, 70, 90]),
    st.integers(50, 700),
)
_one = st.one_of(st.integers(50, 2_000), _scaled)
_capacities = st.one_of(
    st.builds(lambda write: provisioned(index_write=write), _one),
    st.builds(on_demand),
    st.builds(
        lambda write: on_demand(indexes={INDEX: OnDemand(maximum=Units(write=write))}), st.integers(50, 2_000)
    ),
)
_stretches = st.lists(
    st.tuples(st.one_of(st.floats(0, 3_000), st.just(math.nan)), st.integers(1, 40)), min_size=1, max_size=6
)


@settings(deadline=None, max_examples=40)
@given(
    was=_capacities,
    becomes=_capacities,
    stretches=_stretches,
    unknown=st.sampled_from([EVEN, Parameters(), *Parameters().range(), Parameters(hottest_share=0.4)]),
)
def test_starts_when_each_minute_of_an_hour_is_replayed_expect_the_worst_of_them(
    was: Capacity, becomes: Capacity, stretches: list[tuple[float, int]], unknown: Parameters
) -> None:
    """Four hours at most are looked at minute by minute; each start, replayed whole, is the definition."""
    series = array("d", [60 * rate for rate, minutes in stretches for _ in range(minutes)])
    carried = short(series).only([INDEX_WRITE])
    transition = to(becomes, deployed(was))
    if not worst_case.can_start(transition):
        return
    found = worst_starts(transition, carried, parameters=unknown)[INDEX_WRITE]
    switches = transition.switches_to_on_demand or transition.switches_to_provisioned
    if not switches and transition.units_sent(INDEX_WRITE) is None:
        assert not any(one is not None and one.added for one in found)
        return
    before = simulate_change(transition, carried, carried.minutes, parameters=unknown)
    expected: dict[int, float] = {}
    for at in range(carried.minutes):
        span = slice(at, at + (10 if switches else 0) + AFTER_MINUTES)
        change = simulate_change(transition, carried, at, parameters=unknown)
        added = math.fsum(change.outcome.dimensions[INDEX_WRITE].throttled[span]) - math.fsum(
            before.outcome.dimensions[INDEX_WRITE].throttled[span]
        )
        expected[at // 60] = max(expected.get(at // 60, 0.0), added)
    for hour, added in expected.items():
        one = found[72 + hour]
        assert (0.0 if one is None else one.added) == pytest.approx(added, rel=1e-9, abs=1e-6)
    most = Starts(transition, carried).most(unknown, range(168), [INDEX_WRITE])[INDEX_WRITE]
    assert most <= max(expected.values()) * (1 + 1e-9) + 1e-6


def test_starts_when_many_hours_are_suspects_expect_nearly_all_bad_ones_found() -> None:
    """Of 14 days with short spikes a part of the starts is replayed: of the hours beyond the budget 90 % are found."""
    budget, random = 0.001, Random(11)
    bad = missed = 0
    for was, becomes in (
        (provisioned(AutoScaling(300, 5_000, 70, seed=900)), on_demand()),
        (on_demand(), provisioned(AutoScaling(300, 5_000, 70, seed=900))),
        (on_demand(), provisioned(1_200)),
    ):
        series, rate = array("d"), 500.0
        for _ in range(14 * 1440):
            rate = 500 * random.uniform(0.5, 2.5) if random.random() < 0.02 else rate
            series.append(60 * rate * random.uniform(0.9, 1.1))
        for _ in range(40):
            at, minutes = random.randrange(len(series) - 20), random.choice([1, 2, 5, 15])
            series[at : at + minutes] = array("d", [60 * 500 * random.uniform(3, 6)]) * minutes
        carried = short(series).only([INDEX_WRITE])
        starts = Starts(to(becomes, deployed(was)), carried, budget=budget)
        replay = _Replay(starts, INDEX_WRITE, Parameters())
        sampled = {one.first: worst for one, worst in replay.looks(frozenset(range(168)), 240).items()}
        replay = _Replay(starts, INDEX_WRITE, Parameters())
        for one in replay.hours[::4]:
            worst = replay._worst(range(one.first, one.end))
            if worst is not None and worst.share > budget:
                bad += 1
                missed += one.first not in sampled or sampled[one.first].share <= budget
    assert bad > 80
    assert missed <= 0.1 * bad


def test_change_when_a_dimension_stays_as_it_is_expects_its_auto_scaling_undisturbed() -> None:
    """The table's raise is due while an index is lowered: it comes."""
    scaled = AutoScaling(100, 5_000)
    carried = short(day(100), spike(day(500), BUSY, 120, 1_100))
    transition = to(provisioned(700, scaled), deployed(provisioned(1_000, scaled)))
    change = simulate_change(transition, carried, AT + 5, parameters=EVEN)
    undisturbed = simulate(provisioned(1_000, scaled), carried, parameters=EVEN)
    for name in ("limit", "throttled"):
        one = getattr(change.outcome.dimensions[TABLE_WRITE], name)
        assert one == getattr(undisturbed.dimensions[TABLE_WRITE], name)
    starts = worst_starts(transition, carried, parameters=EVEN)[TABLE_WRITE]
    assert all(one is None or not one.added for one in starts)


def test_change_when_nothing_is_sent_back_expects_what_auto_scaling_had_reached() -> None:
    """A higher maximum is one of the scaling target alone: neither way sends units."""
    was = AutoScaling(100, 5_000, 70, seed=2_000)
    transition = to(provisioned(replace(was, maximum=8_000)), deployed(provisioned(was)))
    one = simulate_change(
        transition, short(day(1_000)), AT, back_at=AT + 30, parameters=EVEN
    ).outcome.dimensions[INDEX_WRITE]
    assert set(one.limit[AT - 1 :]) == {1_429.0}
    assert one.throttled_units == 0


@pytest.mark.parametrize("back", [0, 4, 9])
def test_change_when_rolled_back_during_pre_warm_expects_nothing_changed(back: int) -> None:
    was = deployed(provisioned(AutoScaling(100, 5_000, 70, seed=200)))
    change = simulate_change(
        to(on_demand(indexes={INDEX: Units(write=6_000)}), was),
        short(day(1_000)),
        AT,
        back_at=AT + back,
        parameters=EVEN,
    )
    one = change.outcome.dimensions[INDEX_WRITE]
    assert set(one.limit[AT - 1 :]) == {1_429.0}
    assert [p.name for p in change.phases] == ["before", "pre-warm", "back"][: 3 if back else 1] + (
        [] if back else ["back"]
    )


def test_change_when_an_indexs_live_maximum_is_in_no_template_expects_it_lost_on_the_way_back() -> None:
    live = on_demand(indexes={INDEX: OnDemand(maximum=Units(write=500))})
    change = simulate_change(
        to(provisioned(1_000), deployed(on_demand(), live=live)),
        short(day(400)),
        AT,
        back_at=AT + 60,
        parameters=EVEN,
    )
    limit = change.outcome.dimensions[INDEX_WRITE].limit
    assert (limit[AT - 1], limit[AT + 30], limit[-1]) == (500, 1_000, 4_000)


def test_change_when_a_switch_leaves_no_burst_expects_more_throttled() -> None:
    series = spike(day(500), BUSY, 3, 1_100)
    change = {
        kept: simulate_change(
            to(on_demand(), deployed(provisioned())),
            short(series),
            AT,
            parameters=replace(EVEN, burst_kept=kept),
        ).outcome.dimensions[INDEX_WRITE]
        for kept in (0.0, 1.0)
    }
    assert change[1.0].throttled_units == 0
    assert change[0.0].throttled_units == pytest.approx(3 * 60 * 100)


def test_change_when_a_created_index_has_a_warm_target_expects_no_pre_warm() -> None:
    """The guard cannot raise what does not exist yet."""
    was = deployed(Capacity.on_demand())
    assert pre_warm_minutes(to(on_demand(indexes={INDEX: Units(write=6_000)}), was)) == 0


@pytest.mark.parametrize(("target", "minutes"), [(6_000, 9), (40_000, 35)])
def test_pre_warm_when_throughput_doubles_expects_each_doubling_counted(target: int, minutes: int) -> None:
    was = deployed(on_demand(), warm={f"index/{INDEX}": Units(12_000, 4_000)})
    assert pre_warm_minutes(to(on_demand(indexes={INDEX: Units(write=target)}), was)) == minutes


def test_simulate_when_an_index_rejects_writes_expects_them_again_on_the_table() -> None:
    """The table's writes grow with those of the index: an index cannot carry more than its table."""
    unknown = Parameters(peak_second=1.0)
    outcome = simulate(
        Capacity.provisioned(read=1_000, write=5_000, indexes={INDEX: provisioned(150).indexes[INDEX]}),
        short(day(300), day(300)),
        parameters=unknown,
    )
    index, table = outcome.dimensions[INDEX_WRITE], outcome.dimensions[TABLE_WRITE]
    assert index.demand[601] > index.recorded[601]
    assert table.demand[600:610] == pytest.approx(index.demand[600:610])
    assert table.throttled[600:610] == pytest.approx(index.throttled[600:610])
    assert_conserved(outcome)


@settings(deadline=None)
@given(rates=rates, cut=st.integers(1, 29), units=st.integers(50, 1_500))
def test_simulate_when_a_table_is_cut_in_two_expects_the_whole(
    rates: list[float], cut: int, units: int
) -> None:
    """Rejected writes are carried over too."""
    series = array("d", [60 * rate for rate in rates])
    capacity = provisioned(units, 2_000)
    whole = simulate(capacity, short(series, series))
    first = simulate(capacity, short(series[:cut], series[:cut]))
    rest = simulate(capacity, short(series[cut:], series[cut:]), states=first.states)
    for dimension, one in whole.dimensions.items():
        parts = [*first.dimensions[dimension].throttled, *rest.dimensions[dimension].throttled]
        assert parts == pytest.approx(list(one.throttled))
