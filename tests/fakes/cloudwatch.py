"""The fake CloudWatch: points by the minute, metric math, and alarms that are evaluated every minute.

Points are there as soon as they are put: a test that wants them late puts them late.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.cloudwatch_math import Series, evaluate
from tests.fakes.cloudwatch_states import RANGE_BEYOND, state_of
from tests.fakes.models import Refusal

Dimensions = tuple[tuple[str, str], ...]
Metric = tuple[str, Dimensions, str]
"""Name, dimensions and namespace."""
MINUTE = timedelta(minutes=1)
EVALUATION_SECOND = 10
"""Second of each minute at which alarms are evaluated: seen 4 to 92 seconds after a minute's end."""
MOST_POINTS = 100_800
_UNCHECKED = "Unchecked: Initial alarm creation"
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def where(dimensions: Iterable[Mapping[str, str]]) -> Dimensions:
    """Dimensions as they are looked up: a metric has exactly these or is another (Guide: metrics-dimensions)."""
    return tuple(sorted((one["Name"], one["Value"]) for one in dimensions))


class CloudWatch:
    """The service.

    Args:
        now: its clock.
        region: Region of everything.
        account: account id.

    Attributes:
        metrics: sum by minute of each metric.
        alarms: as DescribeAlarms shows them; one put here by hand keeps the state that it is given, one made by
            PutMetricAlarm is evaluated.
        composites: names of the composite ones among them.
        page: entries a page.
        points_a_page: most points a page of GetMetricData.
    """

    def __init__(self, now: Callable[[], datetime], region: str, account: str) -> None:
        self._now, self._region, self._account = now, region, account
        self.metrics: dict[Metric, Series] = {}
        self.alarms: dict[str, dict[str, Any]] = {}
        self.composites: set[str] = set()
        self.page, self.points_a_page = 100, MOST_POINTS
        self._evaluated: dict[str, datetime] = {}
        self._history: list[dict[str, Any]] = []

    def fail_evaluation(self, alarm: str, state: str) -> None:
        """Let the next look at an alarm find this EvaluationState."""
        self.settle()
        self.alarms[alarm]["EvaluationState"] = state

    def settle(self) -> None:
        """Evaluate alarms as often as they would have been by now."""
        now = self._now()
        for name, last in list(self._evaluated.items()):
            moment = last.replace(second=EVALUATION_SECOND, microsecond=0)
            while True:
                if moment > last:
                    if moment > now:
                        break
                    self._evaluate(self.alarms[name], moment)
                    self._evaluated[name] = moment
                moment += MINUTE

    def _evaluate(self, alarm: dict[str, Any], moment: datetime) -> None:
        periods = alarm["EvaluationPeriods"]
        end = moment.replace(second=0, microsecond=0)
        minutes = [end - back * MINUTE for back in range(periods + RANGE_BEYOND, 0, -1)]
        series = self._shown(alarm, minutes)
        compare = _COMPARISONS[alarm["ComparisonOperator"]]
        points = [
            compare(series[minute], alarm["Threshold"]) if minute in series else None for minute in minutes
        ]
        missing = alarm.get("TreatMissingData", "missing")
        if missing == "missing" and _of_dynamodb(alarm):
            missing = "ignore"  # justeattakeaway/AwsWatchman#265
        state = state_of(
            points, periods, alarm.get("DatapointsToAlarm", periods), missing, alarm["StateValue"]
        )
        alarm.pop("EvaluationState", None)
        self._turn(alarm, state, f"Threshold Crossed: {points.count(True)} datapoints breach", moment)

    def _turn(self, alarm: dict[str, Any], state: str, reason: str, moment: datetime) -> None:
        if state != alarm["StateValue"]:
            alarm.update(StateValue=state, StateTransitionedTimestamp=moment)
            alarm.update(StateReason=reason, StateUpdatedTimestamp=moment)

    def _shown(self, alarm: Mapping[str, Any], minutes: Sequence[datetime]) -> Series:
        """The series that an alarm compares."""
        if "Metrics" in alarm:
            (shown,) = (one["Id"] for one in alarm["Metrics"] if one.get("ReturnData", True))
            return self._computed(alarm["Metrics"], minutes)[shown]
        key = (alarm["MetricName"], where(alarm.get("Dimensions", ())), alarm["Namespace"])
        found = self.metrics.get(key, {})
        return {minute: found[minute] for minute in minutes if minute in found}

    def _computed(
        self, queries: Sequence[Mapping[str, Any]], minutes: Sequence[datetime]
    ) -> dict[str, Series]:
        series: dict[str, Series] = {}
        for query in queries:
            if "MetricStat" in query:
                stat = query["MetricStat"]
                assert (stat["Period"], stat["Stat"]) == (60, "Sum"), "this fake keeps sums by the minute"
                metric = stat["Metric"]
                key = (metric["MetricName"], where(metric.get("Dimensions", ())), metric["Namespace"])
                found = self.metrics.get(key, {})
                series[query["Id"]] = {minute: found[minute] for minute in minutes if minute in found}
        for query in queries:
            if "Expression" in query:
                series[query["Id"]] = evaluate(query["Expression"], series, minutes)
        return series

    # --- operations: parameters in, answer out

    def put_metric_data(self, p: Mapping[str, Any]) -> dict[str, Any]:
        for one in p["MetricData"]:
            key = (one["MetricName"], where(one.get("Dimensions", ())), p["Namespace"])
            minute = one["Timestamp"].astimezone(UTC).replace(second=0, microsecond=0)
            series = self.metrics.setdefault(key, {})
            series[minute] = series.get(minute, 0.0) + one["Value"]
        return {}

    def get_metric_data(self, p: Mapping[str, Any]) -> dict[str, Any]:
        start, end = p["StartTime"], p["EndTime"]
        for name in ("StartTime", "EndTime"):
            assert p[name].tzinfo is not None, f"{name} is naive"
            assert not p[name].second, f"{name} must be a whole minute"
        if start == end:
            raise Refusal("ValidationError", "The parameter StartTime must not equal parameter EndTime.")
        minutes = [start + i * MINUTE for i in range(round((end - start) / MINUTE))]
        computed = self._computed(p["MetricDataQueries"], minutes)
        descending = p.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        parts: list[dict[str, Any]] = []
        most = min(p.get("MaxDatapoints", MOST_POINTS), self.points_a_page)
        for query in p["MetricDataQueries"]:
            if query.get("ReturnData", True):
                points = sorted(computed[query["Id"]].items(), reverse=descending)
                parts += _cut(query["Id"], points, most)
        pages = _pages(parts, self.page, most)
        position = int(p.get("NextToken", "0"))
        answer: dict[str, Any] = {"MetricDataResults": pages[position], "Messages": []}
        return answer | ({"NextToken": str(position + 1)} if position + 1 < len(pages) else {})

    def put_metric_alarm(self, p: Mapping[str, Any]) -> dict[str, Any]:
        shown = [one for one in p.get("Metrics", ()) if one.get("ReturnData", True)]
        if "Metrics" in p and len(shown) != 1:
            raise Refusal("ValidationError", "Exactly one element of the metrics list should return data.")
        if p.get("DatapointsToAlarm", 0) > p["EvaluationPeriods"]:
            raise Refusal(
                "ValidationError", "DatapointsToAlarm must be less than or equal to EvaluationPeriods"
            )
        name = p["AlarmName"]
        self._keep(name, {key: value for key, value in p.items() if key != "Tags"})
        self._evaluated.setdefault(name, self._now())
        return {}

    def put_composite_alarm(self, p: Mapping[str, Any]) -> dict[str, Any]:
        self.composites.add(p["AlarmName"])
        self._keep(p["AlarmName"], {key: value for key, value in p.items() if key != "Tags"})
        return {}

    def _keep(self, name: str, definition: dict[str, Any]) -> None:
        now, before = self._now(), self.alarms.get(name)
        kept = {
            "StateValue": "INSUFFICIENT_DATA",
            "StateReason": _UNCHECKED,
            "StateUpdatedTimestamp": now,
            "StateTransitionedTimestamp": now,
        }
        if before is not None:
            kept = {key: before[key] for key in kept}
        self.alarms[name] = {
            "AlarmArn": f"arn:aws:cloudwatch:{self._region}:{self._account}:alarm:{name}",
            "AlarmConfigurationUpdatedTimestamp": now,
            **definition,
            **kept,
        }
        self._tell(name, "created" if before is None else "updated")

    def _tell(self, name: str, what: str) -> None:
        self._history.append(
            {
                "AlarmName": name,
                "Timestamp": self._now(),
                "HistoryItemType": "ConfigurationUpdate",
                "HistorySummary": f'Alarm "{name}" {what}',
            }
        )

    def set_alarm_state(self, p: Mapping[str, Any]) -> dict[str, Any]:
        alarm = self.alarms.get(p["AlarmName"])
        if alarm is None:
            raise Refusal("ResourceNotFound", "")
        self._turn(alarm, p["StateValue"], p["StateReason"], self._now())
        return {}

    def delete_alarms(self, p: Mapping[str, Any]) -> dict[str, Any]:
        for name in p["AlarmNames"]:
            if self.alarms.pop(name, None) is not None:
                self._tell(name, "deleted")
            self._evaluated.pop(name, None)
            self.composites.discard(name)
        return {}

    def describe_alarm_history(self, p: Mapping[str, Any]) -> dict[str, Any]:
        found = [
            item
            for item in reversed(self._history)
            if item["AlarmName"] == p.get("AlarmName", item["AlarmName"])
            and item["HistoryItemType"] == p.get("HistoryItemType", item["HistoryItemType"])
        ]
        return {"AlarmHistoryItems": found}

    def describe_alarms(self, p: Mapping[str, Any]) -> dict[str, Any]:
        # without AlarmTypes composite alarms are left out (CloudWatch API: DescribeAlarms)
        types = p.get("AlarmTypes", ["MetricAlarm"])
        prefix = p.get("AlarmNamePrefix", "")
        names = p.get("AlarmNames", sorted(self.alarms))
        found = [
            name
            for name in names
            if name in self.alarms
            and name.startswith(prefix)
            and ("CompositeAlarm" if name in self.composites else "MetricAlarm") in types
        ]
        start = int(p.get("NextToken", "0"))
        part = found[start : start + self.page]
        token = {"NextToken": str(start + self.page)} if start + self.page < len(found) else {}
        shown = {name: dict(self.alarms[name]) for name in part}
        return {
            "MetricAlarms": [alarm for name, alarm in shown.items() if name not in self.composites],
            "CompositeAlarms": [alarm for name, alarm in shown.items() if name in self.composites],
            **token,
        }


def _of_dynamodb(alarm: Mapping[str, Any]) -> bool:
    return bool(alarm.get("Namespace") == "AWS/DynamoDB")


def _cut(id_: str, points: Sequence[tuple[datetime, float]], most: int) -> list[dict[str, Any]]:
    """A series in parts of at most ``most`` points, all but the last PartialData."""
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
    """Parts in pages of at most so many entries and points."""
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
