"""Replays the minutes of provisioned throughput: burst, auto scaling, and the decreases that are allowed."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..capacity.limits import (
    BURST_SECONDS,
    DECREASE_INTERVAL,
    DECREASES_A_DAY,
    DECREASES_AT_ONCE,
    SCALE_IN_BELOW_TARGET,
    SCALE_IN_MINUTES,
    SCALE_OUT_MINUTES,
)
from .minute_results import SKIP_MARGIN, Results, above, calm_units
from .parameters import Parameters
from .supply import DAY_MINUTES, ProvisionedSupply, State


def replay_provisioned(
    supply: ProvisionedSupply, result: Results, partition: float, parameters: Parameters, state: State
) -> None:
    """Replay the minutes of provisioned throughput, and leave the state as it is after the last one.

    Args:
        supply: units and bounds of auto scaling; without moves.
        result: the results, whose load is the demand in units per minute; NaN is a gap.
        partition: units per second that one partition serves.
        parameters: assumed properties of the service.
        state: state before the first minute.

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
        if quiet >= scale_in and (minute >= allowed or quiet_peak > (units - 1) * target * SKIP_MARGIN):
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
        high = 60 * SKIP_MARGIN * raise_above
        if high > calm:
            high = calm
        quiet_below = units * quiet_target if units > lowest else -math.inf
        return burst * units, calm, high, 60 / SKIP_MARGIN * quiet_below, raise_above, quiet_below

    return of


def _decrease_allowed(decreases: int, lowered: int, midnight: int) -> float:
    """First minute in which the next decrease is allowed, given the decreases of the day that ends at ``midnight``."""
    if decreases < DECREASES_AT_ONCE.value:
        return -math.inf
    if decreases >= DECREASES_A_DAY.value:
        return midnight
    return min(midnight, lowered + -(-DECREASE_INTERVAL.value // 60))


__all__ = ["replay_provisioned"]
