"""DynamoDB's metrics, published to the emulated CloudWatch as DynamoDB publishes them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from ..capacity.dimension import Dimension
from ..dynamodb.names import CONSUMED_UNITS, NAMESPACE, THROTTLE_EVENTS, metric_dimensions

DATUMS_PER_CALL = 1_000
"""PutMetricData takes at most this many datums."""


def consumed_datum(table_name: str, key: str, minute: int, units: float) -> dict[str, Any]:
    """A MetricDatum of consumed units.

    key: the dimension, for example `table/write`. minute: start of the minute, seconds since 1970.
    """
    dimension = Dimension.parse(key)
    return _datum(table_name, dimension, CONSUMED_UNITS[dimension.access], minute, units)


def throttle_datum(table_name: str, key: str, minute: int, events: int) -> dict[str, Any]:
    """A MetricDatum of throttle events; parameters as in `consumed_datum`."""
    dimension = Dimension.parse(key)
    return _datum(table_name, dimension, THROTTLE_EVENTS[dimension.access], minute, float(events))


def _datum(table_name: str, dimension: Dimension, metric: str, minute: int, value: float) -> dict[str, Any]:
    return {
        "MetricName": metric,
        "Dimensions": [
            {"Name": name, "Value": text}
            for name, text in metric_dimensions(table_name, dimension.index).items()
        ],
        "Timestamp": datetime.fromtimestamp(minute, UTC),
        "Value": value,
        "Unit": "Count",
    }


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


__all__ = ["DATUMS_PER_CALL", "consumed_datum", "publish", "throttle_datum"]
