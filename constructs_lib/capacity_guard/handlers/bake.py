"""Bake: compares the table with the declared capacity, then watches alarms and throttle metrics for the bake time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..capacity.dimension import Dimension
from ..capacity.gate_plan import GatePlan
from ..capacity.limits import SWITCH_SECONDS_LONGEST
from ..capacity.transition import Change
from ..dynamodb.describe_table import LiveScaling, LiveTable
from .aws import GateAws
from .aws_error import AwsError, reading
from .bake_vetoes import BakeStart, find_vetoes
from .classification import classify_by_baseline, is_cure
from .live_alarms import LiveAlarm, alarm_names, read_alarms
from .live_table import read_scaling, read_table
from .live_traffic import LIVE_MINUTES, read_traffic
from .messages import GateError, join_reasons, log_decision, passed_data
from .stack_names import StackNames, find_names
from .verify import find_differences, find_inactive
from .warm import find_raises, is_only_change

GATE = "bake"
SETTLE_SECONDS = SWITCH_SECONDS_LONGEST.value
"""Seconds after which the table and every index are ACTIVE at the latest. CloudFormation waits for the table, but not for
its indexes (CloudFormation User Guide, AWS::DynamoDB::GlobalTable)."""
DIFFERENCE_SECONDS = 120
"""Seconds that a difference may last once everything is ACTIVE: DescribeTable lags by 1-3 s (quirks: service.md),
auto scaling moves units into new bounds within 33 s (quirks: DDB-TABLE-315)."""


def start(
    aws: GateAws, plan: GatePlan, stack_id: str, now: datetime, classification: str | None = None
) -> dict[str, Any]:
    """Find the names, and record which alarms were in ALARM before the table changed.

    Args:
        aws: the calls.
        plan: the plan of the gate.
        stack_id: ARN of the stack.
        now: the current time, UTC; the bake time starts here.
        classification: how Preflight classified the transition (``classification.classify``) before the table changed.
            ``None`` classifies it by the baseline.

    Returns:
        The state that each poll receives.

    Raises:
        GateError: names or alarms cannot be read, and the transition is neither a relief nor break-glass.
    """
    classification = classification or classify_by_baseline(plan, now)
    cure = is_cure(classification)
    names = StackNames(plan.table_name, {})
    alarms_in_alarm: list[str] = []
    changed = now
    try:
        names = find_names(aws, plan, stack_id)
        alarms = read_alarms(aws, plan, names)
        alarms_in_alarm = [name for name, alarm in alarms.items() if alarm.state == "ALARM"]
        if cure:
            changed = _change_began(aws, plan, stack_id, now) or now
            alarms_in_alarm = [name for name in alarms_in_alarm if (alarms[name].since or changed) <= changed]
    except AwsError as error:
        if not cure:
            raise GateError(join_reasons("Bake failed", [str(error)])) from error
        log_decision(GATE, "not read", table=plan.table, why=str(error))
    if names.missing and not cure:
        text = f"the stack does not have {', '.join(names.missing)}"
        raise GateError(join_reasons("Bake failed", [text]))
    log_decision(
        GATE,
        "started",
        table=plan.table,
        judged=classification,
        now=now,
        changed=changed,
        minutes=plan.rollout.bake_minutes,
        in_alarm=alarms_in_alarm,
    )
    return {
        "Names": names.to_json(),
        "Judged": classification,
        "InAlarm": alarms_in_alarm,
        "Changed": changed.isoformat(),
    }


def _change_began(aws: GateAws, plan: GatePlan, stack_id: str, now: datetime) -> datetime | None:
    """When CloudFormation began to change the table in this operation; ``None`` if the stack does not show it.

    Raises:
        AwsError: the stack or its events cannot be read.
    """
    operation = aws.describe_stack(stack_id).get("LastUpdatedTime")
    if operation is None:
        return None
    with reading("cloudformation:DescribeStackEvents"):
        times = [
            event["Timestamp"]
            for event in aws.stack_events(stack_id, plan.logical_id, operation)
            if event["ResourceStatus"] == "UPDATE_IN_PROGRESS" and operation <= event["Timestamp"] <= now
        ]
    return min(times, default=None)


def poll(
    aws: GateAws, plan: GatePlan, stack_id: str, state: Mapping[str, Any], started: datetime, now: datetime
) -> dict[str, str] | None:
    """Look once at the table, its alarms and its throttle metrics.

    A poll stores nothing: AWS has the table, the alarms and the minutes since ``started``. So the next poll completes the
    work of one that was interrupted.

    Args:
        aws: the calls.
        plan: the plan of the gate.
        stack_id: ARN of the stack.
        state: what ``start`` returned.
        started: time of ``start``, UTC.
        now: the current time, UTC.

    Returns:
        Data of the gate when it has passed; ``None`` to be polled again.

    Raises:
        GateError: vetoed; or failed, since the table differs or something cannot be read.
    """
    del stack_id  # all gates have the same signature
    classification = str(state["Judged"])
    cure = is_cure(classification)
    names = StackNames.from_json(state["Names"])
    changed = datetime.fromisoformat(state["Changed"])
    over = now - started >= timedelta(minutes=plan.rollout.bake_minutes)
    try:
        if names.table is None:
            raise AwsError(f"cloudformation:DescribeStackResource of {plan.logical_id}", "missing", "")
        table = read_table(aws, names.table)
        alarms = read_alarms(aws, plan, names)
        traffic = read_traffic(aws, table, changed - timedelta(minutes=LIVE_MINUTES), now)
        scaling = read_scaling(aws, table)
    except AwsError as error:
        log_decision(GATE, "not read", table=plan.table, why=str(error))
        if not cure:
            raise GateError(join_reasons("Bake failed, since it cannot see", [str(error)])) from error
        return _pass(plan, classification, [str(error)]) if over else None
    bake_start = BakeStart(cure, tuple(state["InAlarm"]), started, changed)
    vetoes = find_vetoes(plan, names, alarms, traffic, bake_start)
    if vetoes:
        log_decision(GATE, "vetoed", table=plan.table, vetoes=vetoes)
        raise GateError(join_reasons("Bake vetoed", vetoes))
    useless_alarms = list(_find_useless_alarms(plan, names, alarms, over))
    unproven = [
        f"alarm {alarm.name} had no data, as on a table that never throttled"
        for alarm in (alarms.get(name) for name in names.alarms.values())
        if alarm is not None and alarm.is_unproven
    ]
    if useless_alarms and not cure:
        log_decision(GATE, "failed", table=plan.table, blind=useless_alarms)
        raise GateError(join_reasons("Bake failed, since it cannot see", useless_alarms))
    result = _compare(plan, table, scaling, bake_start, now)
    if result.inactive or result.differences or not over:
        log_decision(GATE, "watching", table=plan.table, moving=result.inactive, different=result.differences)
        return None
    return _pass(plan, classification, [*result.warnings, *useless_alarms, *unproven])


@dataclass(frozen=True)
class _Comparison:
    """The live table compared with the declared capacity.

    Attributes:
        inactive: what is not ACTIVE yet.
        differences: what differs from the declared capacity.
        warnings: what differs and is only reported.
    """

    inactive: list[str]
    differences: list[str]
    warnings: list[str]


def _compare(
    plan: GatePlan,
    table: LiveTable,
    scaling: Mapping[Dimension, LiveScaling],
    bake_start: BakeStart,
    now: datetime,
) -> _Comparison:
    """Compare the live table with the declared capacity.

    Raises:
        GateError: it has not been ACTIVE for too long, or it has differed for too long.
    """
    elapsed = now - bake_start.started
    inactive = find_inactive(table)
    limit = timedelta(seconds=max(SETTLE_SECONDS, plan.rollout.bake_minutes * 60))
    if inactive and elapsed > limit:
        minutes = f"{elapsed / timedelta(minutes=1):.0f} minutes after the change"
        raise GateError(join_reasons(f"Bake failed, not settled {minutes}", inactive))
    # CloudFormation deletes the scaling targets that a Table's template no longer has at the end of the operation
    removed_later = {dimension for dimension in scaling if plan.transition.keeps_scaling_target(dimension)}
    kept = {dimension: live for dimension, live in scaling.items() if dimension not in removed_later}
    differences = find_differences(
        plan.transition.declared,
        table,
        kept,
        scaled_units=True,
        ignored=removed_later,
        schedules=plan.deployed.schedules,
        unchanged=plan.transition.having(Change.NONE),
        before=plan.deployed.live,
    )
    not_warm = [
        f"warm throughput of {warm_raise.text} is not reached" for warm_raise in find_raises(plan, table)
    ]
    warnings = [
        f"{dimension.label}: its auto scaling is removed only after the bake"
        for dimension in sorted(removed_later, key=str)
    ]
    if bake_start.cure and (plan.break_glass is not None or not is_only_change(plan)):
        warnings += not_warm
    else:
        differences = differences + not_warm
    if differences and not inactive and elapsed > timedelta(seconds=DIFFERENCE_SECONDS):
        log_decision(GATE, "failed", table=plan.table, different=differences)
        raise GateError(join_reasons("Bake failed, the live table is not what was declared", differences))
    return _Comparison(inactive, differences, warnings)


def _find_useless_alarms(
    plan: GatePlan, names: StackNames, alarms: Mapping[str, LiveAlarm], over: bool
) -> Iterator[str]:
    """Texts about alarms that cannot veto: deleted, not evaluated (CloudWatch API: MetricAlarm), or without data.

    Of the guard's own alarms, one that never had data can veto: it has the guard's definition, and waits for events.
    """
    own = set(names.alarms.values())
    for name in alarm_names(plan, names):
        alarm = alarms.get(name)
        if alarm is None:
            yield f"alarm {name} does not exist any more"
        elif alarm.evaluation is not None:
            yield f"alarm {name} cannot be evaluated ({alarm.evaluation}), so its {alarm.state} means nothing"
        elif over and alarm.state == "INSUFFICIENT_DATA" and not (alarm.is_unproven and name in own):
            yield f"alarm {name} is INSUFFICIENT_DATA at the end of the bake: it has seen nothing"


def _pass(plan: GatePlan, classification: str, warnings: list[str]) -> dict[str, str]:
    log_decision(GATE, "passed", table=plan.table, judged=classification, warnings=warnings)
    return passed_data(classification, warnings)


__all__ = ["DIFFERENCE_SECONDS", "SETTLE_SECONDS", "poll", "start"]
