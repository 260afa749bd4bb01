"""What an on-demand table or index serves at once when a transition has ended."""

from __future__ import annotations

from .dimension import Dimension
from .transition import Transition
from .warm_throughput import initial_ceiling


def ceiling_without_maximum(transition: Transition, dimension: Dimension) -> int:
    """Most units per second that a dimension serves at once after the transition, without on-demand maxima.

    This is the highest of the initial on-demand throughput, the live warm throughput, the throughput that is
    provisioned now (Guide: bp-switching-capacity-modes, warm-throughput-scenarios) and the declared warm throughput,
    which the guard sets. A table or an index that does not exist yet has the initial throughput only, because the
    guard cannot raise it before it exists. Growth after the switch is not counted: AWS does not publish its speed.
    """
    initial = initial_ceiling(dimension)
    deployed = transition.deployed
    if deployed is None or dimension.index not in (None, *deployed.live.indexes):
        return initial
    provisioned = deployed.provisioned_now(dimension) or 0
    return max(initial, deployed.warm_now(dimension), provisioned, transition.declared.warm(dimension) or 0)


def ceiling_after(transition: Transition, dimension: Dimension) -> int:
    """Most units per second that a dimension serves at once in on-demand mode after the transition.

    The result of ``ceiling_without_maximum``, limited by the on-demand maximum (Guide:
    on-demand-capacity-mode-max-throughput).
    """
    ceiling = ceiling_without_maximum(transition, dimension)
    maximum = transition.declared.maximum(dimension)
    return ceiling if maximum is None else min(ceiling, maximum)


__all__ = [
    "ceiling_after",
    "ceiling_without_maximum",
]
