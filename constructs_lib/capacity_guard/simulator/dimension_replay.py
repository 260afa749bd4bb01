"""One dimension, minute by minute: what is served, what is throttled, and why.

The seconds inside a minute rise evenly from ``(2 - peak_second)`` to ``peak_second`` times the minute's mean, so what
lies above a limit has a closed form. A gap (NaN) moves the clock and nothing else.

A fortnight is 20,160 minutes, and in most of them nothing happens: in provisioned mode two bounds tell them, in on-demand
mode the highest minute of a block. They are passed over; the results are those of walking each of them, to the bit.
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
from .supply import DAY_MINUTES, OnDemandSupply, ProvisionedSupply, Run, State, Supply

_BLOCK = 15
_DOUBLE = Struct("d")
_SURE = 1 - 1e-9  # keeps skipping clear of the last bit of a comparison


def above(rate: float, peak_second: float, limit: float) -> float:
    """Units of a minute that lie above a limit.

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
    """The state before the first minute: full bucket, no alarm, no decrease yet.

    Args:
        supply: what the dimension is given.
        parameters: what is unknown of the service.
        minute: minute of the UTC day that comes first, 0 to 1439.
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
    """Serve a demand.

    Auto scaling sees served units, as CloudWatch does. It raises to ``ceil(busiest / target)`` some minutes after the
    first of two minutes above its target (Guide: AutoScaling), and lowers after 15 minutes that are 20 points below it, as
    often as decreases are allowed (``limits``). On-demand serves the double of the highest minute that is old enough.

    Args:
        supply: what the dimension is given.
        demand: units per minute; NaN is a gap.
        partition: units per second that one partition serves.
        parameters: what is unknown of the service.
        state: what an earlier part left; ``None`` starts anew at midnight UTC.
    """
    now = start(supply, parameters) if state is None else replace(state, recent=list(state.recent))
    result = _Result(demand)
    if isinstance(supply, ProvisionedSupply):
        _provisioned(supply, result, partition, parameters, now)
    else:
        _on_demand(supply, result, partition, parameters, now)
    return Run(
        result.load, result.served, result.throttled, result.limit(), result.throttles, result.hottest, now
    )


class _Result:
    """What becomes of a demand: all of it is served until a walk says otherwise."""

    def __init__(self, demand: Sequence[float]) -> None:
        self.load = array("d", demand)
        self.served = array("d", self.load)
        self.throttled = array("d", [0.0]) * len(self.load)
        self.throttles = False
        self.hottest = 0.0
        self.limits: list[tuple[int, float]] = []
        """From which minute on which limit holds, units per second; of two for one minute the later counts."""

    def limit(self) -> array[float]:
        spans = pairwise([*self.limits, (len(self.load), 0.0)])
        return array("d", b"".join(_DOUBLE.pack(limit) * (end - at) for (at, limit), (end, _) in spans))


def _pass_time(now: State, minutes: int) -> None:
    now.minute += minutes
    now.since += minutes
    if now.minute > DAY_MINUTES:
        now.minute, now.decreases = (now.minute - 1) % DAY_MINUTES + 1, 0


def _calm(parameters: Parameters, partition: float, limit: float) -> float:
    """Units per minute up to which no second of a minute reaches a limit or the hottest key's partition."""
    calm = limit / parameters.peak_second
    if parameters.hottest_share:
        calm = min(calm, partition / parameters.peak_second / parameters.hottest_share)
    return 60 * calm * _SURE


def _provisioned(
    supply: ProvisionedSupply, result: _Result, partition: float, parameters: Parameters, now: State
) -> None:
    """Every minute, as the equations say.

    In most minutes nothing happens: the bucket is full, nothing throttles, and the rate is neither above the target nor
    quiet. They lie between ``low`` and ``high``; ``low`` is infinite while something is on its way that each minute moves.
    Everything is held in names of its own: looking attributes up would take a third of the time.
    """
    load = result.load
    if not load:
        return
    peak_second, returning, share = parameters.peak_second, parameters.returning, parameters.hottest_share
    minimum, maximum, target = supply.minimum, supply.maximum, supply.target
    scaled, scale_in, scale_out = minimum != maximum, SCALE_IN_MINUTES.value, SCALE_OUT_MINUTES.value
    units, bucket, returned, decreases = now.units, now.bucket, now.returned, now.decreases
    above_target, busiest, due, quiet, quiet_peak = now.above, now.busiest, now.due, now.quiet, now.quiet_peak
    every_minute = math.inf
    midnight, lowered, following = DAY_MINUTES - now.minute, -1 - now.since, 0
    allowed = _decrease_allowed(decreases, lowered, midnight)
    bounds = _bounds(supply, parameters, partition)
    limits = result.limits
    limits.append((0, units))
    full, calm, high, still, raise_above, quiet_below = bounds(units)
    low = every_minute if due or returned or bucket != full else still
    for minute, recorded in enumerate(load):
        # Apart, since the interpreter takes a chain of comparisons a third slower.
        if recorded <= high and recorded >= low:
            continue
        if minute != following:
            above_target, busiest, quiet, quiet_peak = 0, 0.0, 0, 0.0
        following = minute + 1
        if recorded <= high and low != every_minute:
            rate = recorded / 60  # quiet, and nothing else
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
        # A decrease that is not allowed yet waits.
        if quiet >= scale_in and (minute >= allowed or quiet_peak > (units - 1) * target * _SURE):
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
    now.units, now.bucket, now.returned = units, bucket, returned
    now.above, now.busiest, now.due, now.quiet, now.quiet_peak = above_target, busiest, due, quiet, quiet_peak
    now.decreases, now.since = decreases if len(load) <= midnight else 0, len(load) - 1 - lowered
    now.minute = (now.minute + len(load) - 1) % DAY_MINUTES + 1


