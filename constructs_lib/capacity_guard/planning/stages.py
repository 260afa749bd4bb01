"""The stages of a rollout, with their expected minutes."""

from __future__ import annotations

from collections.abc import Iterator

from ..capacity.limits import INDEX_CREATION_SECONDS_LONGEST, PREFLIGHT_SECONDS, WARM_RAISE_SECONDS_SHORTEST
from ..capacity.settings import Margins, Rollout
from ..capacity.transition import Transition
from ..simulator.transition_replay import pre_warm_minutes
from .plan import Stage
from .replays import switch_minutes


def stages(transition: Transition, margins: Margins, rollout: Rollout) -> Iterator[Stage]:
    """The stages of a rollout in their order; none where nothing changes.

    Args:
        transition: deployed to declared capacity.
        margins: longest switch.
        rollout: minutes of the bake.
    """
    if transition.is_empty:
        return
    yield Stage("preflight", 0, 1, "live table compared with the baseline, alarms, traffic of this hour")
    if longest := pre_warm_minutes(transition):
        yield Stage(
            "pre-warm",
            round(WARM_RAISE_SECONDS_SHORTEST.value / 60, 1),
            longest,
            f"warm throughput is raised; given up after {PREFLIGHT_SECONDS.value // 60} minutes",
        )
    yield _change_stage(transition, margins)
    if not transition.is_creation:
        bake = rollout.bake_minutes
        yield Stage("bake", bake, bake, "an alarm or a throttle event above the noise rolls back")


def _change_stage(transition: Transition, margins: Margins) -> Stage:
    deployed = transition.deployed
    created = [
        index
        for index in transition.declared.indexes
        if deployed is not None and index not in deployed.live.indexes
    ]
    longest = switch_minutes(transition, margins) or 1
    if created:
        longest = max(longest, INDEX_CREATION_SECONDS_LONGEST.value // 60)
        note = f"{', '.join(created)} is created and filled; a large table takes longer"
    elif transition.switches_to_on_demand:
        note = "the billing mode switches: throughput is frozen"
    else:
        note = ""
    return Stage("change", 1, longest, note)


__all__ = ["stages"]
