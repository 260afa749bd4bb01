"""Conditions on the live table, the baseline and the time: it is as recorded, and nothing of it is changing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from . import warm
from .live import Live
from .messages import minute, number, resource
from .verify import differences, inactive


def status(live: Live) -> Iterator[str]:
    """Table and every index are ACTIVE, their warm throughput too.

    A raise that is under way towards a declared target (an earlier attempt's) is waited for instead.
    """
    if live.table is None:
        return
    for one in inactive(live.table):
        yield f"{one}, not ACTIVE: wait until its change has ended"
    missing = {one.key for one in warm.raises(live.plan, live.table)}
    for key in warm.rising(live.table):
        if key not in missing:
            yield f"warm throughput of {resource(key)} is being raised, not ACTIVE: wait until that has ended"


def window(live: Live) -> Iterator[str]:
    """The moment lies in the change window, if one is declared."""
    declared = live.plan.rollout.change_window
    if declared is not None and live.at not in declared:
        yield f"it is {live.at:%a} {minute(live.at)}, outside the change window {declared.text} (UTC)"


def equality(live: Live) -> Iterator[str]:
    """The live table has the capacity that the baseline recorded; auto-scaled units need only carry the traffic."""
    if live.table is None or live.scaling is None:
        return
    found = differences(live.plan.deployed.live, live.table, live.scaling, scaled_units=False)
    if found:
        shown = "; ".join(found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")
        yield f"the live table differs from the baseline: {shown}: record the baseline again"
    if live.traffic is None or live.plan.transition.switches_to_on_demand:
        return  # the rise asks for more
    for dimension in live.table.dimensions():
        units, now = live.table.units(dimension), live.traffic.now(dimension)
        if dimension in live.scaling and units is not None and now is not None and now > units:
            yield f"{dimension.label}: {number(units)} provisioned, less than the live traffic of {number(now)}"


def baseline_age(live: Live) -> Iterator[str]:
    """The baseline is fresh on the day of the deployment, not only on that of the synthesis."""
    age = (live.at - live.plan.recorded_at) / timedelta(days=1)
    oldest = live.plan.margins.baseline_oldest_days
    if age > oldest:
        yield f"the baseline is {age:.1f} days old, {oldest:g} are allowed: record it again"


def warm_time(live: Live) -> Iterator[str]:
    """Raises of warm throughput fit into a gate's hour."""
    if live.table is None:
        return
    for one in warm.raises(live.plan, live.table):
        if warm.too_long(one):
            yield (
                f"warm throughput of {one.text} would take about {one.seconds // 60} minutes, longer than a gate lasts: "
                f"raise it beforehand: {one.command(live.table.name, live.region)}"
            )


__all__ = ["baseline_age", "equality", "status", "warm_time", "window"]
