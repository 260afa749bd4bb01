"""Correction of the emulated DynamoDB: a table without reads and writes publishes zeros."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ....dynamodb.names import CONSUMED_UNITS, NAMESPACE, metric_dimensions
from . import correction, ministack
from . import metric_store as store
from .cloudwatch_service import lock, service

PAGE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html"
PUBLISHED_AFTER = 120.0
"""Seconds after the end of a minute at which its zero is there: metrics are complete after about two minutes
(prometheus-community/yet-another-cloudwatch-exporter issue 1796). A point that comes later adds to the zero."""
_PUBLISHED = "_idle_minutes_published"
"""Key, in MiniStack's record of a table, of the end of the minutes whose zeros are published, seconds since 1970."""


def publish_idle_zeros(now: float) -> None:
    """Publish consumed units of 0 for each minute of each table and index that has ended and has no point.

    now: seconds since 1970.
    """
    end = int((now - PUBLISHED_AFTER) // store.MINUTE) * store.MINUTE
    metrics = service()._metrics
    for table in list(ministack.module("services.dynamodb")._tables.values()):
        created = float(table.get("CreationDateTime", now))
        start = int(table.get(_PUBLISHED) or -(-created // store.MINUTE) * store.MINUTE)
        if end <= start:
            continue
        indexes = [index["IndexName"] for index in table.get("GlobalSecondaryIndexes") or []]
        for index in (None, *indexes):
            dimensions = metric_dimensions(table["TableName"], index)
            for name in CONSUMED_UNITS.values():
                metric = store.record(metrics, NAMESPACE, name, dimensions, "Count")
                for minute in range(max(start, end - store.RETENTION), end, store.MINUTE):
                    if minute not in metric["minutes"]:
                        store.add(metric, minute, 1.0, 0.0, 0.0, 0.0)
        table[_PUBLISHED] = end


@correction("cloudwatch.idle-zeros", PAGE)
def publish_zeros_of_idle_tables() -> None:
    """ConsumedRead/WriteCapacityUnits of a table without traffic are zeros, not missing."""
    cloudwatch = service()

    def published_first(read: Callable[..., Any]) -> Callable[..., Any]:
        def read_after_zeros(*args: Any, **options: Any) -> Any:
            with lock:
                publish_idle_zeros(time.time())
            return read(*args, **options)

        return read_after_zeros

    for name in ("_get_metric_data", "_get_metric_statistics", "_list_metrics"):
        setattr(cloudwatch, name, published_first(getattr(cloudwatch, name)))


__all__ = ["PUBLISHED_AFTER", "publish_idle_zeros"]
