"""What scheduled actions make of the bounds of a dimension, in replays of a capacity and of a transition."""

from __future__ import annotations

import math
from array import array
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_guard.capacity import AutoScaling, Capacity, Dimension
from capacity_guard.capacity.deployed import Deployed
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.capacity.transition import Transition
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.simulator import compiled
from capacity_guard.simulator.dimension_replay import run, start
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.scheduled_bounds import ScheduledBounds, scheduled_bounds, unreadable
from capacity_guard.simulator.supply import Move, ProvisionedSupply
from capacity_guard.simulator.table_replay import Runner, simulate
from capacity_guard.simulator.transition_replay import AFTER_MINUTES, simulate_change
from capacity_guard.simulator.worst_hour import can_start
from capacity_guard.simulator.worst_start import Starts

WRITE = Dimension(None, "write")
START = datetime(2026, 7, 6, tzinfo=UTC)
"""A Monday."""
DAYS = 3
EVEN = Parameters(peak_second=1.0, returning=0.0)
DAY = ScheduledAction(WRITE, "day", "cron(0 8 * * ? *)", "Europe/Rome", 800, 2_000)
NIGHT = ScheduledAction(WRITE, "night", "cron(0 20 * * ? *)", "Europe/Rome", 50, 100)
SCALED = AutoScaling(10, 4_000)
RUNNERS = [run, *([compiled.run] if compiled.available() else [])]


def of_writes(rate: float) -> Traffic:
    minutes = DAYS * 1440
    return Traffic(START, {WRITE: array("d", [60 * rate]) * minutes}, {WRITE: array("d", [0.0]) * minutes})


def limits(throughput: int | AutoScaling, *actions: ScheduledAction, rate: float = 20) -> array[float]:
    """Units per second provisioned in each minute under an even load."""
    capacity = Capacity.provisioned(read=10, write=throughput)
    replays = [
        simulate(capacity, of_writes(rate), parameters=EVEN, schedules=actions, runner=runner)
        for runner in RUNNERS
    ]
    found = [array("d", replayed.dimensions[WRITE].limit) for replayed in replays]
    assert all(other == found[0] for other in found)
    return found[0]


def at(hour: int, minute: int = 0, day: int = 0) -> int:
    return day * 1440 + hour * 60 + minute


def test_bounds_when_actions_move_them_day_and_night_expect_units_between_them_minute_by_minute() -> None:
    limit = limits(SCALED, DAY, NIGHT)
    # 8 and 20 o'clock in Rome are 6 and 18 o'clock UTC in July.
    assert limit[0] == 50
    assert limit[at(5, 59)] == 50
    assert limit[at(6)] == 800
    assert limit[at(17, 59)] == 800
    assert limit[at(18)] == 100
    assert limit[at(18, 30)] == 50
    assert limit[at(6, day=2)] == 800


def test_bounds_when_a_night_lowers_the_maximum_expect_what_is_above_it_throttled() -> None:
    replayed = simulate(
        Capacity.provisioned(read=10, write=SCALED), of_writes(150), parameters=EVEN, schedules=(DAY, NIGHT)
    ).dimensions[WRITE]
    assert replayed.throttled[at(17, 59)] == 0
    assert replayed.throttled[at(23)] == 50 * 60
    undisturbed = simulate(Capacity.provisioned(read=10, write=SCALED), of_writes(150), parameters=EVEN)
    assert undisturbed.throttled_units == 0


def test_fixed_units_when_a_target_without_policy_is_scheduled_expect_them_to_follow_the_bounds() -> None:
    limit = limits(500, DAY, NIGHT)
    assert (limit[0], limit[at(6)], limit[at(18)], limit[at(6, day=1)]) == (100, 800, 100, 800)


def test_bounds_when_an_action_sets_one_of_them_expect_the_other_left_and_an_impossible_one_to_fail() -> None:
    only_minimum = replace(DAY, maximum=None, minimum=300)
    assert limits(SCALED, only_minimum)[at(6)] == 300
    impossible = replace(DAY, maximum=None, minimum=5_000)  # above the maximum: the action fails
    assert limits(SCALED, impossible)[at(6)] == limits(SCALED)[at(6)]


