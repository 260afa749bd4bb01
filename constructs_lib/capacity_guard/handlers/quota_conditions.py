"""Conditions of Preflight on the service's quotas: switches of the billing mode, decreases of provisioned throughput."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from ..capacity.capacity import AutoScaling, OnDemand, Provisioned, maximum_of
from ..capacity.dimension import TABLE, Dimension, index_of
from ..capacity.limits import (
    DECREASE_INTERVAL,
    DECREASES_A_DAY,
    DECREASES_AT_ONCE,
    SWITCH_QUOTA_HOURS,
    SWITCHES_TO_ON_DEMAND,
)
from ..dynamodb.describe_table import LiveResource
from .live_state import LiveState
from .messages import format_minute, format_resource


def check_switch_quota(live: LiveState) -> Iterator[str]:
    """The quota of switches to on-demand suffices for the change and its rollback, one of which is such a switch."""
    transition = live.plan.transition
    if live.switches is None or not (transition.switches_to_on_demand or transition.switches_to_provisioned):
        return
    quota = SWITCHES_TO_ON_DEMAND.value
    if len(live.switches) >= quota:
        free = live.switches[-quota] + timedelta(hours=SWITCH_QUOTA_HOURS.value)
        which = "this change" if transition.switches_to_on_demand else "the way back"
        yield (
            f"{len(live.switches)} of {quota} switches to on-demand in {SWITCH_QUOTA_HOURS.value} hours are spent and "
            f"{which} needs one: the next is free at {_format_time(free)}"
        )


def check_decrease_quota(live: LiveState) -> Iterator[str]:
    """The quota of decreases suffices for the change and its rollback; table and indexes have a quota each."""
    if live.table is None:
        return
    for key, resource in live.table.resources.items():
        forward, back = count_decreases(live, key)
        needed = forward + back
        today = _decreases_today(resource, live.at)
        at_once = max(0, DECREASES_AT_ONCE.value - today)
        if needed <= at_once or not needed:
            continue
        which = (
            "the change and the way back need"
            if forward and back
            else f"the {'change' if forward else 'way back'} needs"
        )
        free = live.at
        if today >= DECREASES_AT_ONCE.value and resource.last_decrease is not None:
            free = resource.last_decrease + timedelta(seconds=DECREASE_INTERVAL.value)
        midnight = (live.at + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        hourly = today + needed <= DECREASES_A_DAY.value and needed == 1
        if hourly and free <= live.at:
            continue
        possible = min(free, midnight) if hourly else midnight
        yield (
            f"{format_resource(key)}: {today} decreases of provisioned throughput today (4, then one an hour) and {which} "
            f"{needed}: possible at {_format_time(possible)}"
        )


def count_decreases(live: LiveState, key: str) -> tuple[int, int]:
    """Decreases of one resource that the change and its rollback need, 0 or 1 each.

    A switch to on-demand counts as a decrease of the table (quirks: DDB-TABLE-317; DDB-TABLE-064 did not observe it).
    It is counted for the rollback alone: a refused switch fails the rollback, but a refused change changes nothing.
    """
    assert live.table is not None
    transition = live.plan.transition
    index = index_of(key)
    deployed, declared = live.plan.deployed.template, transition.declared
    if index is not None and (index not in deployed.indexes or index not in declared.indexes):
        return 0, 0
    if deployed.is_on_demand:
        return 0, int(not declared.is_on_demand and key == TABLE)
    before, after = deployed.of(index), declared.of(index)
    if isinstance(after, OnDemand) or not isinstance(before, Provisioned):
        return 0, 0
    forward = back = False
    reverse = transition.reverse()
    for access, units in live.table.resources[key].units.items():
        dimension = Dimension(index, access)
        changed = _units_after(units, after.of(access), transition.units_sent(dimension))
        forward |= changed < units
        back |= _units_after(changed, before.of(access), reverse.units_sent(dimension)) < changed
    return int(forward), int(back)


def _units_after(units: int, throughput: int | AutoScaling, sent: int | None) -> int:
    """Provisioned units after CloudFormation has sent the values of a template.

    Fixed units are those of the template. Auto scaling moves the units that were sent, or else the current ones, into
    its bounds (Application Auto Scaling API: RegisterScalableTarget).
    """
    if not isinstance(throughput, AutoScaling):
        return throughput
    return min(max(units if sent is None else sent, throughput.minimum), maximum_of(throughput))


def _decreases_today(resource: LiveResource, now: datetime) -> int:
    """The counter of DescribeTable is of the UTC day of the last decrease (quirks: DDB-TABLE-184, -185)."""
    last = resource.last_decrease
    return resource.decreases if last is None or last.date() == now.date() else 0


def _format_time(time: datetime) -> str:
    return f"{time:%Y-%m-%d} {format_minute(time)}"


__all__ = ["check_decrease_quota", "check_switch_quota", "count_decreases"]
