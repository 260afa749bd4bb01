"""The cheapest capacity of each mode that a recommendation considers."""

from __future__ import annotations

from collections.abc import Iterator

from ..capacity import Capacity, Dimension, Margins
from ..evidence.baseline import Baseline
from ..rules.after_deployment import after
from .judging import Asked, judge, refusing
from .search import cheapest_on_demand, cheapest_provisioned, only_raised, throttled_dimensions

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
    states = [baseline]
    while True:
        capacity = cheapest_provisioned(baseline, asked.margin, sturdiness)
        if capacity is None:
            return None
        if len(states) == 1:
            states.extend(_once_raised(baseline, capacity, asked))
        found = {dimension for state in states for dimension in _refused(state, capacity, asked)}
        refused = {dimension for dimension in found if sturdiness.get(dimension, 0) < 2}
        if not refused:
            return capacity
        for dimension in refused:
            sturdiness[dimension] = sturdiness.get(dimension, 0) + 1


def _once_raised(baseline: Baseline, capacity: Capacity, asked: Asked) -> Iterator[Baseline]:
    """The table once what throttles today is raised: rules count only what a change throttles beyond today's capacity, and
    would refuse a capacity then that they accept today."""
    deployed = baseline.deployed
    assert deployed is not None
    if not deployed.template.is_on_demand and not deployed.live.is_on_demand:
        throttled = throttled_dimensions(baseline, deployed.live, asked.margin)
        if throttled:
            yield after(baseline, only_raised(baseline, capacity, throttled, asked.margin))


def _on_demand(baseline: Baseline, asked: Asked) -> Capacity | None:
    capacity = cheapest_on_demand(baseline, asked.margin)
    by_default = Margins().headroom
    if capacity is None:
        return None
    if asked.margin < by_default and _refused(baseline, capacity, asked):
        capacity = cheapest_on_demand(baseline, by_default) or capacity
    # Warm throughput of the margin alone throttles the busiest second of a minute that is far above its hour.
    margin = max(asked.margin, by_default)
    if cheapest_on_demand(baseline, margin, capacity.dimensions()) not in (None, capacity):
        refused = _refused(baseline, capacity, asked)
        if refused:
            capacity = cheapest_on_demand(baseline, margin, refused) or capacity
    return capacity


def _refused(baseline: Baseline, capacity: Capacity, asked: Asked) -> set[Dimension]:
    """Dimensions in which a rule refuses the capacity because it serves too little."""
    findings = refusing(judge(baseline, capacity, asked))
    return {f.dimension for f in findings if f.rule in _OF_CAPACITY and f.dimension is not None}


__all__ = ["cheapest_options"]