def _bounds(
    supply: ProvisionedSupply, parameters: Parameters, partition: float
) -> Callable[[int], tuple[float, float, float, float, float, float]]:
    """What so many units per second hold, as a function of them.

    Returns:
        units in a full bucket; units per minute up to which nothing throttles; the most and the least of a minute in which
        nothing happens while the bucket is full; the rate above which it counts as above the target, and the rate below
        which it is quiet.
    """
    target, burst = supply.target, float(BURST_SECONDS.value)
    quiet_target = target - SCALE_IN_BELOW_TARGET.value / 100
    calm_each, key = _calm(parameters, math.inf, 1), _calm(parameters, partition, math.inf)
    scaled = supply.minimum != supply.maximum
    lowest, highest = (supply.minimum, supply.maximum) if scaled else (math.inf, -math.inf)

    def of(units: int) -> tuple[float, float, float, float, float, float]:
        calm = calm_each * units
        if calm > key:
            calm = key
        raise_above = units * target if units < highest else math.inf
        high = 60 * _SURE * raise_above
        if high > calm:
            high = calm
        quiet_below = units * quiet_target if units > lowest else -math.inf
        return burst * units, calm, high, 60 / _SURE * quiet_below, raise_above, quiet_below

    return of


def _decrease_allowed(decreases: int, lowered: int, midnight: int) -> float:
    """The first minute in which the next decrease is allowed, after so many of the day that ends at midnight."""
    if decreases < DECREASES_AT_ONCE.value:
        return -math.inf
    if decreases >= DECREASES_A_DAY.value:
        return midnight
    return min(midnight, lowered + -(-DECREASE_INTERVAL.value // 60))


def _on_demand(
    supply: OnDemandSupply, result: _Result, partition: float, parameters: Parameters, now: State
) -> None:
    served, length, highest = result.served, len(result.load), _highest(result.load)
    growth, at = parameters.growth_minutes, 0
    earlier = now.recent[now.oldest :] + now.recent[: now.oldest]
    while at < length:
        limit = min(now.ceiling, supply.maximum)
        result.limits.append((at, limit))
        if at % _BLOCK == 0 and at >= growth and not now.returned:
            calm, known = _calm(parameters, partition, limit), 30 * now.ceiling * _SURE
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
                _pass_time(now, end - at)
                at = end
                continue
        end = _walk_on_demand(supply, result, partition, parameters, now, at, earlier)
        # What was throttled asks again: a block may have served more than was asked of it.
        highest[at // _BLOCK] = max(highest[at // _BLOCK], max(served[at:end]))
        at = end
    for minute in range(max(0, length - growth), length):
        now.recent[(now.oldest + minute) % growth] = served[minute] / 60
    now.oldest = (now.oldest + length) % growth


def _highest(load: Sequence[float]) -> list[float]:
    """The highest minute of each block, infinite with a gap: such a block is walked."""
    blocks = [load[at : at + _BLOCK] for at in range(0, len(load), _BLOCK)]
    if not math.isnan(sum(load)):
        return [max(block) for block in blocks]
    return [math.inf if math.isnan(sum(block)) else max(block) for block in blocks]


def _walk_on_demand(
    supply: OnDemandSupply,
    result: _Result,
    partition: float,
    parameters: Parameters,
    now: State,
    at: int,
    earlier: Sequence[float],
) -> int:
    """Minutes from one to the end of its block, as the equations say; returns the minute after."""
    load, served = result.load, result.served
    peak_second, hottest_share, growth = (
        parameters.peak_second,
        parameters.hottest_share,
        parameters.growth_minutes,
    )
    end = min(len(load), (at // _BLOCK + 1) * _BLOCK)
    for minute in range(at, end):
        previous = earlier[minute] if minute < growth else served[minute - growth] / 60
        now.ceiling = max(now.ceiling, 2 * previous)
        limit = min(now.ceiling, supply.maximum)
        result.limits.append((minute, limit))
        asked = load[minute] + now.returned
        now.returned = 0.0
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
        now.returned = parameters.returning * throttled
    _pass_time(now, end - at)
    return end
