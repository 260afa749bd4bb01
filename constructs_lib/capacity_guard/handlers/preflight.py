"""Preflight: judges the live state before the table changes, then raises warm throughput and waits for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..capacity.dimension import index_of
from ..capacity.gate_plan import GatePlan
from ..capacity.limits import PREFLIGHT_SECONDS
from ..dynamodb.describe_table import LiveTable
from .alarm_conditions import find_new_alarms, find_unproven_alarms
from .aws import GateAws
from .aws_error import AwsError
from .classification import classify, find_return_obstacles, is_cure, lowered
from .conditions import CONDITIONS, Condition
from .live_state import LiveState, read_changed_state, read_live_state
from .live_table import read_table
from .messages import GateError, format_resource, join_reasons, log_decision, passed_data, shorten
from .stack_names import StackNames, region_of
from .warm import WarmRaise, find_raises, find_rising, is_only_change

GATE = "preflight"


@dataclass(frozen=True)
class Judgment:
    """The result of the conditions.

    Attributes:
        refusals: what is refused, the most severe first.
        warnings: what is only reported.
    """

    refusals: tuple[str, ...]
    warnings: tuple[str, ...]


def judge(live: LiveState, classification: str, conditions: Sequence[Condition] = CONDITIONS) -> Judgment:
    """Apply conditions to the live state.

    Some refusals become warnings: those of a relief, except what the service itself would refuse; all of them under
    break-glass; and those of a condition whose rule is acknowledged.

    Args:
        live: the live state.
        classification: what the transition is (``classification.classify``).
        conditions: the conditions to apply, in this order.
    """
    refusals: list[str] = []
    warnings = [*live.notes, *find_unproven_alarms(live)]
    cure, break_glass = is_cure(classification), live.plan.break_glass is not None
    acknowledged = {a.rule for a in live.plan.acknowledgments if a.holds(live.at)}
    (warnings if cure else refusals).extend(live.read_errors)
    for condition in conditions:
        only_warns = (
            condition.only_warns
            or break_glass
            or (cure and not condition.is_refused_by_service)
            or condition.rule in acknowledged
        )
        (warnings if only_warns else refusals).extend(condition.check(live))
    if not cure and live.plan.transition.is_return:
        obstacles = "; ".join(find_return_obstacles(live)[:2])
        if obstacles:
            text = f"the return to the capacity before is no relief ({obstacles})"
            (refusals if refusals else warnings).insert(0, text)
    elif (
        not cure and live.plan.transition.only_raises and live.table is not None and live.scaling is not None
    ):
        lowered_texts = list(lowered(live.plan.transition, live.table, live.scaling))
        text = (
            f"the baseline calls this a raise, but the live table has more ({'; '.join(lowered_texts[:2])})"
        )
        (refusals if refusals else warnings).insert(0, text)
    return Judgment(tuple(refusals), tuple(warnings))


def start(
    aws: GateAws, plan: GatePlan, stack_id: str, now: datetime, classification: str | None = None
) -> dict[str, Any]:
    """Judge all conditions, then start the raises of warm throughput.

    Args:
        aws: the calls.
        plan: the plan of the gate.
        stack_id: ARN of the stack.
        now: the current time, UTC.
        classification: not used: Preflight classifies the transition itself.

    Returns:
        The state that each poll receives.

    Raises:
        GateError: refused; nothing was changed.
    """
    live = read_live_state(aws, plan, stack_id, now)
    classification = classify(live)
    judgment = judge(live, classification)
    if judgment.refusals:
        log_decision(
            GATE,
            "refused",
            table=plan.table,
            judged=classification,
            refusals=judgment.refusals,
            warnings=judgment.warnings,
        )
        raise GateError(_refusal(judgment.refusals, "nothing was changed"))
    log_decision(GATE, "accepted", table=plan.table, judged=classification, warnings=judgment.warnings)
    if live.table is not None:
        _raise_warm_throughput(aws, plan, live.table, waits=_waits(plan, classification))
    return {
        "Names": live.names.to_json(),
        "Judged": classification,
        "Warnings": [shorten(text, 200) for text in judgment.warnings[:5]],
    }


def poll(
    aws: GateAws, plan: GatePlan, stack_id: str, state: Mapping[str, Any], started: datetime, now: datetime
) -> dict[str, str] | None:
    """Wait for warm throughput; when all of it is reached, judge again what may have changed.

    Each poll starts from what AWS shows, so the next poll completes the work of one that was interrupted.

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
        GateError: refused, or out of time; the table itself was not changed.
    """
    names = StackNames.from_json(state["Names"])
    warnings = [str(text) for text in state["Warnings"]]
    classification = str(state["Judged"])
    waits = _waits(plan, classification)
    late = now - started > timedelta(seconds=PREFLIGHT_SECONDS.value)
    if names.table is None:  # start has refused everything else than a relief or break-glass
        return _pass(plan, classification, warnings)
    try:
        table = read_table(aws, names.table)
    except AwsError as error:
        if not waits:
            return _pass(plan, classification, [*warnings, str(error)])
        if error.is_transient and not late:
            log_decision(GATE, "asked again", table=plan.table, why=str(error))
            return None
        raise GateError(_refusal([str(error)], "the table was not changed")) from error
    below_target = _raise_warm_throughput(aws, plan, table, waits=waits)
    rising = find_rising(table)
    if below_target or rising:
        if not waits:
            resources = _resource_list(below_target, rising)
            return _pass(plan, classification, [*warnings, f"warm throughput of {resources} is still rising"])
        if late:
            raise GateError(_out_of_time(stack_id, table, below_target, rising))
        log_decision(
            GATE,
            "waiting for warm throughput",
            table=plan.table,
            below=[warm_raise.text for warm_raise in below_target],
            rising=rising,
        )
        return None
    live = read_changed_state(aws, plan, stack_id, names, table, now)
    if not is_cure(classification) and not late and _is_undecided(plan, live):
        return None
    rechecked = [condition for condition in CONDITIONS if condition.is_rechecked]
    judgment = judge(live, classification, rechecked)
    if judgment.refusals:
        log_decision(GATE, "refused", table=plan.table, refusals=judgment.refusals)
        raise GateError(_refusal(judgment.refusals, "warm throughput is raised, the table was not changed"))
    return _pass(plan, classification, list(dict.fromkeys((*warnings, *judgment.warnings))))


def _waits(plan: GatePlan, classification: str) -> bool:
    """Whether Preflight waits for warm throughput.

    A relief does not wait, unless the raise of warm throughput is its only change. Break-glass never waits.
    """
    if plan.break_glass is not None:
        return False
    return not is_cure(classification) or is_only_change(plan)


def _is_undecided(plan: GatePlan, live: LiveState) -> bool:
    """Whether a later poll may decide what this one cannot: transient errors, alarms without a state yet."""
    if live.read_errors and live.errors_are_transient:
        log_decision(GATE, "asked again", table=plan.table, why=live.read_errors)
        return True
    new_alarms = find_new_alarms(live)
    if new_alarms:
        log_decision(GATE, "waiting for new alarms", table=plan.table, alarms=new_alarms)
    return bool(new_alarms)


def _raise_warm_throughput(aws: GateAws, plan: GatePlan, table: LiveTable, *, waits: bool) -> list[WarmRaise]:
    """Start a raise for each resource that is below its target and has none running, one call a resource.

    Args:
        aws: the calls.
        plan: has the targets.
        table: the live table.
        waits: whether Preflight waits for the raises. If so, it refuses when a call can never succeed.

    Returns:
        Everything that is below its target.

    Raises:
        GateError: refused.
    """
    below_target = find_raises(plan, table)
    for warm_raise in below_target:
        if warm_raise.running:
            continue
        units = {str(access): units for access, units in warm_raise.target.items()}
        try:
            aws.raise_warm_throughput(table.name, index_of(warm_raise.key), units)
            log_decision(GATE, "raising warm throughput", table=plan.table, what=warm_raise.text)
        except AwsError as error:
            if waits and not error.is_transient:
                raise GateError(_refusal([str(error)], "the table was not changed")) from error
            log_decision(GATE, "raise to be repeated", table=plan.table, what=warm_raise.text, why=str(error))
    return below_target


def _out_of_time(
    stack_id: str, table: LiveTable, below_target: Sequence[WarmRaise], rising: Sequence[str]
) -> str:
    region = region_of(stack_id)
    minutes = PREFLIGHT_SECONDS.value // 60
    if not below_target:
        resources = _resource_list(below_target, rising)
        text = f"warm throughput of {resources} still rises after {minutes} minutes: deploy again later"
        return _refusal([text], "the table was not changed")
    texts = [
        f"warm throughput of {warm_raise.text} was not reached in {minutes} minutes: "
        f"{warm_raise.command(table.name, region)}, wait for its WarmThroughput.Status ACTIVE and deploy again"
        for warm_raise in below_target
    ]
    return _refusal(texts, "the table was not changed")


def _resource_list(below_target: Sequence[WarmRaise], rising: Sequence[str]) -> str:
    keys = dict.fromkeys((*(warm_raise.key for warm_raise in below_target), *rising))
    return ", ".join(format_resource(key) for key in keys)


def _refusal(refusals: Sequence[str], consequence: str) -> str:
    count = f"{len(refusals)} reasons; " if len(refusals) > 1 else ""
    return join_reasons(f"Preflight refused ({count}{consequence})", refusals)


def _pass(plan: GatePlan, classification: str, warnings: list[str]) -> dict[str, str]:
    log_decision(GATE, "passed", table=plan.table, judged=classification, warnings=warnings)
    return passed_data(classification, warnings)


__all__ = ["Judgment", "judge", "poll", "start"]
