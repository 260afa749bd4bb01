"""Bake: compares the table with the declared capacity, then watches alarms and throttle metrics for the bake time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..capacity.errors import InputError
from ..capacity.gate_plan import GatePlan
from ..capacity.limits import PREFLIGHT_SECONDS, SWITCH_SECONDS_LONGEST
from ..capacity.reasons import Reason
from ..capacity.transition import Change
from ..dynamodb.describe_table import LiveTable
from .aws import GateAws
from .aws_error import AwsError
from .bake_vetoes import BakeStart, find_frozen_throttling, find_vetoes
from .classification import ALREADY_DEPLOYED, classify_by_baseline, is_cure
from .live_alarms import LiveAlarm, alarm_names, read_alarms
from .live_table import read_scaling, read_table
from .live_traffic import LIVE_MINUTES, read_traffic
from .messages import GateError, log_decision, passed_data
from .request import GateRequest
from .stack_names import StackNames
from .update_answer import NOT_JUDGED
from .verify import find_differences, find_inactive
from .warm import find_raises, is_only_change

GATE = "bake"
SETTLE_SECONDS = SWITCH_SECONDS_LONGEST.value
"""Seconds after which the table and every index are ACTIVE at the latest. CloudFormation waits for the table, but not for
its indexes (CloudFormation User Guide, AWS::DynamoDB::GlobalTable)."""
DIFFERENCE_SECONDS = 120
"""Seconds that a difference may last once everything is ACTIVE: DescribeTable lags by 1-3 s (quirks: service.md),
auto scaling moves units into new bounds within 33 s (quirks: DDB-TABLE-315)."""
BLIND_SECONDS = 300
"""Seconds after the bake in which a Bake that cannot see is still asked again; the metrics hold all minutes of the bake."""


def poll(aws: GateAws, plan: GatePlan, request: GateRequest) -> dict[str, str] | None:
    """Look once at the table, its alarms and its throttle metrics.

    A look stores nothing: AWS has the table, the alarms and the minutes since the start, and CloudFormation hands over what
    Preflight saw. So the next look completes the work of one that was interrupted.

    Args:
        aws: the calls.
        plan: the plan of the gate.
        request: the request of this look; the bake time begins with ``started``.

    Returns:
        Data of the gate when it has passed; ``None`` to be asked again.

    Raises:
        GateError: vetoed; or failed, since the table differs or something cannot be read.
        InputError: the request does not name the table.
    """
    if request.judged in (NOT_JUDGED, ALREADY_DEPLOYED):
        return _pass(
            plan, request.judged, ["the change was deployed before this operation: nothing to watch"]
        )
    if request.names is None or request.names.table is None:
        raise InputError("gate: Names", "is missing", "Synthesize and deploy again")
    names, now = request.names, request.now
    classification = request.judged or classify_by_baseline(plan, now)
    cure = is_cure(classification)
    # what throttled after Preflight looked may be the work of the change itself
    changed = request.started if request.loud is None else min(request.loud.at, request.started)
    over = request.elapsed >= timedelta(minutes=plan.rollout.bake_minutes)
    try:
        unscaled = read_table(aws, request.names.table)
        alarms = read_alarms(aws, plan, names)
        traffic = read_traffic(aws, unscaled, changed - timedelta(minutes=LIVE_MINUTES), now)
        table = read_scaling(aws, unscaled)
    except AwsError as error:
        log_decision(GATE, "not read", table=plan.table, why=str(error))
        if cure:
            return _pass(plan, classification, [str(error)]) if over else None
        if error.is_transient and not _is_late(plan, request):
            return None
        raise _cannot_see([str(error)]) from error
    bake_start = BakeStart(cure, request.loud, request.started, changed)
    vetoes = find_vetoes(plan, names, alarms, traffic, bake_start, over=over)
    if vetoes:
        log_decision(GATE, "vetoed", table=plan.table, vetoes=[veto.text for veto in vetoes])
        raise GateError.of("Bake vetoed", [veto.text for veto in vetoes], [veto.reason for veto in vetoes])
    useless_alarms = list(_find_useless_alarms(plan, names, alarms, over))
    unproven = [
        f"alarm {alarm.name} had no data, as on a table that never throttled"
        for alarm in (alarms.get(name) for name in names.alarms.values())
        if alarm is not None and alarm.is_unproven
    ]
    if useless_alarms and not cure:
        log_decision(GATE, "failed", table=plan.table, blind=useless_alarms)
        raise _cannot_see(useless_alarms)
    result = _compare(plan, table, bake_start, now)
    if result.inactive or result.differences or not over:
        log_decision(
            GATE,
            "watching",
            table=plan.table,
            judged=classification,
            since=request.started,
            minutes=plan.rollout.bake_minutes,
            loud=None if request.loud is None else request.loud.to_attribute(),
            moving=result.inactive,
            different=result.differences,
        )
        return None
    frozen = find_frozen_throttling(plan, traffic, bake_start)
    return _pass(plan, classification, [*result.warnings, *frozen, *useless_alarms, *unproven])


def _cannot_see(texts: Sequence[str]) -> GateError:
    return GateError.of("Bake failed, since it cannot see", texts, [Reason.BAKE_CANNOT_SEE])


def _is_late(plan: GatePlan, request: GateRequest) -> bool:
    """Whether a Bake that cannot see is not asked again: its bake is over, and so is the time to see it."""
    bake = timedelta(minutes=plan.rollout.bake_minutes)
    limit = min(bake + timedelta(seconds=BLIND_SECONDS), timedelta(seconds=PREFLIGHT_SECONDS.value))
    return request.elapsed >= max(bake, limit)


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
        raise GateError.of(f"Bake failed, not settled {minutes}", inactive, [Reason.BAKE_DIFFERENT])
    # CloudFormation deletes the scaling targets that a Table's template no longer has at the end of the operation
    scaling = table.scaling or {}
    removed_later = {dimension for dimension in scaling if plan.transition.keeps_scaling_target(dimension)}
    kept = {dimension: live for dimension, live in scaling.items() if dimension not in removed_later}
    differences = find_differences(
        plan.transition.declared,
        replace(table, scaling=kept),
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
    if bake_start.cure and not is_only_change(plan):
        warnings += not_warm
    else:
        differences = differences + not_warm
    if differences and not inactive and elapsed > timedelta(seconds=DIFFERENCE_SECONDS):
        log_decision(GATE, "failed", table=plan.table, different=differences)
        opening = "Bake failed, the live table is not what was declared"
        raise GateError.of(opening, differences, [Reason.BAKE_DIFFERENT])
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


__all__ = ["BLIND_SECONDS", "DIFFERENCE_SECONDS", "SETTLE_SECONDS", "poll"]
