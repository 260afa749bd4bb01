"""Replays the minutes of on-demand throughput: its ceiling follows the traffic."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .minute_results import SKIP_MARGIN, Results, above, calm_units
from .parameters import Parameters
from .supply import DAY_MINUTES, OnDemandSupply, State

_BLOCK = 15


def replay_on_demand(
    supply: OnDemandSupply, result: Results, partition: float, parameters: Parameters, state: State
) -> None:
    """Replay the minutes of on-demand throughput, and leave the state as it is after the last one.

    Blocks in which nothing can throttle or raise the ceiling are skipped.

    Args:
        supply: ceiling and maximum.
        result: the results, whose load is the demand in units per minute; NaN is a gap.
        partition: units per second that one partition serves.
        parameters: assumed properties of the service.
        state: state before the first minute.
    """
    served, length, highest = result.served, len(result.load), _highest(result.load)
    growth, at = parameters.growth_minutes, 0
    earlier = state.recent[state.oldest :] + state.recent[: state.oldest]
    while at < length:
        limit = min(state.ceiling, supply.maximum)
        result.limits.append((at, limit))
        if at % _BLOCK == 0 and at >= growth and not state.returned:
            calm, known = calm_units(parameters, partition, limit), 30 * state.ceiling * SKIP_MARGIN
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
    result: Results,
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


def _pass_time(state: State, minutes: int) -> None:
    state.minute += minutes
    state.since += minutes
    if state.minute > DAY_MINUTES:
        state.minute, state.decreases = (state.minute - 1) % DAY_MINUTES + 1, 0


__all__ = ["replay_on_demand"]
