"""Conditions on the alarms that can veto: they exist, are OK, and watch what they should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ..capacity.dimension import index_of
from ..dynamodb.alarm_definition import watches
from ..dynamodb.names import metric_dimensions
from .aws import AwsError, readable
from .live import Live, LiveAlarm
from .messages import resource, shortened

NEW_ALARM_SECONDS = 600
"""Seconds that a new alarm may take to say OK or ALARM: it is evaluated each minute, over the periods it looks at and
some more (CloudWatch Guide: alarms-and-missing-data)."""


def alarms(live: Live) -> Iterator[str]:
    """The guard's alarms and the user's exist, are OK and can be trusted."""
    if live.alarms is None:
        return
    for name in dict.fromkeys((*live.names.alarms.values(), *live.plan.rollout.alarms)):
        alarm = live.alarms.get(name)
        if alarm is None:
            yield f"alarm {name} does not exist in this account and Region"
        elif alarm.evaluation is not None:
            yield f"alarm {name} cannot be evaluated ({alarm.evaluation}), so its {alarm.state} means nothing"
        elif alarm.state == "ALARM":
            yield f"alarm {name} is in ALARM: {shortened(alarm.reason, 160)}"
        elif alarm.state != "OK" and not is_new(live, alarm):
            yield f"alarm {name} is {alarm.state}, not OK: it has no data to judge by"
    for key, name in live.names.alarms.items():
        alarm = live.alarms.get(name)
        if alarm is not None:
            yield from _definition(live, key, alarm)


def is_new(live: Live, alarm: LiveAlarm) -> bool:
    """Whether one of the guard's own alarms was made so lately that it may not have been evaluated yet.

    An alarm starts as INSUFFICIENT_DATA (CloudWatch API: PutMetricAlarm).
    """
    if alarm.name not in live.names.alarms.values() or alarm.configured is None:
        return False
    return live.at - alarm.configured < timedelta(seconds=NEW_ALARM_SECONDS)


def unsettled_alarms(live: Live) -> list[str]:
    """The guard's own alarms that were made lately and have no state yet: waited for, not refused."""
    return [
        alarm.name
        for alarm in (live.alarms or {}).values()
        if alarm.state == "INSUFFICIENT_DATA" and alarm.evaluation is None and is_new(live, alarm)
    ]


def _definition(live: Live, key: str, alarm: LiveAlarm) -> Iterator[str]:
    """An alarm with wrong metrics or dimensions raises no error and never fires (Guide:
    Monitoring-metrics-creating-cloudwatch-alarms)."""
    try:
        with readable("cloudwatch:DescribeAlarms"):
            throttling = watches(alarm.definition, metric_dimensions(str(live.names.table), index_of(key)))
    except AwsError as error:
        yield f"alarm {alarm.name}: {error}"
        return
    if not throttling:
        yield f"alarm {alarm.name} does not watch the throttle events of {resource(key)}: deploy the guard again"
    elif alarm.definition.get("TreatMissingData") != "notBreaching":
        # left to itself, an alarm on AWS/DynamoDB keeps its state when data stop (CloudWatch Guide)
        yield f"alarm {alarm.name} does not treat missing data as notBreaching: deploy the guard again"


__all__ = ["NEW_ALARM_SECONDS", "alarms", "is_new", "unsettled_alarms"]
