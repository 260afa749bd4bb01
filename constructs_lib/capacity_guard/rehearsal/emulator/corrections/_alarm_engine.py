"""One evaluation of one alarm: its points from the metric store, its state from the documented table, its words.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html,
alarms-and-missing-data.html, and the form of StateReason and StateReasonData in cloudwatch-and-eventbridge.html.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from . import _alarm_states as states
from . import _metric_math as math
from . import _metric_store as store

MAX_QUERIES = 20
_SHORT_RANGE, _LONG_RANGE = 86_400, 604_800


class AlarmError(ValueError):
    """PutMetricAlarm refuses a configuration; the message is that of a ValidationError."""


@dataclass(frozen=True)
class Query:
    """One MetricDataQuery: a metric with its statistic, or an expression."""

    id: str
    returns: bool
    period: int
    namespace: str = ""
    metric: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()
    statistic: str = ""
    expression: math.Node | None = None


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found: the new state and the words for it."""

    state: str
    reason: str
    data: dict[str, Any]


def _metric_query(query: Mapping[str, Any]) -> Query:
    stat = query["MetricStat"]
    metric = stat["Metric"]
    statistic = stat.get("Stat", "Average")
    if statistic not in store.STATISTICS:
        raise AlarmError(f"statistic {statistic} is not emulated; use one of {', '.join(store.STATISTICS)}")
    period = int(stat.get("Period") or query.get("Period") or 60)
    if period < 60 or period % 60:
        raise AlarmError(f"period {period} is not emulated; use a multiple of 60 seconds")
    return Query(
        id=query["Id"],
        returns=bool(query.get("ReturnData", True)),
        period=period,
        namespace=metric.get("Namespace", ""),
        metric=metric.get("MetricName", ""),
        dimensions=tuple((each["Name"], each["Value"]) for each in metric.get("Dimensions") or []),
        statistic=statistic,
    )


def parse_queries(raw: list[Mapping[str, Any]]) -> list[Query]:
    """MetricDataQuery structures as queries.

    Raises AlarmError for what the service refuses (duplicate or unknown ids, several periods) and for
    what this emulation does not know (other functions, other statistics).
    """
    queries: list[Query] = []
    for asked in raw:
        identifier = asked.get("Id", "")
        if not identifier or not identifier[0].islower():
            raise AlarmError(f"Id {identifier!r}: it must start with a lower-case letter")
        if any(each.id == identifier for each in queries):
            raise AlarmError(f"The values for parameter id in MetricDataQueries are not unique: {identifier}")
        if asked.get("Expression"):
            try:
                node = math.parse(asked["Expression"])
            except math.ExpressionError as error:
                raise AlarmError(str(error)) from error
            returns = bool(asked.get("ReturnData", True))
            queries.append(Query(identifier, returns, int(asked.get("Period") or 0), expression=node))
        else:
            queries.append(_metric_query(asked))
    known = {query.id for query in queries}
    for query in queries:
        if query.expression is not None and (missing := math.ids(query.expression) - known):
            raise AlarmError(f"expression {query.id} refers to unknown ids: {', '.join(sorted(missing))}")
    return queries


def alarm_queries(alarm: Mapping[str, Any]) -> tuple[list[Query], str]:
    """The queries of an alarm and the id of the one it watches. Raises AlarmError as PutMetricAlarm refuses."""
    raw = alarm.get("Metrics")
    if not raw:
        query = _metric_query(
            {
                "Id": "m1",
                "MetricStat": {
                    "Metric": {
                        "Namespace": alarm.get("Namespace"),
                        "MetricName": alarm.get("MetricName"),
                        "Dimensions": alarm.get("Dimensions") or [],
                    },
                    "Stat": alarm.get("Statistic") or alarm.get("ExtendedStatistic") or "Average",
                    "Period": alarm.get("Period"),
                },
            }
        )
        return [query], query.id
    if len(raw) > MAX_QUERIES:
        raise AlarmError(f"at most {MAX_QUERIES} MetricDataQuery structures, not {len(raw)}")
    queries = parse_queries(raw)
    returned = [query.id for query in queries if query.returns]
    if len(returned) != 1:
        raise AlarmError("Exactly one element of the metrics list should return data.")
    periods = {query.period for query in queries if query.expression is None}
    if len(periods) != 1:
        raise AlarmError("All metrics of a metric math alarm must have one period")
    return queries, returned[0]


