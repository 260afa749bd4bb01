"""The fake CloudWatch: points by the minute, metric math, and alarms that are evaluated every minute.

Points exist as soon as they are put, or later: ``Reading`` has the delay, and what the sources leave open.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.cloudwatch_math import Reading, Series, evaluate
from tests.fakes.cloudwatch_states import state_of
from tests.fakes.models import Refusal

Dimensions = tuple[tuple[str, str], ...]
Metric = tuple[str, Dimensions, str]
"""Name, dimensions and namespace."""
MINUTE = timedelta(minutes=1)
MOST_POINTS = 100_800
_UNCHECKED = "Unchecked: Initial alarm creation"
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def dimensions_key(dimensions: Iterable[Mapping[str, str]]) -> Dimensions:
    """The key of a metric's dimensions: with other dimensions it is another metric (Guide: metrics-dimensions)."""
    return tuple(sorted((dimension["Name"], dimension["Value"]) for dimension in dimensions))


class CloudWatch:
    """The service.

    Args:
        now: its clock.
        region: Region of everything.
        account: account id.

    Attributes:
        metrics: sum by minute of each metric.
        alarms: entries of DescribeAlarms by name. An alarm that a test puts here keeps its state; PutMetricAlarm creates
            alarms that are evaluated.
        composites: names of the composite alarms.
        page: entries of one page.
        points_a_page: highest number of points in one page of GetMetricData.
        reading: how the sources are read.
    """

    def __init__(self, now: Callable[[], datetime], region: str, account: str) -> None:
        self._now, self._region, self._account = now, region, account
        self.metrics: dict[Metric, Series] = {}
        self.alarms: dict[str, dict[str, Any]] = {}
        self.composites: set[str] = set()
        self.page, self.points_a_page = 100, MOST_POINTS
        self.reading = Reading()
        self._evaluated: dict[str, datetime] = {}
        self._history: list[dict[str, Any]] = []

    def fail_evaluation(self, alarm: str, state: str) -> None:
        """Set the EvaluationState of an alarm until its next evaluation."""
        self.settle()
        self.alarms[alarm]["EvaluationState"] = state

    def settle(self) -> None:
        """Do every evaluation of an alarm that is due by now."""
        now = self._now()
        for name, last in list(self._evaluated.items()):
            time = last.replace(second=self.reading.second, microsecond=0)
            while True:
                if time > last:
                    if time > now:
                        break
                    self._evaluate(self.alarms[name], time)
                    self._evaluated[name] = time
                time += MINUTE

    def _evaluate(self, alarm: dict[str, Any], time: datetime) -> None:
        periods = alarm["EvaluationPeriods"]
        end = time.replace(second=0, microsecond=0)
        length, wait = periods + self.reading.beyond, self.reading.sparse_minutes
        minutes = [end - back * MINUTE for back in range(length + (wait + 1 if wait else 0), 0, -1)]
        series = self._compared_series(alarm, minutes, time)
        has_gap = bool(series) and len(series) < 1 + minutes.index(max(series))
        minutes = minutes[:-wait] if wait and has_gap else minutes
        minutes = minutes[-length:]
        series = self._compared_series(alarm, minutes, time)
        compare = _COMPARISONS[alarm["ComparisonOperator"]]
        points = [
            compare(series[minute], alarm["Threshold"]) if minute in series else None for minute in minutes
        ]
        missing = alarm.get("TreatMissingData", "missing")
        if _of_dynamodb(alarm) and (missing == "missing" or not self.reading.honours_missing_data):
            missing = "ignore"  # justeattakeaway/AwsWatchman#265
        state = state_of(
            points, periods, alarm.get("DatapointsToAlarm", periods), missing, alarm["StateValue"]
        )
        alarm.pop("EvaluationState", None)
        self._set_state(alarm, state, f"Threshold Crossed: {points.count(True)} datapoints breach", time)

    def _set_state(self, alarm: dict[str, Any], state: str, reason: str, time: datetime) -> None:
        if state != alarm["StateValue"]:
            alarm.update(StateValue=state, StateTransitionedTimestamp=time)
            alarm.update(StateReason=reason, StateUpdatedTimestamp=time)

    def _compared_series(
        self, alarm: Mapping[str, Any], minutes: Sequence[datetime], time: datetime
    ) -> Series:
        """The series that an alarm compares with its threshold."""
        if "Metrics" in alarm:
            (compared,) = (query["Id"] for query in alarm["Metrics"] if query.get("ReturnData", True))
            return self._computed(alarm["Metrics"], minutes, time)[compared]
        key = (alarm["MetricName"], dimensions_key(alarm.get("Dimensions", ())), alarm["Namespace"])
        return self._published(key, minutes, time)

    def _published(self, key: Metric, minutes: Sequence[datetime], time: datetime) -> Series:
        """The points of a metric that can be seen at a time."""
        points, delay = self.metrics.get(key, {}), timedelta(seconds=self.reading.delay)
        return {
            minute: points[minute]
            for minute in minutes
            if minute in points and (not delay or minute + MINUTE + delay <= time)
        }

    def _computed(
        self, queries: Sequence[Mapping[str, Any]], minutes: Sequence[datetime], time: datetime
    ) -> dict[str, Series]:
        series: dict[str, Series] = {}
        for query in queries:
            if "MetricStat" in query:
                stat = query["MetricStat"]
                assert (stat["Period"], stat["Stat"]) == (60, "Sum"), "this fake keeps sums by the minute"
                metric = stat["Metric"]
                key = (
                    metric["MetricName"],
                    dimensions_key(metric.get("Dimensions", ())),
                    metric["Namespace"],
                )
                series[query["Id"]] = self._published(key, minutes, time)
        for query in queries:
            if "Expression" in query:
                series[query["Id"]] = evaluate(query["Expression"], series, minutes, self.reading)
        return series

    # --- operations: parameters in, answer out

    def put_metric_data(self, p: Mapping[str, Any]) -> dict[str, Any]:
        for datum in p["MetricData"]:
            key = (datum["MetricName"], dimensions_key(datum.get("Dimensions", ())), p["Namespace"])
            minute = datum["Timestamp"].astimezone(UTC).replace(second=0, microsecond=0)
            series = self.metrics.setdefault(key, {})
            series[minute] = series.get(minute, 0.0) + datum["Value"]
        return {}

    def get_metric_data(self, p: Mapping[str, Any]) -> dict[str, Any]:
        start, end = p["StartTime"], p["EndTime"]
        for name in ("StartTime", "EndTime"):
            assert p[name].tzinfo is not None, f"{name} is naive"
            assert not p[name].second, f"{name} must be a whole minute"
        if start == end:
            raise Refusal("ValidationError", "The parameter StartTime must not equal parameter EndTime.")
        minutes = [start + i * MINUTE for i in range(round((end - start) / MINUTE))]
        computed = self._computed(p["MetricDataQueries"], minutes, self._now())
        descending = p.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        parts: list[dict[str, Any]] = []
        points_a_page = min(p.get("MaxDatapoints", MOST_POINTS), self.points_a_page)
        for query in p["MetricDataQueries"]:
            if query.get("ReturnData", True):
                points = sorted(computed[query["Id"]].items(), reverse=descending)
                parts += _split(query["Id"], points, points_a_page)
        pages = _pages(parts, self.page, points_a_page)
        position = int(p.get("NextToken", "0"))
        answer: dict[str, Any] = {"MetricDataResults": pages[position], "Messages": []}
        return answer | ({"NextToken": str(position + 1)} if position + 1 < len(pages) else {})

    def put_metric_alarm(self, p: Mapping[str, Any]) -> dict[str, Any]:
        returned = [query for query in p.get("Metrics", ()) if query.get("ReturnData", True)]
        if "Metrics" in p and len(returned) != 1:
            raise Refusal("ValidationError", "Exactly one element of the metrics list should return data.")
        if p.get("DatapointsToAlarm", 0) > p["EvaluationPeriods"]:
            raise Refusal(
                "ValidationError", "DatapointsToAlarm must be less than or equal to EvaluationPeriods"
            )
        _check_period(p)
        name = p["AlarmName"]
        self._put(name, {key: value for key, value in p.items() if key != "Tags"})
        self._evaluated.setdefault(name, self._now())
        return {}

    def put_composite_alarm(self, p: Mapping[str, Any]) -> dict[str, Any]:
        self.composites.add(p["AlarmName"])
        self._put(p["AlarmName"], {key: value for key, value in p.items() if key != "Tags"})
        return {}

    def _put(self, name: str, definition: dict[str, Any]) -> None:
        now, before = self._now(), self.alarms.get(name)
        state = {
            "StateValue": "INSUFFICIENT_DATA",
            "StateReason": _UNCHECKED,
            "StateUpdatedTimestamp": now,
            "StateTransitionedTimestamp": now,
        }
        if before is not None:
            state = {key: before[key] for key in state}
        self.alarms[name] = {
            "AlarmArn": f"arn:aws:cloudwatch:{self._region}:{self._account}:alarm:{name}",
            "AlarmConfigurationUpdatedTimestamp": now,
            **definition,
            **state,
        }
        self._add_history(name, "created" if before is None else "updated")

    def _add_history(self, name: str, action: str) -> None:
        self._history.append(
            {
                "AlarmName": name,
                "Timestamp": self._now(),
                "HistoryItemType": "ConfigurationUpdate",
                "HistorySummary": f'Alarm "{name}" {action}',
            }
        )

    def set_alarm_state(self, p: Mapping[str, Any]) -> dict[str, Any]:
        alarm = self.alarms.get(p["AlarmName"])
        if alarm is None:
            raise Refusal("ResourceNotFound", "")
        self._set_state(alarm, p["StateValue"], p["StateReason"], self._now())
        return {}

    def delete_alarms(self, p: Mapping[str, Any]) -> dict[str, Any]:
        for name in p["AlarmNames"]:
            if self.alarms.pop(name, None) is not None:
                self._add_history(name, "deleted")
            self._evaluated.pop(name, None)
            self.composites.discard(name)
        return {}

    def describe_alarm_history(self, p: Mapping[str, Any]) -> dict[str, Any]:
        items = [
            item
            for item in reversed(self._history)
            if item["AlarmName"] == p.get("AlarmName", item["AlarmName"])
            and item["HistoryItemType"] == p.get("HistoryItemType", item["HistoryItemType"])
        ]
        return {"AlarmHistoryItems": items}

    def describe_alarms(self, p: Mapping[str, Any]) -> dict[str, Any]:
        # without AlarmTypes composite alarms are left out (CloudWatch API: DescribeAlarms)
        types = p.get("AlarmTypes", ["MetricAlarm"])
        prefix = p.get("AlarmNamePrefix", "")
        names = p.get("AlarmNames", sorted(self.alarms))
        matching = [
            name
            for name in names
            if name in self.alarms
            and name.startswith(prefix)
            and ("CompositeAlarm" if name in self.composites else "MetricAlarm") in types
        ]
        start = int(p.get("NextToken", "0"))
        page = matching[start : start + self.page]
        token = {"NextToken": str(start + self.page)} if start + self.page < len(matching) else {}
        alarms = {name: dict(self.alarms[name]) for name in page}
        return {
            "MetricAlarms": [alarm for name, alarm in alarms.items() if name not in self.composites],
            "CompositeAlarms": [alarm for name, alarm in alarms.items() if name in self.composites],
            **token,
        }


