"""Compiled twin of ``dimension_replay.run``: bit-identical results, many times faster.

`make setup`, or an installation with a C compiler, builds the C extension; without it every replay runs in plain Python.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from ..capacity.limits import (
    BURST_SECONDS,
    DECREASE_INTERVAL,
    DECREASES_A_DAY,
    DECREASES_AT_ONCE,
    SCALE_IN_BELOW_TARGET,
    SCALE_IN_MINUTES,
    SCALE_OUT_MINUTES,
)
from .dimension_replay import start
from .parameters import Parameters
from .scheduled_bounds import replay_moved
from .supply import ProvisionedSupply, Run, State, Supply

try:
    from . import _compiled
except ImportError:  # not built here
    _compiled = None  # type: ignore[assignment]

_LIMITS = (
    BURST_SECONDS.value,
    DECREASE_INTERVAL.value,
    DECREASES_A_DAY.value,
    DECREASES_AT_ONCE.value,
    SCALE_IN_MINUTES.value,
    SCALE_OUT_MINUTES.value,
    SCALE_IN_BELOW_TARGET.value / 100,
)
_NONE = array("d")


@dataclass(frozen=True)
class Totals:
    """Totals of the replay of one dimension.

    Attributes:
        throttled: units throttled.
        minutes: minutes with throttled units.
        worst: position of the minute with the most throttled units, -1 where nothing was throttled.
        limits: units per second provisioned, or the ceiling, summed over the minutes.
        hottest: units that the partition of the hottest key throttled.
    """

    throttled: float
    minutes: int
    worst: int
    limits: float
    hottest: float


def available() -> bool:
    """Whether the extension was built."""
    return _compiled is not None


def run(
    supply: Supply,
    demand: Sequence[float],
    partition: float,
    parameters: Parameters,
    state: State | None = None,
) -> Run:
    """Replay a demand, as ``dimension_replay.run`` does.

    Args:
        supply: provisioned or on-demand throughput of the dimension.
        demand: units per minute; NaN is a gap.
        partition: units per second that one partition serves.
        parameters: assumed properties of the service.
        state: state after the earlier part; ``None`` starts at midnight UTC with a full bucket.
    """
    if isinstance(supply, ProvisionedSupply) and supply.moves:
        return replay_moved(run, supply, demand, partition, parameters, state or start(supply, parameters))
    units = demand if isinstance(demand, array) and demand.typecode == "d" else array("d", demand)
    # The extension expects load and served to be copies of the demand.
    load, served, throttled, limit = units[:], units[:], units[:], units[:]
    outputs = (load, served, throttled, limit)
    values, recent, sums = _call(supply, units, partition, parameters, state, outputs)
    elapsed = (0 if state is None else state.elapsed) + len(units)
    return Run(load, served, throttled, limit, sums[1] > 0, sums[4], _state(values, recent, elapsed))


def totals(
    supply: Supply,
    demand: array[float],
    partition: float,
    parameters: Parameters,
    state: State | None = None,
) -> Totals:
    """Replay a demand and return totals instead of a value for each minute.

    Args:
        supply: provisioned or on-demand throughput of the dimension.
        demand: units per minute; NaN is a gap.
        partition: units per second that one partition serves.
        parameters: assumed properties of the service.
        state: state after the earlier part; ``None`` starts at midnight UTC with a full bucket.
    """
    if isinstance(supply, ProvisionedSupply) and supply.moves:
        return _totals_of(run(supply, demand, partition, parameters, state))
    _, _, sums = _call(supply, demand, partition, parameters, state, None)
    return Totals(*sums)


def _totals_of(replayed: Run) -> Totals:
    throttled, minutes, worst, most = 0.0, 0, -1, 0.0
    for at, units in enumerate(replayed.throttled):
        if units:
            throttled, minutes = throttled + units, minutes + 1
            if units > most:
                worst, most = at, units
    return Totals(throttled, minutes, worst, math.fsum(replayed.limit), replayed.hottest)


def _call(
    supply: Supply,
    demand: array[float],
    partition: float,
    parameters: Parameters,
    state: State | None,
    outputs: tuple[array[float], array[float], array[float], array[float]] | None,
) -> tuple[array[float], Sequence[float], tuple[float, int, int, float, float]]:
    """The values of the state after the demand, its recent rates, and the fields of ``Totals``."""
    before = start(supply, parameters) if state is None else state
    provisioned = isinstance(supply, ProvisionedSupply)
    values = array(
        "d",
        [
            before.minute,
            before.units,
            before.bucket,
            before.above,
            before.busiest,
            before.due,
            before.quiet,
            before.quiet_peak,
            before.decreases,
            before.since,
            before.ceiling,
            before.oldest,
            before.returned,
        ],
    )
    recent = array("d", () if provisioned else before.recent)
    load, served, throttled, limit = outputs or (_NONE, _NONE, _NONE, _NONE)
    sums = _compiled.simulate(
        outputs is not None,
        provisioned,
        (supply.units, supply.minimum, supply.maximum, supply.target, 0.0)
        if isinstance(supply, ProvisionedSupply)
        else (0.0, 0.0, supply.maximum, 1.0, supply.ceiling),
        (
            parameters.reaction_minutes,
            parameters.peak_second,
            parameters.hottest_share,
            parameters.returning,
            parameters.growth_minutes,
            partition,
        ),
        _LIMITS,
        demand,
        load,
        served,
        throttled,
        limit,
        values,
        recent,
    )
    return values, before.recent if provisioned else recent, sums


def _state(values: array[float], recent: Sequence[float], elapsed: int) -> State:
    minute, units, bucket, above, busiest, due, quiet, peak, decreases, since, ceiling, oldest, returned = (
        values
    )
    return State(
        minute=int(minute),
        units=int(units),
        bucket=bucket,
        above=int(above),
        busiest=busiest,
        due=int(due),
        quiet=int(quiet),
        quiet_peak=peak,
        decreases=int(decreases),
        since=int(since),
        ceiling=ceiling,
        recent=list(recent),
        oldest=int(oldest),
        returned=returned,
        elapsed=elapsed,
    )


__all__ = ["Totals", "available", "run", "totals"]
