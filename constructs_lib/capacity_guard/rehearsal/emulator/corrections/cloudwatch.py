"""Corrections of the emulated CloudWatch: metrics kept by the minute, alarms evaluated as documented.

MiniStack evaluates an alarm when data arrives, over all dimensions, without M of N, missing data or
expressions. Here a thread evaluates every alarm once a minute of the emulator's clock, and DescribeAlarms
catches up on a minute that the thread has not reached yet.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

from . import _alarm_engine as engine
from . import _metric_math as math
from . import _metric_store as store
from . import correction

API = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference"
GUIDE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring"

EVALUATED_AFTER = 10.0
"""Seconds after the full minute at which alarms are evaluated (documented samples: 4 s and 40 s)."""
MAX_DATAPOINTS = 100_800
MAX_QUERIES = 500
_HISTORY = "entries"
EVALUATION = "evaluationState"
"""A lever of the emulator, not of the service: SetAlarmState whose StateReasonData holds this member gives the alarm
that EvaluationState (PARTIAL_DATA, EVALUATION_ERROR, EVALUATION_FAILURE) until its next evaluation."""

logger = logging.getLogger(__name__)
_lock = threading.RLock()

Response = tuple[int, dict[str, str], bytes]


def _service() -> Any:
    from ministack.services import cloudwatch

    return cloudwatch


def _answer(data: dict[str, Any], is_cbor: bool, is_json: bool) -> Response:
    service = _service()
    if is_cbor:
        return cast(Response, service._cbor_ok(data))
    if is_json:
        return cast(Response, service._json_ok(data))
    return cast(
        Response, service._error("InvalidAction", "this operation is emulated in JSON and CBOR only", 400)
    )


def _invalid(message: str, is_cbor: bool, is_json: bool, code: str = "ValidationError") -> Response:
    return cast(Response, _service()._error(code, message, 400, use_json=is_json, use_cbor=is_cbor))


def _moment(value: Any, is_cbor: bool) -> Any:
    """A timestamp member of an answer."""
    return _service()._cbor_timestamp(value) if is_cbor else value


# --- metrics ---------------------------------------------------------------------------------------------------------


@correction("cloudwatch.put-metric-data", f"{API}/API_PutMetricData.html")
def keep_metrics_by_the_minute() -> None:
    """PutMetricData adds to one aggregate a minute, kept for 15 days, whatever its timestamps."""
    service = _service()
    last_eviction = 0.0

    def put_metric_data(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        if not (is_cbor or is_json):
            return _answer({}, is_cbor, is_json)
        parse = service._parse_ts
        now = time.time()
        with _lock:
            for datum in data.get("MetricData") or []:
                dimensions = {each["Name"]: each["Value"] for each in datum.get("Dimensions") or []}
                metric = store.record(
                    service._metrics,
                    data.get("Namespace", ""),
                    datum.get("MetricName", ""),
                    dimensions,
                    datum.get("Unit", "None"),
                )
                stamp = datum.get("Timestamp")
                at = (
                    now if stamp is None else float(stamp if isinstance(stamp, int | float) else parse(stamp))
                )
                for sample in _samples(datum):
                    store.add(metric, at, *sample)
        return _answer({}, is_cbor, is_json)

    def record_metric(
        namespace: str,
        metric_name: str,
        value: float,
        unit: str = "None",
        dimensions: dict[str, str] | None = None,
    ) -> None:
        with _lock:
            metric = store.record(service._metrics, namespace, metric_name, dimensions or {}, unit)
            store.add(metric, time.time(), 1.0, float(value), float(value), float(value))

    def evict_old_metrics() -> None:
        nonlocal last_eviction
        now = time.time()
        # MiniStack asks at every request; once an hour is enough for what is kept for days.
        if now - last_eviction < 3_600:
            return
        last_eviction = now
        with _lock:
            for key, metric in list(service._metrics._data.items()):
                store.drop_older(metric, now - store.RETENTION)
                if not metric["minutes"]:
                    service._metrics._data.pop(key, None)

    service._put_metric_data = put_metric_data
    service.record_metric = record_metric
    service._evict_old_metrics = evict_old_metrics
    _restore_minutes(service)


def _samples(datum: dict[str, Any]) -> Iterator[tuple[float, float, float, float]]:
    """(sample count, sum, minimum, maximum) of each part of a MetricDatum."""
    if datum.get("Values") is not None:
        counts = datum.get("Counts") or [1.0] * len(datum["Values"])
        for value, count in zip(datum["Values"], counts, strict=True):
            yield float(count), float(value) * float(count), float(value), float(value)
    elif datum.get("StatisticValues") is not None:
        kept = datum["StatisticValues"]
        yield float(kept["SampleCount"]), float(kept["Sum"]), float(kept["Minimum"]), float(kept["Maximum"])
    else:
        value = float(datum.get("Value") or 0.0)
        yield 1.0, value, value, value


def _restore_minutes(service: Any) -> None:
    original = service._restore_state

    def restore_state(data: Any) -> None:
        original(data)
        for metric in service._metrics._data.values():
            # JSON turns the minutes into text.
            metric["minutes"] = {int(minute): kept for minute, kept in metric["minutes"].items()}

    service._restore_state = restore_state


@correction("cloudwatch.get-metric-data", f"{API}/API_GetMetricData.html")
def read_metrics_by_the_minute() -> None:
    """GetMetricData: start inclusive, end exclusive, ScanBy, pages of MaxDatapoints, expressions."""
    service = _service()

    def get_metric_data(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        raw = data.get("MetricDataQueries") or []
        maximum = int(data.get("MaxDatapoints") or MAX_DATAPOINTS)
        start, end = service._parse_ts(data.get("StartTime")), service._parse_ts(data.get("EndTime"))
        if not (is_cbor or is_json):
            return _answer({}, is_cbor, is_json)
        if start is not None and start == end:
            # Observed: elastic/beats issue 32687.
            message = "The parameter StartTime must not equal parameter EndTime."
            return _invalid(message, is_cbor, is_json)
        if start is None or end is None or start > end:
            message = "The parameter StartTime must be less than the parameter EndTime."
            return _invalid(message, is_cbor, is_json)
        if not 1 <= maximum <= MAX_DATAPOINTS or not 1 <= len(raw) <= MAX_QUERIES:
            message = f"MaxDatapoints must lie in 1 to {MAX_DATAPOINTS}, the number of queries in 1 to {MAX_QUERIES}."
            return _invalid(message, is_cbor, is_json)
        offset = _decode(data.get("NextToken"))
        if offset is None:
            return _invalid("Invalid NextToken", is_cbor, is_json, "InvalidNextToken")
        try:
            queries = engine.parse_queries(raw)
            with _lock:
                found = [
                    (query, _query_series(service, queries, query, start, end))
                    for query in queries
                    if query.returns
                ]
        except engine.AlarmError as error:
            return _invalid(str(error), is_cbor, is_json)
        labels = {query["Id"]: query.get("Label") or query["Id"] for query in raw}
        ascending = data.get("ScanBy") == "TimestampAscending"
        results, token = _page(found, labels, ascending, offset, maximum, is_cbor)
        answer: dict[str, Any] = {"MetricDataResults": results, "Messages": []}
        if token is not None:
            answer["NextToken"] = token
        return _answer(answer, is_cbor, is_json)

    def get_metric_statistics(
        params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False
    ) -> Response:
        period = int(data.get("Period") or 60)
        start, end = service._parse_ts(data.get("StartTime")), service._parse_ts(data.get("EndTime"))
        dimensions = service._dims_from_list(data.get("Dimensions") or [])
        key = (data.get("Namespace"), data.get("MetricName"), store.dimensions_key(dimensions))
        asked = data.get("Statistics") or list(store.STATISTICS)
        points = []
        if start is not None and end is not None:
            with _lock:
                metric = service._metrics.get(key)
                found = store.aggregates(metric, start // 60 * 60, end, period)
                unit = (metric or {}).get("Unit", "None")
            for begin, aggregate in found.items():
                statistics = {
                    name: value for name, value in store.describe(aggregate).items() if name in asked
                }
                points.append({"Timestamp": _moment(begin, is_cbor), "Unit": unit, **statistics})
        return _answer({"Datapoints": points, "Label": data.get("MetricName")}, is_cbor, is_json)

    def list_metrics(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        asked = data.get("Dimensions") or []
        found = []
        for (namespace, name, _), metric in service._metrics.items():
            dimensions = metric["Dimensions"]
            if data.get("Namespace") not in (None, namespace) or data.get("MetricName") not in (None, name):
                continue
            if any(
                dimensions.get(each["Name"]) not in ((each.get("Value") or dimensions.get(each["Name"])),)
                or each["Name"] not in dimensions
                for each in asked
            ):
                continue
            shown = [{"Name": key, "Value": value} for key, value in dimensions.items()]
            found.append({"Namespace": namespace, "MetricName": name, "Dimensions": shown})
        return _answer({"Metrics": found}, is_cbor, is_json)

    service._get_metric_data = get_metric_data
    service._get_metric_statistics = get_metric_statistics
    service._list_metrics = list_metrics


def _query_series(
    service: Any, queries: list[engine.Query], query: engine.Query, start: float, end: float
) -> dict[int, float]:
    period = query.period or min(each.period for each in queries if each.expression is None)
    first = int(start // period) * period  # the start is rounded down to the period
    last = int(-(-end // period)) * period if query.expression is not None else int(-(-end // 60)) * 60
    found = engine.series_of(queries, service._metrics, query.id, first, last, period, 0)
    if not isinstance(found, dict):
        found = dict.fromkeys(range(first, last, period), found)
    return found


def _page(
    found: list[tuple[engine.Query, math.Series]],
    labels: dict[str, str],
    ascending: bool,
    offset: int,
    maximum: int,
    is_cbor: bool,
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of results: a window of `maximum` points over all series one after another."""
    results = []
    begin, total = 0, sum(len(series) for _, series in found)
    for query, series in found:
        times = sorted(series, reverse=not ascending)
        low, high = max(offset - begin, 0), min(offset + maximum - begin, len(times))
        shown = times[low:high] if high > low else []
        results.append(
            {
                "Id": query.id,
                "Label": labels[query.id],
                "Timestamps": [_moment(at, is_cbor) for at in shown],
                "Values": [series[at] for at in shown],
                "StatusCode": "Complete" if offset + maximum >= begin + len(times) else "PartialData",
            }
        )
        begin += len(times)
    return results, _encode(offset + maximum) if offset + maximum < total else None


