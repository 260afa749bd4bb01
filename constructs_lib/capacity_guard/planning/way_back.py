"""The rollback of a transition: the units that CloudFormation re-sends, and what is throttled on the way."""

from __future__ import annotations

import math

from ..capacity.settings import Rollout
from ..capacity.transition import Change, Transition
from ..simulator.transition_replay import AFTER_MINUTES
from ..simulator.worst_hour import can_start
from .plan import WayBack
from .replays import TableReplays, switch_minutes


def way_back(transition: Transition, replays: TableReplays | None, rollout: Rollout) -> WayBack | None:
    """The rollback at the end of the bake, after the worst start.

    Args:
        transition: deployed to declared capacity.
        replays: replays of the transition; ``None`` of a table without a recording.
        rollout: minutes of the bake.

    Returns:
        ``None`` of a table that does not exist yet, and where nothing changes.
    """
    deployed = transition.deployed
    if deployed is None or transition.is_empty:
        return None
    resent = {
        dimension: units
        for dimension in deployed.template.dimensions()
        if (units := transition.resent_units(dimension)) is not None
    }
    missing = [
        dimension.label
        for dimension in deployed.template.dimensions()
        if not deployed.template.is_on_demand and dimension not in resent
    ]
    if missing:
        return WayBack(
            False, resent, 0.0, f"no units to go back with, a seed is missing: {'; '.join(missing)}"
        )
    unstarted = _why_not_started(transition, replays, rollout)
    if replays is None or replays.worst_position is None or unstarted:
        return WayBack(True, resent, 0.0, f"not replayed: {unstarted}")
    switch = switch_minutes(transition, replays.margins)
    back_at = replays.worst_position + switch + rollout.bake_minutes
    stop = back_at + switch + AFTER_MINUTES
    if stop > replays.traffic.minutes:
        return WayBack(True, resent, 0.0, "not replayed: the recording ends before it would be over")
    change = replays.change_at(replays.worst_position, back_at=back_at)
    throttled = sum(
        math.fsum(outcome.throttled[back_at:stop]) for outcome in change.outcome.dimensions.values()
    )
    return WayBack(
        True,
        resent,
        throttled,
        f"vetoed at the end of the bake after the worst start, {throttled:,.0f} units are throttled on the way",
    )


def _why_not_started(transition: Transition, replays: TableReplays | None, rollout: Rollout) -> str:
    """Why no start of the change is replayed, from which a rollback could begin; empty where one is."""
    if replays is None:
        return "no traffic was recorded"
    if not can_start(transition):
        without = [
            dimension.label
            for dimension in transition.having(Change.TO_PROVISIONED)
            if transition.units_sent(dimension) is None
        ]
        return f"the change cannot start, a seed is missing: {'; '.join(without)}"
    if replays.worst_position is None:
        window = rollout.change_window
        return "no minute was recorded" + ("" if window is None else f" in the change window {window.text}")
    return ""


__all__ = ["way_back"]
