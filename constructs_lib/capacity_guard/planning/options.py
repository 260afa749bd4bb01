"""The cheapest capacity of each mode that a recommendation considers."""

from __future__ import annotations

from ..capacity import Capacity, Dimension, Margins
from ..evidence.baseline import Baseline
from .judging import Asked, judge, refusing
from .search import cheapest_on_demand, cheapest_provisioned, throttled_dimensions

_OF_CAPACITY = ("CG3", "CG4", "CG5", "CG11", "CG14")
"""Rules whose findings more throughput resolves."""


def cheapest_options(baseline: Baseline, asked: Asked) -> tuple[Capacity, ...]:
    """The cheapest capacity of each mode that serves the traffic; none of a mode that cannot serve it.

    Where a rule refuses the cheapest because it serves too little, by another model or at the margin of a synthesis, the
    cheapest that serves more is taken in its place.

    Args:
        baseline: deployed capacity and recording.
        asked: judgment time, margin and change window.
    """
    candidates = (_provisioned(baseline, asked), _on_demand(baseline, asked))
    return tuple(
        capacity
        for capacity in candidates
        if capacity is not None and not throttled_dimensions(baseline, capacity, asked.margin)
    )


def _provisioned(baseline: Baseline, asked: Asked) -> Capacity | None:
    sturdiness: dict[Dimension, int] = {}
    while True:
        capacity = cheapest_provisioned(baseline, asked.margin, sturdiness)
        if capacity is None:
            return None
        refused = {d for d in _refused(baseline, capacity, asked) if sturdiness.get(d, 0) < 2}
        if not refused:
            return capacity
        for dimension in refused:
            sturdiness[dimension] = sturdiness.get(dimension, 0) + 1


def _on_demand(baseline: Baseline, asked: Asked) -> Capacity | None:
    capacity = cheapest_on_demand(baseline, asked.margin)
    by_default = Margins().headroom
    if capacity is None or asked.margin >= by_default or not _refused(baseline, capacity, asked):
        return capacity
    return cheapest_on_demand(baseline, by_default) or capacity


def _refused(baseline: Baseline, capacity: Capacity, asked: Asked) -> set[Dimension]:
    """Dimensions in which a rule refuses the capacity because it serves too little."""
    findings = refusing(judge(baseline, capacity, asked))
    return {f.dimension for f in findings if f.rule in _OF_CAPACITY and f.dimension is not None}


__all__ = ["cheapest_options"]
