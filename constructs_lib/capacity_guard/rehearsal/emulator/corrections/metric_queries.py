"""MetricDataQuery structures of alarms and of GetMetricData: read, checked and computed from the metric store.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import metric_math as math
from . import metric_store as store
from .metric_readings import Reading


class MetricRequestError(ValueError):
    """CloudWatch refuses an alarm or a query; the message is that of a ValidationError."""


@dataclass(frozen=True)
class MetricQuery:
    """One MetricDataQuery: a metric with its statistic, or an expression.

    period: seconds; 0 for an expression without one.
    """

    id: str
    returns: bool
    period: int
    namespace: str = ""
    metric: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()
    statistic: str = ""
    expression: math.Node | None = None


def metric_query(query: Mapping[str, Any]) -> MetricQuery:
    """Read a MetricDataQuery with a MetricStat.

    Raises MetricRequestError for a statistic or a period that is not emulated.
    """
    stat = query["MetricStat"]
    metric = stat["Metric"]
    statistic = stat.get("Stat", "Average")
    if statistic not in store.STATISTICS:
        raise MetricRequestError(
            f"statistic {statistic} is not emulated; use one of {', '.join(store.STATISTICS)}"
        )
    period = int(stat.get("Period") or query.get("Period") or 60)
    if period < 60 or period % 60:
        raise MetricRequestError(f"period {period} is not emulated; use a multiple of 60 seconds")
    return MetricQuery(
        id=query["Id"],
        returns=bool(query.get("ReturnData", True)),
        period=period,
        namespace=metric.get("Namespace", ""),
        metric=metric.get("MetricName", ""),
        dimensions=tuple(
            (dimension["Name"], dimension["Value"]) for dimension in metric.get("Dimensions") or []
        ),
        statistic=statistic,
    )


def parse_queries(requested: list[Mapping[str, Any]]) -> list[MetricQuery]:
    """Read MetricDataQuery structures.

    Raises MetricRequestError for what the service refuses (duplicate or unknown ids, several periods) and for
    what is not emulated (other functions, other statistics).
    """
    queries: list[MetricQuery] = []
    for query in requested:
        identifier = query.get("Id", "")
        if not identifier or not identifier[0].islower():
            raise MetricRequestError(f"Id {identifier!r}: it must start with a lower-case letter")
        if any(earlier.id == identifier for earlier in queries):
            raise MetricRequestError(
                f"The values for parameter id in MetricDataQueries are not unique: {identifier}"
            )
        if query.get("Expression"):
            try:
                node = math.parse(query["Expression"])
            except math.ExpressionError as error:
                raise MetricRequestError(str(error)) from error
            returns = bool(query.get("ReturnData", True))
            queries.append(MetricQuery(identifier, returns, int(query.get("Period") or 0), expression=node))
        else:
            queries.append(metric_query(query))
    ids = {query.id for query in queries}
    for parsed in queries:
        if parsed.expression is not None and (missing := math.ids(parsed.expression) - ids):
            raise MetricRequestError(
                f"expression {parsed.id} refers to unknown ids: {', '.join(sorted(missing))}"
            )
    return queries


def series_of(
    queries: list[MetricQuery],
    metrics: Mapping[Any, Any],
    wanted: str,
    start: int,
    end: int,
    period: int,
    phase: int,
    reading: Reading | None = None,
) -> math.Value:
    """The values of the query with the id `wanted`.

    metrics: the records of `metric_store`.
    start, end, period: seconds; from `start` (inclusive) to `end` (exclusive), since 1970.
    phase: see `metric_store.aggregates`.
    reading: what missing values mean; the environment's by default.
    Raises MetricRequestError for expressions that refer to each other in a circle or cannot be computed.
    """
    by_id = {query.id: query for query in queries}
    times = range(start, end, period)
    reading = Reading.from_environment() if reading is None else reading
    of_metrics = [query.id for query in queries if query.expression is None]
    values: dict[str, math.Value] = {}

    def value(identifier: str, path: tuple[str, ...]) -> math.Value:
        if identifier in path:
            raise MetricRequestError(
                f"expressions refer to each other in a circle: {' -> '.join((*path, identifier))}"
            )
        if identifier not in values:
            query = by_id[identifier]
            if query.expression is None:
                key = (query.namespace, query.metric, store.dimensions_key(dict(query.dimensions)))
                values[identifier] = dict(
                    store.values(metrics.get(key), start, end, period, query.statistic, phase)
                )
            else:
                names = math.ids(query.expression)
                if math.reads_all_metrics(query.expression):
                    names = names.union(of_metrics)
                operands = {name: value(name, (*path, identifier)) for name in sorted(names)}
                try:
                    values[identifier] = math.evaluate(query.expression, operands, times, reading, of_metrics)
                except math.ExpressionError as error:
                    raise MetricRequestError(str(error)) from error
        return values[identifier]

    return value(wanted, ())


__all__ = ["MetricQuery", "MetricRequestError", "metric_query", "parse_queries", "series_of"]
