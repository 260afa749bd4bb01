"""Conditions of Preflight on the alarms that can veto: they exist, are OK, and watch the throttle events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ..capacity.dimension import index_of
from ..capacity.gate_plan import allowed_events
from ..dynamodb.alarm_definition import find_differences, find_settings
from ..dynamodb.names import metric_dimensions
from .aws_error import AwsError, reading
from .live_alarms import LiveAlarm, alarm_names
from .live_state import LiveState
from .messages import format_number, format_resource, shorten

NEW_ALARM_SECONDS = 600
"""Seconds after which a new alarm has a state at the latest: CloudWatch evaluates it each minute, over its evaluation
periods and a few more (CloudWatch Guide: alarms-and-missing-data)."""
_FIRST = "deploy the guard first, without the change of capacity"


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
        elif alarm.state != "OK" and not _is_new(live, alarm) and not _is_own_and_unproven(live, alarm):
            yield f"alarm {name} is {alarm.state}, not OK: it has no data to judge by"
    for key, name in live.names.alarms.items():
        alarm = live.alarms.get(name)
        if alarm is not None:
            yield from _check_definition(live, key, alarm)


def find_unproven_alarms(live: LiveState) -> Iterator[str]:
    """Texts about the guard's own alarms that have their definition but had no point to judge yet."""
    for alarm in (live.alarms or {}).values():
        if _is_own_and_unproven(live, alarm) and not _is_new(live, alarm):
            yield (
                f"alarm {alarm.name} has had no data since it was created, as on a table that never throttled: the gates "
                "read the throttle metrics too"
            )


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


def _is_own_and_unproven(live: LiveState, alarm: LiveAlarm) -> bool:
    """Whether an alarm that never had data is the guard's own: its definition is compared, and its metrics are read here."""
    return alarm.is_unproven and alarm.name in live.names.alarms.values()


def _check_definition(live: LiveState, key: str, alarm: LiveAlarm) -> Iterator[str]:
    """An alarm with wrong metrics or dimensions raises no error and never changes to ALARM (Guide:
    Monitoring-metrics-creating-cloudwatch-alarms). An earlier version of this library may have deployed another alarm."""
    try:
        with reading("cloudwatch:DescribeAlarms"):
            dimensions = metric_dimensions(str(live.names.table), index_of(key))
            differences = list(find_differences(alarm.definition, dimensions))
            threshold, *counts = find_settings(alarm.definition)
    except AwsError as error:
        yield f"alarm {alarm.name}: {error}"
        return
    if differences:
        yield (
            f"alarm {alarm.name} does not watch the throttle events of {format_resource(key)} as this version of the "
            f"guard does ({shorten('; '.join(differences), 160)}): {_FIRST}"
        )
    elif not _travels(live, key):
        rollout, allowed = live.plan.rollout, allowed_events(live.plan, key)
        if counts != [rollout.alarm_periods, rollout.alarm_datapoints]:
            yield (
                f"alarm {alarm.name} needs {counts[1]} of {counts[0]} minutes, declared are "
                f"{rollout.alarm_datapoints} of {rollout.alarm_periods}: {_FIRST}"
            )
        if threshold > allowed:
            yield (
                f"alarm {alarm.name} allows {format_number(threshold)} throttle events a minute, declared are "
                f"{format_number(allowed)}: {_FIRST}"
            )


def _travels(live: LiveState, key: str) -> bool:
    """Whether this operation may still give the alarm the declared settings: Bake waits for the alarms of the template.

    Before the change is let go the change set is not read again; the first look has judged the settings.
    """
    if live.change_set is None:
        return True
    return any(change.get("LogicalResourceId") == live.plan.alarms.get(key) for change in live.changes)


__all__ = ["NEW_ALARM_SECONDS", "check_alarms", "find_new_alarms", "find_unproven_alarms"]
