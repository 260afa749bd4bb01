"""A baseline as it is recorded again once a capacity was deployed."""

from __future__ import annotations

from dataclasses import replace

from ..capacity.capacity import Capacity
from ..capacity.structure import TableKind
from ..evidence.baseline import Baseline


def after(baseline: Baseline, capacity: Capacity, kind: TableKind | None = None) -> Baseline:
    """The baseline as it is recorded again, with the same traffic, once a capacity was deployed.

    Args:
        baseline: the baseline before, of a table that exists.
        capacity: the capacity that was deployed.
        kind: resource type that declares the table, if it is known; by default the recorded one.
    """
    assert baseline.deployed is not None
    deployed = baseline.transition_to(capacity, kind).reverse().deployed
    assert deployed is not None
    schedules = baseline.deployed.schedules
    return replace(baseline, deployed=replace(deployed, previous=None, schedules=schedules))


__all__ = ["after"]