def alarm_period(queries: list[Query]) -> int:
    """The period of an alarm, in seconds."""
    return next(query.period for query in queries if query.expression is None)


def check(alarm: Mapping[str, Any]) -> None:
    """Refuse what PutMetricAlarm refuses. Raises AlarmError."""
    if bool(alarm.get("Metrics")) == bool(alarm.get("MetricName")):
        raise AlarmError("Exactly one of MetricName and Metrics must be given")
    if alarm.get("ThresholdMetricId") or alarm.get("EvaluationCriteria"):
        raise AlarmError("anomaly detection and PromQL alarms are not emulated")
    if alarm.get("ComparisonOperator") not in states.COMPARISONS:
        raise AlarmError(f"ComparisonOperator {alarm.get('ComparisonOperator')!r} is not emulated")
    if alarm.get("Threshold") is None:
        raise AlarmError("Threshold is required for this ComparisonOperator")
    treatment = alarm.get("TreatMissingData")
    if treatment is not None and treatment not in states.TREATMENTS:
        raise AlarmError(f"Option {treatment} is not supported for TreatMissingData")
    periods = int(alarm.get("EvaluationPeriods") or 0)
    if periods < 1:
        raise AlarmError("EvaluationPeriods must be 1 or more")
    if int(alarm.get("DatapointsToAlarm") or periods) > periods:
        raise AlarmError("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    queries, watched = alarm_queries(alarm)
    period = alarm_period(queries)
    series_of(queries, {}, watched, 0, period, period, 0)  # expressions in a circle
    longest = _SHORT_RANGE if period < 3_600 else _LONG_RANGE
    if period * periods > longest:
        raise AlarmError(
            f"Metrics cannot be checked across more than {longest} seconds (EvaluationPeriods * Period)"
        )


def treatment_of(alarm: Mapping[str, Any], queries: list[Query]) -> str:
    """How missing data is treated.

    Alarms on AWS/DynamoDB ignore missing data unless told otherwise; `missing` itself is turned into
    `ignore` (the page on missing data; AWS support, quoted in justeattakeaway/AwsWatchman PR 265).
    """
    treatment: str = alarm.get("TreatMissingData") or "missing"
    namespaces = {query.namespace for query in queries if query.expression is None}
    return "ignore" if treatment == "missing" and namespaces == {"AWS/DynamoDB"} else treatment


def series_of(
    queries: list[Query],
    metrics: Mapping[Any, Any],
    wanted: str,
    start: int,
    end: int,
    period: int,
    phase: int,
) -> math.Value:
    """The values of the query `wanted` from `start` (inclusive) to `end` (exclusive), in seconds since 1970.

    Raises AlarmError for expressions that refer to each other in a circle or cannot be computed.
    """
    by_id = {query.id: query for query in queries}
    times = range(start, end, period)
    done: dict[str, math.Value] = {}

    def value(identifier: str, asked: tuple[str, ...]) -> math.Value:
        if identifier in asked:
            raise AlarmError(
                f"expressions refer to each other in a circle: {' -> '.join((*asked, identifier))}"
            )
        if identifier not in done:
            query = by_id[identifier]
            if query.expression is None:
                key = (query.namespace, query.metric, store.dimensions_key(dict(query.dimensions)))
                done[identifier] = dict(
                    store.values(metrics.get(key), start, end, period, query.statistic, phase)
                )
            else:
                parts = {
                    name: value(name, (*asked, identifier)) for name in sorted(math.ids(query.expression))
                }
                try:
                    done[identifier] = math.evaluate(query.expression, parts, times)
                except math.ExpressionError as error:
                    raise AlarmError(str(error)) from error
        return done[identifier]

    return value(wanted, ())


def _shown(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%d/%m/%y %H:%M:%S")


def _iso(moment: float) -> str:
    at = datetime.fromtimestamp(moment, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


def _datapoints(count: int) -> str:
    return "1 datapoint" if count == 1 else f"{count} datapoints"


def _reason(
    verdict: states.Verdict,
    points: list[float | None],
    times: list[int],
    alarm: Mapping[str, Any],
    before: str,
) -> str:
    if verdict.state == states.INSUFFICIENT_DATA:
        noun = "datapoint was" if verdict.filled == 1 else "datapoints were"
        return f"Insufficient Data: {verdict.filled} {noun} unknown."
    treatment = {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(
        alarm.get("TreatMissingData", ""), ""
    )
    if not verdict.positions:
        count, noun = verdict.filled, "periods" if verdict.filled != 1 else "period"
        missing = "1 missing datapoint was" if count == 1 else f"{count} missing datapoints were"
        return f"Threshold Crossed: no datapoints were received for {count} {noun} and {missing} treated as [{treatment}]."
    breaches, words = states.COMPARISONS[alarm["ComparisonOperator"]]
    threshold = float(alarm["Threshold"])
    alarming = verdict.state == states.ALARM
    named = [i for i in verdict.positions if breaches(points[i] or 0.0, threshold) == alarming]
    listed = ", ".join(f"{points[i]} ({_shown(times[i])})" for i in named)
    verb = "was" if len(named) == 1 else "were"
    periods = int(alarm["EvaluationPeriods"])
    needed = int(alarm.get("DatapointsToAlarm") or periods)
    needed = needed if alarming else periods - needed + 1
    return (
        f"Threshold Crossed: {len(named)} out of the last {_datapoints(periods)} [{listed}] {verb} "
        f"{'' if alarming else 'not '}{words} the threshold ({threshold}) (minimum {_datapoints(needed)} for "
        f"{before} -> {verdict.state} transition)."
    )


def evaluate(alarm: Mapping[str, Any], metrics: Mapping[Any, Any], now: float) -> Evaluation:
    """Evaluate an alarm at `now` (seconds since 1970), on the window that ends with the last full minute.

    Raises AlarmError when its expression cannot be computed.
    """
    queries, watched = alarm_queries(alarm)
    period = alarm_period(queries)
    periods = int(alarm["EvaluationPeriods"])
    end = int(now // 60) * 60
    # An environment variable, because the size of the range is published for one case only.
    extra = int(os.environ.get("CAPACITY_GUARD_ALARM_EXTRA_PERIODS", states.EXTRA_PERIODS))
    start = end - period * (periods + extra)
    times = list(range(start, end, period))
    found = series_of(queries, metrics, watched, start, end, period, start % period)
    series = found if isinstance(found, dict) else dict.fromkeys(times, found)
    points = [series.get(time) for time in times]
    compare, _ = states.COMPARISONS[alarm["ComparisonOperator"]]
    threshold = float(alarm["Threshold"])
    before = alarm["StateValue"]
    verdict = states.judge(
        points,
        breaches=lambda value: compare(value, threshold),
        periods=periods,
        to_alarm=int(alarm.get("DatapointsToAlarm") or periods),
        treatment=treatment_of(alarm, queries),
        state=before,
    )
    recent = [points[i] for i in sorted(verdict.positions)]
    data: dict[str, Any] = {
        "version": "1.0",
        "queryDate": _iso(now),
        "startDate": _iso(times[min(verdict.positions)] if verdict.positions else start),
        "period": period,
        "recentDatapoints": recent,
        "threshold": threshold,
        "evaluatedDatapoints": [
            {"timestamp": _iso(times[i]), "value": points[i]} for i in sorted(verdict.positions, reverse=True)
        ],
    }
    if not alarm.get("Metrics"):
        data["statistic"] = queries[0].statistic
    return Evaluation(verdict.state, _reason(verdict, points, times, alarm, before), data)
