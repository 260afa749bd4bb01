"""The conditions of Preflight: each a small function that yields what it refuses, with figures.

They are listed at the end in the order in which their refusals are shown, the gravest first. A part that could not
be read is skipped here: it is a refusal by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..capacity.capacity import TABLE, AutoScaling, Dimension, OnDemand, Provisioned, index_of, reach_of
from ..capacity.evidence import hour_of_week
from ..capacity.limits import (
    DECREASE_INTERVAL,
    DECREASES_A_DAY,
    DECREASES_AT_ONCE,
    SWITCH_QUOTA_HOURS,
    SWITCHES_TO_ON_DEMAND,
)
from . import warm
from .aws import AwsError, readable
from .cloudformation_conditions import forward, nothing_new, targets_in_the_way, way_back
from .live import PEAK_HOURS, Live, LiveAlarm, LiveResource
from .messages import minute, number, resource, shortened
from .throttling import find_throttling
from .verify import differences, inactive

NEW_ALARM_SECONDS = 600
"""Seconds that a new alarm may take to say OK or ALARM: it is evaluated each minute, over the periods it looks at and
some more (CloudWatch Guide: alarms-and-missing-data)."""
PEAK_SLACK = 10
"""Units per second by which live traffic must exceed the recorded peak to count: a person with a console is no peak."""
_GATES = ("Custom::CapacityGuardPreflight", "Custom::CapacityGuardBake")
_METRICS = (
    "ReadThrottleEvents",
    "WriteThrottleEvents",
    "ConsumedReadCapacityUnits",
    "ConsumedWriteCapacityUnits",
)


@dataclass(frozen=True)
class Condition:
    """One condition of Preflight.

    Attributes:
        name: for the log and the documentation.
        refusals: yields what it refuses.
        passing: whether it may change within minutes, so that it is judged again right before the change.
        rule: the rule whose acknowledgment makes its refusals warnings; ``None`` for what only the live table tells.
        certain: whether the service would refuse it anyway, in the middle of the operation: then it refuses a relief
            too, which could not come through.
    """

    name: str
    refusals: Callable[[Live], Iterable[str]]
    passing: bool = False
    rule: str | None = None
    certain: bool = False


def operation(live: Live) -> Iterator[str]:
    """The operation rolls back when it fails, and shows what it changes (CloudFormation API: DescribeStacks)."""
    if live.stack is None:
        return
    config = live.stack.get("DeploymentConfig") or {}
    if config.get("Mode") == "EXPRESS":
        yield "this operation runs in express mode, which neither waits nor rolls back: deploy without --express"
    if live.stack.get("DisableRollback") or config.get("DisableRollback"):
        yield "rollback is disabled for this operation: deploy without --no-rollback"
    if not live.stack.get("ChangeSetId"):
        yield "this operation has no change set, so what travels with it is unknown: deploy with --method=change-set"


def identity(live: Live) -> Iterator[str]:
    """Account and Region are those of the baseline, where it names them."""
    region, account = live.region, live.account
    for what, here, recorded in (
        ("account", account, live.plan.account),
        ("Region", region, live.plan.region),
    ):
        if recorded is not None and here != recorded:
            yield f"the baseline is of {what} {recorded}, this is {here or 'unknown'}: record this table's own baseline"


def armed(live: Live) -> Iterator[str]:
    """The guard's own resources are deployed before the transition that they guard."""
    if live.names.missing:
        names = ", ".join(live.names.missing)
        yield f"the stack does not have {names} yet: deploy the guard first, without the change of capacity"


def alone(live: Live) -> Iterator[str]:
    """Nothing but table, gates and guard changes: a veto would roll back other people's work too."""
    strangers = [
        f"{one.get('LogicalResourceId')} ({one.get('ResourceType')})"
        for one in live.changes or ()
        if not _travels(one, live.plan.travels_with) and not _scales(one, live.names.table)
    ]
    if strangers:
        shown = ", ".join(strangers[:4]) + (f" and {len(strangers) - 4} more" if len(strangers) > 4 else "")
        yield f"{shown} would change in the same operation: deploy that first, the capacity alone"


def _travels(change: Mapping[str, Any], allowed: tuple[str, ...]) -> bool:
    kind = change.get("ResourceType")
    # gates of the transition before leave in this operation: the plan cannot know their names
    if change.get("LogicalResourceId") in allowed or kind == "AWS::CDK::Metadata" or kind in _GATES:
        return True
    details = change.get("Details") or ()
    return (
        bool(details) and change.get("Action") == "Modify" and all(_follows(one, allowed) for one in details)
    )


