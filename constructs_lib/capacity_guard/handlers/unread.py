"""The gate of a table whose baseline, or whose declared capacity, cannot be read: it refuses every change of the capacity.

A deployment that does not change the capacity passes, so that what cannot be read does not block a hotfix.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

from ..capacity.capacity import AutoScaling, Capacity
from ..capacity.gate_plan import UnreadPlan
from ..capacity.limits import PREFLIGHT_SECONDS
from ..capacity.reasons import Reason
from ..capacity.structure import TableKind
from ..dynamodb.describe_table import LiveTable
from .already_deployed import find_capacity_edits
from .aws import GateAws
from .aws_error import AwsError
from .change_set import read_change_set
from .classification import CHANGE
from .live_table import read_scaling, read_table
from .messages import GateError, log_decision, passed_data
from .request import GateRequest
from .verify import find_differences

GATE = "unread"


def poll(aws: GateAws, plan: UnreadPlan, request: GateRequest) -> dict[str, str] | None:
    """Compare the declared capacity with the live one, or look for edits of a capacity that cannot be read.

    Args:
        aws: the calls.
        plan: the plan of the gate.
        request: the request of this look.

    Returns:
        Data of the gate when it has passed; ``None`` to be asked again, since a read failed that may succeed later.

    Raises:
        GateError: the live table has another capacity, or cannot be read; nothing was changed.
    """
    try:
        changes = list(_find_changes(aws, plan, request.stack_id))
    except AwsError as error:
        if error.is_transient and request.elapsed <= timedelta(seconds=PREFLIGHT_SECONDS.value):
            log_decision(GATE, "asked again", table=plan.table, why=str(error))
            return None
        changes = [str(error)]
    unknown = (
        "the baseline cannot be used"
        if plan.declared is not None
        else "the capacity in the template cannot be read"
    )
    if changes:
        log_decision(GATE, "refused", table=plan.table, refusals=changes)
        opening = f"Preflight refused, since {unknown} and the capacity may change"
        raise GateError.of(opening, [*changes, plan.problem], [Reason.CLOSED_GATE])
    warnings = [f"{unknown}: {plan.problem}"]
    log_decision(GATE, "passed", table=plan.table, judged=CHANGE, warnings=warnings)
    return passed_data(CHANGE, warnings)


def _find_changes(aws: GateAws, plan: UnreadPlan, stack_id: str) -> Iterator[str]:
    """Texts about what this deployment may change of the capacity; none if the table does not exist yet."""
    # Not by the name that the code gives: a table of that name outside the stack is none that this operation changes.
    name = aws.physical_id(stack_id, plan.logical_id)
    if name is None:
        return
    if plan.declared is None:
        yield from _find_edits(aws, stack_id, (plan.logical_id, *plan.scaling), name)
        return
    try:
        unscaled = read_table(aws, name)
    except AwsError as error:
        if error.kind == "missing":
            return
        raise
    table = read_scaling(aws, unscaled)
    yield from find_differences(plan.declared, table, scaled_units=False)
    if plan.kind is TableKind.TABLE and _has_moved_units(plan.declared, table):
        consequence = ", which sends units that auto scaling has left behind"
        yield from _find_edits(aws, stack_id, (plan.logical_id,), name, consequence)


def _has_moved_units(declared: Capacity, table: LiveTable) -> bool:
    """Whether auto scaling has moved units away from those in a Table's template, so that sending them is a change."""
    for dimension in table.scaling or ():
        throughput = declared.throughput(dimension)
        template_units = throughput.seed if isinstance(throughput, AutoScaling) else throughput
        if template_units != table.units(dimension):
            return True
    return False


def _find_edits(
    aws: GateAws, stack_id: str, logical_ids: Collection[str], name: str, consequence: str = ""
) -> Iterator[str]:
    """Texts about edits of the capacity in the change set of this operation, or why they are unknown.

    Those of a Table's units replace what auto scaling has reached (API: ProvisionedThroughput).
    """
    id = aws.describe_stack(stack_id).get("ChangeSetId")
    change_set = None if not id else read_change_set(aws, str(id), stack_id)
    if change_set is None or change_set.foreign(stack_id) is not None:
        yield "this operation has no change set, so it is unknown what it edits: deploy with --method=change-set"
        return
    if change_set.reverts_drift:
        yield "this operation reverts drift and may edit what the template leaves alone: deploy without --revert-drift"
    for text in find_capacity_edits(change_set.changes, logical_ids, name):
        yield f"{text}{consequence}"


__all__ = ["poll"]
