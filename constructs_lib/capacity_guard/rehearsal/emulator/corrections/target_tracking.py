"""Target tracking: auto scaling that follows consumption, as Application Auto Scaling does it for DynamoDB.

A policy has two alarms. High: consumption above units x target for 2 minutes in a row. Low: consumption below
units x (target - 20 points) for 15 minutes in a row. The new value is consumption / target, rounded up, within the
bounds (Guide: AutoScaling; the alarms are of the form that the service creates in accounts).
"""

from __future__ import annotations

import json
import math
import time
from typing import Any

from ....capacity import limits
from ....dynamodb.names import NAMESPACE, metric_dimensions
from . import ministack
from .metric_durations import durations_of_this_run
from .scaling_targets import ScalableTarget, ScalableTargetKey, request_scope
from .scaling_units import live_units, set_units

HIGH_MINUTES = limits.SCALE_OUT_MINUTES.value
LOW_MINUTES = limits.SCALE_IN_MINUTES.value
LOW_MARGIN_PERCENT = float(limits.SCALE_IN_BELOW_TARGET.value)
PLAYED_WITHIN = 12.0
"""Rehearsal seconds within which the traffic player, which polls, has published what is due."""
LATE_MINUTES = 2
"""Minutes at the end of the window of the low alarm that may not have a value yet."""

_judged_minutes: dict[ScalableTargetKey, int] = {}
"""The last minute that was judged, by target."""


def new_units(
    consumed: list[float | None], units: int, target_percent: float, *, scale_in: bool = True
) -> int | None:
    """Units per second that target tracking would set, None for no change.

    consumed: units per second of the last minutes, at least LOW_MINUTES, oldest first; None where there is no value.
    units: units per second provisioned now.
    target_percent: target share of consumption in the provisioned units.
    """
    share = target_percent / 100.0
    last = consumed[-HIGH_MINUTES:]
    for _ in range(LATE_MINUTES):
        if consumed and consumed[-1] is None:
            consumed = consumed[:-1]
    consumed = consumed[-LOW_MINUTES:]
    if len(last) == HIGH_MINUTES and all(value is not None and value > units * share for value in last):
        return math.ceil((last[-1] or 0.0) / share)
    threshold = units * max(target_percent - LOW_MARGIN_PERCENT, 0.0) / 100.0
    if (
        scale_in
        and len(consumed) == LOW_MINUTES
        and all(value is not None and value < threshold for value in consumed)
    ):
        lowered = math.ceil(max(value or 0.0 for value in consumed) / share)
        return lowered if lowered < units else None
    return None


def track(target: ScalableTarget) -> None:
    """Judge the last full minute of one target, once, and change its units if a policy requires it."""
    # Incomplete minutes would hide a steady excess for ever: the newest minute would always look lower than it is.
    minute = int((time.time() - durations_of_this_run().metrics_complete - PLAYED_WITHIN) // 60)
    if not target.policies or _judged_minutes.get(target.key) == minute:
        return
    _judged_minutes[target.key] = minute
    with request_scope(target.key):
        units = live_units(target.key)
        if units is None:
            return
        consumed = _consumed(target.key, (minute - LOW_MINUTES - LATE_MINUTES) * 60, minute * 60)
        for name, policy in list(target.policies.items()):
            configuration = policy["TargetTrackingScalingPolicyConfiguration"]
            tracked = new_units(
                consumed,
                units,
                float(configuration["TargetValue"]),
                scale_in=not configuration.get("DisableScaleIn", False),
            )
            if tracked is None:
                continue
            bounded = min(max(tracked, target.minimum), target.maximum)
            if bounded != units:
                set_units(target.key, bounded, f"policy {name}: consumption left its target")
                return


def clear() -> None:
    """Forget which minutes were judged."""
    _judged_minutes.clear()


def _consumed(key: ScalableTargetKey, start: int, end: int) -> list[float | None]:
    """Consumed units per second of each minute of [start, end), None where CloudWatch has no value."""
    cloudwatch = ministack.module("services.cloudwatch")
    dimensions = metric_dimensions(key.table, key.index)
    request: dict[str, Any] = {
        "Namespace": NAMESPACE,
        "MetricName": f"Consumed{key.unit}",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Period": 60,
        "StartTime": start,
        "EndTime": end,
        "Statistics": ["Sum"],
    }
    status, _, body = cloudwatch._get_metric_statistics({}, request, False, True)
    if status >= 400:
        return []
    sums = {
        int(cloudwatch._parse_ts(point["Timestamp"]) // 60): float(point["Sum"])
        for point in json.loads(body)["Datapoints"]
    }
    return [sums[minute] / 60.0 if minute in sums else None for minute in range(start // 60, end // 60)]


__all__ = ["HIGH_MINUTES", "LOW_MINUTES", "clear", "new_units", "track"]
