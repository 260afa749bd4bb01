"""Preflight: judges the live state before the table changes, then raises warm throughput and waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ..capacity.dimension import Dimension, index_of
from ..capacity.gate_plan import GatePlan, allowed_events
from ..capacity.limits import PREFLIGHT_SECONDS
from ..capacity.reasons import Reason
from ..dynamodb.describe_table import LiveTable
from .alarm_conditions import find_new_alarms, find_unproven_alarms
from .aws import GateAws
from .aws_error import AwsError
from .classification import (
    ALREADY_DEPLOYED,
    RELIEF,
    classify,
    classify_by_baseline,
    find_return_obstacles,
    is_cure,
    lowered,
)
from .conditions import CONDITIONS, Condition
from .handover import Loud
from .hold import refusal
from .live_state import LiveState, read_live_state
from .live_table import read_table
from .live_traffic import LIVE_MINUTES
from .messages import GateError, format_resource, log_decision, passed_data
from .request import GateRequest
from .stack_names import region_of
from .table_conditions import check_status
from .warm import WarmRaise, find_awaited, find_raises, find_rising, is_only_change

GATE = "preflight"
FIRST_SECONDS = 60
"""Seconds in which every look judges everything. Later, a look that finds a raise running waits for its end and does not judge:
a table with 20 indexes is read in about 70 calls, and a raise takes many looks."""
RELIEF_SECONDS = 120
"""Seconds for which a relief is asked again where a read fails. Then what cannot be read is a warning."""
UPDATING_SECONDS = 120
"""Seconds for which a table or an index that is UPDATING is waited for, where nothing else is refused: auto scaling and scheduled
actions update it at any time, for 1 to 6 s where it was measured (quirks: DDB-TABLE-058, -134, -159; tiny tables)."""
UPDATING_SECONDS_AFTER_RAISE = 1_200
"""The same where warm throughput is raised first, which takes minutes: no look knows how long the table has been UPDATING."""


@dataclass(frozen=True)
class Judgment:
    """The result of the conditions.

    Attributes:
        refusals: what is refused, the most severe first.
        warnings: what is only reported.
        reasons: codes of what is refused, in the same order.
    """

    refusals: tuple[str, ...]
    warnings: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()


def judge(live: LiveState, classification: str, conditions: Sequence[Condition] = CONDITIONS) -> Judgment:
    """Apply conditions to the live state.

    Some refusals become warnings: those of a relief, except what the service itself would refuse, and those of a condition
    whose rule is acknowledged.

    Args:
        live: the live state.
        classification: what the transition is (``classification.classify``).
        conditions: the conditions to apply, in this order.
    """
    refusals: list[str] = []
    warnings = [*live.notes, *find_unproven_alarms(live)]
    cure = is_cure(classification)
    acknowledged = {a.rule for a in live.plan.acknowledgments if a.holds(live.at)}
    reasons: list[Reason] = []
    if live.read_errors:
        (warnings if cure else refusals).extend(live.read_errors)
        reasons += [] if cure else [Reason.NOT_READ]
    for condition in conditions:
        only_warns = (
            condition.only_warns
            or (cure and not condition.is_refused_by_service)
            or condition.rule in acknowledged
        )
        found = list(condition.check(live))
        (warnings if only_warns else refusals).extend(found)
        if found and not only_warns:
            reasons.append(condition.reason)
    if not cure and live.plan.transition.is_return:
        obstacles = "; ".join(find_return_obstacles(live)[:2])
        if obstacles:
            text = f"the return to the capacity before is not a relief ({obstacles})"
            _put_first(text, refusals, warnings, reasons)
    elif (
        not cure and live.plan.transition.only_raises and live.table is not None and live.scaling is not None
    ):
        lowered_texts = list(lowered(live.plan.transition, live.table))
        text = (
            f"the baseline calls this a raise, but the live table has more ({'; '.join(lowered_texts[:2])})"
        )
        _put_first(text, refusals, warnings, reasons)
    return Judgment(tuple(refusals), tuple(warnings), tuple(reasons))


def _put_first(text: str, refusals: list[str], warnings: list[str], reasons: list[Reason]) -> None:
    """Say first that a cure is none; that alone is not a reason to refuse."""
    (refusals if refusals else warnings).insert(0, text)
    if refusals:
        reasons.insert(0, Reason.NOT_A_RELIEF)


def poll(aws: GateAws, plan: GatePlan, request: GateRequest) -> dict[str, str] | None:
    """Look once: judge all conditions, start the raises of warm throughput that are needed, and wait for them.

    Each look starts from what AWS shows, so the next one completes the work of one that was interrupted. When every raise has
    ended, everything is judged once more, since raises take minutes.

    Args:
        aws: the calls.
        plan: the plan of the gate.
        request: the request of this look.

    Returns:
        Data of the gate when it has passed; ``None`` to be asked again.

    Raises:
        GateError: refused, or out of time; the table itself was not changed.
    """
    if request.is_held:
        # Also for a cure: the template keeps the capacity of before while the change is held, so it would cure nothing.
        log_decision(GATE, "held", table=plan.table, fingerprint=plan.transition.fingerprint)
        raise _refusal([refusal(plan.transition.fingerprint)], [Reason.HELD], "nothing was changed")
    late = request.elapsed > timedelta(seconds=PREFLIGHT_SECONDS.value)
    if (
        not late
        and request.elapsed > timedelta(seconds=FIRST_SECONDS)
        and _is_raise_running(aws, plan, request)
    ):
        return None
    live = read_live_state(aws, plan, request.stack_id, request.now)
    if request.hold_error is not None:
        live = live.with_read_error(request.hold_error)
    classification = classify(live)
    if classification == ALREADY_DEPLOYED:
        return _pass_deployed(aws, plan, live)
    cure = is_cure(classification)
    if not late and _is_undecided(plan, live, cure, request.elapsed):
        return None
    judgment = judge(live, classification)
    if judgment.refusals and _is_only_updating(live, classification, request.elapsed):
        return None
    if judgment.refusals:
        log_decision(
            GATE,
            "refused",
            table=plan.table,
            judged=classification,
            refusals=judgment.refusals,
            warnings=judgment.warnings,
        )
        raise _refusal(judgment.refusals, judgment.reasons, _consequence(live))
    log_decision(GATE, "accepted", table=plan.table, judged=classification, warnings=judgment.warnings)
    warnings = list(judgment.warnings)
    if live.table is None:  # a relief whose table cannot be read
        return _pass(live, classification, warnings)
    waits = not cure or is_only_change(plan)
    below_target = _raise_warm_throughput(aws, plan, live.table, waits=waits)
    rising = find_rising(live.table)
    if below_target or rising:
        if waits:
            if late:
                raise _out_of_time(request.stack_id, live.table, below_target, rising)
            _log_waiting(plan, below_target, rising)
            return None
        warnings.append(f"warm throughput of {_resource_list(below_target, rising)} is still rising")
    return _pass(live, classification, warnings)


def _is_raise_running(aws: GateAws, plan: GatePlan, request: GateRequest) -> bool:
    """Whether the raises that are needed are all running, so that there is nothing to judge yet.

    A relief does not wait for them, unless they are all that it does.
    """
    if classify_by_baseline(plan, request.now) == RELIEF and not is_only_change(plan):
        return False
    try:
        name = plan.table_name or aws.physical_id(request.stack_id, plan.logical_id)
        table = None if name is None else read_table(aws, name)
    except AwsError:
        return False  # the look that follows reports it
    if table is None or not find_awaited(plan, table):
        return False
    below_target = find_raises(plan, table)
    if not all(warm_raise.running for warm_raise in below_target):
        return False
    _log_waiting(plan, below_target, find_rising(table))
    return True


def _is_undecided(plan: GatePlan, live: LiveState, cure: bool, elapsed: timedelta) -> bool:
    """Whether a later look may decide what this one cannot: transient errors, alarms without a state yet."""
    if live.read_errors and live.errors_are_transient:
        if cure and elapsed >= timedelta(seconds=RELIEF_SECONDS):
            return False
        log_decision(GATE, "asked again", table=plan.table, why=live.read_errors)
        return True
    new_alarms = [] if cure else find_new_alarms(live)
    if new_alarms:
        log_decision(GATE, "waiting for new alarms", table=plan.table, alarms=new_alarms)
    return bool(new_alarms)


def _is_only_updating(live: LiveState, classification: str, elapsed: timedelta) -> bool:
    """Whether all that is refused is an update of the table or an index that may end in a moment."""
    raises = live.plan.transition.warm_raises
    if live.table is None or elapsed >= timedelta(
        seconds=UPDATING_SECONDS_AFTER_RAISE if raises else UPDATING_SECONDS
    ):
        return False
    texts = list(check_status(live))
    updating = [key for key, resource in live.table.resources.items() if resource.status == "UPDATING"]
    others = [condition for condition in CONDITIONS if condition.check is not check_status]
    if len(texts) != len(updating) or judge(live, classification, others).refusals:
        return False
    log_decision(GATE, "waiting for an update", table=live.plan.table, why=texts)
    return True


def _pass_deployed(aws: GateAws, plan: GatePlan, live: LiveState) -> dict[str, str]:
    """Pass a gate that is created for a change that is deployed already; warm throughput is raised without waiting for it."""
    warnings = ["the live table already has the declared capacity, and this operation does not change it"]
    assert live.table is not None
    below_target = _raise_warm_throughput(aws, plan, live.table, waits=False)
    if below_target:
        warnings.append(f"warm throughput of {_resource_list(below_target, ())} is not reached yet")
    return _pass(live, ALREADY_DEPLOYED, warnings)


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
        try:
            aws.raise_warm_throughput(table.name, index_of(warm_raise.key), warm_raise.target)
            log_decision(GATE, "raising warm throughput", table=plan.table, what=warm_raise.text)
        except AwsError as error:
            if waits and not error.is_transient:
                raise _refusal([str(error)], [Reason.WARM_THROUGHPUT]) from error
            log_decision(GATE, "raise to be repeated", table=plan.table, what=warm_raise.text, why=str(error))
    return below_target


def _log_waiting(plan: GatePlan, below_target: Sequence[WarmRaise], rising: Sequence[str]) -> None:
    log_decision(
        GATE,
        "waiting for warm throughput",
        table=plan.table,
        below=[warm_raise.text for warm_raise in below_target],
        rising=rising,
    )


def _out_of_time(
    stack_id: str, table: LiveTable, below_target: Sequence[WarmRaise], rising: Sequence[str]
) -> GateError:
    region = region_of(stack_id)
    minutes = PREFLIGHT_SECONDS.value // 60
    if not below_target:
        resources = _resource_list(below_target, rising)
        return _refusal(
            [f"warm throughput of {resources} still rises after {minutes} minutes: deploy again later"],
            [Reason.WARM_THROUGHPUT],
        )
    return _refusal(
        [
            f"warm throughput of {warm_raise.text} was not reached in {minutes} minutes: "
            f"{warm_raise.command(table.name, region)}, wait for its WarmThroughput.Status ACTIVE and deploy again"
            for warm_raise in below_target
        ],
        [Reason.WARM_THROUGHPUT],
    )


def _resource_list(below_target: Sequence[WarmRaise], rising: Sequence[str]) -> str:
    keys = dict.fromkeys((*(warm_raise.key for warm_raise in below_target), *rising))
    return ", ".join(format_resource(key) for key in keys)


def _refusal(
    refusals: Sequence[str], reasons: Sequence[Reason], consequence: str = "the table was not changed"
) -> GateError:
    count = f"{len(refusals)} reasons; " if len(refusals) > 1 else ""
    return GateError.of(f"Preflight refused ({count}{consequence})", refusals, reasons)


def _consequence(live: LiveState) -> str:
    """What Preflight has changed by now, as far as AWS shows it: this look or an earlier one may have raised warm throughput."""
    raised = () if live.table is None else live.plan.transition.warm_raises
    if live.table is None or not raised:
        return "nothing was changed"
    if find_awaited(live.plan, live.table):
        return "the table was not changed"
    reached = [
        d
        for d in raised
        if d.resource in live.table.resources and d not in _below_target(live.plan, live.table)
    ]
    return "warm throughput is raised, the table was not changed" if reached else "nothing was changed"


def _below_target(plan: GatePlan, table: LiveTable) -> set[Dimension]:
    return {
        Dimension(index_of(warm_raise.key), access)
        for warm_raise in find_raises(plan, table)
        for access in warm_raise.target
    }


def _loud(live: LiveState) -> Loud:
    """What throttles and which alarms are in ALARM before the change: old noise, which a Bake does not blame on it."""
    resources: list[str] = []
    if live.traffic is not None:
        since = live.traffic.complete_until - timedelta(minutes=LIVE_MINUTES)
        for key in live.traffic.resources:
            allowed = allowed_events(live.plan, key)
            if any(events > allowed for events in live.traffic.events(key, since).values()):
                resources.append(key)
    alarms = [name for name, alarm in (live.alarms or {}).items() if alarm.state == "ALARM"]
    return Loud(live.at, tuple(resources), tuple(alarms))


def _pass(live: LiveState, classification: str, warnings: list[str]) -> dict[str, str]:
    loud = _loud(live)
    log_decision(
        GATE,
        "passed",
        table=live.plan.table,
        judged=classification,
        warnings=warnings,
        loud=loud.to_attribute(),
    )
    return {**passed_data(classification, warnings), "Loud": loud.to_attribute()}


__all__ = ["FIRST_SECONDS", "RELIEF_SECONDS", "Judgment", "judge", "poll"]
