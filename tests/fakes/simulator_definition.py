"""The simulator's definition: it computes every equation for every minute and skips none.

`capacity_guard.simulator.dimension_replay` and its compiled twin give bit-identical results.
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
from capacity_guard.simulator.dimension_replay import start
from capacity_guard.simulator.minute_results import above
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
    """Replay a demand; same arguments and result as `dimension_replay.run`."""
    current = start(supply, parameters) if state is None else replace(state, recent=list(state.recent))
    loads, serveds, throttleds, limits = array("d"), array("d"), array("d"), array("d")
    hottest = 0.0
    given = supply
    for asked in demand:
        supply = _bounded(given, current)
        _clock(supply, current)
        current.elapsed += 1
        limit = (
            current.units if isinstance(supply, ProvisionedSupply) else min(current.ceiling, supply.maximum)
        )
        load = asked + current.returned
        current.returned = 0.0
        served = throttled = 0.0
        if load == load:
            hot = above(parameters.hottest_share * load / 60, parameters.peak_second, partition)
            hottest += hot
            throttled = hot + _throttled_by(supply, current, load - hot, limit, parameters.peak_second)
            served = load - throttled
            current.returned = parameters.returning * throttled
            if isinstance(supply, ProvisionedSupply):
                _scale(supply, current, served / 60, parameters.reaction_minutes)
        if isinstance(supply, OnDemandSupply):
            current.recent[current.oldest] = served / 60
            current.oldest = (current.oldest + 1) % len(current.recent)
        loads.append(load)
        serveds.append(served)
        throttleds.append(throttled)
        limits.append(limit)
    return Run(loads, serveds, throttleds, limits, any(throttleds), hottest, current)


def _bounded(supply: Supply, state: State) -> Supply:
    """The supply with the bounds that scheduled actions set until now; units outside of them are moved at once."""
    if not isinstance(supply, ProvisionedSupply) or not supply.moves:
        return supply
    for move in supply.moves:
        if move.at <= state.elapsed:
            supply = replace(supply, minimum=move.minimum, maximum=move.maximum)
    if supply.minimum == supply.maximum:
        state.above = state.due = state.quiet = 0
        state.busiest = state.quiet_peak = 0.0
    if state.units < supply.minimum or state.units > supply.maximum:
        if state.units > supply.maximum:
            state.decreases, state.since = state.decreases + 1, 0
        state.units = min(supply.maximum, max(supply.minimum, state.units))
        state.quiet, state.quiet_peak = 0, 0.0
        if not state.due:
            state.above, state.busiest = 0, 0.0
    return supply


def _clock(supply: Supply, state: State) -> None:
    """Changes at the start of a minute that depend on time only."""
    if state.minute == _DAY:
        state.minute, state.decreases = 0, 0
    state.minute += 1
    state.since += 1
    if isinstance(supply, OnDemandSupply):
        state.ceiling = max(state.ceiling, 2 * state.recent[state.oldest])
        return
    if state.due:
        state.due -= 1
        if not state.due:
            state.units = min(supply.maximum, max(state.units, math.ceil(state.busiest / supply.target)))
            state.above, state.busiest, state.quiet, state.quiet_peak = 0, 0.0, 0, 0.0
    state.bucket = min(state.bucket, BURST_SECONDS.value * state.units)


def _throttled_by(supply: Supply, state: State, load: float, limit: float, peak_second: float) -> float:
    """Units of a minute that a limit throttles; in provisioned mode the bucket saves unused units and serves from them."""
    over = above(load / 60, peak_second, limit)
    if isinstance(supply, OnDemandSupply):
        return over
    spare = over + 60 * limit - load
    state.bucket = min(BURST_SECONDS.value * limit, state.bucket + spare)
    drawn = min(state.bucket, over)
    state.bucket -= drawn
    return over - drawn


def _scale(supply: ProvisionedSupply, state: State, rate: float, reaction_minutes: int) -> None:
    """Auto scaling after a minute with this rate of served units."""
    if supply.minimum == supply.maximum:
        return
    if rate > state.units * supply.target and state.units < supply.maximum:
        state.above += 1
        if state.above == SCALE_OUT_MINUTES.value and not state.due:
            state.due = max(1, 1 + reaction_minutes - SCALE_OUT_MINUTES.value)
    elif not state.due:
        state.above, state.busiest = 0, 0.0
    if state.above:
        state.busiest = max(state.busiest, rate)
    low = state.units * (supply.target - SCALE_IN_BELOW_TARGET.value / 100)
    if state.units <= supply.minimum or rate >= low:
        state.quiet, state.quiet_peak = 0, 0.0
        return
    state.quiet += 1
    state.quiet_peak = max(state.quiet_peak, rate)
    if state.quiet < SCALE_IN_MINUTES.value:
        return
    lower = max(supply.minimum, math.ceil(state.quiet_peak / supply.target))
    if lower < state.units:
        if state.decreases >= DECREASES_A_DAY.value or (
            state.decreases >= DECREASES_AT_ONCE.value and state.since * 60 < DECREASE_INTERVAL.value
        ):
            return  # the decrease is made when it is allowed
        state.units, state.decreases, state.since = lower, state.decreases + 1, 0
    state.quiet, state.quiet_peak = 0, 0.0