def _scales(change: Mapping[str, Any], table: str | None) -> bool:
    """Whether a change is of the table's own auto scaling, which a Table has in resources of their own.

    Those that leave stand in no template that the plan could have read; their physical ids name the table
    (CloudFormation Template Reference, ScalableTarget and ScalingPolicy, Ref).
    """
    if table is None or not str(change.get("ResourceType")).startswith("AWS::ApplicationAutoScaling::"):
        return False
    physical = str(change.get("PhysicalResourceId", ""))
    target = physical.startswith((f"table/{table}|", f"table/{table}/index/"))
    return target or any(f"/dynamodb/table/{table}{end}" in physical for end in (":", "/index/"))


def _follows(detail: Mapping[str, Any], allowed: tuple[str, ...]) -> bool:
    """A change set lists what refers to the table, although the table keeps its name and ARN: not a change by itself
    (CloudFormation API: ResourceChangeDetail, Evaluation)."""
    cause = str(detail.get("CausingEntity", "")).split(".")[0]
    return detail.get("Evaluation") == "Dynamic" and cause in allowed


def status(live: Live) -> Iterator[str]:
    """Table and every index are ACTIVE, their warm throughput too.

    A raise that is under way towards a declared target (an earlier attempt's) is waited for instead.
    """
    if live.table is None:
        return
    for one in inactive(live.table):
        yield f"{one}, not ACTIVE: wait until its change has ended"
    missing = {one.key for one in warm.raises(live.plan, live.table)}
    for key in warm.rising(live.table):
        if key not in missing:
            yield f"warm throughput of {resource(key)} is being raised, not ACTIVE: wait until that has ended"


def throttling(live: Live) -> Iterator[str]:
    """Neither table nor index throttles more than on a normal day, in the last minutes."""
    if live.traffic is None or live.table is None:
        return
    for key in live.table.resources:
        found = find_throttling(live.plan, key, live.traffic.events(key, live.traffic.live_from))
        if found is not None:
            access = live.traffic.mostly(key, found.minute)
            yield (
                f"{resource(key)}, {access}: throttling, {number(found.events)} throttle events in the minute "
                f"{minute(found.minute)}, {number(found.allowed)} allowed"
            )


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
    where = {"TableName": str(live.names.table)}
    index = index_of(key)
    if index is not None:
        where["GlobalSecondaryIndexName"] = index
    try:
        with readable("cloudwatch:DescribeAlarms"):
            watches = _watches(alarm.definition, where)
    except AwsError as error:
        yield f"alarm {alarm.name}: {error}"
        return
    if not watches:
        yield f"alarm {alarm.name} does not watch the throttle events of {resource(key)}: deploy the guard again"
    elif alarm.definition.get("TreatMissingData") != "notBreaching":
        # left to itself, an alarm on AWS/DynamoDB keeps its state when data stop (CloudWatch Guide)
        yield f"alarm {alarm.name} does not treat missing data as notBreaching: deploy the guard again"


def _watches(definition: Mapping[str, Any], where: Mapping[str, str]) -> bool:
    """Whether an alarm compares the throttle events of one resource and nothing else."""
    expected = {(name, tuple(sorted(where.items()))) for name in _METRICS}
    queries = definition.get("Metrics") or ()
    found = set()
    ids = {}
    for query in queries:
        stat = query.get("MetricStat")
        if stat is None:
            continue
        metric = stat["Metric"]
        dimensions = tuple(sorted((d["Name"], d["Value"]) for d in metric.get("Dimensions", ())))
        found.add((metric["MetricName"], dimensions))
        ids[metric["MetricName"]] = query["Id"]
        if metric["Namespace"] != "AWS/DynamoDB" or stat["Period"] != 60 or stat["Stat"] != "Sum":
            found.add((f"{metric['Namespace']} {stat['Stat']} of {stat['Period']} s", ()))
    shown = [q for q in queries if q.get("ReturnData", True)]
    counts = len(shown) == 1 and all(ids.get(m, " ") in str(shown[0].get("Expression")) for m in _METRICS[:2])
    return found == expected and counts


