"""Bake: the table really has what was declared, then alarms and throttle metrics stay quiet for the bake time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..capacity.gate_plan import GatePlan
from ..capacity.limits import SWITCH_SECONDS_LONGEST
from . import warm
from .aws import Aws, AwsError
from .live import (
    LIVE_MINUTES,
    LiveAlarm,
    LiveScaling,
    LiveTable,
    LiveTraffic,
    Names,
    find_names,
    floor_minute,
    read_alarms,
    read_scaling,
    read_table,
    read_traffic,
)
from .throttling import allowed_events, find_throttling, quiet_since
from .verify import differences, inactive
from .wording import GateError, log, minute, number, reason, resource, shortened

GATE = "bake"
SETTLE_SECONDS = SWITCH_SECONDS_LONGEST.value
"""Seconds after which table and every index are ACTIVE at the latest: CloudFormation has waited for the table by then,
not for its indexes (CloudFormation User Guide, AWS::DynamoDB::GlobalTable)."""
DIFFERENCE_SECONDS = 120
"""Seconds that a difference may last once everything is ACTIVE: DescribeTable lags by 1-3 s (quirks: service.md),
auto scaling moves units into new bounds within 33 s (quirks: DDB-TABLE-315)."""


def start(aws: Aws, plan: GatePlan, stack_id: str, now: datetime) -> dict[str, Any]:
    """Find the names, and note which alarms are not quiet at the start.

    Args:
        aws: the calls.
        plan: what the gate was told.
        stack_id: ARN of the stack.
        now: the moment, UTC; the bake time counts from here.

    Returns:
        What the polls need to know.

    Raises:
        GateError: names or alarms cannot be read, and this is no relief.
    """
    names, loud = Names(plan.table_name, {}), []
    try:
        names = find_names(aws, plan, stack_id)
        loud = [name for name, alarm in read_alarms(aws, plan, names).items() if alarm.state == "ALARM"]
    except AwsError as error:
        if not plan.transition.is_relief:
            raise GateError(reason("Bake failed", [str(error)])) from error
        log(GATE, "not read", table=plan.table, why=str(error))
    if names.missing and not plan.transition.is_relief:
        raise GateError(reason("Bake failed", [f"the stack does not have {', '.join(names.missing)}"]))
    log(GATE, "started", table=plan.table, now=now, minutes=plan.rollout.bake_minutes, in_alarm=loud)
    return {"Names": names.to_json(), "InAlarm": loud}


def poll(
    aws: Aws, plan: GatePlan, stack_id: str, state: Mapping[str, Any], started: datetime, now: datetime
) -> dict[str, str] | None:
    """One look at the table, its alarms and its throttle metrics.

    It keeps nothing: the table, the alarms and the minutes since ``started`` tell all, so a look that died is made
    good by the next one.

    Args:
        aws: the calls.
        plan: what the gate was told.
        stack_id: ARN of the stack.
        state: what ``start`` returned.
        started: moment of ``start``, UTC.
        now: the moment, UTC.

    Returns:
        Data of the finished gate, ``None`` to be asked again.

    Raises:
        GateError: vetoed, or failed: a difference, or something that cannot be read.
    """
    del stack_id  # one signature for both gates
    relief = plan.transition.is_relief
    names = Names.from_json(state["Names"])
    over = now - started >= timedelta(minutes=plan.rollout.bake_minutes)
    try:
        if names.table is None:
            raise AwsError(f"cloudformation:DescribeStackResource of {plan.logical_id}", "missing", "")
        table = read_table(aws, names.table)
        alarms = read_alarms(aws, plan, names)
        traffic = read_traffic(aws, table, started - timedelta(minutes=LIVE_MINUTES), now)
        scaling = read_scaling(aws, table)
    except AwsError as error:
        log(GATE, "not read", table=plan.table, why=str(error))
        if not relief:
            raise GateError(reason("Bake failed, since it cannot see", [str(error)])) from error
        return _done(plan, [str(error)]) if over else None
    vetoes = list(_vetoes(plan, names, alarms, traffic, state["InAlarm"], started))
    if vetoes:
        log(GATE, "vetoed", table=plan.table, vetoes=vetoes)
        raise GateError(reason("Bake vetoed", vetoes))
    blind = list(_blind(plan, names, alarms, over))
    if blind and not relief:
        log(GATE, "failed", table=plan.table, blind=blind)
        raise GateError(reason("Bake failed, since it cannot see", blind))
    moving, wrong, warnings = _settled(plan, table, scaling, started, now)
    if moving or wrong or not over:
        log(GATE, "watching", table=plan.table, moving=moving, different=wrong)
        return None
    return _done(plan, [*warnings, *blind])


def _settled(
    plan: GatePlan, table: LiveTable, scaling: Mapping[Any, LiveScaling], started: datetime, now: datetime
) -> tuple[list[str], list[str], list[str]]:
    """What still moves, what differs from the declaration, and what of that is only reported.

    Raises:
        GateError: either has lasted too long.
    """
    elapsed = now - started
    moving = inactive(table)
    limit = timedelta(seconds=max(SETTLE_SECONDS, plan.rollout.bake_minutes * 60))
    if moving and elapsed > limit:
        minutes = f"{elapsed / timedelta(minutes=1):.0f} minutes after the change"
        raise GateError(reason(f"Bake failed, not settled {minutes}", moving))
    wrong = differences(plan.transition.declared, table, scaling, scaled_units=True)
    cold = [f"warm throughput of {one.text} is not reached" for one in warm.raises(plan, table)]
    if plan.transition.is_relief and not warm.is_only_change(plan):
        warnings = cold
    else:
        wrong, warnings = wrong + cold, []
    if wrong and not moving and elapsed > timedelta(seconds=DIFFERENCE_SECONDS):
        log(GATE, "failed", table=plan.table, different=wrong)
        raise GateError(reason("Bake failed, the live table is not what was declared", wrong))
    return moving, wrong, warnings


def _vetoes(
    plan: GatePlan,
    names: Names,
    alarms: Mapping[str, LiveAlarm],
    traffic: LiveTraffic,
    in_alarm: Sequence[str],
    started: datetime,
) -> Iterator[str]:
    """Alarms that are on, then throttling that no alarm has told yet."""
    since = {
        key: _judged_from(plan, key, traffic, started, names.alarms.get(key) in in_alarm)
        for key in _keys(traffic)
    }
    told = set()
    for key, name in names.alarms.items():
        alarm = alarms.get(name)
        if (
            alarm is not None
            and alarm.state == "ALARM"
            and _counts(plan, alarm, in_alarm, started, since.get(key))
        ):
            told.add(key)
            yield f"alarm {name} is in ALARM: {_figures(plan, key, traffic, started, alarm)}"
    for name in plan.rollout.alarms:
        alarm = alarms.get(name)
        if alarm is not None and alarm.state == "ALARM" and _counts(plan, alarm, in_alarm, started, started):
            at = "" if alarm.since is None else f" since {minute(alarm.since)}"
            yield f"alarm {name} is in ALARM{at}: {shortened(alarm.reason, 200)}"
    for key in _keys(traffic):
        first = since[key]
        if key in told or first is None:
            continue
        found = find_throttling(plan, key, traffic.events(key, first))
        if found is not None:
            yield _throttled(plan, key, traffic, found.minute, found.events)


def _judged_from(
    plan: GatePlan, key: str, traffic: LiveTraffic, started: datetime, in_alarm: bool
) -> datetime | None:
    """The minute from which throttling of a resource counts, ``None`` for not yet.

    A relief answers for what was quiet when it came: what throttled before counts once it has cleared.
    """
    first = floor_minute(started)
    if not plan.transition.is_relief:
        return first
    allowed = allowed_events(plan, key)
    events = traffic.events(key, first - timedelta(minutes=LIVE_MINUTES))
    if not in_alarm and not any(value > allowed for at, value in events.items() if at <= first):
        return first
    return quiet_since(plan, key, events, first + timedelta(minutes=1), traffic.complete_until)


def _counts(
    plan: GatePlan, alarm: LiveAlarm, in_alarm: Sequence[str], started: datetime, quiet: datetime | None
) -> bool:
    """Whether an alarm that is on is a veto: in a relief only if it was quiet, or came on again after clearing."""
    if not plan.transition.is_relief:
        return True
    if alarm.name in in_alarm:
        return alarm.since is not None and alarm.since > started
    # an alarm comes late: what it tells may have happened before the relief, as the minutes themselves show
    return quiet is not None and (quiet <= started or alarm.since is None or alarm.since > quiet)


def _figures(plan: GatePlan, key: str, traffic: LiveTraffic, started: datetime, alarm: LiveAlarm) -> str:
    events = traffic.events(key, floor_minute(started) - timedelta(minutes=LIVE_MINUTES))
    worst = max(events, key=lambda at: (events[at], at), default=None)
    if worst is None or events[worst] <= allowed_events(plan, key):
        return f"{resource(key)}, {shortened(alarm.reason, 200)}"
    return _throttled(plan, key, traffic, worst, events[worst])


def _throttled(plan: GatePlan, key: str, traffic: LiveTraffic, at: datetime, events: float) -> str:
    return (
        f"{resource(key)}, {traffic.mostly(key, at)}, {number(events)} throttle events in the minute {minute(at)}, "
        f"{number(allowed_events(plan, key))} allowed"
    )


def _blind(plan: GatePlan, names: Names, alarms: Mapping[str, LiveAlarm], over: bool) -> Iterator[str]:
    """Alarms that tell nothing: gone, not evaluable (CloudWatch API: MetricAlarm), or without data at the end."""
    for name in dict.fromkeys((*names.alarms.values(), *plan.rollout.alarms)):
        alarm = alarms.get(name)
        if alarm is None:
            yield f"alarm {name} does not exist any more"
        elif alarm.evaluation is not None:
            yield f"alarm {name} cannot be evaluated ({alarm.evaluation}), so its {alarm.state} means nothing"
        elif over and alarm.state == "INSUFFICIENT_DATA":
            yield f"alarm {name} is INSUFFICIENT_DATA at the end of the bake: it has seen nothing"


def _keys(traffic: LiveTraffic) -> list[str]:
    return list(dict.fromkeys(dimension.resource for dimension in traffic.throttled))


def _done(plan: GatePlan, warnings: list[str]) -> dict[str, str]:
    log(GATE, "passed", table=plan.table, warnings=warnings)
    return {"Result": "passed", "Warnings": shortened("; ".join(warnings), 900)}
