"""Scheduled actions of auto scaling in findings: where they throttle, which cannot be replayed, and their text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..capacity.capacity import Capacity
from ..capacity.dimension import Dimension
from ..capacity.scheduled_action import ScheduledAction
from ..capacity.transition import Transition
from ..simulator.scheduled_bounds import unreadable
from .model import Case, once
from .replays import throttled


@once
def throttled_by_schedules(case: Case) -> frozenset[Dimension]:
    """Dimensions that throttle more than the budget with their scheduled actions, and not without them.

    No bounds of auto scaling resolve that: at its time an action sets others.
    """
    transition, baseline = case.transition, case.recorded
    if transition is None or baseline is None or baseline.traffic is None:
        return frozenset()
    moved = {action.dimension for action in transition.schedules_after if unreadable(action) is None}
    refused = [dimension for dimension in throttled(case) if dimension in moved]
    if not refused:
        return frozenset()
    facts = tuple(replace(stated, schedules=()) for stated in case.template)
    deployed = baseline.deployed
    without = replace(
        case,
        template=facts,
        baseline=replace(
            baseline,
            traffic=baseline.traffic.only(refused),
            deployed=None if deployed is None else replace(deployed, schedules=()),
        ),
    )
    still = throttled(without)
    return frozenset(dimension for dimension in refused if dimension not in still)


def scheduled_text(case: Case, index: str | None, access: str | None = None) -> str:
    """The scheduled actions that move a table or an index, or one access of it, on one line; empty without any."""
    transition = case.transition
    if transition is None:
        return ""
    recorded = () if transition.deployed is None else transition.deployed.schedules
    actions = dict.fromkeys((*transition.schedules_after, *recorded))
    return "; ".join(
        f"{action.name}, {bounds_text(action)}"
        for action in actions
        if action.dimension.index == index and access in (None, action.dimension.access)
    )


def kept_schedules(transition: Transition, capacity: Capacity) -> tuple[ScheduledAction, ...]:
    """The scheduled actions that a change removes, as long as another capacity than the declared one is deployed.

    Args:
        transition: the change.
        capacity: the capacity of a deployment.
    """
    return () if capacity == transition.declared else transition.removed_schedules


def bounds_text(action: ScheduledAction) -> str:
    """When an action runs, in which zone, and what it sets."""
    bounds = [
        f"{name} {units:,}"
        for name, units in (("minimum", action.minimum), ("maximum", action.maximum))
        if units is not None
    ]
    zone = "" if action.timezone is None else f" {action.timezone}"
    return f"{action.schedule}{zone}: {', '.join(bounds) or 'no bound'}"


def unreplayed(actions: Iterable[ScheduledAction]) -> dict[ScheduledAction, str]:
    """The actions that no rule replays, each with the reason."""
    found = ((action, unreadable(action)) for action in actions)
    return {action: why for action, why in found if why is not None}


__all__ = ["bounds_text", "kept_schedules", "scheduled_text", "throttled_by_schedules", "unreplayed"]
