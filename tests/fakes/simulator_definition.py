"""The simulator's definition: every minute walked, one equation after the other, nothing skipped.

`capacity_guard.simulator.dimension_replay` and its compiled twin give the same results to the bit.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import replace

from capacity_guard.capacity.limits import (
    BURST_SECONDS,
    DECREASE_INTERVAL,
    DECREASES_A_DAY,
    DECREASES_AT_ONCE,
    SCALE_IN_BELOW_TARGET,
    SCALE_IN_MINUTES,
    SCALE_OUT_MINUTES,
)
from capacity_guard.simulator.dimension_replay import above, start
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.supply import OnDemandSupply, ProvisionedSupply, Run, State, Supply

_DAY = 1440


def run(
    supply: Supply,
    demand: Sequence[float],
    partition: float,
    parameters: Parameters,
    state: State | None = None,
) -> Run:
    """What `dimension.run` gives."""
    now = start(supply, parameters) if state is None else replace(state, recent=list(state.recent))
    loads, serveds, throttleds, limits = array("d"), array("d"), array("d"), array("d")
    hottest = 0.0
    for asked in demand:
        _clock(supply, now)
        limit = now.units if isinstance(supply, ProvisionedSupply) else min(now.ceiling, supply.maximum)
        load = asked + now.returned
        now.returned = 0.0
        served = throttled = 0.0
        if load == load:
            hot = above(parameters.hottest_share * load / 60, parameters.peak_second, partition)
            hottest += hot
            throttled = hot + _short(supply, now, load - hot, limit, parameters.peak_second)
            served = load - throttled
            now.returned = parameters.returning * throttled
            if isinstance(supply, ProvisionedSupply):
                _scale(supply, now, served / 60, parameters.reaction_minutes)
        if isinstance(supply, OnDemandSupply):
            now.recent[now.oldest] = served / 60
            now.oldest = (now.oldest + 1) % len(now.recent)
        loads.append(load)
        serveds.append(served)
        throttleds.append(throttled)
        limits.append(limit)
    return Run(loads, serveds, throttleds, limits, any(throttleds), hottest, now)


def _clock(supply: Supply, now: State) -> None:
    """What time alone changes at the start of a minute."""
    if now.minute == _DAY:
        now.minute, now.decreases = 0, 0
    now.minute += 1
    now.since += 1
    if isinstance(supply, OnDemandSupply):
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
    if isinstance(supply, OnDemandSupply):
        return over
    spare = over + 60 * limit - load
    now.bucket = min(BURST_SECONDS.value * limit, now.bucket + spare)
    drawn = min(now.bucket, over)
    now.bucket -= drawn
    return over - drawn


def _scale(supply: ProvisionedSupply, now: State, rate: float, reaction_minutes: int) -> None:
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
