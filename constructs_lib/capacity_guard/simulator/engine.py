"""Which simulator a command runs: the compiled twin where it was built, else plain Python. The results are the same."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from . import compiled, dimension_replay
from .parameters import Parameters
from .supply import Supply
from .table_replay import Runner

_DUST = 1e-3
"""Units throttled in a whole recording that floating point alone may leave."""


def runner() -> Runner:
    """What replays one dimension."""
    return compiled.run if compiled.available() else dimension_replay.run


def throttles(supply: Supply, demand: Sequence[float], partition: float, parameters: Parameters) -> bool:
    """Whether a replay throttles anything, the dust of floating point apart.

    Args:
        supply: what the dimension is given.
        demand: units per minute; NaN is a gap.
        partition: units per second that one partition serves.
        parameters: what is unknown of the service.
    """
    if compiled.available():
        asked = demand if isinstance(demand, array) else array("d", demand)
        return compiled.totals(supply, asked, partition, parameters).throttled > _DUST
    return sum(dimension_replay.run(supply, demand, partition, parameters).throttled) > _DUST


__all__ = ["runner", "throttles"]
