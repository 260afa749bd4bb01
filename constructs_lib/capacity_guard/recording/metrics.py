"""Minutes of traffic from CloudWatch."""

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
from ..dynamodb.names import CONSUMED_UNITS, NAMESPACE, THROTTLE_EVENTS, metric_dimensions
from ..evidence.traffic import GAP, Traffic
from .aws import RecordingAws

_CAUSES = ("ProvisionedThroughput", "KeyRangeThroughput", "AccountLimit", "MaxOnDemandThroughput")
"""Names between ``Read`` or ``Write`` and ``ThrottleEvents`` (Guide: metrics-dimensions, TroubleshootingThrottling)."""
_TRIES = 4
_PAUSE = 5.0


def read_metrics(
    aws: RecordingAws, table: str, dimensions: Iterable[Dimension], start: datetime, end: datetime
) -> Traffic:
    """Consumed units and throttle events, Sum of every minute.

    Consumed units are published for idle tables too, so a minute without a value is unknown and stays a gap; throttle
    events are published only when there are some, so a minute without a value has none (Guide: metrics-dimensions).
    The dimension TableName alone leaves the indexes out (same page): every index is asked for by its own.
    A series that is PartialData or InternalError after its last page is asked again (CloudWatch API: GetMetricData).

    Args:
        aws: calls to AWS.
        table: name of the table.
        dimensions: what to read.
        start: first minute, UTC.
        end: the minute after the last one, UTC.

    Raises:
        InputError: denied, still incomplete after several tries, or a value that is no number of at least 0.
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
    _read(aws, queries, series, start, end)
    return Traffic(start, consumed, throttled)


def read_causes(aws: RecordingAws, table: str, traffic: Traffic) -> dict[str, dict[str, int]]:
    """Throttle events by their cause, where there were any: the service publishes a metric for each since 2025.

    Args:
        aws: calls to AWS.
        table: name of the table.
        traffic: what was read of it; dimensions without a throttle event are not asked for.

    Returns:
        Events in the whole recording by dimension key and cause, for example ``KeyRangeThroughput``; a Region, or a table,
        without these metrics has none.

    Raises:
        InputError: as ``read_metrics``.
    """
    asked = [dimension for dimension, events in traffic.throttled.items() if any(events)]
    queries: dict[str, dict[str, Any]] = {}
    series: dict[str, array[float]] = {}
    names: dict[str, tuple[Dimension, str]] = {}
    for number, dimension in enumerate(asked):
        for cause in _CAUSES:
            identifier = f"cause{number}{cause}"
            metric = f"{dimension.access.title()}{cause}ThrottleEvents"
            queries[identifier] = _query(identifier, metric, table, dimension)
            series[identifier] = array("d", [0.0]) * traffic.minutes
            names[identifier] = dimension, cause
    if queries:
        _read(aws, queries, series, traffic.start, traffic.end)
    found: dict[str, dict[str, int]] = {}
    for identifier, (dimension, cause) in names.items():
        if events := round(math.fsum(series[identifier])):
            found.setdefault(dimension.key, {})[cause] = events
    return found


def _read(
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
        # Asked again it is another question: what was incomplete must not be answered from the journal.
        again = {"Label": f"try {attempt + 1}"} if attempt else {}
        asked = [{**queries[one], **again} for one in pending]
        pending = _ask(aws, asked, series, start, end)
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


def _ask(
    aws: RecordingAws,
    queries: list[dict[str, Any]],
    series: dict[str, array[float]],
    start: datetime,
    end: datetime,
) -> list[str]:
    """Fill the series; the ids that are not complete after the last page."""
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
                "Allow this action; docs/recording.md lists all",
            )
    return [query["Id"] for query in queries if status.get(query["Id"]) != "Complete"]


def _fill(values: array[float], result: dict[str, Any], start: datetime) -> None:
    for moment, value in zip(result.get("Timestamps", []), result.get("Values", []), strict=True):
        if not 0 <= value <= MOST_UNITS:
            raise InputError(
                f"CloudWatch {result['Id']} {moment}",
                f"{value!r} is not a number from 0 to {MOST_UNITS:.0e}",
                "Record again",
            )
        position = (moment - start) // MINUTE
        if 0 <= position < len(values):
            values[position] = value
