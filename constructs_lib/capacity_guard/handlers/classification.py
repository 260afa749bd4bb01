"""Classification of a transition: a relief, any other change, or one that is deployed already.

Preflight classifies the transition once, before the table changes: afterwards the live table no longer shows what was
raised. CloudFormation hands the classification to Bake.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..capacity.capacity import AutoScaling, BillingMode, maximum_of, minimum_of
from ..capacity.dimension import Dimension, index_of
from ..capacity.evidence import hour_of_week
from ..capacity.gate_plan import GatePlan
from ..capacity.relief import return_obstacles
from ..capacity.transition import Transition
from ..dynamodb.describe_table import LiveTable
from .already_deployed import find_open_changes
from .live_state import LiveState
from .live_traffic import LiveTraffic
from .messages import format_number
from .warm import is_only_change

CHANGE = "change"
RELIEF = "relief"
ALREADY_DEPLOYED = "already deployed"
"""The classifications."""


def classify(live: LiveState) -> str:
    """Classify a transition against the live table.

    It is a relief if the declared capacity lowers nothing of the live table, or if it returns to the capacity deployed
    before, soon enough after the change, and carries the live traffic (``relief.return_obstacles``). What cannot be read
    the baseline decides, so that a failed read does not refuse a relief.

    Args:
        live: the live state, with table and auto scaling.

    Returns:
        ``already deployed``, ``relief`` or ``change``.
    """
    plan = live.plan
    if is_already_deployed(live):
        return ALREADY_DEPLOYED
    if live.table is None or live.scaling is None:
        return classify_by_baseline(plan, live.at)
    transition = plan.transition
    if not any(lowered(transition, live.table)):
        return RELIEF
    return RELIEF if transition.is_return and not find_return_obstacles(live) else CHANGE


def find_return_obstacles(live: LiveState) -> list[str]:
    """Why a return to the capacity deployed before is not a relief, by the live table and its traffic.

    Args:
        live: the live state of a transition that is a return.
    """
    plan, traffic, table = live.plan, live.traffic, live.table
    if traffic is None or table is None:
        return list(_obstacles_by_baseline(plan, live.at))
    return list(
        return_obstacles(
            plan.transition,
            plan.margins,
            live.at,
            lambda dimension: _live_or_recorded(plan, live.at, traffic, dimension),
            table.units,
        )
    )


def _live_or_recorded(
    plan: GatePlan, at: datetime, traffic: LiveTraffic, dimension: Dimension
) -> float | None:
    """The live traffic of a dimension; that of the recording where CloudWatch has no complete minute."""
    current = traffic.current(dimension)
    return _recorded_in_hour(plan, at, dimension) if current is None else current


def _recorded_in_hour(plan: GatePlan, at: datetime, dimension: Dimension) -> float | None:
    return plan.evidence.units_in(dimension, hour_of_week(at))


def _obstacles_by_baseline(plan: GatePlan, at: datetime) -> Iterator[str]:
    return return_obstacles(
        plan.transition, plan.margins, at, lambda dimension: _recorded_in_hour(plan, at, dimension)
    )


def classify_by_baseline(plan: GatePlan, at: datetime) -> str:
    """Classify a transition from its plan alone.

    Args:
        plan: the plan of the gate.
        at: the current time, UTC.
    """
    transition = plan.transition
    if transition.only_raises:
        return RELIEF
    is_relief = transition.is_return and next(_obstacles_by_baseline(plan, at), None) is None
    return RELIEF if is_relief else CHANGE


def is_cure(classification: str) -> bool:
    """Whether the gates must not stop the transition: a relief."""
    return classification == RELIEF


def is_already_deployed(live: LiveState) -> bool:
    """Whether the live table has the declared capacity and this operation leaves it alone.

    So it is when gates are created late: break-glass or a relief was deployed without them, and the baseline still knows the
    capacity before it. A raise of warm throughput is in no template; where it is the only change, it is judged as any relief.
    """
    change_set, plan = live.change_set, live.plan
    if live.table is None or live.scaling is None or change_set is None:
        return False
    if change_set.foreign(live.stack_id) is not None or change_set.reverts_drift:
        return False
    if is_only_change(plan):
        return False
    return not find_open_changes(
        plan.transition.declared,
        live.table,
        live.changes,
        plan.travels_with,
        plan.deployed.schedules,
    )


def lowered(transition: Transition, table: LiveTable) -> Iterator[str]:
    """Texts about what the declared capacity lowers in the live table.

    Warm throughput is left out: it never decreases (Guide: warm-throughput).

    Args:
        transition: has the declared capacity, and which units CloudFormation sends for it.
        table: the live table, with its auto scaling.
    """
    declared = transition.declared
    if table.mode is not declared.billing_mode:
        yield f"billing mode {table.mode.value} becomes {declared.billing_mode.value}"
        return
    live_keys, declared_keys = set(table.resources), {key for key, _ in declared.resources()}
    deployed = transition.deployed
    template_keys = set() if deployed is None else {key for key, _ in deployed.template.resources()}
    # an index that only the live table has stays as it is, since CloudFormation compares the two templates
    for key in sorted((live_keys & template_keys) - declared_keys):
        yield f"index {index_of(key)} is deleted"
    for key in sorted(declared_keys - live_keys - template_keys):
        yield f"index {index_of(key)} is created"
    for dimension in table.dimensions():
        if dimension.resource not in declared_keys:
            continue
        if table.mode is BillingMode.ON_DEMAND:
            yield from _lower_maximum(transition, table, dimension)
        else:
            yield from _lower_throughput(transition, table, dimension)


def _lower_maximum(transition: Transition, table: LiveTable, dimension: Dimension) -> Iterator[str]:
    live = table.resources[dimension.resource].maximum.get(dimension.access)
    declared = transition.declared.maximum(dimension)
    if declared is not None and (live is None or declared < live):
        live_text = "none" if live is None else format_number(live)
        yield f"{dimension.label}: on-demand maximum {live_text} becomes {format_number(declared)}"


def _lower_throughput(transition: Transition, table: LiveTable, dimension: Dimension) -> Iterator[str]:
    declared = transition.declared.throughput(dimension)
    if declared is None:
        return
    units = table.resources[dimension.resource].units[dimension.access]
    scaling = (table.scaling or {}).get(dimension)
    if not isinstance(declared, AutoScaling):
        scaling = table.tracked(
            dimension
        )  # a target without a policy only sets bounds, and leaves with its template
    minimum, maximum = (units, units) if scaling is None else (scaling.minimum, scaling.maximum)
    after = transition.units_after(dimension, units)
    if after is not None and after < units:
        yield f"{dimension.label}: {format_number(units)} provisioned become {format_number(after)}"
    elif minimum_of(declared) < minimum:
        yield f"{dimension.label}: minimum {format_number(minimum)} becomes {format_number(minimum_of(declared))}"
    elif maximum_of(declared) < maximum:
        yield f"{dimension.label}: maximum {format_number(maximum)} becomes {format_number(maximum_of(declared))}"
    elif scaling is not None and isinstance(declared, AutoScaling) and minimum < maximum:
        target = scaling.target
        if target is not None and declared.target > target:
            yield (
                f"{dimension.label}: auto scaling steers to {declared.target:.12g} % instead of {target:.12g} %"
            )


__all__ = [
    "ALREADY_DEPLOYED",
    "CHANGE",
    "RELIEF",
    "classify",
    "classify_by_baseline",
    "find_return_obstacles",
    "is_already_deployed",
    "is_cure",
    "lowered",
]
