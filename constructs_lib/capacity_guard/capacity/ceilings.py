"""What an on-demand table or index serves at once, and how long raising it takes."""

from __future__ import annotations

from .dimension import Dimension
from .transition import Transition
from .warm_throughput import initial_ceiling


def ceiling_without_maximum(transition: Transition, dimension: Dimension) -> int:
    """Most units per second that a dimension serves at once when the transition is through, maxima left out.

    At least the initial on-demand throughput, the live warm throughput and what is provisioned now (Guide:
    bp-switching-capacity-modes, warm-throughput-scenarios), raised to the declared warm throughput by the guard. A
    table or an index that does not exist yet has the initial throughput alone, since nothing can be raised before it
    exists. Growth after the switch is not counted: its speed is not published.
    """
    initial = initial_ceiling(dimension)
    deployed = transition.deployed
    if deployed is None or dimension.index not in (None, *deployed.live.indexes):
        return initial
    now = deployed.provisioned_now(dimension) or 0
    return max(initial, deployed.warm_now(dimension), now, transition.declared.warm(dimension) or 0)


def ceiling_after(transition: Transition, dimension: Dimension) -> int:
    """Most units per second that a dimension serves at once in on-demand mode, when the transition is through.

    As ``ceiling_without_maximum``, and no more than the on-demand maximum (Guide:
    on-demand-capacity-mode-max-throughput).
    """
    ceiling = ceiling_without_maximum(transition, dimension)
    maximum = transition.declared.maximum(dimension)
    return ceiling if maximum is None else min(ceiling, maximum)


__all__ = [
    "ceiling_after",
    "ceiling_without_maximum",
]
