"""Target tracking: auto scaling that follows consumption, as Application Auto Scaling does it for DynamoDB.

Two alarms a policy. High: consumption above units x target in 2 minutes running. Low: consumption below
units x (target - 20 points) in 15 minutes running. The new value is consumption / target, rounded up, within
the bounds (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html; the shapes of the
alarms are those that the service creates in accounts).
"""

from __future__ import annotations

import json
import math
import time
from typing import Any

from . import _ministack as ministack
from . import scaling_targets as targets

HIGH_MINUTES = 2
LOW_MINUTES = 15
LOW_MARGIN_PERCENT = 20.0
METRIC_DELAY_SECONDS = 60.0
"""Rehearsal seconds after which a minute of consumption counts as complete."""

_judged: dict[targets.Key, int] = {}


def new_units(
    consumed: list[float | None], units: int, target_percent: float, *, scale_in: bool = True
) -> int | None:
    """Units that target tracking would set, None to leave them.

    consumed: units per second of the last LOW_MINUTES minutes, oldest first; None where there is no value.
    units: units per second provisioned now.
    target_percent: wanted share of consumption in what is provisioned.
    """
    share = target_percent / 100.0
    high = consumed[-HIGH_MINUTES:]
    if len(high) == HIGH_MINUTES and all(each is not None and each > units * share for each in high):
        return math.ceil((high[-1] or 0.0) / share)
    floor = units * max(target_percent - LOW_MARGIN_PERCENT, 0.0) / 100.0
    if (
        scale_in
        and len(consumed) == LOW_MINUTES
        and all(each is not None and each < floor for each in consumed)
    ):
        lowered = math.ceil(max(each or 0.0 for each in consumed) / share)
        return lowered if lowered < units else None
    return None


def follow(target: targets.Target) -> None:
    """Judge the last whole minute of one target, once, and change its units where a policy asks for it."""
    minute = int((time.time() - METRIC_DELAY_SECONDS) // 60)
    if not target.policies or _judged.get(target.key) == minute:
        return
    _judged[target.key] = minute
    with targets.scope(target.key):
        units = targets.live_units(target.key)
        if units is None:
            return
        consumed = _consumed(target.key, (minute - LOW_MINUTES) * 60, minute * 60)
        for name, policy in list(target.policies.items()):
            configuration = policy["TargetTrackingScalingPolicyConfiguration"]
            wanted = new_units(
                consumed,
                units,
                float(configuration["TargetValue"]),
                scale_in=not configuration.get("DisableScaleIn", False),
            )
            if wanted is None:
                continue
            bounded = min(max(wanted, target.minimum), target.maximum)
            if bounded != units:
                targets.set_units(target.key, bounded, f"policy {name}: consumption left its target")
                return


def forget() -> None:
    """Forget which minutes were judged."""
    _judged.clear()


def _consumed(of: targets.Key, start: int, end: int) -> list[float | None]:
    """Consumed units per second of each minute of [start, end), None where CloudWatch has no value."""
    cloudwatch = ministack.module("services.cloudwatch")
    dimensions = [{"Name": "TableName", "Value": of.table}]
    if of.index is not None:
        dimensions.append({"Name": "GlobalSecondaryIndexName", "Value": of.index})
    request: dict[str, Any] = {
        "Namespace": "AWS/DynamoDB",
        "MetricName": f"Consumed{of.unit}",
        "Dimensions": dimensions,
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
