"""Conditions of Preflight on the live traffic: nothing throttles, and the provisioned units carry the traffic."""

from __future__ import annotations

from collections.abc import Iterator

from ..capacity.evidence import hour_of_week
from .live_state import LiveState
from .live_traffic import PEAK_HOURS
from .messages import format_minute, format_number, format_resource
from .throttling import find_throttling

PEAK_SLACK = 10
"""Units per second by which the live peak must at least exceed the recorded one to be refused: a few requests made by
hand are no new peak."""


def check_throttling(live: LiveState) -> Iterator[str]:
    """Neither the table nor an index throttles above the noise in the last minutes."""
    if live.traffic is None or live.table is None:
        return
    for key in live.table.resources:
        found = find_throttling(live.plan, key, live.traffic.events(key, live.traffic.current_from))
        if found is not None:
            access = live.traffic.most_throttled_access(key, found.minute)
            yield (
                f"{format_resource(key)}, {access}: throttling, {format_number(found.events)} throttle events in the "
                f"minute {format_minute(found.minute)}, {format_number(found.allowed)} allowed"
            )


def check_rise(live: LiveState) -> Iterator[str]:
    """The provisioned units carry the live traffic and its recorded rise while the billing mode switches.

    During the switch, a few minutes, the table keeps its provisioned throughput and auto scaling does not act (Guide:
    bp-switching-capacity-modes). The rise is added in full, although live traffic may already include a part of it. In
    a recording of 14 days this refused 4 of 1,000 minutes in which the recorded peak would have been enough.
    """
    if not live.plan.transition.switches_to_on_demand or live.table is None or live.traffic is None:
        return
    hour = hour_of_week(live.at)
    for dimension in live.table.dimensions():
        units, traffic = live.table.units(dimension), live.traffic.current(dimension)
        if units is None or traffic is None:
            continue
        rise = live.plan.evidence.rise_in(dimension, hour)
        if traffic + rise > units:
            yield (
                f"{dimension.label}: {format_number(units)} provisioned, and frozen while the mode switches; live "
                f"traffic {format_number(traffic)} and the rise recorded for this hour of the week "
                f"({format_number(rise)}) lead to {format_number(traffic + rise)}: deploy a higher floor first, or "
                "choose a quieter hour"
            )


def check_live_peak(live: LiveState) -> Iterator[str]:
    """CloudWatch has the live traffic, and its peak is not far above the recorded one."""
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
        recorded_units = 0.0 if recorded is None else recorded.units
        if peak > recorded_units * margin and peak > recorded_units + PEAK_SLACK:
            yield (
                f"{dimension.label}: live peak {format_number(peak)} a second in the last {PEAK_HOURS} hours, more "
                f"than {margin:g} x the recorded {format_number(recorded_units)}: record the baseline again"
            )


__all__ = ["PEAK_SLACK", "check_live_peak", "check_rise", "check_throttling"]
