"""Why a change is not taken back though it throttles: the capacity of before does not carry the traffic, or is not allowed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from ..capacity.capacity import AutoScaling
from ..capacity.change_conditions import (
    decrease_wait,
    decreases_needed,
    next_free_switch,
    way_back_shortfall,
)
from ..capacity.dimension import Dimension
from ..capacity.gate_plan import GatePlan
from ..capacity.transition import Change
from ..dynamodb.describe_table import LiveTable
from ..handlers.live_traffic import LiveTraffic
from ..handlers.messages import format_number, format_resource
from ..handlers.quota_conditions import decreases_today
from ..handlers.switch_history import read_switches
from .calls import RollbackAws


def find_obstacles(
    aws: RollbackAws, plan: GatePlan, table: LiveTable, traffic: LiveTraffic, stack: str, now: datetime
) -> list[str]:
    """Why a change must not, or cannot, be taken back now.

    Args:
        aws: the calls.
        plan: the plan of the change.
        table: the live table.
        traffic: its live traffic.
        stack: id of the stack.
        now: the current time, UTC.

    Raises:
        AwsError: the events of the stack cannot be read.
    """
    found = list(_shortfalls(plan, table, traffic))
    if plan.transition.switches_to_provisioned:
        switches = read_switches(aws.table, plan, table, stack, now)
        free = next_free_switch(plan.transition, switches, now)
        if free is not None:
            found.append(
                f"the quota of switches to on-demand is spent: the next is free at {free:%Y-%m-%d %H:%M} UTC"
            )
    for key, resource in table.resources.items():
        if plan.transition.switches_to_provisioned:
            # Sources differ on whether a switch to on-demand counts as a decrease (quirks: DDB-TABLE-317, -064). A refusal would
            # be reported, so an attempt is better than none.
            break
        _, back = decreases_needed(plan.transition, key, resource.units)
        last = resource.last_decrease or now - timedelta(days=1)
        wait = decrease_wait(back, decreases_today(resource, now), last, now)
        if wait is not None:
            found.append(
                f"{format_resource(key)} has had its decreases of today: the next is free at {wait.until:%Y-%m-%d %H:%M} UTC"
            )
    return found


def _shortfalls(plan: GatePlan, table: LiveTable, traffic: LiveTraffic) -> Iterator[str]:
    transition = plan.transition
    before = plan.deployed.template
    unchanged = transition.having(Change.NONE)
    for dimension in before.dimensions():
        if dimension in unchanged and not isinstance(before.throughput(dimension), AutoScaling):
            continue
        live = traffic.least_demand(dimension)
        short = way_back_shortfall(transition, dimension, live)
        if short is None:
            continue
        if short.units is None:
            yield f"{dimension.label}: the capacity of before has no seed to switch back with"
            continue
        most = _most_served(table, dimension)
        # Units that are too few are still more than the table has now: a rollback makes nothing worse.
        if live is not None and (most is None or short.units < most):
            yield (
                f"{dimension.label}: the capacity of before has {format_number(short.units)} units a second, and live traffic is "
                f"{format_number(live)}"
            )


def _most_served(table: LiveTable, dimension: Dimension) -> int | None:
    """What a table serves for long: its provisioned units or its on-demand maximum, or ``None``: on-demand throughput grows."""
    resource = table.resources.get(dimension.resource)
    if resource is None:
        return None
    units = table.units(dimension)
    return resource.maximum.get(dimension.access) if units is None else units


def best_move(plan: GatePlan, resource: str) -> str:
    """What is left to do for a table or an index that throttles and is not taken back.

    Args:
        plan: the plan of the change.
        resource: resource key of what throttles.
    """
    name = format_resource(resource)
    if plan.transition.declared.is_on_demand:
        maxima = [
            dimension
            for dimension in plan.transition.declared.dimensions()
            if dimension.resource == resource and plan.transition.declared.maximum(dimension) is not None
        ]
        if maxima:
            return f"lift the on-demand maximum of {name} in the code and deploy it: a relief, which no Bake takes back"
        return f"raise the warm throughput of {name} in the code and deploy it: a relief, which no Bake takes back"
    return f"raise the units or the minimum of {name} in the code and deploy it: a relief, which no Bake takes back"


__all__ = ["best_move", "find_obstacles"]