def window(live: Live) -> Iterator[str]:
    """The moment lies in the change window, if one is declared."""
    declared = live.plan.rollout.change_window
    if declared is not None and live.at not in declared:
        yield f"it is {live.at:%a} {minute(live.at)}, outside the change window {declared.text} (UTC)"


def rise(live: Live) -> Iterator[str]:
    """What is provisioned carries live traffic and its recorded rise while the mode switches.

    For these minutes the table serves what it was provisioned for, and auto scaling stands still (Guide:
    bp-switching-capacity-modes). Both are counted in full, although live traffic may already have risen: of the
    minutes at which a floor of the recorded peak would do, this refused 4 in 1,000 of a recording of 14 days.
    """
    if not live.plan.transition.switches_to_on_demand or live.table is None or live.traffic is None:
        return
    hour = hour_of_week(live.at)
    for dimension in live.table.dimensions():
        units, now = live.table.units(dimension), live.traffic.now(dimension)
        if units is None or now is None:
            continue
        recorded = live.plan.evidence.of(dimension)
        climb = 0.0 if recorded is None else recorded.rise[hour]
        if now + climb > units:
            yield (
                f"{dimension.label}: {number(units)} provisioned, and frozen while the mode switches; live traffic "
                f"{number(now)} and the rise recorded for this hour of the week ({number(climb)}) lead to "
                f"{number(now + climb)}: deploy a higher floor first, or choose a quieter hour"
            )


def switch_quota(live: Live) -> Iterator[str]:
    """The quota of switches to on-demand leaves room for the way and the way back; one of the two is such a switch."""
    plan = live.plan.transition
    if live.switches is None or not (plan.switches_to_on_demand or plan.switches_to_provisioned):
        return
    quota = SWITCHES_TO_ON_DEMAND.value
    if len(live.switches) >= quota:
        hours = timedelta(hours=SWITCH_QUOTA_HOURS.value)
        free = live.switches[-quota] + hours
        which = "this change" if plan.switches_to_on_demand else "the way back"
        yield (
            f"{len(live.switches)} of {quota} switches to on-demand in {SWITCH_QUOTA_HOURS.value} hours are spent and "
            f"{which} needs one: the next is free at {_stamp(free)}"
        )