def test_bounds_when_an_action_ran_before_the_recording_expect_what_it_set_from_the_first_minute() -> None:
    yearly = replace(DAY, schedule="cron(0 0 1 1 ? *)")
    assert limits(SCALED, yearly)[0] == 800
    assert limits(SCALED, replace(DAY, schedule="at(2026-07-07T06:30:30)", timezone=None))[at(6, 30, 1)] < 800
    assert (
        limits(SCALED, replace(DAY, schedule="at(2026-07-07T06:30:30)", timezone=None))[at(6, 31, 1)] == 800
    )


def test_bounds_when_an_action_has_ended_expect_what_it_set_last() -> None:
    ended = replace(DAY, end=START + timedelta(hours=12))
    limit = limits(SCALED, ended, replace(NIGHT, end=START + timedelta(hours=19)))
    assert limit[at(6)] == 800
    assert limit[at(12, day=2)] == 50


def test_bounds_when_no_action_can_be_replayed_expect_none() -> None:
    unknown = replace(DAY, schedule="rate(1 day)")
    assert unreadable(unknown) is not None
    assert unreadable(DAY) is None
    assert (
        scheduled_bounds([unknown, replace(DAY, dimension=Dimension("i", "write"))], WRITE, START, 60) is None
    )


def test_bounds_when_a_move_changes_nothing_expect_it_left_out() -> None:
    bounds = ScheduledBounds(((800, 2_000),), ((360, 800, 2_000), (1_080, 50, 100), (1_080, 60, 100)))
    assert bounds.supply(SCALED, 10).moves == (Move(1_080, 60, 100),)
    assert bounds.supply(SCALED, 10, since=500).moves == (Move(1_080, 60, 100),)


def test_decrease_when_a_scheduled_action_makes_it_expects_it_counted_as_one_of_the_day() -> None:
    supply = ProvisionedSupply(800, 800, 2_000, 0.7, (Move(10, 50, 100),))
    for runner in RUNNERS:
        replayed = runner(supply, array("d", [0.0] * 11), 1_000, EVEN, start(supply, EVEN))
        assert (replayed.state.units, replayed.state.decreases, replayed.state.elapsed) == (100, 1, 11)


def scheduled_transition(declared: Capacity, *after: ScheduledAction) -> Transition:
    live = Capacity.provisioned(read=10, write=SCALED)
    return Transition("t", Deployed(live, live, {}, {}, schedules=(DAY, NIGHT)), declared, schedules=after)


@pytest.mark.parametrize("runner", RUNNERS)
def test_change_when_it_sends_other_bounds_expects_these_until_the_next_action_runs(runner: Runner) -> None:
    """CloudFormation sends the bounds of its template; at its time the next action sets its own."""
    transition = scheduled_transition(Capacity.provisioned(read=10, write=AutoScaling(300, 4_000)))
    change = simulate_change(transition, of_writes(20), at(20), parameters=EVEN, runner=runner)
    limit = change.outcome.dimensions[WRITE].limit
    assert limit[at(19, 59)] == 50
    assert limit[at(20)] == 300
    assert limit[at(5, 59, 1)] == 300
    assert limit[at(6, day=1)] == 800
    assert limit[at(18, 30, 1)] == 50


@pytest.mark.parametrize("runner", RUNNERS)
def test_change_when_the_mode_switches_expects_what_the_actions_left_to_be_frozen(runner: Runner) -> None:
    transition = scheduled_transition(Capacity.on_demand())
    change = simulate_change(transition, of_writes(150), at(5, 55), parameters=EVEN, runner=runner)
    assert change.frozen[WRITE] == 100
    assert (
        change.outcome.dimensions[WRITE].limit[at(6, 4)] == 100
    )  # the action of 6:00 fails while the mode switches
    starts = Starts(transition, of_writes(150), runner=runner).worst(EVEN, range(24))[WRITE]
    assert starts[10] is not None
    assert starts[10].throttled == 0
    today = simulate(
        Capacity.provisioned(read=10, write=SCALED), of_writes(150), parameters=EVEN, schedules=(DAY, NIGHT)
    ).dimensions[WRITE]
    assert starts[5] is not None
    assert starts[5].throttled > 0
    assert starts[5].before <= sum(today.throttled)


