"""The worst start of a transition in each hour of the week."""

from __future__ import annotations

import math
from array import array
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Units
from capacity_guard.simulator import worst_hour
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.start_replay import StartReplay
from capacity_guard.simulator.transition_replay import AFTER_MINUTES, simulate_change
from capacity_guard.simulator.worst_start import Starts
from tests.builders.cases import INDEX, INDEX_WRITE, deployed, flat, on_demand, provisioned, spike
from tests.simulator.builders import AT, BUSY, EVEN, day, short, stretches, to

_scaled = st.builds(
    lambda low, high, target, seed: AutoScaling(low, high, target, seed=seed),
    st.integers(50, 600),
    st.integers(700, 3_000),
    st.sampled_from([40, 70, 90]),
    st.integers(50, 700),
)


_throughputs = st.one_of(st.integers(50, 2_000), _scaled)


_capacities = st.one_of(
    st.builds(lambda write: provisioned(index_write=write), _throughputs),
    st.builds(on_demand),
    st.builds(
        lambda write: on_demand(indexes={INDEX: OnDemand(maximum=Units(write=write))}), st.integers(50, 2_000)
    ),
)


_stretches = st.lists(
    st.tuples(st.one_of(st.floats(0, 3_000), st.just(math.nan)), st.integers(1, 40)), min_size=1, max_size=6
)


def test_starts_when_auto_scaling_is_about_to_raise_expect_the_minute_of_the_raise() -> None:
    """Ten minutes after the rise, with all burst used, auto scaling would raise; a switch in that minute prevents it."""
    series = spike(flat(500, 7), BUSY, 60, 2_000)
    before = deployed(provisioned(AutoScaling(100, 5_000, seed=2_000)))
    by_hour = Starts(to(on_demand(), before), short(series)).worst(EVEN)[INDEX_WRITE]
    worst = max((start for start in by_hour if start is not None), key=lambda start: start.added)
    assert worst.at == AT + 10
    assert worst.worst < worst.at + 10
    assert worst.limit == 715
    assert worst.added <= worst.throttled
    # The replay of the transition from the same start throttles the same.
    change = simulate_change(to(on_demand(), before), short(series), worst.at, parameters=EVEN)
    throttled = change.outcome.dimensions[INDEX_WRITE].throttled
    span = throttled[worst.at : worst.at + 10 + AFTER_MINUTES]
    assert worst.throttled == pytest.approx(math.fsum(span))


def test_starts_when_retries_pile_up_expect_a_share_of_what_is_asked_for_with_them() -> None:
    """The mode switches in a rush that 100 units barely serve: most of it asks again, which counts on both sides."""
    before = deployed(provisioned(AutoScaling(100, 5_000, seed=2_000)))
    series = spike(flat(20, 7), BUSY, 60, 20_000)
    by_hour = Starts(to(on_demand(), before), short(series)).worst(Parameters(returning=0.9))[INDEX_WRITE]
    worst = max((start for start in by_hour if start is not None), key=lambda start: start.added)
    assert worst.throttled > math.fsum(series[worst.at : worst.at + 10 + AFTER_MINUTES])
    assert 0 < worst.share < 1
    change = simulate_change(
        to(on_demand(), before), short(series), worst.at, parameters=Parameters(returning=0.9)
    )
    asked = change.outcome.dimensions[INDEX_WRITE].demand[worst.at : worst.at + 10 + AFTER_MINUTES]
    assert worst.asked == pytest.approx(math.fsum(asked))


def test_starts_when_a_week_is_quiet_expect_nothing_throttled_in_any_hour() -> None:
    found = Starts(to(on_demand(), deployed(provisioned())), short(flat(100, 7))).worst(Parameters())
    assert all(start is not None and start.throttled == 0 for by_hour in found.values() for start in by_hour)


def test_starts_when_hours_were_not_recorded_or_not_asked_for_expect_none() -> None:
    transition = to(on_demand(), deployed(provisioned()))
    by_hour = Starts(transition, short(day(100))).worst(Parameters(), range(75, 100))[INDEX_WRITE]
    recorded = {hour for hour, start in enumerate(by_hour) if start is not None}
    assert recorded == set(range(75, 96))  # only Thursday is recorded, from hour 72 on


@settings(deadline=None, max_examples=40)
@given(
    before=_capacities,
    after=_capacities,
    rate_stretches=_stretches,
    parameters=st.sampled_from([EVEN, Parameters(), *Parameters().range(), Parameters(hottest_share=0.4)]),
)
def test_starts_when_each_minute_of_an_hour_is_replayed_expect_the_worst_of_them(
    before: Capacity, after: Capacity, rate_stretches: list[tuple[float, int]], parameters: Parameters
) -> None:
    """In four hours at most every start is replayed; ``simulate_change`` of each start is the definition."""
    carried = short(stretches(*rate_stretches)).only([INDEX_WRITE])
    transition = to(after, deployed(before))
    if not worst_hour.can_start(transition):
        return
    found = Starts(transition, carried).worst(parameters)[INDEX_WRITE]
    switches = transition.switches_to_on_demand or transition.switches_to_provisioned
    if not switches and transition.units_sent(INDEX_WRITE) is None:
        assert not any(start is not None and start.added for start in found)
        return
    without = simulate_change(transition, carried, carried.minutes, parameters=parameters)
    expected: dict[int, float] = {}
    for at in range(carried.minutes):
        span = slice(at, at + (10 if switches else 0) + AFTER_MINUTES)
        change = simulate_change(transition, carried, at, parameters=parameters)
        added = math.fsum(change.outcome.dimensions[INDEX_WRITE].throttled[span]) - math.fsum(
            without.outcome.dimensions[INDEX_WRITE].throttled[span]
        )
        expected[at // 60] = max(expected.get(at // 60, 0.0), added)
    for hour, added in expected.items():
        start = found[72 + hour]
        assert (0.0 if start is None else start.added) == pytest.approx(added, rel=1e-9, abs=1e-6)
    most = Starts(transition, carried).most(parameters, range(168), [INDEX_WRITE])[INDEX_WRITE]
    assert most <= max(expected.values()) * (1 + 1e-9) + 1e-6


@pytest.mark.slow
def test_starts_when_many_hours_may_throttle_expect_nearly_all_hours_beyond_the_budget_found() -> None:
    """In 14 days with short spikes a sample of the starts is replayed: it finds 90 % of the hours beyond the budget."""
    budget, random = 0.001, Random(11)
    beyond = missed = 0
    for before, after in (
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
        starts = Starts(to(after, deployed(before)), carried, budget=budget)
        replay = StartReplay(starts, INDEX_WRITE, Parameters())
        sampled = {hour.first: worst for hour, worst in replay.sampled(frozenset(range(168)), 240).items()}
        replay = StartReplay(starts, INDEX_WRITE, Parameters())
        for hour in replay.hours[::4]:
            worst = replay.worst_of(range(hour.first, hour.end))
            if worst is not None and worst.share > budget:
                beyond += 1
                missed += hour.first not in sampled or sampled[hour.first].share <= budget
    assert beyond > 80
    assert missed <= 0.1 * beyond
