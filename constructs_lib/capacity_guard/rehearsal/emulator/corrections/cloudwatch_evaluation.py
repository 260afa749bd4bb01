"""Corrections of the emulated CloudWatch: alarms are evaluated by the clock, as documented.

MiniStack evaluates an alarm when data arrives, over all dimensions, without M of N, missing data or expressions.
Here a thread evaluates every alarm once a minute of the emulator's clock. DescribeAlarms evaluates an alarm that the
thread has not reached in this minute.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from . import alarm_engine as engine
from . import correction, ministack
from .cloudwatch_service import GUIDE, lock, service
from .metric_durations import durations_of_this_run
from .metric_queries import MetricRequestError
from .ministack import Response

EVALUATION = "evaluationState"
"""For tests of the emulator; the service has no such function. SetAlarmState whose StateReasonData holds this member
sets the alarm's EvaluationState (PARTIAL_DATA, EVALUATION_ERROR, EVALUATION_FAILURE) until its next evaluation."""

logger = logging.getLogger(__name__)


def evaluate_alarm(alarm: dict[str, Any], now: float) -> None:
    """Evaluate one alarm, at most once a minute (at the run's second of it); record and announce a new state.

    Must run in the scope of the alarm's account and Region. now: seconds since 1970. An expression that cannot
    be computed keeps the state and sets EvaluationState EVALUATION_ERROR.
    """
    cloudwatch = service()
    durations = durations_of_this_run()
    minute = engine.evaluation_minute(now, durations.evaluation_second)
    if alarm.get(engine.EVALUATED_MINUTE) == minute:
        return
    alarm[engine.EVALUATED_MINUTE] = minute
    try:
        at = minute * 60 + durations.evaluation_second
        evaluation = engine.evaluate(alarm, cloudwatch._metrics, at, sparse_wait=durations.alarm_sparse)
    except MetricRequestError:
        logger.exception("alarm %s cannot be evaluated", alarm["AlarmName"])
        alarm["EvaluationState"] = "EVALUATION_ERROR"
        return
    alarm.pop("EvaluationState", None)
    if evaluation.state == alarm["StateValue"]:
        return
    before = {key: value for key, value in _state(alarm).items() if value is not None}
    old = alarm["StateValue"]
    alarm["StateValue"] = evaluation.state
    alarm["StateReason"] = evaluation.reason
    alarm["StateReasonData"] = json.dumps(evaluation.data)
    alarm["StateUpdatedTimestamp"] = alarm["StateTransitionedTimestamp"] = round(now, 3)
    _record_state(cloudwatch, alarm, before)
    for announce in (_announce_to_actions, _announce_to_events):
        try:
            announce(cloudwatch, alarm, old, before)
        except Exception:
            # A failing receiver of an alarm must not stop the alarm.
            logger.exception("alarm %s: %s failed", alarm["AlarmName"], announce.__name__)


def _state(alarm: dict[str, Any]) -> dict[str, Any]:
    """The alarm's state as its history shows it."""
    data = alarm.get("StateReasonData")
    return {
        "stateValue": alarm["StateValue"],
        "stateReason": alarm.get("StateReason"),
        "stateReasonData": json.loads(data) if data else None,
    }


def _record_state(cloudwatch: Any, alarm: dict[str, Any], before: dict[str, Any]) -> None:
    after = {key: value for key, value in _state(alarm).items() if value is not None}
    cloudwatch._history_entries().append(
        {
            "AlarmName": alarm["AlarmName"],
            "AlarmType": "MetricAlarm",
            "Timestamp": alarm["StateUpdatedTimestamp"],
            "HistoryItemType": "StateUpdate",
            "HistorySummary": f"Alarm updated from {before['stateValue']} to {alarm['StateValue']}",
            "HistoryData": json.dumps({"version": "1.0", "oldState": before, "newState": after}),
        }
    )


def _announce_to_actions(cloudwatch: Any, alarm: dict[str, Any], old: str, before: dict[str, Any]) -> None:
    cloudwatch._dispatch_alarm_actions(alarm, old, alarm["StateValue"], alarm["StateReason"])
    cloudwatch._evaluate_parent_alarms(alarm)


def _announce_to_events(cloudwatch: Any, alarm: dict[str, Any], old: str, before: dict[str, Any]) -> None:
    """Send CloudWatch's event to the default bus (cloudwatch-and-eventbridge.html)."""

    def event_state(state: dict[str, Any]) -> dict[str, Any]:
        members = {"value": state["stateValue"], "reason": state.get("stateReason", "")}
        if state.get("stateReasonData") is not None:
            members["reasonData"] = json.dumps(state["stateReasonData"])
        return members

    after = event_state(_state(alarm))
    after["timestamp"] = engine.timestamp_text(alarm["StateUpdatedTimestamp"])
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
    ministack.module("services.eventbridge")._put_events({"Entries": [entry]}, allow_aws_source=True)


def _as_query(alarm: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "m1",
        "metricStat": {
            "metric": {
                "namespace": alarm.get("Namespace"),
                "name": alarm.get("MetricName"),
                "dimensions": {
                    dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions") or []
                },
            },
            "period": alarm.get("Period"),
            "stat": alarm.get("Statistic"),
        },
        "returnData": True,
    }


def evaluate_alarms_here() -> None:
    """Evaluate every alarm of this account and Region that has not been evaluated in this minute."""
    with lock:
        for alarm in service()._alarms.values():
            evaluate_alarm(alarm, time.time())


def evaluate_all(now: float) -> None:
    """Evaluate every alarm of every account and Region that has not been evaluated in this minute."""
    request_scope = ministack.module("core.responses").request_scope
    for (account, region, _), alarm in service()._alarms.all_items():
        with request_scope(account, region), lock:
            evaluate_alarm(alarm, now)


def _evaluate_every_minute() -> None:
    while True:
        try:
            evaluate_all(time.time())
        except Exception:
            logger.exception("alarms were not evaluated")
        time.sleep(60 - (time.time() - durations_of_this_run().evaluation_second) % 60)


@correction(
    "cloudwatch.evaluate-alarms", f"{GUIDE}/alarm-evaluation.html, {GUIDE}/alarms-and-missing-data.html"
)
def evaluate_alarms_by_the_minute() -> None:
    """Alarms follow the clock, not the arrival of data: dimensions, M of N, missing data, expressions."""
    cloudwatch = service()
    describe: Callable[..., Response] = cloudwatch._describe_alarms
    set_state: Callable[..., Response] = cloudwatch._set_alarm_state

    def do_nothing(*ignored: Any) -> None:
        pass

    def describe_alarms(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        evaluate_alarms_here()
        return describe(params, data, is_cbor, is_json)

    def set_alarm_state(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        with lock:
            response = set_state(params, data, is_cbor, is_json)
            alarm = cloudwatch._alarms.get(data.get("AlarmName", ""))
            if response[0] == 200 and alarm is not None and EVALUATION in str(data.get("StateReasonData")):
                alarm["EvaluationState"] = json.loads(data["StateReasonData"])[EVALUATION]
        return response

    # Neither new data nor a new configuration starts an evaluation.
    cloudwatch._evaluate_alarm = do_nothing
    cloudwatch._evaluate_all_alarms = do_nothing
    cloudwatch._describe_alarms = describe_alarms
    cloudwatch._set_alarm_state = set_alarm_state
    threading.Thread(target=_evaluate_every_minute, name="alarms", daemon=True).start()