def test_change_when_the_template_adds_actions_to_a_dimension_that_stays_expects_them_replayed() -> None:
    live = Capacity.provisioned(read=10, write=SCALED)
    stays = Transition("t", Deployed(live, live, {}, {}), live, schedules=(DAY, NIGHT))
    assert stays.is_empty
    change = simulate_change(stays, of_writes(20), at(1), parameters=EVEN)
    limit = change.outcome.dimensions[WRITE].limit
    assert limit[at(5, 59)] < 50
    assert (limit[at(6)], limit[at(18, 30)]) == (800, 50)


def test_schedules_after_when_the_template_states_a_dimension_expect_only_what_it_states_of_it() -> None:
    reads = replace(DAY, dimension=Dimension(None, "read"))
    live = Capacity.provisioned(read=SCALED, write=SCALED)
    before = Deployed(live, live, {}, {}, schedules=(NIGHT, reads))
    assert Transition("t", before, live).schedules_after == (NIGHT, reads)
    changed = Transition("t", before, replace(live), schedules=(DAY,))
    assert changed.schedules_after == (DAY, reads)
    back = changed.reverse()
    assert back.deployed is not None
    assert back.deployed.schedules == (DAY, reads)
    assert back.schedules_after == (NIGHT, reads)


_minutes = st.integers(0, 239)
_one_sided = st.sampled_from([(True, True), (True, False), (False, True)])
_actions = st.lists(
    st.tuples(_minutes, st.integers(1, 900), st.integers(0, 900), _one_sided),
    min_size=1,
    max_size=4,
    unique_by=lambda drawn: drawn[0],
)
_throughputs = st.one_of(
    st.integers(20, 900),
    st.builds(
        lambda low, more, seed: AutoScaling(low, low + more, 70, seed=min(low + seed, low + more)),
        st.integers(20, 400),
        st.integers(0, 900),
        st.integers(0, 900),
    ),
)
_capacities = st.one_of(
    st.just(Capacity.on_demand()), _throughputs.map(lambda write: Capacity.provisioned(read=10, write=write))
)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(
    before=_capacities,
    after=_capacities,
    recorded=_actions,
    stated=st.one_of(st.just([]), _actions),
    rates=st.lists(st.tuples(st.floats(0, 1_200), st.integers(10, 60)), min_size=3, max_size=6),
)
def test_starts_when_scheduled_actions_move_the_bounds_expect_the_worst_of_each_minute(
    before: Capacity,
    after: Capacity,
    recorded: list[tuple[int, int, int, tuple[bool, bool]]],
    stated: list[tuple[int, int, int, tuple[bool, bool]]],
    rates: list[tuple[float, int]],
) -> None:
    """Four hours at most: every start is replayed, and ``simulate_change`` of each start is the definition."""

    def actions(drawn: list[tuple[int, int, int, tuple[bool, bool]]]) -> tuple[ScheduledAction, ...]:
        found = []
        for minute, low, more, (lower, upper) in drawn:
            schedule = f"cron({minute % 60} {minute // 60} * * ? *)"
            bounds = low if lower else None, low + more if upper else None
            found.append(ScheduledAction(WRITE, f"a{minute:03}", schedule, None, *bounds))
        return tuple(found)

    series = array("d", [60 * rate for rate, minutes in rates for _ in range(minutes)])[:240]
    carried = Traffic(START, {WRITE: series}, {WRITE: array("d", [0.0]) * len(series)})
    deployed = Deployed(before, before, {}, {}, schedules=actions(recorded))
    transition = Transition("t", deployed, after, schedules=actions(stated))
    starts = transition.switches or transition.units_sent(WRITE) is not None
    if not starts or not can_start(transition):
        return
    found = Starts(transition, carried, runner=RUNNERS[-1]).worst(EVEN)[WRITE]

    def throttled(at: int) -> array[float]:
        change = simulate_change(transition, carried, at, parameters=EVEN, runner=RUNNERS[-1])
        return array("d", change.outcome.dimensions[WRITE].throttled)

    without = throttled(carried.minutes)
    expected: dict[int, float] = {}
    for position in range(carried.minutes):
        span = slice(position, position + (10 if transition.switches else 0) + AFTER_MINUTES)
        added = math.fsum(throttled(position)[span]) - math.fsum(without[span])
        expected[position // 60] = max(expected.get(position // 60, 0.0), added)
    for hour, added in expected.items():
        start = found[hour]
        assert (0.0 if start is None else start.added) == pytest.approx(added, rel=1e-9, abs=1e-6)
