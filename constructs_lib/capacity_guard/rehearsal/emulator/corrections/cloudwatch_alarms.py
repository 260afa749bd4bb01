"""Corrections of the emulated CloudWatch: an alarm's configuration and the history of its changes."""

from __future__ import annotations

import json
import time
from typing import Any, cast

from . import alarm_engine as engine
from . import correction
from .cloudwatch_service import API, lock, refuse, respond, service
from .metric_durations import durations_of_this_run
from .metric_queries import MetricRequestError
from .ministack import Response

_OPTIONAL_MEMBERS = (
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
_STATE_MEMBERS = (
    "StateValue",
    "StateReason",
    "StateReasonData",
    "StateUpdatedTimestamp",
    "StateTransitionedTimestamp",
)


@correction("cloudwatch.put-metric-alarm", f"{API}/API_PutMetricAlarm.html")
def keep_every_member_of_an_alarm() -> None:
    """PutMetricAlarm keeps metrics, M of N and missing data; a new alarm starts with INSUFFICIENT_DATA."""
    cloudwatch = service()

    def put_metric_alarm(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        if not (is_cbor or is_json):
            return respond({}, is_cbor, is_json)
        try:
            engine.check(data)
        except MetricRequestError as error:
            return refuse(str(error), is_cbor, is_json)
        name, now = data.get("AlarmName", ""), round(time.time(), 3)
        with lock:
            before = cloudwatch._alarms.get(name)
            tags = cloudwatch._alarm_request_tags({}, data, is_cbor, is_json)
            refusal = cloudwatch._alarm_tags_refusal(
                tags, data.get("DatapointsToAlarm"), before is None, is_cbor, is_json
            )
            if refusal:
                return cast(Response, refusal)
            arn = f"arn:aws:cloudwatch:{cloudwatch.get_region()}:{cloudwatch.get_account_id()}:alarm:{name}"
            alarm = _new_alarm(data, name, arn, now)
            if before is not None:
                alarm.update({member: before[member] for member in _STATE_MEMBERS if member in before})
            cloudwatch._alarms[name] = alarm
            if before is None and tags:
                cloudwatch._resource_tags[arn] = {tag["Key"]: tag["Value"] for tag in tags}
            _record_configuration(cloudwatch, name, "updated" if before is not None else "created", now)
        return respond({}, is_cbor, is_json)

    cloudwatch._put_metric_alarm = put_metric_alarm
    cloudwatch.cloudformation_put_metric_alarm = lambda alarm: put_metric_alarm({}, alarm, False, True)


def _new_alarm(data: dict[str, Any], name: str, arn: str, now: float) -> dict[str, Any]:
    return {
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
        # The first evaluation is that of the next minute: DescribeAlarms must not evaluate the new alarm before.
        engine.EVALUATED_MINUTE: engine.evaluation_minute(now, durations_of_this_run().evaluation_second),
        **{member: data[member] for member in _OPTIONAL_MEMBERS if data.get(member) is not None},
    }


@correction("cloudwatch.delete-alarms", f"{API}/API_DeleteAlarms.html")
def record_the_deletion_of_alarms() -> None:
    """Alarm history outlives its alarm and records the deletion."""
    cloudwatch = service()
    original = cloudwatch._delete_alarms

    def delete_alarms(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        with lock:
            existing = [name for name in data.get("AlarmNames") or [] if name in cloudwatch._alarms]
            response = cast(Response, original(params, data, is_cbor, is_json))
            if response[0] == 200:
                for name in existing:
                    _record_configuration(cloudwatch, name, "deleted", time.time())
        return response

    cloudwatch._delete_alarms = delete_alarms


def _record_configuration(cloudwatch: Any, name: str, change: str, now: float) -> None:
    """change: "created", "updated" or "deleted"."""
    cloudwatch._history_entries().append(
        {
            "AlarmName": name,
            "AlarmType": "MetricAlarm",
            "Timestamp": round(now, 3),
            "HistoryItemType": "ConfigurationUpdate",
            "HistorySummary": f'Alarm "{name}" {change}',
            "HistoryData": json.dumps({"version": "1.0", "type": change.capitalize()}),
        }
    )
