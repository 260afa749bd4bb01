"""The gate before a table whose baseline cannot be read: nobody knows what a change would do, so nothing may change.

A deployment that leaves the capacity as it is goes through, so that no hotfix waits for a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ..capacity.capacity import AutoScaling
from ..capacity.gate_plan import UnreadPlan
from ..capacity.structure import TableKind
from ..dynamodb.describe_table import LiveScaling, LiveTable
from . import classification
from .aws import AwsError, GateAws
from .live import read_scaling, read_table
from .messages import GateError, log, reason, shortened
from .verify import differences

GATE = "unread"
_UNITS = ("BillingMode", "GlobalSecondaryIndexes", "ProvisionedThroughput")


def start(
    aws: GateAws, plan: UnreadPlan, stack_id: str, now: datetime, word: str | None = None
) -> dict[str, Any]:
    """Compare the declared capacity with the live one.

    Args:
        aws: the calls.
        plan: what the gate was told.
        stack_id: ARN of the stack.
        now: the moment, unused: nothing here depends on it.
        word: unused.

    Returns:
        What the poll answers with.

    Raises:
        GateError: the live table has another capacity, or cannot be read; nothing was changed.
    """
    del now, word
    try:
        changes = list(_changes(aws, plan, stack_id))
    except AwsError as error:
        changes = [str(error)]
    warnings = [f"the baseline cannot be used: {plan.problem}", *changes]
    judged = (
        classification.CHANGE if plan.break_glass is None else classification.BREAK_GLASS + plan.break_glass
    )
    if changes and plan.break_glass is None:
        log(GATE, "refused", table=plan.table, refusals=changes)
        opening = "Preflight refused, since the baseline cannot be used and the capacity may change"
        raise GateError(reason(opening, [*changes, plan.problem]))
    log(GATE, "passed", table=plan.table, judged=judged, warnings=warnings)
    return {"Judged": judged, "Warnings": warnings}


def poll(
    aws: GateAws, plan: UnreadPlan, stack_id: str, state: Mapping[str, Any], started: datetime, now: datetime
) -> dict[str, str]:
    """The answer: there is nothing to wait for.

    Returns:
        Data of the finished gate.
    """
    del aws, plan, stack_id, started, now  # one signature for all gates
    warnings = shortened("; ".join(state["Warnings"]), 900)
    return {"Result": "passed", "Judged": str(state["Judged"]), "Warnings": warnings}


def _changes(aws: GateAws, plan: UnreadPlan, stack_id: str) -> Iterator[str]:
    """What this deployment may change of the capacity; nothing for a table that does not exist yet."""
    name = plan.table_name or aws.physical_id(stack_id, plan.logical_id)
    if name is None:
        return
    try:
        table = read_table(aws, name)
    except AwsError as error:
        if error.kind == "missing":
            return
        raise
    scaling = read_scaling(aws, table)
    yield from differences(plan.declared, table, scaling, scaled_units=False)
    if plan.kind is TableKind.TABLE and _is_scaled_elsewhere(plan, table, scaling):
        yield from _sends_units(aws, plan, stack_id)


def _is_scaled_elsewhere(plan: UnreadPlan, table: LiveTable, scaling: Mapping[Any, LiveScaling]) -> bool:
    """Whether auto scaling has left the units that a Table's template states, so that sending them is a change."""
    for dimension in scaling:
        throughput = plan.declared.throughput(dimension)
        stated = throughput.seed if isinstance(throughput, AutoScaling) else throughput
        if stated != table.units(dimension):
            return True
    return False


def _sends_units(aws: GateAws, plan: UnreadPlan, stack_id: str) -> Iterator[str]:
    """An edit of a Table's units, which would replace what auto scaling has reached (API: ProvisionedThroughput)."""
    change_set = aws.stack(stack_id).get("ChangeSetId")
    if not change_set:
        yield "this operation has no change set, so nobody knows whether it sends units: deploy with --method=change-set"
        return
    for change in aws.changes(str(change_set), stack_id):
        if change.get("LogicalResourceId") != plan.logical_id:
            continue
        for detail in change.get("Details") or ():
            property_ = (detail.get("Target") or {}).get("Name")
            if property_ in _UNITS:
                yield f"{property_} of {plan.logical_id} changes, which sends units that auto scaling has left behind"


__all__ = ["poll", "start"]
