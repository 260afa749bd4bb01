"""One dimension, minute by minute: what is served, what is throttled, and why.

The seconds inside a minute rise evenly from ``(2 - peak_second)`` to ``peak_second`` times the minute's mean, so what
lies above a limit has a closed form. A gap (NaN) moves the clock and nothing else.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..limits import (
    BURST_SECONDS,
    DECREASE_INTERVAL,
    DECREASES_A_DAY,
    DECREASES_AT_ONCE,
    SCALE_IN_BELOW_TARGET,
    SCALE_IN_MINUTES,
    SCALE_OUT_MINUTES,
)
from .parameters import Parameters

_DAY = 1440


@dataclass(frozen=True)
class Provisioned:
    """Provisioned throughput, units per second.

    Attributes:
        units: at the start.
        minimum: lowest that auto scaling goes to; equal to ``maximum`` where the throughput is fixed.
        maximum: highest that it goes to.
        target: utilization that it steers to, a share between 0.2 and 0.9.
    """

    units: int
    minimum: int
    maximum: int
    target: float


@dataclass(frozen=True)
class OnDemand:
    """On-demand throughput, units per second.

    Attributes:
        ceiling: most that is served at once at the start.
        maximum: on-demand maximum or the quota of a table, whichever is lower.
    """

    ceiling: float
    maximum: float


Supply = Provisioned | OnDemand


@dataclass
class State:
    """What a minute leaves to the next; handed on, a trace in two parts runs as the whole.

    Attributes:
        minute: minute of the UTC day.
        units: provisioned units per second, 0 in on-demand mode.
        bucket: unused units saved for a burst.
        above: minutes in a row above the target; ``busiest`` the highest rate of them, units per second.
        due: minutes until a raise takes effect, 0 where none is on its way.
        quiet: minutes in a row below the target less 20 points; ``quiet_peak`` the highest rate of them.
        decreases: decreases of this UTC day; ``since`` minutes since the last.
        ceiling: most that on-demand serves at once, units per second.
        recent: rates of the last minutes that do not count as previous yet, the oldest at ``oldest``.
        returned: throttled units that ask again in the next minute.
    """

    minute: int
    units: int = 0
    bucket: float = math.inf
    above: int = 0
    busiest: float = 0.0
    due: int = 0
    quiet: int = 0
    quiet_peak: float = 0.0
    decreases: int = 0
    since: int = _DAY
    ceiling: float = 0.0
    recent: list[float] = field(default_factory=list)
    oldest: int = 0
    returned: float = 0.0


@dataclass(frozen=True)
class Run:
    """What became of a demand.

    Attributes:
        load: units per minute asked for, with those that asked again; NaN is a gap.
        served: units per minute served, 0 in a gap.
        throttled: units per minute throttled, 0 in a gap; served and throttled are the load.
        limit: units per second provisioned, or the ceiling in on-demand mode.
        hottest: units in all that were throttled by the partition of the hottest key.
        state: what the last minute leaves.
    """

    load: array[float]
    served: array[float]
    throttled: array[float]
    limit: array[float]
    hottest: float
    state: State


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
    if isinstance(supply, Provisioned):
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
    loads, serveds, throttleds, limits = array("d"), array("d"), array("d"), array("d")
    hottest = 0.0
    for asked in demand:
        _clock(supply, now)
        limit = now.units if isinstance(supply, Provisioned) else min(now.ceiling, supply.maximum)
        load = asked + now.returned
        now.returned = 0.0
        served = throttled = 0.0
        if load == load:
            hot = above(parameters.hottest_share * load / 60, parameters.peak_second, partition)
            hottest += hot
            throttled = hot + _short(supply, now, load - hot, limit, parameters.peak_second)
            served = load - throttled
            now.returned = parameters.returning * throttled
            if isinstance(supply, Provisioned):
                _scale(supply, now, served / 60, parameters.reaction_minutes)
        if isinstance(supply, OnDemand):
            now.recent[now.oldest] = served / 60
            now.oldest = (now.oldest + 1) % len(now.recent)
        loads.append(load)
        serveds.append(served)
        throttleds.append(throttled)
        limits.append(limit)
    return Run(loads, serveds, throttleds, limits, hottest, now)


def _clock(supply: Supply, now: State) -> None:
    """What time alone changes at the start of a minute."""
    if now.minute == _DAY:
        now.minute, now.decreases = 0, 0
    now.minute += 1
    now.since += 1
    if isinstance(supply, OnDemand):
        now.ceiling = max(now.ceiling, 2 * now.recent[now.oldest])
        return
    if now.due:
        now.due -= 1
        if not now.due:
            now.units = min(supply.maximum, max(now.units, math.ceil(now.busiest / supply.target)))
            now.above, now.busiest, now.quiet, now.quiet_peak = 0, 0.0, 0, 0.0
    now.bucket = min(now.bucket, BURST_SECONDS.value * now.units)


def _short(supply: Supply, now: State, load: float, limit: float, peak_second: float) -> float:
    """Units of a minute that a limit leaves unserved; what a provisioned minute does not use is saved, then drawn."""
    over = above(load / 60, peak_second, limit)
    if isinstance(supply, OnDemand):
        return over
    spare = over + 60 * limit - load
    now.bucket = min(BURST_SECONDS.value * limit, now.bucket + spare)
    drawn = min(now.bucket, over)
    now.bucket -= drawn
    return over - drawn


def _scale(supply: Provisioned, now: State, rate: float, reaction_minutes: int) -> None:
    """What target tracking makes of a minute's served units per second."""
    if supply.minimum == supply.maximum:
        return
    if rate > now.units * supply.target and now.units < supply.maximum:
        now.above += 1
        if now.above == SCALE_OUT_MINUTES.value and not now.due:
            now.due = max(1, 1 + reaction_minutes - SCALE_OUT_MINUTES.value)
    elif not now.due:
        now.above, now.busiest = 0, 0.0
    if now.above:
        now.busiest = max(now.busiest, rate)
    low = now.units * (supply.target - SCALE_IN_BELOW_TARGET.value / 100)
    if now.units <= supply.minimum or rate >= low:
        now.quiet, now.quiet_peak = 0, 0.0
        return
    now.quiet += 1
    now.quiet_peak = max(now.quiet_peak, rate)
    if now.quiet < SCALE_IN_MINUTES.value:
        return
    lower = max(supply.minimum, math.ceil(now.quiet_peak / supply.target))
    if lower < now.units:
        if now.decreases >= DECREASES_A_DAY.value or (
            now.decreases >= DECREASES_AT_ONCE.value and now.since * 60 < DECREASE_INTERVAL.value
        ):
            return  # waits for the next decrease that is allowed
        now.units, now.decreases, now.since = lower, now.decreases + 1, 0
    now.quiet, now.quiet_peak = 0, 0.0
