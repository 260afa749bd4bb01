"""Reads the guard's alarms in a resolved template, member by member: whether each can veto, and whether it notifies anybody."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..capacity.dimension import index_of
from ..capacity.errors import InputError
from ..cloudformation.intrinsics import Intrinsics
from ..dynamodb.alarm_definition import find_differences, find_settings
from ..dynamodb.names import metric_dimensions

_HARMLESS_MEMBERS = frozenset(
    {
        "ActionsEnabled",
        "AlarmActions",
        "AlarmDescription",
        "AlarmName",
        "EvaluateLowSampleCountPercentile",
        "InsufficientDataActions",
        "Label",
        "OKActions",
        "Tags",
    }
)
_READ_MEMBERS = frozenset(
    {
        "ComparisonOperator",
        "DatapointsToAlarm",
        "EvaluationPeriods",
        "EvaluationWindow",
        "Metrics",
        "Threshold",
        "TreatMissingData",
    }
)
"""Members of an alarm that are judged; any further one is a fault, since this version does not know what it does."""
_EXPRESSION_MEMBERS = frozenset({"AccountId", "Expression", "Id", "Label", "Period", "ReturnData"})
_METRIC_MEMBERS = frozenset({"AccountId", "Id", "Label", "MetricStat", "ReturnData"})
_STAT_MEMBERS = frozenset({"Metric", "Period", "Stat", "Unit"})
_NAME_MEMBERS = frozenset({"Dimensions", "MetricName", "Namespace"})


def read_alarm(values: Intrinsics, alarm: str, key: str, logical_id: str) -> tuple[float, int, int] | str:
    """Threshold, periods and datapoints of the guard's alarm on a table or an index; a text if it is another alarm.

    CloudWatch accepts an alarm with wrong dimensions, and it never goes to ALARM (Guide:
    Monitoring-metrics-creating-cloudwatch-alarms).

    Args:
        values: the template.
        alarm: logical id of the alarm.
        key: resource key of the table or index.
        logical_id: logical id of the table.
    """
    resource = values.template["Resources"].get(alarm)
    if resource is None or resource.get("Type") != "AWS::CloudWatch::Alarm":
        return "it is not in the template"
    try:
        if not values.exists(resource, alarm):
            return "its condition is false"
        properties = _plain(values, resource.get("Properties", {}), alarm)
        table = values.value({"Ref": logical_id}, logical_id)
        faults = list(find_differences(properties, metric_dimensions(table, index_of(key))))
        faults += _unknown_members(properties)
        settings = find_settings(properties)
    except InputError as error:
        return f"{error.location} {error.problem}"
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return f"it is malformed ({error})"
    return "; ".join(dict.fromkeys(faults)) or settings


def find_muting(values: Intrinsics, alarm: str, declared: Collection[str]) -> str | None:
    """Why the guard's alarm notifies nobody although its code does not say so; ``None`` if nothing keeps it from that.

    Actions are for people: the gates read the alarm's state. With ``ActionsEnabled`` false no action runs (CloudWatch
    API: PutMetricAlarm).

    Args:
        values: the template.
        alarm: logical id of the alarm.
        declared: the lists of actions that the code gives the alarm, by their names in the template.
    """
    properties = values.template["Resources"].get(alarm, {}).get("Properties", {})
    try:
        enabled = values.value(properties.get("ActionsEnabled", True), alarm)
        missing = [name for name in declared if not values.items(properties, name, path=alarm)]
    except InputError as error:
        return f"{error.location} {error.problem}"
    if str(enabled).lower() != "true":
        return "ActionsEnabled is false"
    return f"{', '.join(missing)} declared, but not in the template" if missing else None


def _unknown_members(properties: Mapping[str, Any]) -> list[str]:
    """Members of an alarm, its queries and its metrics that are not judged: what they do is not known."""
    found = [f"{name} is set" for name in sorted(properties.keys() - _READ_MEMBERS - _HARMLESS_MEMBERS)]
    for query in properties.get("Metrics") or ():
        judged = [(query, _EXPRESSION_MEMBERS if "Expression" in query else _METRIC_MEMBERS)]
        if "Expression" not in query:
            judged += [(query["MetricStat"], _STAT_MEMBERS), (query["MetricStat"]["Metric"], _NAME_MEMBERS)]
        for node, known in judged:
            found += [f"{query['Id']} has {name}" for name in sorted(node.keys() - known)]
    return found


def _plain(values: Intrinsics, node: Any, path: str) -> Any:
    """A part of the template with every intrinsic function replaced by its value."""
    value = values.value(node, path)
    if isinstance(value, Mapping):
        return {
            name: _plain(values, member, path)
            for name, member in value.items()
            if name not in _HARMLESS_MEMBERS
        }
    if isinstance(value, list):
        return [_plain(values, entry, path) for entry in value]
    return value


__all__ = ["find_muting", "read_alarm"]
