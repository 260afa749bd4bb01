"""Conditions of Preflight on the service's quotas: switches of the billing mode, decreases of provisioned throughput."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from ..capacity.change_conditions import decrease_wait, decreases_needed, next_free_switch
from ..capacity.limits import SWITCH_QUOTA_HOURS, SWITCHES_TO_ON_DEMAND
from ..dynamodb.describe_table import LiveResource
from .live_state import LiveState
from .messages import format_minute, format_resource


def check_switch_quota(live: LiveState) -> Iterator[str]:
    """The quota of switches to on-demand suffices for the change and its rollback, one of which is such a switch."""
    transition = live.plan.transition
    if live.switches is None:
        return
    quota = SWITCHES_TO_ON_DEMAND.value
    free = next_free_switch(transition, live.switches, live.at)
    if free is not None:
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
        today = decreases_today(resource, live.at)
        # Without a time there was no decrease yet.
        last = resource.last_decrease or live.at - timedelta(days=1)
        wait = decrease_wait(needed, today, last, live.at)
        if wait is None:
            continue
        which = (
            "the change and the way back need"
            if forward and back
            else f"the {'change' if forward else 'way back'} needs"
        )
        yield (
            f"{format_resource(key)}: {today} decreases of provisioned throughput today (4, then one an hour) and {which} "
            f"{needed}: possible at {_format_time(wait.until)}"
        )


def count_decreases(live: LiveState, key: str) -> tuple[int, int]:
    """Decreases of one resource that the change and its rollback need (``decreases_needed``)."""
    assert live.table is not None
    return decreases_needed(live.plan.transition, key, live.table.resources[key].units)


def decreases_today(resource: LiveResource, now: datetime) -> int:
    """The counter of DescribeTable is of the UTC day of the last decrease (quirks: DDB-TABLE-184, -185)."""
    last = resource.last_decrease
    return resource.decreases if last is None or last.date() == now.date() else 0


def _format_time(time: datetime) -> str:
    return f"{time:%Y-%m-%d} {format_minute(time)}"


__all__ = ["check_decrease_quota", "check_switch_quota", "count_decreases", "decreases_today"]
