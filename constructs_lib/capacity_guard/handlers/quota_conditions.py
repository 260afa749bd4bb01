"""Conditions on the service's quotas: switches of the billing mode, decreases of provisioned throughput."""

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
from .live import Live
from .messages import minute, resource


def switch_quota(live: Live) -> Iterator[str]:
    """The quota of switches to on-demand leaves room for the way and the way back; one of the two is such a switch."""
    plan = live.plan.transition
    if live.switches is None or not (plan.switches_to_on_demand or plan.switches_to_provisioned):
        return
    quota = SWITCHES_TO_ON_DEMAND.value
    if len(live.switches) >= quota:
        hours = timedelta(hours=SWITCH_QUOTA_HOURS.value)
        free = live.switches[-quota] + hours
        which = "this change" if plan.switches_to_on_demand else "the way back"
        yield (
            f"{len(live.switches)} of {quota} switches to on-demand in {SWITCH_QUOTA_HOURS.value} hours are spent and "
            f"{which} needs one: the next is free at {_stamp(free)}"
        )


def decrease_quota(live: Live) -> Iterator[str]:
    """The quota of decreases leaves room for the way and the way back, table and each index apart."""
    if live.table is None:
        return
    for key, one in live.table.resources.items():
        way, back = decreases(live, key)
        needed = way + back
        today = _decreases_today(one, live.at)
        at_once = max(0, DECREASES_AT_ONCE.value - today)
        if needed <= at_once or not needed:
            continue
        which = (
            "the change and the way back need"
            if way and back
            else f"the {'change' if way else 'way back'} needs"
        )
        free = live.at
        if today >= DECREASES_AT_ONCE.value and one.last_decrease is not None:
            free = one.last_decrease + timedelta(seconds=DECREASE_INTERVAL.value)
        midnight = (live.at + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        hourly = today + needed <= DECREASES_A_DAY.value and needed == 1
        if hourly and free <= live.at:
            continue
        when = min(free, midnight) if hourly else midnight
        yield (
            f"{resource(key)}: {today} decreases of provisioned throughput today (4, then one an hour) and {which} "
            f"{needed}: possible at {_stamp(when)}"
        )


def decreases(live: Live, key: str) -> tuple[int, int]:
    """Decreases of one resource that the way and the way back spend, at most one each.

    A switch to on-demand counts as one of the table (quirks: DDB-TABLE-317; DDB-TABLE-064 did not see it). Only the
    way back is held to that: there a refusal would leave the rollback failed, forward it changes nothing.
    """
    assert live.table is not None
    transition = live.plan.transition
    index = index_of(key)
    before, after = live.plan.deployed.template, transition.declared
    if index is not None and (index not in before.indexes or index not in after.indexes):
        return 0, 0
    if before.is_on_demand:
        return 0, int(not after.is_on_demand and key == TABLE)
    was, becomes = before.of(index), after.of(index)
    if isinstance(becomes, OnDemand) or not isinstance(was, Provisioned):
        return 0, 0
    way = back = False
    returning = transition.reverse()
    for access, units in live.table.resources[key].units.items():
        dimension = Dimension(index, access)
        then = _moved(units, becomes.of(access), transition.units_sent(dimension))
        way |= then < units
        back |= _moved(then, was.of(access), returning.units_sent(dimension)) < then
    return int(way), int(back)


def _moved(units: int, throughput: int | AutoScaling, sent: int | None) -> int:
    """Units after a template's values are sent: fixed ones as they stand, scaled ones moved into their bounds
    (Application Auto Scaling API: RegisterScalableTarget), from where they are or from what is sent."""
    if not isinstance(throughput, AutoScaling):
        return throughput
    return min(max(units if sent is None else sent, throughput.minimum), maximum_of(throughput))


def _decreases_today(one: LiveResource, now: datetime) -> int:
    """The counter belongs to the UTC day of the last decrease (quirks: DDB-TABLE-184, -185)."""
    return one.decreases if one.last_decrease is None or one.last_decrease.date() == now.date() else 0


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d} {minute(moment)}"


__all__ = ["decrease_quota", "decreases", "switch_quota"]
