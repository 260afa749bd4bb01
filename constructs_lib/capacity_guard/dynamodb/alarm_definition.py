"""The rollback alarm: its metrics, its expression, and whether an alarm that CloudWatch shows is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..capacity.limits import METRIC_PERIOD
from .names import CONSUMED_UNITS, NAMESPACE, THROTTLE_EVENTS

METRICS = {
    "read_throttle": THROTTLE_EVENTS["read"],
    "write_throttle": THROTTLE_EVENTS["write"],
    "read_consumed": CONSUMED_UNITS["read"],
    "write_consumed": CONSUMED_UNITS["write"],
}
"""Metric of each name in the expression."""
STATISTIC = "Sum"
# Consumed units are filled with zero by the service and act as the clock: no minute is judged before it is published,
# and a sparse metric (throttle events exist only while there are some) does not delay the alarm. A bare FILL would
# give a value for a minute that is not complete yet (CloudWatch User Guide, using-metric-math, FILL).
EXPRESSION = "FILL(read_throttle, 0) + FILL(write_throttle, 0) + 0 * (read_consumed + write_consumed)"


def watches(definition: Mapping[str, Any], dimensions: Mapping[str, str]) -> bool:
    """Whether an alarm compares the throttle events of one resource and nothing else.

    Args:
        definition: the alarm as DescribeAlarms shows it (CloudWatch API: MetricAlarm).
        dimensions: dimensions of the resource's metrics (``names.metric_dimensions``).
    """
    expected = {(name, tuple(sorted(dimensions.items()))) for name in METRICS.values()}
    queries = definition.get("Metrics") or ()
    found = set()
    ids = {}
    for query in queries:
        stat = query.get("MetricStat")
        if stat is None:
            continue
        metric = stat["Metric"]
        found.add(
            (
                metric["MetricName"],
                tuple(sorted((d["Name"], d["Value"]) for d in metric.get("Dimensions", ()))),
            )
        )
        ids[metric["MetricName"]] = query["Id"]
        other_period = stat["Period"] != METRIC_PERIOD.value
        if metric["Namespace"] != NAMESPACE or other_period or stat["Stat"] != STATISTIC:
            found.add((f"{metric['Namespace']} {stat['Stat']} of {stat['Period']} s", ()))
    shown = [query for query in queries if query.get("ReturnData", True)]
    counts = len(shown) == 1 and all(
        ids.get(metric, " ") in str(shown[0].get("Expression")) for metric in THROTTLE_EVENTS.values()
    )
    return found == expected and counts


__all__ = ["EXPRESSION", "METRICS", "STATISTIC", "watches"]