def decrease_quota(live: Live) -> Iterator[str]:
    """The quota of decreases leaves room for the way and the way back, table and each index apart."""
    if live.table is None:
        return
    for key, one in live.table.resources.items():
        way, back = decreases(live, key)
        needed = way + back
        today = _decreases_today(one, live.at)
        at_once = max(0, DECREASES_AT_ONCE.value - today)
        if needed <= at_once or not needed:
            continue
        which = (
            "the change and the way back need"
            if way and back
            else f"the {'change' if way else 'way back'} needs"
        )
        free = live.at
        if today >= DECREASES_AT_ONCE.value and one.last_decrease is not None:
            free = one.last_decrease + timedelta(seconds=DECREASE_INTERVAL.value)
        midnight = (live.at + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        hourly = today + needed <= DECREASES_A_DAY.value and needed == 1
        if hourly and free <= live.at:
            continue
        when = min(free, midnight) if hourly else midnight
        yield (
            f"{resource(key)}: {today} decreases of provisioned throughput today (4, then one an hour) and {which} "
            f"{needed}: possible at {_stamp(when)}"
        )


def decreases(live: Live, key: str) -> tuple[int, int]:
    """Decreases of one resource that the way and the way back spend, at most one each.

    A switch to on-demand counts as one of the table (quirks: DDB-TABLE-317; DDB-TABLE-064 did not see it). Only the
    way back is held to that: there a refusal would leave the rollback failed, forward it changes nothing.
    """
    assert live.table is not None
    transition = live.plan.transition
    index = index_of(key)
    before, after = live.plan.deployed.template, transition.declared
    if index is not None and (index not in before.indexes or index not in after.indexes):
        return 0, 0
    if before.is_on_demand:
        return 0, int(not after.is_on_demand and key == TABLE)
    was, becomes = before.of(index), after.of(index)
    if isinstance(becomes, OnDemand) or not isinstance(was, Provisioned):
        return 0, 0
    way = back = False
    returning = transition.reverse()
    for access, units in live.table.resources[key].units.items():
        dimension = Dimension(index, access)
        then = _moved(units, becomes.of(access), transition.units_sent(dimension))
        way |= then < units
        back |= _moved(then, was.of(access), returning.units_sent(dimension)) < then
    return int(way), int(back)


def _moved(units: int, throughput: int | AutoScaling, sent: int | None) -> int:
    """Units after a template's values are sent: fixed ones as they stand, scaled ones moved into their bounds
    (Application Auto Scaling API: RegisterScalableTarget), from where they are or from what is sent."""
    if not isinstance(throughput, AutoScaling):
        return throughput
    return min(max(units if sent is None else sent, throughput.minimum), reach_of(throughput))


def _decreases_today(one: LiveResource, now: datetime) -> int:
    """The counter belongs to the UTC day of the last decrease (quirks: DDB-TABLE-184, -185)."""
    return one.decreases if one.last_decrease is None or one.last_decrease.date() == now.date() else 0


def equality(live: Live) -> Iterator[str]:
    """The live table has the capacity that the baseline recorded; auto-scaled units need only carry the traffic."""
    if live.table is None or live.scaling is None:
        return
    found = differences(live.plan.deployed.live, live.table, live.scaling, scaled_units=False)
    if found:
        shown = "; ".join(found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")
        yield f"the live table differs from the baseline: {shown}: record the baseline again"
    if live.traffic is None or live.plan.transition.switches_to_on_demand:
        return  # the rise asks for more
    for dimension in live.table.dimensions():
        units, now = live.table.units(dimension), live.traffic.now(dimension)
        if dimension in live.scaling and units is not None and now is not None and now > units:
            yield f"{dimension.label}: {number(units)} provisioned, less than the live traffic of {number(now)}"


def live_peak(live: Live) -> Iterator[str]:
    """The live peak is not far above the recorded one, and live traffic is known at all."""
    if live.table is None or live.traffic is None:
        return
    margin = live.plan.margins.live_peak
    for dimension in live.table.dimensions():
        recorded = live.plan.evidence.peak(dimension)
        peak = live.traffic.peak(dimension)
        if peak is None:
            if recorded is not None and recorded.units > 0:
                # consumed units are published for idle tables too (Guide: metrics-dimensions)
                yield f"{dimension.label}: CloudWatch has no consumed units of the last {PEAK_HOURS} hours"
            continue
        known = 0.0 if recorded is None else recorded.units
        if peak > known * margin and peak > known + PEAK_SLACK:
            yield (
                f"{dimension.label}: live peak {number(peak)} a second in the last {PEAK_HOURS} hours, more than "
                f"{margin:g} x the recorded {number(known)}: record the baseline again"
            )


def baseline_age(live: Live) -> Iterator[str]:
    """The baseline is fresh on the day of the deployment, not only on that of the synthesis."""
    age = (live.at - live.plan.recorded_at) / timedelta(days=1)
    oldest = live.plan.margins.baseline_oldest_days
    if age > oldest:
        yield f"the baseline is {age:.1f} days old, {oldest:g} are allowed: record it again"


def warm_time(live: Live) -> Iterator[str]:
    """Raises of warm throughput fit into a gate's hour."""
    if live.table is None:
        return
    for one in warm.raises(live.plan, live.table):
        if warm.too_long(one):
            yield (
                f"warm throughput of {one.text} would take about {one.seconds // 60} minutes, longer than a gate lasts: "
                f"raise it beforehand: {one.command(live.table.name, live.region)}"
            )


CONDITIONS: tuple[Condition, ...] = (
    Condition("operation", operation),
    Condition("identity", identity),
    Condition("armed", armed),
    Condition("alone", alone),
    Condition("scaling targets", targets_in_the_way, certain=True),
    Condition("nothing new", nothing_new, certain=True),
    Condition("throttling", throttling, passing=True),
    Condition("alarms", alarms, passing=True),
    Condition("status", status, passing=True),
    Condition("switch quota", switch_quota),
    Condition("decrease quota", decrease_quota),
    Condition("sent", forward, rule="CG5"),
    Condition("way back", way_back, rule="CG7"),
    Condition("equality", equality),
    Condition("rise", rise, passing=True, rule="CG15"),
    Condition("live peak", live_peak),
    Condition("window", window, passing=True),
    Condition("baseline age", baseline_age, rule="CG2"),
    Condition("warm time", warm_time),
)
"""Every condition, in the order in which refusals are shown."""


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d} {minute(moment)}"


__all__ = ["CONDITIONS", "Condition", "decreases", "is_new", "unsettled_alarms"]
