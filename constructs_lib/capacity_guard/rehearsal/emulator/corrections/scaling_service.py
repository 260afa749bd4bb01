"""Application Auto Scaling for DynamoDB at work; MiniStack does not have this service.

Registering a target brings the live units between its minimum and its maximum within seconds
(https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html). Units that are set
outside of the bounds later stay (quirks: DDB-TABLE-315). While the table changes, DynamoDB refuses auto scaling like
any other caller, and auto scaling tries again. `target_tracking` follows consumption; `scheduled_actions` set the bounds at
their times.
"""

from __future__ import annotations

import logging
import time

from . import scaling_targets, scheduled_actions, target_tracking
from .scaling_targets import ScalableTarget, all_targets, request_scope
from .scaling_units import live_units, set_units

_log = logging.getLogger("application-autoscaling")

REACTION_SECONDS = 5.0
"""Rehearsal seconds between two checks of the targets; the documentation says "within seconds" only."""


def reset() -> None:
    """Forget every target and every judged minute."""
    scaling_targets.clear()
    target_tracking.clear()


def hold_within_bounds(target: ScalableTarget) -> None:
    """Bring a target's live units between its bounds, once after these were set (DDB-TABLE-314, -315)."""
    if not target.bounds_are_new:
        return
    # What is suspended is scaling by a policy; a scheduled action has a suspension of its own (API: SuspendedState).
    is_in_suspended, is_out_suspended = (
        not target.bounds_of_schedule and target.suspended.get(f"DynamicScaling{direction}Suspended")
        for direction in ("In", "Out")
    )
    if is_in_suspended and is_out_suspended:
        return
    with request_scope(target.key):
        units = live_units(target.key)
        if units is None:
            return
        if units < target.minimum and not is_out_suspended:
            target.bounds_are_new = not set_units(
                target.key, target.minimum, f"minimum capacity was set to {target.minimum}"
            )
        elif units > target.maximum and not is_in_suspended:
            target.bounds_are_new = not set_units(
                target.key, target.maximum, f"maximum capacity was set to {target.maximum}"
            )
        elif target.minimum <= units <= target.maximum:
            target.bounds_are_new = False


def run_forever() -> None:
    """Check every target each REACTION_SECONDS of rehearsal time; never returns."""
    while True:
        time.sleep(REACTION_SECONDS)
        for target in all_targets():
            try:
                scheduled_actions.run_due(target)
                hold_within_bounds(target)
                target_tracking.track(target)
            except Exception:  # noqa: BLE001 (without this thread, auto scaling would silently do nothing)
                _log.exception("auto scaling of %s failed", target.key.resource)


__all__ = ["REACTION_SECONDS", "hold_within_bounds", "reset", "run_forever"]