def _encode(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode()


def _decode(token: str | None) -> int | None:
    if not token:
        return 0
    try:
        text = base64.urlsafe_b64decode(token).decode()
    except ValueError:
        return None
    return int(text) if text.isdigit() else None


# --- alarms ----------------------------------------------------------------------------------------------------------

_KEPT = (
    "AlarmDescription",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Period",
    "Unit",
    "DatapointsToAlarm",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
    "Metrics",
)


@correction("cloudwatch.put-metric-alarm", f"{API}/API_PutMetricAlarm.html")
def keep_the_whole_alarm() -> None:
    """PutMetricAlarm keeps metrics, M of N and missing data; a new alarm starts with INSUFFICIENT_DATA."""
    service = _service()

    def put_metric_alarm(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        if not (is_cbor or is_json):
            return _answer({}, is_cbor, is_json)
        try:
            engine.check(data)
        except engine.AlarmError as error:
            return _invalid(str(error), is_cbor, is_json)
        name, now = data.get("AlarmName", ""), round(time.time(), 3)
        with _lock:
            before = service._alarms.get(name)
            tags = service._alarm_request_tags({}, data, is_cbor, is_json)
            refused = service._alarm_tags_refusal(
                tags, data.get("DatapointsToAlarm"), before is None, is_cbor, is_json
            )
            if refused:
                return cast(Response, refused)
            arn = f"arn:aws:cloudwatch:{service.get_region()}:{service.get_account_id()}:alarm:{name}"
            alarm: dict[str, Any] = {
                "AlarmName": name,
                "AlarmArn": arn,
                "ActionsEnabled": data.get("ActionsEnabled", True),
                "AlarmActions": data.get("AlarmActions") or [],
                "OKActions": data.get("OKActions") or [],
                "InsufficientDataActions": data.get("InsufficientDataActions") or [],
                "Dimensions": data.get("Dimensions") or [],
                "EvaluationPeriods": int(data["EvaluationPeriods"]),
                "Threshold": float(data["Threshold"]),
                "ComparisonOperator": data["ComparisonOperator"],
                "AlarmConfigurationUpdatedTimestamp": now,
                "StateValue": "INSUFFICIENT_DATA",
                "StateReason": "Unchecked: Initial alarm creation",
                "StateUpdatedTimestamp": now,
                "StateTransitionedTimestamp": now,
            }
            # The first evaluation is that of the next minute, not the first question about the alarm.
            alarm["_evaluated"] = int((now - EVALUATED_AFTER) // 60)
            alarm.update({member: data[member] for member in _KEPT if data.get(member) is not None})
            if before is not None:
                kept = (
                    "StateValue",
                    "StateReason",
                    "StateReasonData",
                    "StateUpdatedTimestamp",
                    "StateTransitionedTimestamp",
                )
                alarm.update({member: before[member] for member in kept if member in before})
            service._alarms[name] = alarm
            if before is None and tags:
                service._resource_tags[arn] = {tag["Key"]: tag["Value"] for tag in tags}
            _record_configuration(service, name, "updated" if before is not None else "created", now)
        return _answer({}, is_cbor, is_json)

    service._put_metric_alarm = put_metric_alarm
    service.cloudformation_put_metric_alarm = lambda alarm: put_metric_alarm({}, alarm, False, True)


@correction("cloudwatch.delete-alarms", f"{API}/API_DeleteAlarms.html")
def record_the_deletion_of_alarms() -> None:
    """Alarm history outlives its alarm and tells of its deletion."""
    service = _service()
    original = service._delete_alarms

    def delete_alarms(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        with _lock:
            present = [name for name in data.get("AlarmNames") or [] if name in service._alarms]
            response = cast(Response, original(params, data, is_cbor, is_json))
            if response[0] == 200:
                for name in present:
                    _record_configuration(service, name, "deleted", time.time())
        return response

    service._delete_alarms = delete_alarms


def _record_configuration(service: Any, name: str, what: str, now: float) -> None:
    service._history_entries().append(
        {
            "AlarmName": name,
            "AlarmType": "MetricAlarm",
            "Timestamp": round(now, 3),
            "HistoryItemType": "ConfigurationUpdate",
            "HistorySummary": f'Alarm "{name}" {what}',
            "HistoryData": json.dumps({"version": "1.0", "type": what.capitalize()}),
        }
    )


def _record_state(service: Any, alarm: dict[str, Any], before: dict[str, Any]) -> None:
    after = {key: value for key, value in _state_words(alarm).items() if value is not None}
    service._history_entries().append(
        {
            "AlarmName": alarm["AlarmName"],
            "AlarmType": "MetricAlarm",
            "Timestamp": alarm["StateUpdatedTimestamp"],
            "HistoryItemType": "StateUpdate",
            "HistorySummary": f"Alarm updated from {before['stateValue']} to {alarm['StateValue']}",
            "HistoryData": json.dumps({"version": "1.0", "oldState": before, "newState": after}),
        }
    )


def _state_words(alarm: dict[str, Any]) -> dict[str, Any]:
    data = alarm.get("StateReasonData")
    return {
        "stateValue": alarm["StateValue"],
        "stateReason": alarm.get("StateReason"),
        "stateReasonData": json.loads(data) if data else None,
    }


def evaluate_alarm(alarm: dict[str, Any], now: float) -> None:
    """Evaluate one alarm, unless it was in this minute (from 10 s to 10 s); record and announce a new state.

    Needs the scope of the alarm's account and Region. now: seconds since 1970. An expression that cannot
    be computed leaves the state and sets EvaluationState EVALUATION_ERROR.
    """
    service = _service()
    minute = int((now - EVALUATED_AFTER) // 60)
    if alarm.get("_evaluated") == minute:
        return
    alarm["_evaluated"] = minute
    try:
        outcome = engine.evaluate(alarm, service._metrics, minute * 60 + EVALUATED_AFTER)
    except engine.AlarmError:
        logger.exception("alarm %s cannot be evaluated", alarm["AlarmName"])
        alarm["EvaluationState"] = "EVALUATION_ERROR"
        return
    alarm.pop("EvaluationState", None)
    if outcome.state == alarm["StateValue"]:
        return
    before = {key: value for key, value in _state_words(alarm).items() if value is not None}
    old = alarm["StateValue"]
    alarm["StateValue"] = outcome.state
    alarm["StateReason"] = outcome.reason
    alarm["StateReasonData"] = json.dumps(outcome.data)
    alarm["StateUpdatedTimestamp"] = alarm["StateTransitionedTimestamp"] = round(now, 3)
    _record_state(service, alarm, before)
    for announce in (_announce_to_actions, _announce_to_events):
        try:
            announce(service, alarm, old, before)
        except Exception:
            # What listens to an alarm must not stop the alarm.
            logger.exception("alarm %s: %s failed", alarm["AlarmName"], announce.__name__)


def _announce_to_actions(service: Any, alarm: dict[str, Any], old: str, before: dict[str, Any]) -> None:
    service._dispatch_alarm_actions(alarm, old, alarm["StateValue"], alarm["StateReason"])
    service._evaluate_parent_alarms(alarm)


def _announce_to_events(service: Any, alarm: dict[str, Any], old: str, before: dict[str, Any]) -> None:
    """The event that CloudWatch sends to the default bus (cloudwatch-and-eventbridge.html)."""
    from ministack.services import eventbridge

    def event_state(words: dict[str, Any]) -> dict[str, Any]:
        shown = {"value": words["stateValue"], "reason": words.get("stateReason", "")}
        if words.get("stateReasonData") is not None:
            shown["reasonData"] = json.dumps(words["stateReasonData"])
        return shown

    after = event_state(_state_words(alarm))
    after["timestamp"] = engine._iso(alarm["StateUpdatedTimestamp"])
    configuration: dict[str, Any] = {"metrics": alarm.get("Metrics") or [_as_query(alarm)]}
    if alarm.get("AlarmDescription"):
        configuration["description"] = alarm["AlarmDescription"]
    detail = {
        "alarmName": alarm["AlarmName"],
        "state": after,
        "previousState": event_state(before),
        "configuration": configuration,
    }
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Resources": [alarm["AlarmArn"]],
        "Detail": json.dumps(detail),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _as_query(alarm: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "m1",
        "metricStat": {
            "metric": {
                "namespace": alarm.get("Namespace"),
                "name": alarm.get("MetricName"),
                "dimensions": {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or []},
            },
            "period": alarm.get("Period"),
            "stat": alarm.get("Statistic"),
        },
        "returnData": True,
    }


def evaluate_all(now: float) -> None:
    """Evaluate every alarm of every account and Region that has not been evaluated in this minute."""
    from ministack.core.responses import request_scope

    service = _service()
    for (account, region, _), alarm in service._alarms.all_items():
        with request_scope(account, region), _lock:
            evaluate_alarm(alarm, now)


def _follow_the_clock() -> None:
    while True:
        try:
            evaluate_all(time.time())
        except Exception:
            logger.exception("alarms were not evaluated")
        time.sleep(60 - (time.time() - EVALUATED_AFTER) % 60)


@correction(
    "cloudwatch.evaluate-alarms", f"{GUIDE}/alarm-evaluation.html, {GUIDE}/alarms-and-missing-data.html"
)
def evaluate_alarms_by_the_minute() -> None:
    """Alarms follow the clock, not the arrival of data: dimensions, M of N, missing data, expressions."""
    service = _service()
    describe: Callable[..., Response] = service._describe_alarms
    set_state: Callable[..., Response] = service._set_alarm_state

    def nothing(*ignored: Any) -> None:
        pass

    def describe_alarms(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        with _lock:
            for alarm in service._alarms.values():
                evaluate_alarm(alarm, time.time())
        return describe(params, data, is_cbor, is_json)

    def set_alarm_state(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        with _lock:
            response = set_state(params, data, is_cbor, is_json)
            alarm = service._alarms.get(data.get("AlarmName", ""))
            if response[0] == 200 and alarm is not None and EVALUATION in str(data.get("StateReasonData")):
                alarm["EvaluationState"] = json.loads(data["StateReasonData"])[EVALUATION]
        return response

    # Nothing is evaluated because data or a configuration arrived.
    service._evaluate_alarm = nothing
    service._evaluate_all_alarms = nothing
    service._describe_alarms = describe_alarms
    service._set_alarm_state = set_alarm_state
    threading.Thread(target=_follow_the_clock, name="alarms", daemon=True).start()
