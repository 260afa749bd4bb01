"""Corrections of the emulated CloudWatch: metrics are kept and read by the minute."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any

from . import correction
from . import metric_store as store
from .cloudwatch_service import API, lock, refuse, respond, service, timestamp
from .metric_math import Series
from .metric_queries import MetricQuery, MetricRequestError, parse_queries, series_of
from .ministack import Response

MAX_DATAPOINTS = 100_800
MAX_QUERIES = 500


@correction("cloudwatch.put-metric-data", f"{API}/API_PutMetricData.html")
def keep_metrics_by_the_minute() -> None:
    """PutMetricData adds to one aggregate a minute, kept for 15 days, whatever its timestamps."""
    cloudwatch = service()
    last_eviction = 0.0

    def put_metric_data(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        if not (is_cbor or is_json):
            return respond({}, is_cbor, is_json)
        parse = cloudwatch._parse_ts
        now = time.time()
        with lock:
            for datum in data.get("MetricData") or []:
                dimensions = {
                    dimension["Name"]: dimension["Value"] for dimension in datum.get("Dimensions") or []
                }
                metric = store.record(
                    cloudwatch._metrics,
                    data.get("Namespace", ""),
                    datum.get("MetricName", ""),
                    dimensions,
                    datum.get("Unit", "None"),
                )
                stamp = datum.get("Timestamp")
                seconds = (
                    now if stamp is None else float(stamp if isinstance(stamp, int | float) else parse(stamp))
                )
                for sample in _samples(datum):
                    store.add(metric, seconds, *sample)
        return respond({}, is_cbor, is_json)

    def record_metric(
        namespace: str,
        metric_name: str,
        value: float,
        unit: str = "None",
        dimensions: dict[str, str] | None = None,
    ) -> None:
        with lock:
            metric = store.record(cloudwatch._metrics, namespace, metric_name, dimensions or {}, unit)
            store.add(metric, time.time(), 1.0, float(value), float(value), float(value))

    def evict_old_metrics() -> None:
        nonlocal last_eviction
        now = time.time()
        # MiniStack calls this at every request; once an hour is enough for data that is kept for days.
        if now - last_eviction < 3_600:
            return
        last_eviction = now
        with lock:
            for key, metric in list(cloudwatch._metrics._data.items()):
                store.drop_older(metric, now - store.RETENTION)
                if not metric["minutes"]:
                    cloudwatch._metrics._data.pop(key, None)

    cloudwatch._put_metric_data = put_metric_data
    cloudwatch.record_metric = record_metric
    cloudwatch._evict_old_metrics = evict_old_metrics
    _restore_minutes(cloudwatch)


def _samples(datum: dict[str, Any]) -> Iterator[tuple[float, float, float, float]]:
    """(sample count, sum, minimum, maximum) of each part of a MetricDatum."""
    if datum.get("Values") is not None:
        counts = datum.get("Counts") or [1.0] * len(datum["Values"])
        for value, count in zip(datum["Values"], counts, strict=True):
            yield float(count), float(value) * float(count), float(value), float(value)
    elif datum.get("StatisticValues") is not None:
        statistics = datum["StatisticValues"]
        yield (
            float(statistics["SampleCount"]),
            float(statistics["Sum"]),
            float(statistics["Minimum"]),
            float(statistics["Maximum"]),
        )
    else:
        value = float(datum.get("Value") or 0.0)
        yield 1.0, value, value, value


def _restore_minutes(cloudwatch: Any) -> None:
    original = cloudwatch._restore_state

    def restore_state(data: Any) -> None:
        # Threads of the emulator read metrics, and publish zeros before, while it starts.
        with lock:
            original(data)
            for metric in cloudwatch._metrics._data.values():
                # JSON turns the minutes into text.
                metric["minutes"] = {
                    int(minute): aggregate for minute, aggregate in metric["minutes"].items()
                }

    saved = cloudwatch.get_state

    def get_state() -> Any:
        with lock:
            return saved()

    cloudwatch._restore_state = restore_state
    cloudwatch.get_state = get_state


@correction("cloudwatch.get-metric-data", f"{API}/API_GetMetricData.html")
def read_metrics_by_the_minute() -> None:
    """GetMetricData: start inclusive, end exclusive, ScanBy, pages of MaxDatapoints, expressions."""
    cloudwatch = service()

    def get_metric_data(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        requested = data.get("MetricDataQueries") or []
        maximum = int(data.get("MaxDatapoints") or MAX_DATAPOINTS)
        start, end = cloudwatch._parse_ts(data.get("StartTime")), cloudwatch._parse_ts(data.get("EndTime"))
        if not (is_cbor or is_json):
            return respond({}, is_cbor, is_json)
        if start is not None and start == end:
            # Observed: elastic/beats issue 32687.
            message = "The parameter StartTime must not equal parameter EndTime."
            return refuse(message, is_cbor, is_json)
        if start is None or end is None or start > end:
            message = "The parameter StartTime must be less than the parameter EndTime."
            return refuse(message, is_cbor, is_json)
        if not 1 <= maximum <= MAX_DATAPOINTS or not 1 <= len(requested) <= MAX_QUERIES:
            message = f"MaxDatapoints must lie in 1 to {MAX_DATAPOINTS}, the number of queries in 1 to {MAX_QUERIES}."
            return refuse(message, is_cbor, is_json)
        offset = _decode(data.get("NextToken"))
        if offset is None:
            return refuse("Invalid NextToken", is_cbor, is_json, "InvalidNextToken")
        try:
            queries = parse_queries(requested)
            with lock:
                series = [
                    (query, _query_series(cloudwatch, queries, query, start, end))
                    for query in queries
                    if query.returns
                ]
        except MetricRequestError as error:
            return refuse(str(error), is_cbor, is_json)
        labels = {query["Id"]: query.get("Label") or query["Id"] for query in requested}
        is_ascending = data.get("ScanBy") == "TimestampAscending"
        results, token = _page(series, labels, is_ascending, offset, maximum, is_cbor)
        members: dict[str, Any] = {"MetricDataResults": results, "Messages": []}
        if token is not None:
            members["NextToken"] = token
        return respond(members, is_cbor, is_json)

    cloudwatch._get_metric_data = get_metric_data
    cloudwatch._get_metric_statistics = _get_metric_statistics
    cloudwatch._list_metrics = _list_metrics


def _get_metric_statistics(
    params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False
) -> Response:
    cloudwatch = service()
    period = int(data.get("Period") or 60)
    start, end = cloudwatch._parse_ts(data.get("StartTime")), cloudwatch._parse_ts(data.get("EndTime"))
    dimensions = cloudwatch._dims_from_list(data.get("Dimensions") or [])
    key = (data.get("Namespace"), data.get("MetricName"), store.dimensions_key(dimensions))
    names = data.get("Statistics") or list(store.STATISTICS)
    points = []
    if start is not None and end is not None:
        with lock:
            metric = cloudwatch._metrics.get(key)
            aggregates = store.aggregates(metric, start // 60 * 60, end, period)
            unit = (metric or {}).get("Unit", "None")
        for begin, aggregate in aggregates.items():
            statistics = {name: value for name, value in store.describe(aggregate).items() if name in names}
            points.append({"Timestamp": timestamp(begin, is_cbor), "Unit": unit, **statistics})
    return respond({"Datapoints": points, "Label": data.get("MetricName")}, is_cbor, is_json)


def _list_metrics(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
    filters = data.get("Dimensions") or []
    metrics = []
    for (namespace, name, _), metric in service()._metrics.items():
        dimensions = metric["Dimensions"]
        if data.get("Namespace") not in (None, namespace) or data.get("MetricName") not in (None, name):
            continue
        if any(
            dimensions.get(dimension["Name"])
            not in ((dimension.get("Value") or dimensions.get(dimension["Name"])),)
            or dimension["Name"] not in dimensions
            for dimension in filters
        ):
            continue
        listed = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        metrics.append({"Namespace": namespace, "MetricName": name, "Dimensions": listed})
    return respond({"Metrics": metrics}, is_cbor, is_json)


def _query_series(
    cloudwatch: Any, queries: list[MetricQuery], query: MetricQuery, start: float, end: float
) -> Series:
    period = query.period or min(metric.period for metric in queries if metric.expression is None)
    first = int(start // period) * period  # the service rounds the start down to the period
    last = int(-(-end // period)) * period if query.expression is not None else int(-(-end // 60)) * 60
    value = series_of(queries, cloudwatch._metrics, query.id, first, last, period, 0)
    return value if isinstance(value, dict) else dict.fromkeys(range(first, last, period), value)


def _page(
    found: list[tuple[MetricQuery, Series]],
    labels: dict[str, str],
    is_ascending: bool,
    offset: int,
    maximum: int,
    is_cbor: bool,
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of results: a window of `maximum` points over all series, one after another, and the next token."""
    results = []
    begin, total = 0, sum(len(series) for _, series in found)
    for query, series in found:
        times = sorted(series, reverse=not is_ascending)
        low, high = max(offset - begin, 0), min(offset + maximum - begin, len(times))
        window = times[low:high] if high > low else []
        results.append(
            {
                "Id": query.id,
                "Label": labels[query.id],
                "Timestamps": [timestamp(time, is_cbor) for time in window],
                "Values": [series[time] for time in window],
                "StatusCode": "Complete" if offset + maximum >= begin + len(times) else "PartialData",
            }
        )
        begin += len(times)
    return results, _encode(offset + maximum) if offset + maximum < total else None


def _encode(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode()


def _decode(token: str | None) -> int | None:
    """The offset that a token of `_encode` holds, 0 without a token, None for an invalid one."""
    if not token:
        return 0
    try:
        text = base64.urlsafe_b64decode(token).decode()
    except ValueError:
        return None
    return int(text) if text.isdigit() else None
