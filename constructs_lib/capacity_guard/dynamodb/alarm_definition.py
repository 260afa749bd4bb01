"""The rollback alarm: its definition, and what keeps an existing alarm from being that alarm.

The construct, CG8 and Preflight read this module. ADR 0007 has the table of candidates that led to this definition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..capacity.limits import METRIC_PERIOD
from .names import NAMESPACE, THROTTLE_EVENTS

METRICS = {
    "read_throttle": THROTTLE_EVENTS["read"],
    "write_throttle": THROTTLE_EVENTS["write"],
}
"""Name of each metric by its id in the expression."""
STATISTIC = "Sum"
# Throttle metrics have points for minutes with events only. FILL gives the other minutes a 0, also the newest ones, whose
# points arrive 30 to 180 s later, so the alarm counts M of N minutes and N is large enough for late points (CloudWatch
# Guide: using-metric-math, FILL). SUM of an array needs no assumption about what + makes of a missing value.
EXPRESSION = "SUM([FILL(read_throttle, 0), FILL(write_throttle, 0)])"
COMPARISON = "GreaterThanThreshold"
# Explicit, since an alarm on AWS/DynamoDB otherwise keeps its state when data are missing (Guide: alarms-and-missing-data).
MISSING_DATA = "notBreaching"

_OTHER_WAYS_TO_EVALUATE = (
    "MetricName",
    "Namespace",
    "Dimensions",
    "Statistic",
    "ExtendedStatistic",
    "Period",
    "Unit",
    "ThresholdMetricId",
    "EvaluationCriteria",
    "EvaluationInterval",
    "WarmUpConfiguration",
)
"""Members of an alarm that the definition leaves out, and that change what the alarm evaluates or when."""
_SLIDING = "sliding"


def find_differences(definition: Mapping[str, Any], dimensions: Mapping[str, Any]) -> Iterator[str]:
    """What in an alarm differs from the rollback alarm of one table or index, each as a short text.

    The number of periods, the number of datapoints and the threshold are settings (see ``find_settings``). Harmless, and
    not compared: name, description, tags, labels, actions and whether they are enabled (the gates read the alarm's state),
    and ``EvaluateLowSampleCountPercentile``, which concerns percentiles only.

    Args:
        definition: the alarm in the response of DescribeAlarms (CloudWatch API: MetricAlarm), or its properties in a
            template without intrinsic functions (``AWS::CloudWatch::Alarm`` has the same members).
        dimensions: dimensions of the metrics of the table or index (``names.metric_dimensions``).

    Raises:
        KeyError, TypeError, AttributeError, ValueError: the definition is malformed.
    """
    for member, expected in (("ComparisonOperator", COMPARISON), ("TreatMissingData", MISSING_DATA)):
        if definition.get(member) != expected:
            yield f"{member} is {definition.get(member)}, not {expected}"
    for member in _OTHER_WAYS_TO_EVALUATE:
        if definition.get(member):
            yield f"{member} is set"
    window = definition.get("EvaluationWindow")
    if window and _SLIDING not in str(window).lower():
        yield "EvaluationWindow is not the sliding window"
    yield from _find_query_differences(definition.get("Metrics") or (), dimensions)


def _find_query_differences(queries: Any, dimensions: Mapping[str, Any]) -> Iterator[str]:
    expected = set(METRICS.items())
    found = set()
    expressions = []
    for query in queries:
        if query.get("AccountId"):
            yield f"{query['Id']} is a metric of another account"
        if query.get("Expression") is not None:
            expressions.append(query)
            continue
        stat = query["MetricStat"]
        metric = stat["Metric"]
        found.add((query["Id"], metric["MetricName"]))
        if metric.get("Namespace") != NAMESPACE:
            yield f"{query['Id']} is in namespace {metric.get('Namespace')}"
        if {d["Name"]: d["Value"] for d in metric.get("Dimensions") or ()} != dict(dimensions):
            yield f"{query['Id']} has other dimensions"
        if int(stat["Period"]) != METRIC_PERIOD.value or stat["Stat"] != STATISTIC or stat.get("Unit"):
            yield f"{query['Id']} is not the {STATISTIC} of {METRIC_PERIOD.value} s"
        if _returns(query):
            yield f"{query['Id']} is returned"
    if found != expected:
        names = ", ".join(sorted(str(name) for _, name in found)) or "nothing"
        yield f"its metrics are {names}"
    if len(expressions) != 1 or expressions[0]["Expression"] != EXPRESSION:
        yield f"its expression is {', '.join(str(query['Expression']) for query in expressions) or 'missing'}"
    elif not _returns(expressions[0]):
        yield "its expression is not returned"
    elif int(expressions[0].get("Period") or METRIC_PERIOD.value) != METRIC_PERIOD.value:
        yield f"its expression has periods of {expressions[0]['Period']} s"


def _returns(query: Mapping[str, Any]) -> bool:
    return str(query.get("ReturnData", True)).lower() == "true"


def find_settings(definition: Mapping[str, Any]) -> tuple[float, int, int]:
    """Threshold, evaluation periods and datapoints to alarm of an alarm.

    Args:
        definition: as for ``find_differences``.

    Raises:
        KeyError, TypeError, ValueError: one is missing or no number.
    """
    periods = int(definition["EvaluationPeriods"])
    return float(definition["Threshold"]), periods, int(definition.get("DatapointsToAlarm") or periods)


__all__ = [
    "COMPARISON",
    "EXPRESSION",
    "METRICS",
    "MISSING_DATA",
    "STATISTIC",
    "find_differences",
    "find_settings",
]
