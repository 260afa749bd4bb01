"""Conditions of Preflight on the alarms that can veto: they exist, are OK, and watch the throttle events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ..capacity.dimension import index_of
from ..dynamodb.alarm_definition import watches_throttle_events
from ..dynamodb.names import metric_dimensions
from .aws_error import AwsError, reading
from .live_alarms import LiveAlarm, alarm_names
from .live_state import LiveState
from .messages import format_resource, shorten

NEW_ALARM_SECONDS = 600
"""Seconds after which a new alarm has a state at the latest: CloudWatch evaluates it each minute, over its evaluation
periods and a few more (CloudWatch Guide: alarms-and-missing-data)."""


def check_alarms(live: LiveState) -> Iterator[str]:
    """The guard's own alarms and those that the user names exist, are OK and can be trusted."""
    if live.alarms is None:
        return
    for name in alarm_names(live.plan, live.names):
        alarm = live.alarms.get(name)
        if alarm is None:
            yield f"alarm {name} does not exist in this account and Region"
        elif alarm.evaluation is not None:
            yield f"alarm {name} cannot be evaluated ({alarm.evaluation}), so its {alarm.state} means nothing"
        elif alarm.state == "ALARM":
            yield f"alarm {name} is in ALARM: {shorten(alarm.reason, 160)}"
        elif alarm.state != "OK" and not _is_new(live, alarm):
            yield f"alarm {name} is {alarm.state}, not OK: it has no data to judge by"
    for key, name in live.names.alarms.items():
        alarm = live.alarms.get(name)
        if alarm is not None:
            yield from _check_definition(live, key, alarm)


def find_new_alarms(live: LiveState) -> list[str]:
    """Names of the guard's own alarms that are new and have no state yet: Preflight waits for them."""
    return [
        alarm.name
        for alarm in (live.alarms or {}).values()
        if alarm.state == "INSUFFICIENT_DATA" and alarm.evaluation is None and _is_new(live, alarm)
    ]


def _is_new(live: LiveState, alarm: LiveAlarm) -> bool:
    """Whether an alarm is the guard's own and so new that CloudWatch may not have evaluated it yet.

    An alarm starts as INSUFFICIENT_DATA (CloudWatch API: PutMetricAlarm).
    """
    if alarm.name not in live.names.alarms.values() or alarm.configured is None:
        return False
    return live.at - alarm.configured < timedelta(seconds=NEW_ALARM_SECONDS)


def _check_definition(live: LiveState, key: str, alarm: LiveAlarm) -> Iterator[str]:
    """An alarm with wrong metrics or dimensions raises no error and never changes to ALARM (Guide:
    Monitoring-metrics-creating-cloudwatch-alarms)."""
    try:
        with reading("cloudwatch:DescribeAlarms"):
            is_guarding = watches_throttle_events(
                alarm.definition, metric_dimensions(str(live.names.table), index_of(key))
            )
    except AwsError as error:
        yield f"alarm {alarm.name}: {error}"
        return
    if not is_guarding:
        yield f"alarm {alarm.name} does not watch the throttle events of {format_resource(key)}: deploy the guard again"
    elif alarm.definition.get("TreatMissingData") != "notBreaching":
        # by default an alarm on AWS/DynamoDB keeps its state when data are missing (CloudWatch Guide)
        yield f"alarm {alarm.name} does not treat missing data as notBreaching: deploy the guard again"


__all__ = ["NEW_ALARM_SECONDS", "check_alarms", "find_new_alarms"]
