"""Bake: the table really has what was declared, then alarms and throttle metrics stay quiet for the bake time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..capacity.dimension import Dimension
from ..capacity.gate_plan import GatePlan
from ..capacity.limits import SWITCH_SECONDS_LONGEST
from ..dynamodb.describe_table import LiveScaling, LiveTable
from . import classification, warm
from .aws import AwsError, GateAws
from .live import LiveAlarm, Names, find_names, read_alarms, read_scaling, read_table
from .live_traffic import LIVE_MINUTES, LiveTraffic, floor_minute, read_traffic
from .messages import GateError, log, minute, number, reason, resource, shortened
from .throttling import allowed_events, find_throttling, quiet_since
from .verify import differences, inactive

GATE = "bake"
SETTLE_SECONDS = SWITCH_SECONDS_LONGEST.value
"""Seconds after which table and every index are ACTIVE at the latest: CloudFormation has waited for the table by then,
not for its indexes (CloudFormation User Guide, AWS::DynamoDB::GlobalTable)."""
DIFFERENCE_SECONDS = 120
"""Seconds that a difference may last once everything is ACTIVE: DescribeTable lags by 1-3 s (quirks: service.md),
auto scaling moves units into new bounds within 33 s (quirks: DDB-TABLE-315)."""


def start(
    aws: GateAws, plan: GatePlan, stack_id: str, now: datetime, word: str | None = None
) -> dict[str, Any]:
    """Find the names, and note which alarms are not quiet at the start.

    Args:
        aws: the calls.
        plan: what the gate was told.
        stack_id: ARN of the stack.
        now: the moment, UTC; the bake time counts from here.
        word: what Preflight took the transition for (``classification.judged``); the table it was judged against has changed
            since. ``None`` takes the baseline's word.

    Returns:
        What the polls need to know.

    Raises:
        GateError: names or alarms cannot be read, and this is no cure.
    """
    word = word or classification.by_baseline(plan)
    cure = classification.is_cure(word)
    names, loud = Names(plan.table_name, {}), []
    try:
        names = find_names(aws, plan, stack_id)
        loud = [name for name, alarm in read_alarms(aws, plan, names).items() if alarm.state == "ALARM"]
    except AwsError as error:
        if not cure:
            raise GateError(reason("Bake failed", [str(error)])) from error
        log(GATE, "not read", table=plan.table, why=str(error))
    if names.missing and not cure:
        raise GateError(reason("Bake failed", [f"the stack does not have {', '.join(names.missing)}"]))
    minutes = plan.rollout.bake_minutes
    log(GATE, "started", table=plan.table, judged=word, now=now, minutes=minutes, in_alarm=loud)
    return {"Names": names.to_json(), "Judged": word, "InAlarm": loud}


def poll(
    aws: GateAws, plan: GatePlan, stack_id: str, state: Mapping[str, Any], started: datetime, now: datetime
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
    word = str(state["Judged"])
    cure = classification.is_cure(word)
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
        if not cure:
            raise GateError(reason("Bake failed, since it cannot see", [str(error)])) from error
        return _done(plan, word, [str(error)]) if over else None
    before = Before(cure, tuple(state["InAlarm"]), started)
    vetoes = list(_vetoes(plan, names, alarms, traffic, before))
    if vetoes:
        log(GATE, "vetoed", table=plan.table, vetoes=vetoes)
        raise GateError(reason("Bake vetoed", vetoes))
    blind = list(_blind(plan, names, alarms, over))
    if blind and not cure:
        log(GATE, "failed", table=plan.table, blind=blind)
        raise GateError(reason("Bake failed, since it cannot see", blind))
    moving, wrong, warnings = _settled(plan, table, scaling, before, now)
    if moving or wrong or not over:
        log(GATE, "watching", table=plan.table, moving=moving, different=wrong)
        return None
    return _done(plan, word, [*warnings, *blind])


@dataclass(frozen=True)
class Before:
    """How things stood when the bake started.

    Attributes:
        cure: whether the gate must not stand in the transition's way: then it answers only for what was quiet.
        in_alarm: names of the alarms that were on.
        started: the moment, UTC.
    """

    cure: bool
    in_alarm: tuple[str, ...]
    started: datetime


def _settled(
    plan: GatePlan, table: LiveTable, scaling: Mapping[Dimension, LiveScaling], before: Before, now: datetime
) -> tuple[list[str], list[str], list[str]]:
    """What still moves, what differs from the declaration, and what of that is only reported.

    Raises:
        GateError: either has lasted too long.
    """
    elapsed = now - before.started
    moving = inactive(table)
    limit = timedelta(seconds=max(SETTLE_SECONDS, plan.rollout.bake_minutes * 60))
    if moving and elapsed > limit:
        minutes = f"{elapsed / timedelta(minutes=1):.0f} minutes after the change"
        raise GateError(reason(f"Bake failed, not settled {minutes}", moving))
    # CloudFormation deletes the targets that a Table's template no longer states after everything else
    leaving = {d for d in scaling if plan.transition.stays_scaled(d)}
    here = {d: one for d, one in scaling.items() if d not in leaving}
    wrong = differences(plan.transition.declared, table, here, scaled_units=True, unjudged=leaving)
    cold = [f"warm throughput of {one.text} is not reached" for one in warm.raises(plan, table)]
    warnings = [
        f"{d.label}: its auto scaling is removed only after the bake" for d in sorted(leaving, key=str)
    ]
    if before.cure and (plan.break_glass is not None or not warm.is_only_change(plan)):
        warnings += cold
    else:
        wrong = wrong + cold
    if wrong and not moving and elapsed > timedelta(seconds=DIFFERENCE_SECONDS):
        log(GATE, "failed", table=plan.table, different=wrong)
        raise GateError(reason("Bake failed, the live table is not what was declared", wrong))
    return moving, wrong, warnings


def _vetoes(
    plan: GatePlan, names: Names, alarms: Mapping[str, LiveAlarm], traffic: LiveTraffic, before: Before
) -> Iterator[str]:
    """Alarms that are on, then throttling that no alarm has told yet."""
    since = {
        key: _judged_from(plan, key, traffic, before, names.alarms.get(key) in before.in_alarm)
        for key in _keys(traffic)
    }
    told = set()
    for key, name in names.alarms.items():
        alarm = alarms.get(name)
        if alarm is not None and alarm.state == "ALARM" and _counts(alarm, before, since.get(key)):
            told.add(key)
            yield f"alarm {name} is in ALARM: {_figures(plan, key, traffic, before.started, alarm)}"
    for name in plan.rollout.alarms:
        alarm = alarms.get(name)
        if alarm is not None and alarm.state == "ALARM" and _counts(alarm, before, before.started):
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
    plan: GatePlan, key: str, traffic: LiveTraffic, before: Before, in_alarm: bool
) -> datetime | None:
    """The minute from which throttling of a resource counts, ``None`` for not yet.

    A cure answers for what was quiet when it came: what throttled before counts once it has cleared.
    """
    first = floor_minute(before.started)
    if not before.cure:
        return first
    allowed = allowed_events(plan, key)
    events = traffic.events(key, first - timedelta(minutes=LIVE_MINUTES))
    if not in_alarm and not any(value > allowed for at, value in events.items() if at <= first):
        return first
    return quiet_since(plan, key, events, first + timedelta(minutes=1), traffic.complete_until)


def _counts(alarm: LiveAlarm, before: Before, quiet: datetime | None) -> bool:
    """Whether an alarm that is on is a veto: in a cure only if it was quiet, or came on again after clearing."""
    if not before.cure:
        return True
    if alarm.name in before.in_alarm:
        return alarm.since is not None and alarm.since > before.started
    # an alarm comes late: what it tells may have happened before the cure, as the minutes themselves show
    return quiet is not None and (quiet <= before.started or alarm.since is None or alarm.since > quiet)


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


def _done(plan: GatePlan, word: str, warnings: list[str]) -> dict[str, str]:
    log(GATE, "passed", table=plan.table, judged=word, warnings=warnings)
    return {"Result": "passed", "Judged": word, "Warnings": shortened("; ".join(warnings), 900)}