def _of_dynamodb(alarm: Mapping[str, Any]) -> bool:
    stats = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", ()) if "MetricStat" in query]
    return {metric["Namespace"] for metric in stats or [alarm]} == {"AWS/DynamoDB"}


def _split(id_: str, points: Sequence[tuple[datetime, float]], most: int) -> list[dict[str, Any]]:
    """A series in parts of at most ``most`` points; all but the last have the status PartialData."""
    starts = range(0, len(points), most) or [0]
    return [
        {
            "Id": id_,
            "Label": id_,
            "Timestamps": [minute for minute, _ in points[start : start + most]],
            "Values": [value for _, value in points[start : start + most]],
            "StatusCode": "Complete" if start + most >= len(points) else "PartialData",
        }
        for start in starts
    ]


def _pages(parts: Sequence[dict[str, Any]], entries: int, points: int) -> list[list[dict[str, Any]]]:
    """Pages of parts with at most ``entries`` parts and ``points`` points."""
    pages: list[list[dict[str, Any]]] = [[]]
    room = points
    for part in parts:
        size = len(part["Values"])
        if pages[-1] and (len(pages[-1]) >= entries or size > room):
            pages.append([])
            room = points
        pages[-1].append(part)
        room -= size
    return pages


def _check_period(p: Mapping[str, Any]) -> None:
    """Refuse a period that no alarm has, and a range longer than a day, or a week of periods of an hour (API: PutMetricAlarm)."""
    periods = [query["MetricStat"]["Period"] for query in p.get("Metrics", ()) if "MetricStat" in query]
    for period in (*periods, *([p["Period"]] if "Period" in p else [])):
        if period not in (10, 20, 30) and period % 60:
            raise Refusal("ValidationError", "Period must be 10, 20, 30 or a multiple of 60")
        longest = 86_400 if period < 3_600 else 604_800
        if period * p["EvaluationPeriods"] > longest:
            raise Refusal(
                "ValidationError",
                f"Metrics cannot be checked across more than {longest} seconds (EvaluationPeriods * Period)",
            )
