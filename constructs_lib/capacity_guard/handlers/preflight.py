"""Preflight: live checks before the table changes, then raising warm throughput and waiting for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..capacity.capacity import BillingMode
from ..capacity.dimension import Dimension, index_of
from ..capacity.gate_plan import GatePlan
from ..capacity.limits import PREFLIGHT_SECONDS
from ..capacity.structure import TableKind
from ..dynamodb.describe_table import LiveTable
from . import classification, warm
from .alarm_conditions import unsettled_alarms
from .aws import AwsError, GateAws
from .conditions import CONDITIONS, Condition
from .live import (
    PEAK_HOURS,
    Live,
    Names,
    Reading,
    find_names,
    read_alarms,
    read_scaling,
    read_table,
    read_targets,
)
from .live_traffic import LIVE_MINUTES, read_traffic
from .messages import GateError, log, reason, resource, shortened
from .switch_history import read_switches

GATE = "preflight"
_RECENT = timedelta(minutes=LIVE_MINUTES + 5)
_OLD_SDK = "the runtime's SDK is too old to show express mode"


@dataclass(frozen=True)
class Judgment:
    """What the conditions say of one reading: what they refuse, and what is only reported."""

    refusals: tuple[str, ...]
    warnings: tuple[str, ...]


def judge(live: Live, word: str, conditions: Sequence[Condition] = CONDITIONS) -> Judgment:
    """Judge a reading.

    The guard does not stand in the way of the cure: a relief is refused only what the service itself would refuse,
    break-glass nothing at all. An acknowledged rule's condition does not refuse either.

    Args:
        live: the reading.
        word: what the transition is (``classification.judged``).
        conditions: the conditions to apply, in this order.
    """
    refusals: list[str] = []
    warnings = list(live.notes)
    cure, broken = classification.is_cure(word), live.plan.break_glass is not None
    holding = {a.rule for a in live.plan.acknowledgments if a.holds(live.at)}
    for text in live.unread:
        (warnings if cure else refusals).append(text)
    for condition in conditions:
        lenient = broken or (cure and not condition.certain) or condition.rule in holding
        for text in condition.refusals(live):
            (warnings if lenient else refusals).append(text)
    if not cure and live.plan.transition.is_relief and live.table is not None and live.scaling is not None:
        lost = list(classification.lowered(live.plan.transition, live.table, live.scaling))
        text = f"the baseline calls this a raise, but the live table has more ({'; '.join(lost[:2])})"
        (refusals if refusals else warnings).insert(0, text)
    return Judgment(tuple(refusals), tuple(warnings))


def read_all(aws: GateAws, plan: GatePlan, stack_id: str, now: datetime) -> Live:
    """Everything that Preflight judges, read once. What cannot be read is reported, not raised."""
    reading = Reading()
    names = reading.attempt(lambda: find_names(aws, plan, stack_id)) or Names(plan.table_name, {})
    table_name = names.table
    table = None if table_name is None else reading.attempt(lambda: read_table(aws, table_name))
    alarms = reading.attempt(lambda: read_alarms(aws, plan, names))
    traffic = scaling = switches = changes = None
    left: frozenset[Dimension] = frozenset()
    if table is not None:
        traffic = reading.attempt(lambda: read_traffic(aws, table, now - timedelta(hours=PEAK_HOURS), now))
        scaling = reading.attempt(lambda: read_scaling(aws, table))
        if plan.deployed.kind is TableKind.TABLE and table.mode is BillingMode.ON_DEMAND:
            left = reading.attempt(lambda: frozenset(read_targets(aws, table))) or left
    stack = reading.attempt(lambda: aws.stack(stack_id))
    change_set = None if stack is None else stack.get("ChangeSetId")
    if change_set:
        changes = reading.attempt(lambda: tuple(aws.changes(str(change_set), stack_id)))
    moves = plan.transition
    if moves.switches_to_on_demand or moves.switches_to_provisioned:
        found = reading.attempt(lambda: read_switches(aws, plan, table, stack_id, now))
        switches = None if found is None else tuple(found)
    notes = () if aws.shows_express_mode() else (_OLD_SDK,)
    return Live(
        plan,
        now,
        stack_id,
        names,
        table,
        alarms,
        traffic,
        scaling,
        left,
        stack,
        changes,
        switches,
        tuple(reading.unread),
        notes=notes,
    )


def read_moment(
    aws: GateAws, plan: GatePlan, stack_id: str, names: Names, table: LiveTable, now: datetime
) -> Live:
    """What may have changed while warm throughput rose: alarms and traffic, beside the table just read."""
    reading = Reading()
    alarms = reading.attempt(lambda: read_alarms(aws, plan, names))
    traffic = reading.attempt(lambda: read_traffic(aws, table, now - _RECENT, now))
    return Live(
        plan, now, stack_id, names, table, alarms, traffic, unread=tuple(reading.unread), again=reading.again
    )


def start(
    aws: GateAws, plan: GatePlan, stack_id: str, now: datetime, word: str | None = None
) -> dict[str, Any]:
    """Judge everything, then ask for the warm throughput that is missing.

    Args:
        aws: the calls.
        plan: what the gate was told.
        stack_id: ARN of the stack.
        now: the moment, UTC.
        word: unused; Preflight is the one that finds it.

    Returns:
        What the polls need to know.

    Raises:
        GateError: refused; nothing was changed.
    """
    live = read_all(aws, plan, stack_id, now)
    word = classification.judged(live)
    judgment = judge(live, word)
    if judgment.refusals:
        log(
            GATE,
            "refused",
            table=plan.table,
            judged=word,
            refusals=judgment.refusals,
            warnings=judgment.warnings,
        )
        raise GateError(_refusal(judgment.refusals, "nothing was changed"))
    log(GATE, "accepted", table=plan.table, judged=word, warnings=judgment.warnings)
    if live.table is not None:
        _raise(aws, plan, live.table, _hurries(plan, word))
    return {
        "Names": live.names.to_json(),
        "Judged": word,
        "Warnings": [shortened(text, 200) for text in judgment.warnings[:5]],
    }


def poll(
    aws: GateAws, plan: GatePlan, stack_id: str, state: Mapping[str, Any], started: datetime, now: datetime
) -> dict[str, str] | None:
    """Raise and await warm throughput; when all is warm, judge the moment once more.

    Every poll begins with what AWS shows, so a poll that died is made good by the next one.

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
        GateError: refused, or out of time; the table itself was not changed.
    """
    names = Names.from_json(state["Names"])
    warnings = [str(text) for text in state["Warnings"]]
    word = str(state["Judged"])
    hurry = _hurries(plan, word)
    late = now - started > timedelta(seconds=PREFLIGHT_SECONDS.value)
    if names.table is None:  # only a cure comes this far
        return _done(plan, word, warnings)
    try:
        table = read_table(aws, names.table)
    except AwsError as error:
        if hurry:
            return _done(plan, word, [*warnings, str(error)])
        if error.passes and not late:
            log(GATE, "asked again", table=plan.table, why=str(error))
            return None
        raise GateError(_refusal([str(error)], "the table was not changed")) from error
    missing = _raise(aws, plan, table, hurry)
    rising = warm.rising(table)
    if missing or rising:
        if hurry:
            return _done(
                plan, word, [*warnings, f"warm throughput of {_names(missing, rising)} is still rising"]
            )
        if late:
            raise GateError(_out_of_time(stack_id, table, missing, rising))
        log(
            GATE,
            "waiting for warm throughput",
            table=plan.table,
            below=[one.text for one in missing],
            rising=rising,
        )
        return None
    live = read_moment(aws, plan, stack_id, names, table, now)
    cure = classification.is_cure(word)
    if not cure and not late and live.unread and live.again:
        log(GATE, "asked again", table=plan.table, why=live.unread)
        return None
    if not cure and not late and (waiting := unsettled_alarms(live)):
        log(GATE, "waiting for new alarms", table=plan.table, alarms=waiting)
        return None
    judgment = judge(live, word, [condition for condition in CONDITIONS if condition.passing])
    if judgment.refusals:
        log(GATE, "refused", table=plan.table, refusals=judgment.refusals)
        raise GateError(_refusal(judgment.refusals, "warm throughput is raised, the table was not changed"))
    return _done(plan, word, list(dict.fromkeys((*warnings, *judgment.warnings))))


def _hurries(plan: GatePlan, word: str) -> bool:
    """Whether nothing is waited for: a relief goes ahead while its warm throughput rises, unless that is all it is."""
    return plan.break_glass is not None or (classification.is_cure(word) and not warm.is_only_change(plan))


def _raise(aws: GateAws, plan: GatePlan, table: LiveTable, hurry: bool) -> list[warm.Raise]:
    """Ask for what is below its target and not rising, one call a resource, not waiting for each other.

    Args:
        aws: the calls.
        plan: gives the targets.
        table: what it has.
        hurry: whether a call that can never succeed is left at that.

    Returns:
        Everything that is below its target.
    """
    missing = warm.raises(plan, table)
    for one in missing:
        if one.running:
            continue
        try:
            aws.raise_warm(table.name, index_of(one.key), {str(a): units for a, units in one.target.items()})
            log(GATE, "raising warm throughput", table=plan.table, what=one.text)
        except AwsError as error:
            if not error.passes and not hurry:
                raise GateError(_refusal([str(error)], "the table was not changed")) from error
            log(GATE, "raise to be repeated", table=plan.table, what=one.text, why=str(error))
    return missing


def _out_of_time(
    stack_id: str, table: LiveTable, missing: Sequence[warm.Raise], rising: Sequence[str]
) -> str:
    region = (stack_id.split(":") + [""] * 4)[3]
    minutes = PREFLIGHT_SECONDS.value // 60
    if not missing:
        text = f"warm throughput of {_names(missing, rising)} still rises after {minutes} minutes: deploy again later"
        return _refusal([text], "the table was not changed")
    parts = [
        f"warm throughput of {one.text} was not reached in {minutes} minutes: {one.command(table.name, region)}, "
        "wait for its WarmThroughput.Status ACTIVE and deploy again"
        for one in missing
    ]
    return _refusal(parts, "the table was not changed")


def _names(missing: Sequence[warm.Raise], rising: Sequence[str]) -> str:
    return ", ".join(resource(key) for key in dict.fromkeys((*(one.key for one in missing), *rising)))


def _refusal(refusals: Sequence[str], state: str) -> str:
    count = f"{len(refusals)} reasons; " if len(refusals) > 1 else ""
    return reason(f"Preflight refused ({count}{state})", refusals)


def _done(plan: GatePlan, word: str, warnings: list[str]) -> dict[str, str]:
    log(GATE, "passed", table=plan.table, judged=word, warnings=warnings)
    return {"Result": "passed", "Judged": word, "Warnings": shortened("; ".join(warnings), 900)}


__all__ = ["Judgment", "judge", "poll", "read_all", "read_moment", "start"]
