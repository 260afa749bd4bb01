"""The simulator's compiled twin: the results of ``dimension_replay.run`` to the bit, many times faster.

A C extension that `make setup`, or an installation with a C compiler, builds; without it everything runs in plain Python.
"""

from __future__ import annotations

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
    """What became of a demand, in all.

    Attributes:
        throttled: units throttled.
        minutes: minutes in which something was throttled.
        worst: position of the minute with the most throttled units, -1 where nothing was throttled.
        limits: units per second provisioned, or the ceiling, summed over the minutes.
        hottest: units throttled by the partition of the hottest key.
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
    """Serve a demand, as ``dimension_replay.run`` does.

    Args:
        supply: what the dimension is given.
        demand: units per minute; NaN is a gap.
        partition: units per second that one partition serves.
        parameters: what is unknown of the service.
        state: what an earlier part left; ``None`` starts anew at midnight UTC.
    """
    asked = demand if isinstance(demand, array) and demand.typecode == "d" else array("d", demand)
    load, served, throttled, limit = asked[:], asked[:], asked[:], asked[:]  # the first two as they are
    outputs = (load, served, throttled, limit)
    now, recent, told = _call(supply, asked, partition, parameters, state, outputs)
    return Run(load, served, throttled, limit, told[1] > 0, told[4], _state(now, recent))


def totals(
    supply: Supply,
    demand: array[float],
    partition: float,
    parameters: Parameters,
    state: State | None = None,
) -> Totals:
    """The same in all, without a value for each minute.

    Args:
        supply: what the dimension is given.
        demand: units per minute; NaN is a gap.
        partition: units per second that one partition serves.
        parameters: what is unknown of the service.
        state: what an earlier part left; ``None`` starts anew at midnight UTC.
    """
    _, _, told = _call(supply, demand, partition, parameters, state, None)
    return Totals(*told)


def _call(
    supply: Supply,
    demand: array[float],
    partition: float,
    parameters: Parameters,
    state: State | None,
    outputs: tuple[array[float], array[float], array[float], array[float]] | None,
) -> tuple[array[float], Sequence[float], tuple[float, int, int, float, float]]:
    before = start(supply, parameters) if state is None else state
    provisioned = isinstance(supply, ProvisionedSupply)
    now = array(
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
    told = _compiled.simulate(
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
        now,
        recent,
    )
    return now, before.recent if provisioned else recent, told


def _state(now: array[float], recent: Sequence[float]) -> State:
    minute, units, bucket, above, busiest, due, quiet, peak, decreases, since, ceiling, oldest, returned = now
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
    )


__all__ = ["Totals", "available", "run", "totals"]
