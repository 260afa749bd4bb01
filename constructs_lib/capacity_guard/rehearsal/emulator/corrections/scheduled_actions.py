"""The scheduled actions of the emulated Application Auto Scaling: kept, shown, and run at their times.

At its time an action sets MinCapacity and MaxCapacity of its target, and capacity outside of them is moved to the nearer one
(https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-policy-overview.html). After the end time nothing
is put back (scheduled-scaling-using-cron-expressions). ScheduledScalingSuspended leaves actions out; what was missed does not run
later.

What the sources leave open is a setting, see the variables below.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from typing import Any

from . import ministack, scaling_targets
from .ministack import ServiceError
from .scaling_targets import NAMESPACE, ScalableTarget, ScalableTargetKey, request_scope
from .scaling_units import live_units
from .schedule_expression import Schedule, ScheduleError, read_schedule

NOT_SCALABLE_VARIABLE = "CAPACITY_GUARD_SCHEDULE_NOT_SCALABLE"
"""Environment variable. The guide says that an action fails whose resource is not in a scalable state, and does not say whether
the bounds are set all the same. ``later``: they are set, and capacity follows when the table can be changed; anything else: the
action changes nothing."""
PAST_VARIABLE = "CAPACITY_GUARD_SCHEDULE_PAST"
"""Environment variable. ``refused``: ``at(...)`` with a time that is over is refused; anything else keeps an action that never
runs. No source says which."""
ONE_TIME_VARIABLE = "CAPACITY_GUARD_SCHEDULE_ONE_TIME"
"""Environment variable. ``removed``: an action ``at(...)`` is gone after its time, as with EC2 Auto Scaling
(terraform-provider-aws issue 19446); anything else keeps it. No source says which."""
RATE_VARIABLE = "CAPACITY_GUARD_SCHEDULE_RATE"
"""Environment variable. ``at-once``: a rate without a start time runs first when it is put; anything else: after its first
interval. No source says which."""
DAYS_VARIABLE = "CAPACITY_GUARD_SCHEDULE_DAYS"
"""Environment variable. ``both``: as the guide's older text, whose example ``30 6 * * 2 *`` is a Tuesday; anything else: as
EventBridge, to which the present text refers (one field of days is ``?``, and 1 is Sunday)."""

MOST_ACTIONS = 200
"""Scheduled actions of one target (Scaling Guide, quotas)."""
_NAME = re.compile(r"(?!((^[ ]+.*)|(.*([\u0000-\u001f]|[\u007f-\u009f]|[:/|])+.*)|(.*[ ]+$))).{1,256}")
_BOUNDS = ("MinCapacity", "MaxCapacity")


def _is(variable: str, reading: str) -> bool:
    return os.environ.get(variable) == reading


def _read(action: Mapping[str, Any]) -> Schedule:
    return read_schedule(
        str(action["Schedule"]), action.get("Timezone"), both_days=_is(DAYS_VARIABLE, "both")
    )


def put(key: ScalableTargetKey, name: str, request: Mapping[str, Any]) -> None:
    """Create an action, or change what is given of it; a start or an end that is not given is removed (API: PutScheduledAction).

    request: members of PutScheduledAction, times in seconds since 1970.
    Raises ServiceError: there is no target, or the action is refused.
    """
    target = scaling_targets.find_target(key)
    if target is None:
        raise scaling_targets.not_found(key, "registered")
    if not _NAME.fullmatch(name):
        raise ServiceError("ValidationException", f"Invalid scheduled action name: {name}")
    before = target.scheduled.get(name, {})
    action = {k: v for k, v in before.items() if k not in ("StartTime", "EndTime")}
    action |= {k: request[k] for k in ("Schedule", "Timezone", "StartTime", "EndTime") if k in request}
    if "ScalableTargetAction" in request:
        action["ScalableTargetAction"] = {
            bound: int(request["ScalableTargetAction"][bound])
            for bound in _BOUNDS
            if request["ScalableTargetAction"].get(bound) is not None
        }
    _check(target, name, action)
    now = time.time()
    arn = (
        f"arn:aws:autoscaling:{key.region}:{key.account}:scheduledAction:{ministack.module('core.responses').new_uuid()}"
        f":resource/{NAMESPACE}/{key.resource}:scheduledActionName/{name}"
    )
    target.scheduled[name] = {
        "ScheduledActionARN": arn,
        "CreationTime": now,
        **action,
        "_put": now,
        # a rate that runs at once runs at this very moment, which is after the moment before
        "_judged": now - 1e-3,
    }


def _check(target: ScalableTarget, name: str, action: Mapping[str, Any]) -> None:
    if "Schedule" not in action:
        raise ServiceError("ValidationException", "A new scheduled action needs a schedule")
    bounds = action.get("ScalableTargetAction") or {}
    if not bounds:
        raise ServiceError(
            "ValidationException", "A new scheduled action needs a minimum or a maximum capacity"
        )
    if any(bounds[bound] < 1 for bound in bounds):
        raise ServiceError("ValidationException", "Minimum capacity must be at least 1")
    if bounds.get("MaxCapacity", float("inf")) < bounds.get("MinCapacity", 0):
        raise ServiceError("ValidationException", "Maximum capacity cannot be less than minimum capacity")
    try:
        schedule = _read(action)
    except ScheduleError as error:
        raise ServiceError("ValidationException", str(error)) from None
    if schedule.at is not None and schedule.at <= time.time() and _is(PAST_VARIABLE, "refused"):
        raise ServiceError("ValidationException", f"The time of the schedule is over: {action['Schedule']}")
    start, end = action.get("StartTime"), action.get("EndTime")
    if start is not None and end is not None and end < start:
        raise ServiceError("ValidationException", "The end time cannot be before the start time")
    if name not in target.scheduled and len(target.scheduled) >= MOST_ACTIONS:
        raise ServiceError(
            "LimitExceededException", f"A scalable target can have {MOST_ACTIONS} scheduled actions"
        )


def delete(key: ScalableTargetKey, name: str) -> None:
    """Remove an action. Raises ServiceError (ObjectNotFoundException) when there is none."""
    target = scaling_targets.find_target(key)
    if target is None or target.scheduled.pop(name, None) is None:
        raise ServiceError(
            "ObjectNotFoundException",
            f"No scheduled action found for service namespace: {NAMESPACE}, resource ID: {key.resource}, "
            f"scalable dimension: {key.dimension}, scheduled action name: {name}",
        )


def describe(target: ScalableTarget) -> list[dict[str, Any]]:
    """The entries of DescribeScheduledActions of one target."""
    return [
        {
            "ScheduledActionName": name,
            "ServiceNamespace": NAMESPACE,
            "ResourceId": target.key.resource,
            "ScalableDimension": target.key.dimension,
            **{member: value for member, value in action.items() if not member.startswith("_")},
        }
        for name, action in target.scheduled.items()
    ]


def run_due(target: ScalableTarget) -> None:
    """Run the actions of a target whose time has come since the last call, in the order of their times."""
    now = time.time()
    due: list[tuple[float, str]] = []
    for name, action in list(target.scheduled.items()):
        schedule = _read(action)
        runs = schedule.runs(
            action["_judged"],
            now,
            start=action.get("StartTime"),
            end=action.get("EndTime"),
            made=action["_put"],
            first_at_once=_is(RATE_VARIABLE, "at-once"),
        )
        action["_judged"] = max(now, action["_judged"])
        if not target.suspended.get("ScheduledScalingSuspended"):
            due += [(run, name) for run in runs]
    for _, name in sorted(due):
        _run(target, name)
    for name, action in list(target.scheduled.items()):
        at = _read(action).at
        if at is not None and at <= now and _is(ONE_TIME_VARIABLE, "removed"):
            del target.scheduled[name]


def _run(target: ScalableTarget, name: str) -> None:
    bounds = target.scheduled[name]["ScalableTargetAction"]
    minimum = bounds.get("MinCapacity", target.minimum)
    maximum = bounds.get("MaxCapacity", target.maximum)
    if maximum < minimum:
        # the guide: an action must state both, where one alone would pass the other
        _note(target, name, "Failed", "Maximum capacity cannot be less than minimum capacity")
        return
    with request_scope(target.key):
        scalable = live_units(target.key) is not None
    if not scalable and not _is(NOT_SCALABLE_VARIABLE, "later"):
        _note(target, name, "Failed", f"Resource Id [{target.key.resource}] is not scalable.")
        return
    target.minimum, target.maximum = minimum, maximum
    target.bounds_are_new = target.bounds_of_schedule = True
    _note(
        target,
        name,
        "Successful",
        f"Successfully set min capacity to {minimum} and max capacity to {maximum}",
    )


def _note(target: ScalableTarget, name: str, status: str, message: str) -> None:
    """Add a scaling activity (API: DescribeScalingActivities)."""
    bounds = target.scheduled[name]["ScalableTargetAction"]
    words = {"MinCapacity": "min capacity", "MaxCapacity": "max capacity"}
    target.activities.append(
        {
            "ActivityId": ministack.module("core.responses").new_uuid(),
            "ServiceNamespace": NAMESPACE,
            "ResourceId": target.key.resource,
            "ScalableDimension": target.key.dimension,
            "Description": "Setting "
            + " and ".join(f"{words[bound]} to {bounds[bound]}" for bound in bounds),
            "Cause": f"scheduled action name {name} was triggered",
            "StartTime": time.time(),
            "EndTime": time.time(),
            "StatusCode": status,
            "StatusMessage": message,
        }
    )


__all__ = [
    "DAYS_VARIABLE",
    "MOST_ACTIONS",
    "NOT_SCALABLE_VARIABLE",
    "ONE_TIME_VARIABLE",
    "PAST_VARIABLE",
    "RATE_VARIABLE",
    "delete",
    "describe",
    "put",
    "run_due",
]
