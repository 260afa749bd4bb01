"""Reads the minutes of a table's traffic from CloudWatch."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ..capacity.capacity import MOST_UNITS
from ..capacity.dimension import Dimension
from ..capacity.errors import InputError
from ..capacity.evidence import MINUTE
from ..capacity.limits import METRIC_PERIOD
from ..dynamodb.names import CONSUMED_UNITS, NAMESPACE, THROTTLE_EVENTS, cause_events, metric_dimensions
from ..evidence.traffic import GAP, Traffic
from .aws import RecordingAws

_CAUSES = ("ProvisionedThroughput", "KeyRangeThroughput", "AccountLimit", "MaxOnDemandThroughput")
"""Names between ``Read`` or ``Write`` and ``ThrottleEvents`` (Guide: metrics-dimensions, TroubleshootingThrottling)."""
_TRIES = 4
_PAUSE = 5.0
"""Seconds before incomplete series are requested again."""


def read_metrics(
    aws: RecordingAws, table: str, dimensions: Iterable[Dimension], start: datetime, end: datetime
) -> Traffic:
    """Read consumed units and throttle events, Sum of every minute.

    Consumed units are published for idle tables too, so a minute without a value is unknown and stays a gap; throttle
    events are published only when there are some, so a minute without a value has none (Guide: metrics-dimensions).
    The dimension TableName alone leaves the indexes out (same page), so each index has a query of its own.
    A series that is PartialData or InternalError after its last page is requested again (CloudWatch API: GetMetricData).

    Args:
        aws: calls to AWS.
        table: name of the table.
        dimensions: the dimensions to read.
        start: first minute, UTC.
        end: the minute after the last one, UTC.

    Raises:
        InputError: denied, still incomplete after several tries, or a value that is not a number of at least 0.
    """
    length = int((end - start) / MINUTE)
    consumed = {dimension: array("d", [GAP]) * length for dimension in dimensions}
    throttled = {dimension: array("d", [0.0]) * length for dimension in consumed}
    queries: dict[str, dict[str, Any]] = {}
    series: dict[str, array[float]] = {}
    for number, dimension in enumerate(consumed):
        for prefix, names, target in (
            ("consumed", CONSUMED_UNITS, consumed),
            ("throttled", THROTTLE_EVENTS, throttled),
        ):
            queries[f"{prefix}{number}"] = _query(
                f"{prefix}{number}", names[dimension.access], table, dimension
            )
            series[f"{prefix}{number}"] = target[dimension]
    _read_complete(aws, queries, series, start, end)
    return Traffic(start, consumed, throttled)


def read_causes(aws: RecordingAws, table: str, traffic: Traffic) -> dict[str, dict[str, int]]:
    """Read throttle events by their cause; the service publishes a metric for each cause since 2025.

    Args:
        aws: calls to AWS.
        table: name of the table.
        traffic: its recorded traffic; dimensions without a throttle event are not requested.

    Returns:
        Events of the recording by dimension key and cause, for example ``KeyRangeThroughput``; empty if the Region or the
        table does not have these metrics.

    Raises:
        InputError: as ``read_metrics``.
    """
    throttled = [dimension for dimension, events in traffic.throttled.items() if any(events)]
    queries: dict[str, dict[str, Any]] = {}
    series: dict[str, array[float]] = {}
    names: dict[str, tuple[Dimension, str]] = {}
    for number, dimension in enumerate(throttled):
        for cause in _CAUSES:
            identifier = f"cause{number}{cause}"
            metric = cause_events(dimension.access, cause)
            queries[identifier] = _query(identifier, metric, table, dimension)
            series[identifier] = array("d", [0.0]) * traffic.minutes
            names[identifier] = dimension, cause
    if queries:
        _read_complete(aws, queries, series, traffic.start, traffic.end)
    causes: dict[str, dict[str, int]] = {}
    for identifier, (dimension, cause) in names.items():
        if events := round(math.fsum(series[identifier])):
            causes.setdefault(dimension.key, {})[cause] = events
    return causes


def _read_complete(
    aws: RecordingAws,
    queries: dict[str, dict[str, Any]],
    series: dict[str, array[float]],
    start: datetime,
    end: datetime,
) -> None:
    pending = list(queries)
    for attempt in range(_TRIES):
        if attempt:
            aws.pause(_PAUSE)
        # The label makes it another question: the journal must not repeat the incomplete answer.
        label = {"Label": f"try {attempt + 1}"} if attempt else {}
        repeated = [{**queries[identifier], **label} for identifier in pending]
        pending = _read_pages(aws, repeated, series, start, end)
        if not pending:
            return
    name = queries[pending[0]]["MetricStat"]["Metric"]["MetricName"]
    raise InputError(
        f"cloudwatch:GetMetricData {name}",
        f"is incomplete after {_TRIES} tries",
        "Record again in a few minutes",
    )


def _query(identifier: str, metric: str, table: str, dimension: Dimension) -> dict[str, Any]:
    dimensions = [
        {"Name": name, "Value": value} for name, value in metric_dimensions(table, dimension.index).items()
    ]
    return {
        "Id": identifier,
        "MetricStat": {
            "Metric": {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions},
            "Period": METRIC_PERIOD.value,
            "Stat": "Sum",
        },
        "ReturnData": True,
    }


def _read_pages(
    aws: RecordingAws,
    queries: list[dict[str, Any]],
    series: dict[str, array[float]],
    start: datetime,
    end: datetime,
) -> list[str]:
    """Fill the series. Returns the ids of the series that are not complete after the last page."""
    status: dict[str, str] = {}
    for page in aws.pages(
        "cloudwatch",
        "get_metric_data",
        MetricDataQueries=queries,
        StartTime=start,
        EndTime=end,
        ScanBy="TimestampAscending",
    ):
        for message in page.get("Messages", []):
            raise InputError(
                "cloudwatch:GetMetricData", f"{message.get('Code')} {message.get('Value')}", "Record again"
            )
        for result in page.get("MetricDataResults", []):
            status[result["Id"]] = result.get("StatusCode", "Complete")
            _fill(series[result["Id"]], result, start)
    for query in queries:
        if status.get(query["Id"]) == "Forbidden":
            metric = query["MetricStat"]["Metric"]["MetricName"]
            raise InputError(
                f"cloudwatch:GetMetricData {metric}",
                "is denied",
                "Allow this action; `capacity-guard docs recording` lists all",
            )
    return [query["Id"] for query in queries if status.get(query["Id"]) != "Complete"]


def _fill(values: array[float], result: dict[str, Any], start: datetime) -> None:
    for minute, value in zip(result.get("Timestamps", []), result.get("Values", []), strict=True):
        if not 0 <= value <= MOST_UNITS:
            raise InputError(
                f"CloudWatch {result['Id']} {minute}",
                f"{value!r} is not a number from 0 to {MOST_UNITS:.0e}",
                "Record again",
            )
        position = (minute - start) // MINUTE
        if 0 <= position < len(values):
            values[position] = value
