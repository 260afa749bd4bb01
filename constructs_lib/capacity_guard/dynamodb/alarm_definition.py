"""The rollback alarm: its metrics, its expression, and a check whether an existing alarm watches a table."""

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
"""Name of each metric by its id in the expression."""
STATISTIC = "Sum"
# DynamoDB publishes consumed units every minute, with zeros, so these terms give the expression no value for a minute that
# is not published yet, and the sparse throttle metrics (published only for minutes with events) do not delay the alarm.
# FILL without them would give a value for an incomplete minute (CloudWatch User Guide, using-metric-math, FILL).
EXPRESSION = "FILL(read_throttle, 0) + FILL(write_throttle, 0) + 0 * (read_consumed + write_consumed)"


def watches_throttle_events(definition: Mapping[str, Any], dimensions: Mapping[str, str]) -> bool:
    """Whether an alarm compares the throttle events of one table or index, and nothing else.

    Args:
        definition: the alarm in the response of DescribeAlarms (CloudWatch API: MetricAlarm).
        dimensions: dimensions of the metrics of the table or index (``names.metric_dimensions``).
    """
    expected = {(name, tuple(sorted(dimensions.items()))) for name in METRICS.values()}
    queries = definition.get("Metrics") or ()
    found = set()
    ids_by_metric = {}
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
        ids_by_metric[metric["MetricName"]] = query["Id"]
        other_period = stat["Period"] != METRIC_PERIOD.value
        if metric["Namespace"] != NAMESPACE or other_period or stat["Stat"] != STATISTIC:
            found.add((f"{metric['Namespace']} {stat['Stat']} of {stat['Period']} s", ()))
    returned = [query for query in queries if query.get("ReturnData", True)]
    compares_throttle_events = len(returned) == 1 and all(
        ids_by_metric.get(metric, " ") in str(returned[0].get("Expression"))
        for metric in THROTTLE_EVENTS.values()
    )
    return found == expected and compares_throttle_events


__all__ = ["EXPRESSION", "METRICS", "STATISTIC", "watches_throttle_events"]
