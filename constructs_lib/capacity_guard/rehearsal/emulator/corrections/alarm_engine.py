"""One evaluation of one alarm: its points from the metric store, its state, and the reason of the state.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html,
alarms-and-missing-data.html, and the form of StateReason and StateReasonData in cloudwatch-and-eventbridge.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ....capacity import limits
from ....dynamodb.names import NAMESPACE
from . import alarm_states as states
from .metric_queries import MetricQuery, MetricRequestError, metric_query, parse_queries, series_of
from .metric_readings import IGNORED, Reading

MAX_QUERIES = 20
EVALUATED_MINUTE = "_evaluated"
"""Member of an alarm in MiniStack's store: the minute of its last evaluation (see `evaluation_minute`)."""
_RANGE_SECONDS, _RANGE_SECONDS_OF_LONG_PERIODS = limits.ALARM_RANGE_SECONDS.value, 604_800
"""Longest evaluation range of an alarm with a period below one hour, and of others (API: PutMetricAlarm)."""


@dataclass(frozen=True)
class AlarmEvaluation:
    """The new state of an alarm, with its StateReason and StateReasonData."""

    state: str
    reason: str
    data: dict[str, Any]


def evaluation_minute(now: float, second: float) -> int:
    """Number of the minute that is evaluated at `now` (seconds since 1970): it changes at one second of each minute."""
    return int((now - second) // 60)


def alarm_queries(alarm: Mapping[str, Any]) -> tuple[list[MetricQuery], str]:
    """The queries of an alarm and the id of the query that it compares with the threshold.

    Raises MetricRequestError as PutMetricAlarm refuses.
    """
    requested = alarm.get("Metrics")
    if not requested:
        query = metric_query(
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
    if len(requested) > MAX_QUERIES:
        raise MetricRequestError(f"at most {MAX_QUERIES} MetricDataQuery structures, not {len(requested)}")
    queries = parse_queries(requested)
    returned = [query.id for query in queries if query.returns]
    if len(returned) != 1:
        raise MetricRequestError("Exactly one element of the metrics list should return data.")
    periods = {query.period for query in queries if query.expression is None}
    if len(periods) != 1:
        raise MetricRequestError("All metrics of a metric math alarm must have one period")
    return queries, returned[0]


def alarm_period(queries: list[MetricQuery]) -> int:
    """The period of an alarm, in seconds."""
    return next(query.period for query in queries if query.expression is None)


def check(alarm: Mapping[str, Any]) -> None:
    """Refuse what PutMetricAlarm refuses. Raises MetricRequestError."""
    if bool(alarm.get("Metrics")) == bool(alarm.get("MetricName")):
        raise MetricRequestError("Exactly one of MetricName and Metrics must be given")
    if alarm.get("ThresholdMetricId") or alarm.get("EvaluationCriteria"):
        raise MetricRequestError("anomaly detection and PromQL alarms are not emulated")
    if alarm.get("ComparisonOperator") not in states.COMPARISONS:
        raise MetricRequestError(f"ComparisonOperator {alarm.get('ComparisonOperator')!r} is not emulated")
    if alarm.get("Threshold") is None:
        raise MetricRequestError("Threshold is required for this ComparisonOperator")
    treatment = alarm.get("TreatMissingData")
    if treatment is not None and treatment not in states.TREATMENTS:
        raise MetricRequestError(f"Option {treatment} is not supported for TreatMissingData")
    periods = int(alarm.get("EvaluationPeriods") or 0)
    if periods < 1:
        raise MetricRequestError("EvaluationPeriods must be 1 or more")
    if int(alarm.get("DatapointsToAlarm") or periods) > periods:
        raise MetricRequestError("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    queries, watched = alarm_queries(alarm)
    period = alarm_period(queries)
    series_of(queries, {}, watched, 0, period, period, 0)  # raises for expressions in a circle
    longest = _RANGE_SECONDS if period < 3_600 else _RANGE_SECONDS_OF_LONG_PERIODS
    if period * periods > longest:
        raise MetricRequestError(
            f"Metrics cannot be checked across more than {longest} seconds (EvaluationPeriods * Period)"
        )


def treatment_of(alarm: Mapping[str, Any], queries: list[MetricQuery], reading: Reading | None = None) -> str:
    """How missing data is treated.

    Alarms on AWS/DynamoDB ignore missing data by default, and CloudWatch treats `missing` as `ignore` for them
    (the page on missing data; AWS support, quoted in justeattakeaway/AwsWatchman PR 265). By another text they ignore it
    whatever is set; `reading` decides (the environment's by default).
    """
    reading = Reading.from_environment() if reading is None else reading
    treatment: str = alarm.get("TreatMissingData") or "missing"
    if {query.namespace for query in queries if query.expression is None} != {NAMESPACE}:
        return treatment
    return "ignore" if treatment == "missing" or reading.missing_data == IGNORED else treatment


def evaluate(
    alarm: Mapping[str, Any],
    metrics: Mapping[Any, Any],
    now: float,
    reading: Reading | None = None,
    sparse_wait: float = 0.0,
) -> AlarmEvaluation:
    """Evaluate an alarm at `now` (seconds since 1970), on the window that ends with the last full minute.

    metrics: the records of `metric_store`. reading: of missing data and metric math; the environment's by default.
    sparse_wait: seconds, in whole minutes, by which the window ends earlier where a minute before its newest point has none.
    Raises MetricRequestError when its expression cannot be computed.
    """
    reading = Reading.from_environment() if reading is None else reading
    queries, watched = alarm_queries(alarm)
    period = alarm_period(queries)
    periods = int(alarm["EvaluationPeriods"])
    length = period * (periods + reading.extra_periods)

    def window(end: int, length: int) -> tuple[list[int], list[float | None]]:
        start = end - length
        times = list(range(start, end, period))
        value = series_of(queries, metrics, watched, start, end, period, start % period, reading)
        series = value if isinstance(value, dict) else dict.fromkeys(times, value)
        return times, [series.get(time) for time in times]

    end, wait = int(now // 60) * 60, int(sparse_wait // 60) * 60
    # one period more than it waits: a point that is alone has a gap before it as long as the earlier window holds it
    if wait and _has_gaps(window(end, length + (-(-wait // period) + 1) * period)[1]):
        end -= wait
    times, points = window(end, length)
    compare, _ = states.COMPARISONS[alarm["ComparisonOperator"]]
    threshold = float(alarm["Threshold"])
    before = alarm["StateValue"]
    judgment = states.judge(
        points,
        breaches=lambda point: compare(point, threshold),
        periods=periods,
        to_alarm=int(alarm.get("DatapointsToAlarm") or periods),
        treatment=treatment_of(alarm, queries, reading),
        state=before,
    )
    recent = [points[position] for position in sorted(judgment.positions)]
    data: dict[str, Any] = {
        "version": "1.0",
        "queryDate": timestamp_text(now),
        "startDate": timestamp_text(times[min(judgment.positions)] if judgment.positions else times[0]),
        "period": period,
        "recentDatapoints": recent,
        "threshold": threshold,
        "evaluatedDatapoints": [
            {"timestamp": timestamp_text(times[position]), "value": points[position]}
            for position in sorted(judgment.positions, reverse=True)
        ],
    }
    if not alarm.get("Metrics"):
        data["statistic"] = queries[0].statistic
    return AlarmEvaluation(judgment.state, _reason(judgment, points, times, alarm, before), data)


def _has_gaps(points: list[float | None]) -> bool:
    """Whether a point is missing before the newest one. Minutes after it may not be published yet."""
    present = [position for position, point in enumerate(points) if point is not None]
    return bool(present) and len(present) <= present[-1]


def _reason(
    judgment: states.StateJudgment,
    points: list[float | None],
    times: list[int],
    alarm: Mapping[str, Any],
    before: str,
) -> str:
    if judgment.state == states.INSUFFICIENT_DATA:
        noun = "datapoint was" if judgment.filled == 1 else "datapoints were"
        return f"Insufficient Data: {judgment.filled} {noun} unknown."
    treatment = {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(
        alarm.get("TreatMissingData", ""), ""
    )
    if not judgment.positions:
        count, noun = judgment.filled, "periods" if judgment.filled != 1 else "period"
        missing = "1 missing datapoint was" if count == 1 else f"{count} missing datapoints were"
        return f"Threshold Crossed: no datapoints were received for {count} {noun} and {missing} treated as [{treatment}]."
    breaches, words = states.COMPARISONS[alarm["ComparisonOperator"]]
    threshold = float(alarm["Threshold"])
    alarming = judgment.state == states.ALARM
    named = [
        position
        for position in judgment.positions
        if breaches(points[position] or 0.0, threshold) == alarming
    ]
    listed = ", ".join(f"{points[position]} ({_short_time(times[position])})" for position in named)
    verb = "was" if len(named) == 1 else "were"
    periods = int(alarm["EvaluationPeriods"])
    needed = int(alarm.get("DatapointsToAlarm") or periods)
    needed = needed if alarming else periods - needed + 1
    return (
        f"Threshold Crossed: {len(named)} out of the last {_datapoints(periods)} [{listed}] {verb} "
        f"{'' if alarming else 'not '}{words} the threshold ({threshold}) (minimum {_datapoints(needed)} for "
        f"{before} -> {judgment.state} transition)."
    )


def _datapoints(count: int) -> str:
    return "1 datapoint" if count == 1 else f"{count} datapoints"


def _short_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d/%m/%y %H:%M:%S")


def timestamp_text(seconds: float) -> str:
    """A time (seconds since 1970) as StateReasonData and events write it, with milliseconds and +0000."""
    time = datetime.fromtimestamp(seconds, UTC)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}+0000"


__all__ = [
    "EVALUATED_MINUTE",
    "MAX_QUERIES",
    "AlarmEvaluation",
    "alarm_period",
    "alarm_queries",
    "check",
    "evaluate",
    "evaluation_minute",
    "timestamp_text",
    "treatment_of",
]
