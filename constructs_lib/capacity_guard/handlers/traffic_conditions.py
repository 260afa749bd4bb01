"""Conditions on the live traffic: nothing throttles, and what is provisioned carries it."""

from __future__ import annotations

from collections.abc import Iterator

from ..capacity.evidence import hour_of_week
from .live import PEAK_HOURS, Live
from .messages import minute, number, resource
from .throttling import find_throttling

PEAK_SLACK = 10
"""Units per second by which live traffic must exceed the recorded peak to count: a person with a console is no peak."""


def throttling(live: Live) -> Iterator[str]:
    """Neither table nor index throttles more than on a normal day, in the last minutes."""
    if live.traffic is None or live.table is None:
        return
    for key in live.table.resources:
        found = find_throttling(live.plan, key, live.traffic.events(key, live.traffic.live_from))
        if found is not None:
            access = live.traffic.mostly(key, found.minute)
            yield (
                f"{resource(key)}, {access}: throttling, {number(found.events)} throttle events in the minute "
                f"{minute(found.minute)}, {number(found.allowed)} allowed"
            )


def rise(live: Live) -> Iterator[str]:
    """What is provisioned carries live traffic and its recorded rise while the mode switches.

    For these minutes the table serves what it was provisioned for, and auto scaling stands still (Guide:
    bp-switching-capacity-modes). Both are counted in full, although live traffic may already have risen: of the
    minutes at which a floor of the recorded peak would do, this refused 4 in 1,000 of a recording of 14 days.
    """
    if not live.plan.transition.switches_to_on_demand or live.table is None or live.traffic is None:
        return
    hour = hour_of_week(live.at)
    for dimension in live.table.dimensions():
        units, now = live.table.units(dimension), live.traffic.now(dimension)
        if units is None or now is None:
            continue
        recorded = live.plan.evidence.of(dimension)
        climb = 0.0 if recorded is None else recorded.rise[hour]
        if now + climb > units:
            yield (
                f"{dimension.label}: {number(units)} provisioned, and frozen while the mode switches; live traffic "
                f"{number(now)} and the rise recorded for this hour of the week ({number(climb)}) lead to "
                f"{number(now + climb)}: deploy a higher floor first, or choose a quieter hour"
            )


def live_peak(live: Live) -> Iterator[str]:
    """The live peak is not far above the recorded one, and live traffic is known at all."""
    if live.table is None or live.traffic is None:
        return
    margin = live.plan.margins.live_peak
    for dimension in live.table.dimensions():
        recorded = live.plan.evidence.peak(dimension)
        peak = live.traffic.peak(dimension)
        if peak is None:
            if recorded is not None and recorded.units > 0:
                # consumed units are published for idle tables too (Guide: metrics-dimensions)
                yield f"{dimension.label}: CloudWatch has no consumed units of the last {PEAK_HOURS} hours"
            continue
        known = 0.0 if recorded is None else recorded.units
        if peak > known * margin and peak > known + PEAK_SLACK:
            yield (
                f"{dimension.label}: live peak {number(peak)} a second in the last {PEAK_HOURS} hours, more than "
                f"{margin:g} x the recorded {number(known)}: record the baseline again"
            )


__all__ = ["PEAK_SLACK", "live_peak", "rise", "throttling"]
