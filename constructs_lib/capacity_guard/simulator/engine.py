"""Selects the simulator of a command: the compiled twin where it was built, else plain Python. The results are the same."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from . import compiled, dimension_replay
from .parameters import Parameters
from .supply import Supply
from .table_replay import Runner

_ROUNDING = 1e-3
"""Throttled units of a recording up to which the cause may be floating-point rounding."""


def runner() -> Runner:
    """The function that replays one dimension."""
    return compiled.run if compiled.available() else dimension_replay.run


def throttles(supply: Supply, demand: Sequence[float], partition: float, parameters: Parameters) -> bool:
    """Whether a replay throttles more than rounding errors.

    Args:
        supply: provisioned or on-demand throughput of the dimension.
        demand: units per minute; NaN is a gap.
        partition: units per second that one partition serves.
        parameters: assumed properties of the service.
    """
    if compiled.available():
        units = demand if isinstance(demand, array) else array("d", demand)
        return compiled.totals(supply, units, partition, parameters).throttled > _ROUNDING
    return sum(dimension_replay.run(supply, demand, partition, parameters).throttled) > _ROUNDING


def mean_limit(supply: Supply, demand: Sequence[float], partition: float, parameters: Parameters) -> float:
    """Units per second provisioned, or the ceiling in on-demand mode, in the mean of all minutes of a replay.

    Args:
        supply: provisioned or on-demand throughput of the dimension.
        demand: units per minute, at least one; NaN is a gap.
        partition: units per second that one partition serves.
        parameters: assumed properties of the service.
    """
    if compiled.available():
        units = demand if isinstance(demand, array) else array("d", demand)
        return compiled.totals(supply, units, partition, parameters).limits / len(units)
    return sum(dimension_replay.run(supply, demand, partition, parameters).limit) / len(demand)


__all__ = ["mean_limit", "runner", "throttles"]
