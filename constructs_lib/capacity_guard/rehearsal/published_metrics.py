"""DynamoDB's metrics, published to the emulated CloudWatch as DynamoDB publishes them.

Names, dimensions and what counts: Guide, metrics-dimensions. Of throttling it publishes three families, and users alarm on each:
Read/WriteThrottleEvents (every event), the same by cause, and ThrottledRequests (a request once, however many of its events
are throttled) by table and operation.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..capacity.dimension import ACCESSES, Access, Dimension
from ..dynamodb.names import (
    CONSUMED_UNITS,
    NAMESPACE,
    THROTTLE_EVENTS,
    THROTTLED_REQUESTS,
    cause_events,
    metric_dimensions,
)
from .measurement import PlayedMinute
from .meter import Cause, throttle_events

DATUMS_PER_CALL = 1_000
"""PutMetricData takes at most this many datums."""
BATCH_SIZES: Mapping[str, int] = {"BatchGetItem": 100, "BatchWriteItem": 25}
"""Most items of a request (API: BatchGetItem, BatchWriteItem)."""


@dataclass(frozen=True)
class Requests:
    """What requests a demand consists of.

    table_read, index_read, write: operations, values of the dimension Operation. Of a batch operation every request is as
        large as allowed, and counts as throttled only if all its items are: in a minute that serves anything, none counts
        (Guide: metrics-dimensions, ThrottledRequests).
    units: size of an item in units.
    """

    table_read: str = "GetItem"
    index_read: str = "Query"
    write: str = "PutItem"
    units: float = 1.0


@dataclass(frozen=True)
class ThrottleReading:
    """How pages that contradict each other are read.

    table_includes_indexes: whether Read/WriteThrottleEvents of TableName alone count the indexes' events: no (Guide:
        metrics-dimensions), or yes (Guide: throttling-diagnosing-workflow, step 2).
    index_account_limit: whether WriteAccountLimitThrottleEvents of an index have its dimension: yes (Guide:
        throttling-diagnosing-workflow), or TableName alone (Guide: metrics-dimensions).
    """

    table_includes_indexes: bool = False
    index_account_limit: bool = True


def consumed_datum(table_name: str, key: str, minute: int, units: float) -> dict[str, Any]:
    """A MetricDatum of consumed units.

    key: the dimension, for example `table/write`. minute: start of the minute, seconds since 1970.
    """
    dimension = Dimension.parse(key)
    dimensions = metric_dimensions(table_name, dimension.index)
    return _datum(CONSUMED_UNITS[dimension.access], dimensions, minute, units)


def throttle_datums(
    table_name: str,
    minute: int,
    played: Mapping[str, PlayedMinute],
    requests: Requests | None = None,
    reading: ThrottleReading | None = None,
) -> list[dict[str, Any]]:
    """The MetricDatums of what is throttled in one minute; none where nothing is.

    minute: start of the minute, seconds since 1970. played: what was measured in it, by dimension key (`table/write`).
    requests: what the demand consists of. reading: of pages that contradict each other.
    """
    requests, reading = requests or Requests(), reading or ThrottleReading()
    found: Counter[tuple[str, str | None]] = Counter()
    for key, measured in played.items():
        dimension = Dimension.parse(key)
        index, access = dimension.index, dimension.access
        for cause, events in events_by_cause(measured, requests.units).items():
            found[THROTTLE_EVENTS[access], index] += events
            if index is not None and reading.table_includes_indexes:
                found[THROTTLE_EVENTS[access], None] += events
            has_index = reading.index_account_limit or (access, cause) != ("write", "AccountLimit")
            found[cause_events(access, cause), index if has_index else None] += events
    datums = [
        _datum(metric, metric_dimensions(table_name, index), minute, events)
        for (metric, index), events in found.items()
        if events
    ]
    return datums + [
        _datum(THROTTLED_REQUESTS, {"TableName": table_name, "Operation": operation}, minute, count)
        for operation, count in throttled_requests(played, requests).items()
    ]


def events_by_cause(played: PlayedMinute, units: float) -> dict[Cause, int]:
    """Throttle events of one minute by cause; together as many as `throttle_events` counts. units: size of an item in units."""
    counted, total, events = 0, 0.0, {}
    for cause, throttled in played.throttled_by.items():
        total += throttled
        events[cause] = throttle_events(total, units) - counted
        counted += events[cause]
    return events


def throttled_requests(played: Mapping[str, PlayedMinute], requests: Requests) -> dict[str, int]:
    """Requests of one minute of which an event was throttled, by operation; operations without any are left out.

    Every write of an index belongs to a write of the table. Where an index presses on the table, the requests are those that
    it keeps away and those that the table itself throttles. Elsewhere table and indexes are measured apart, and the number is
    the lowest possible: that of the dimension which throttles most.
    """
    counted: Counter[str] = Counter()
    for access in ACCESSES:
        measured = {
            dimension.index: one
            for dimension, one in ((Dimension.parse(key), one) for key, one in played.items())
            if dimension.access == access
        }
        for operation, throttled in _throttled_units(access, measured, requests):
            items = throttle_events(throttled, requests.units)
            size = BATCH_SIZES.get(operation, 1)
            served = any(one.served > 0 for one in measured.values())
            counted[operation] += 0 if size > 1 and served else items // size
    return {operation: count for operation, count in counted.items() if count}


def _throttled_units(
    access: Access, measured: Mapping[str | None, PlayedMinute], requests: Requests
) -> list[tuple[str, float]]:
    """Operations of reads, or of writes, and the units of their throttled requests."""
    table = measured.get(None, PlayedMinute())
    indexes = [one.throttled for index, one in measured.items() if index is not None]
    if access == "read":
        return [(requests.table_read, table.throttled), (requests.index_read, sum(indexes))]
    if table.pressed:
        return [(requests.write, table.pressed + table.throttled)]
    return [(requests.write, max([table.throttled, *indexes]))]


def _datum(metric: str, dimensions: Mapping[str, str], minute: int, value: float) -> dict[str, Any]:
    return {
        "MetricName": metric,
        "Dimensions": [{"Name": name, "Value": text} for name, text in dimensions.items()],
        "Timestamp": datetime.fromtimestamp(minute, UTC),
        "Value": float(value),
        "Unit": "Count",
    }


def parts(datums: list[dict[str, Any]], share: float) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Datums of a minute in two parts that add up to it: what is published first, and the rest.

    share: share of the first part. Whole numbers stay whole; a part that has nothing of a metric leaves it out, except that a
    value of 0 is in the first.
    """
    first, rest = [], []
    for datum in datums:
        value = float(datum["Value"])
        early = float(math.floor(value * share)) if value.is_integer() else value * share
        if early > 0 or value == 0:
            first.append({**datum, "Value": early})
        if value - early > 0:
            rest.append({**datum, "Value": value - early})
    return first, rest


def publish(cloudwatch: Any, datums: list[dict[str, Any]]) -> None:
    """Send datums with PutMetricData, in as many calls as needed. cloudwatch: a boto3 client."""
    calls = [datums[start : start + DATUMS_PER_CALL] for start in range(0, len(datums), DATUMS_PER_CALL)]

    def put(call: list[dict[str, Any]]) -> None:
        cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=call)

    if len(calls) == 1:
        put(calls[0])
        return
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(put, calls))


__all__ = [
    "BATCH_SIZES",
    "DATUMS_PER_CALL",
    "Requests",
    "ThrottleReading",
    "consumed_datum",
    "events_by_cause",
    "parts",
    "publish",
    "throttle_datums",
    "throttled_requests",
]
