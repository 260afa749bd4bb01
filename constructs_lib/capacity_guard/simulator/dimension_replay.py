"""Replays one dimension minute by minute: which units are served and which are throttled.

The rate inside a minute rises evenly from ``(2 - peak_second)`` to ``peak_second`` times the minute's mean, so the units
above a limit have a closed form. A gap (NaN) moves the clock and nothing else.

Two weeks have 20,160 minutes, and most of them leave the state unchanged. The replay skips these minutes: two bounds
identify them in provisioned mode, the highest minute of a block in on-demand mode. The results are bit-identical to a
replay of every minute.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from struct import Struct

from ..capacity.limits import (
    BURST_SECONDS,
    DECREASE_INTERVAL,
    DECREASES_A_DAY,
    DECREASES_AT_ONCE,
    SCALE_IN_BELOW_TARGET,
    SCALE_IN_MINUTES,
    SCALE_OUT_MINUTES,
)
from .parameters import Parameters
from .scheduled_bounds import replay_moved
from .supply import DAY_MINUTES, OnDemandSupply, ProvisionedSupply, Run, State, Supply

_BLOCK = 15
_DOUBLE = Struct("d")
_SKIP_MARGIN = (
    1 - 1e-9
)  # a minute that is this close to a bound is not skipped: rounding could change the result


def above(rate: float, peak_second: float, limit: float) -> float:
    """Units of a minute that are above a limit.

    Args:
        rate: mean of the minute, units per second.
        peak_second: busiest second over the mean, 1 to 2.
        limit: units per second.
    """
    high, low = peak_second * rate, (2 - peak_second) * rate
    if high <= limit:
        return 0.0
    if low >= limit:
        return 60 * (rate - limit)
    over = high - limit
    return 60 * over * over / (2 * (high - low))


def start(supply: Supply, parameters: Parameters, minute: int = 0) -> State:
    """State before the first minute: full bucket, no alarm, no decrease.

    Args:
        supply: provisioned or on-demand throughput of the dimension.
        parameters: assumed properties of the service.
        minute: minute of the UTC day at which the replay starts, 0 to 1439.
    """
    if isinstance(supply, ProvisionedSupply):
        return State(minute, units=supply.units)
    return State(minute, ceiling=supply.ceiling, recent=[0.0] * parameters.growth_minutes)


def run(
    supply: Supply,
    demand: Sequence[float],
    partition: float,
    parameters: Parameters,
    state: State | None = None,
) -> Run:
    """Replay a demand.

    Auto scaling acts on served units, as CloudWatch reports them. It raises to ``ceil(busiest / target)``,
    ``reaction_minutes`` after the first of two minutes above its target (Guide: AutoScaling). It lowers after 15 minutes
    that are 20 points below the target, as often as ``capacity.limits`` allows decreases. On-demand mode serves twice the
    highest minute that is at least ``growth_minutes`` old.

    Args:
        supply: provisioned or on-demand throughput of the dimension.
        demand: units per minute; NaN is a gap.
        partition: units per second that one partition serves.
        parameters: assumed properties of the service.
        state: state after the earlier part; ``None`` starts at midnight UTC with a full bucket.
    """
    if isinstance(supply, ProvisionedSupply) and supply.moves:
        return replay_moved(run, supply, demand, partition, parameters, state or start(supply, parameters))
    current = start(supply, parameters) if state is None else replace(state, recent=list(state.recent))
    current.elapsed += len(demand)
    result = _Result(demand)
    if isinstance(supply, ProvisionedSupply):
        _provisioned(supply, result, partition, parameters, current)
    else:
        _on_demand(supply, result, partition, parameters, current)
    return Run(
        result.load,
        result.served,
        result.throttled,
        result.limit(),
        result.throttles,
        result.hottest,
        current,
    )


class _Result:
    """Result under construction: every minute is served in full unless the replay throttles it."""

    def __init__(self, demand: Sequence[float]) -> None:
        self.load = array("d", demand)
        self.served = array("d", self.load)
        self.throttled = array("d", [0.0]) * len(self.load)
        self.throttles = False
        self.hottest = 0.0
        self.limits: list[tuple[int, float]] = []
        """First minute of each limit, and the limit in units per second; the last entry for a minute counts."""

    def limit(self) -> array[float]:
        spans = pairwise([*self.limits, (len(self.load), 0.0)])
        return array("d", b"".join(_DOUBLE.pack(limit) * (end - at) for (at, limit), (end, _) in spans))


def _pass_time(state: State, minutes: int) -> None:
    state.minute += minutes
    state.since += minutes
    if state.minute > DAY_MINUTES:
        state.minute, state.decreases = (state.minute - 1) % DAY_MINUTES + 1, 0


def calm_units(parameters: Parameters, partition: float, limit: float) -> float:
    """Units per minute up to which no second exceeds a limit or the partition of the hottest key.

    Args:
        parameters: assumed properties of the service.
        partition: units per second that one partition serves.
        limit: units per second.
    """
    calm = limit / parameters.peak_second
    if parameters.hottest_share:
        calm = min(calm, partition / parameters.peak_second / parameters.hottest_share)
    return 60 * calm * _SKIP_MARGIN


def _provisioned(
    supply: ProvisionedSupply, result: _Result, partition: float, parameters: Parameters, state: State
) -> None:
    """Replay the minutes of provisioned throughput.

    Most minutes leave the state unchanged: the bucket is full, nothing throttles, and the rate is neither above the target
    nor quiet. The demand of these minutes is between ``low`` and ``high``. ``low`` is infinite while every minute changes
    the state: a raise is pending, units are retried, or the bucket is not full.
    The state is in local variables because attribute lookups would take a third of the time.
    """
    load = result.load
    if not load:
        return
    peak_second, returning, share = parameters.peak_second, parameters.returning, parameters.hottest_share
    minimum, maximum, target = supply.minimum, supply.maximum, supply.target
    scaled, scale_in, scale_out = minimum != maximum, SCALE_IN_MINUTES.value, SCALE_OUT_MINUTES.value
    units, bucket, returned, decreases = state.units, state.bucket, state.returned, state.decreases
    above_target, busiest, due, quiet, quiet_peak = (
        state.above,
        state.busiest,
        state.due,
        state.quiet,
        state.quiet_peak,
    )
    every_minute = math.inf
    midnight, lowered, following = DAY_MINUTES - state.minute, -1 - state.since, 0
    allowed = _decrease_allowed(decreases, lowered, midnight)
    bounds = _bounds(supply, parameters, partition)
    limits = result.limits
    limits.append((0, units))
    full, calm, high, still, raise_above, quiet_below = bounds(units)
    low = every_minute if due or returned or bucket != full else still
    for minute, recorded in enumerate(load):
        # Two comparisons: a chained one takes a third longer.
        if recorded <= high and recorded >= low:
            continue
        if minute != following:
            above_target, busiest, quiet, quiet_peak = 0, 0.0, 0, 0.0
        following = minute + 1
        if recorded <= high and low != every_minute:
            rate = recorded / 60  # the minute only counts as quiet
            if above_target:
                above_target, busiest = 0, 0.0
        else:
            if due:
                due -= 1
                if not due:
                    raised = math.ceil(busiest / target)
                    if raised > units:
                        units = raised if raised < maximum else maximum
                        limits.append((minute, units))
                        full, calm, high, still, raise_above, quiet_below = bounds(units)
                    above_target, busiest, quiet, quiet_peak = 0, 0.0, 0, 0.0
            served = recorded
            if bucket != full or returned or not recorded <= calm:
                if bucket > full:
                    bucket = full
                asked = recorded
                if returned:
                    load[minute] = result.served[minute] = served = asked = recorded + returned
                    returned = 0.0
                if asked != asked:
                    result.served[minute] = 0.0
                    low = every_minute if due or bucket != full else still
                    continue
                hot, rest = 0.0, asked
                if share:
                    hot = above(share * asked / 60, peak_second, partition)
                    result.hottest += hot
                    rest = asked - hot
                over = above(rest / 60, peak_second, units)
                bucket = min(full, bucket + (over + 60 * units - rest))
                if over or hot:
                    drawn = over if over < bucket else bucket
                    bucket -= drawn
                    throttled = hot + (over - drawn)
                    if throttled:
                        result.throttles = True
                        result.throttled[minute] = throttled
                        result.served[minute] = served = asked - throttled
                        returned = returning * throttled
            low = every_minute if due or returned or bucket != full else still
            if not scaled:
                continue
            rate = served / 60
            if rate > raise_above:
                above_target += 1
                if above_target == scale_out and not due:
                    due, low = max(1, 1 + parameters.reaction_minutes - scale_out), every_minute
                if rate > busiest:
                    busiest = rate
            elif due:
                if above_target and rate > busiest:
                    busiest = rate
            else:
                above_target, busiest = 0, 0.0
        if rate >= quiet_below:
            quiet, quiet_peak = 0, 0.0
            continue
        quiet += 1
        if rate > quiet_peak:
            quiet_peak = rate
        # A decrease that is not allowed yet is made later.
        if quiet >= scale_in and (minute >= allowed or quiet_peak > (units - 1) * target * _SKIP_MARGIN):
            lower = max(minimum, math.ceil(quiet_peak / target))
            if lower >= units:
                quiet, quiet_peak = 0, 0.0
            elif minute >= allowed:
                if minute >= midnight:
                    decreases, midnight = 0, midnight + ((minute - midnight) // DAY_MINUTES + 1) * DAY_MINUTES
                units, decreases, lowered = lower, decreases + 1, minute
                allowed = _decrease_allowed(decreases, lowered, midnight)
                limits.append((minute + 1, units))
                full, calm, high, still, raise_above, quiet_below = bounds(units)
                quiet, quiet_peak, low = 0, 0.0, every_minute
    if following != len(load):
        above_target, busiest, quiet, quiet_peak = 0, 0.0, 0, 0.0
    state.units, state.bucket, state.returned = units, bucket, returned
    state.above, state.busiest, state.due, state.quiet, state.quiet_peak = (
        above_target,
        busiest,
        due,
        quiet,
        quiet_peak,
    )
    state.decreases, state.since = decreases if len(load) <= midnight else 0, len(load) - 1 - lowered
    state.minute = (state.minute + len(load) - 1) % DAY_MINUTES + 1


def _bounds(
    supply: ProvisionedSupply, parameters: Parameters, partition: float
) -> Callable[[int], tuple[float, float, float, float, float, float]]:
    """A function that returns the bounds of a number of provisioned units per second.

    The bounds are: units in a full bucket; units per minute up to which nothing throttles; highest and lowest units per
    minute that leave the state unchanged while the bucket is full; the rate above which a minute counts as above the
    target, and the rate below which it counts as quiet.
    """
    target, burst = supply.target, float(BURST_SECONDS.value)
    quiet_target = target - SCALE_IN_BELOW_TARGET.value / 100
    calm_each, key = calm_units(parameters, math.inf, 1), calm_units(parameters, partition, math.inf)
    scaled = supply.minimum != supply.maximum
    lowest, highest = (supply.minimum, supply.maximum) if scaled else (math.inf, -math.inf)

    def of(units: int) -> tuple[float, float, float, float, float, float]:
        calm = calm_each * units
        if calm > key:
            calm = key
        raise_above = units * target if units < highest else math.inf
        high = 60 * _SKIP_MARGIN * raise_above
        if high > calm:
            high = calm
        quiet_below = units * quiet_target if units > lowest else -math.inf
        return burst * units, calm, high, 60 / _SKIP_MARGIN * quiet_below, raise_above, quiet_below

    return of


def _decrease_allowed(decreases: int, lowered: int, midnight: int) -> float:
    """First minute in which the next decrease is allowed, given the decreases of the day that ends at ``midnight``."""
    if decreases < DECREASES_AT_ONCE.value:
        return -math.inf
    if decreases >= DECREASES_A_DAY.value:
        return midnight
    return min(midnight, lowered + -(-DECREASE_INTERVAL.value // 60))


def _on_demand(
    supply: OnDemandSupply, result: _Result, partition: float, parameters: Parameters, state: State
) -> None:
    """Replay the minutes of on-demand throughput; blocks in which nothing can throttle or raise the ceiling are skipped."""
    served, length, highest = result.served, len(result.load), _highest(result.load)
    growth, at = parameters.growth_minutes, 0
    earlier = state.recent[state.oldest :] + state.recent[: state.oldest]
    while at < length:
        limit = min(state.ceiling, supply.maximum)
        result.limits.append((at, limit))
        if at % _BLOCK == 0 and at >= growth and not state.returned:
            calm, known = calm_units(parameters, partition, limit), 30 * state.ceiling * _SKIP_MARGIN
            block = first = at // _BLOCK
            blocks = len(highest)
            back = -(-growth // _BLOCK)
            while (
                block < blocks
                and highest[block] <= calm
                and highest[block - back] <= known
                and highest[max(0, block - back + 1)] <= known
            ):
                block += 1
            if block > first:
                end = min(length, block * _BLOCK)
                _pass_time(state, end - at)
                at = end
                continue
        end = _replay_block(supply, result, partition, parameters, state, at, earlier)
        # Retries: a block may serve more units than its recorded demand.
        highest[at // _BLOCK] = max(highest[at // _BLOCK], max(served[at:end]))
        at = end
    for minute in range(max(0, length - growth), length):
        state.recent[(state.oldest + minute) % growth] = served[minute] / 60
    state.oldest = (state.oldest + length) % growth


def _highest(load: Sequence[float]) -> list[float]:
    """The highest minute of each block; infinite where the block has a gap, so that it is not skipped."""
    blocks = [load[at : at + _BLOCK] for at in range(0, len(load), _BLOCK)]
    if not math.isnan(sum(load)):
        return [max(block) for block in blocks]
    return [math.inf if math.isnan(sum(block)) else max(block) for block in blocks]


def _replay_block(
    supply: OnDemandSupply,
    result: _Result,
    partition: float,
    parameters: Parameters,
    state: State,
    at: int,
    earlier: Sequence[float],
) -> int:
    """Replay the minutes from ``at`` to the end of its block; returns the position of the minute after the block."""
    load, served = result.load, result.served
    peak_second, hottest_share, growth = (
        parameters.peak_second,
        parameters.hottest_share,
        parameters.growth_minutes,
    )
    end = min(len(load), (at // _BLOCK + 1) * _BLOCK)
    for minute in range(at, end):
        previous = earlier[minute] if minute < growth else served[minute - growth] / 60
        state.ceiling = max(state.ceiling, 2 * previous)
        limit = min(state.ceiling, supply.maximum)
        result.limits.append((minute, limit))
        asked = load[minute] + state.returned
        state.returned = 0.0
        load[minute] = asked
        if asked != asked:
            served[minute] = 0.0
            continue
        hot = above(hottest_share * asked / 60, peak_second, partition)
        result.hottest += hot
        throttled = hot + above((asked - hot) / 60, peak_second, limit)
        served[minute] = asked - throttled
        if throttled:
            result.throttles = True
            result.throttled[minute] = throttled
        state.returned = parameters.returning * throttled
    _pass_time(state, end - at)
    return end


__all__ = ["above", "calm_units", "run", "start"]
