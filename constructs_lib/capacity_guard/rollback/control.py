"""Reads the unchanged cell of a change, and compares the minutes of a veto with it. Nothing depends on its success."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from ..capacity.dimension import ACCESSES, Dimension, index_of
from ..capacity.errors import InputError
from ..capacity.gate_plan import allowed_events
from ..dynamodb.names import CONSUMED_UNITS, THROTTLE_EVENTS, cause_events, metric_dimensions
from ..handlers.aws_error import AwsError
from ..handlers.live_table import read_scaling, read_table
from ..handlers.live_traffic import LiveTraffic, floor_minute
from ..handlers.messages import format_resource
from ..handlers.verify import find_inactive
from ..watch.control import SLACK, Cell, Comparison, Control, compare, no_control
from ..watch.judgment import Minutes, metered_minutes
from .calls import RollbackAws
from .capacity_before import CapacityBefore
from .watched_change import WatchedChange

_HOT_KEY = "KeyRangeThroughput"
"""Cause of throttling that a cell has for itself: a hot key (DynamoDB Guide: throttling-key-range-limit-exceeded-mitigation)."""
NONE_FOUND = "the app has no unchanged cell of this table in the same account and Region"


class _NoControl(Exception):
    """Why the control is none, as a clause."""


def compare_with_control(
    aws: RollbackAws,
    change: WatchedChange,
    resource: str,
    traffic: LiveTraffic,
    *,
    changed_at: datetime,
    at: datetime,
    until: datetime,
) -> Comparison:
    """Compare a veto with the same minutes of an unchanged cell. It never fails.

    Args:
        aws: the calls. They get a deadline of their own, so that they take no time from what follows.
        change: the change.
        resource: resource key of what throttles.
        traffic: the live traffic of the changed table.
        changed_at: when the table had its new capacity, UTC.
        at: start of the first minute of the veto, UTC.
        until: the minute after the last one of the veto.
    """
    control = change.control
    if control is None:
        return no_control(NONE_FOUND)
    if isinstance(control, str):
        return no_control(control)
    settings, plan = change.options.settings, change.plan
    since = floor_minute(max(changed_at, at - timedelta(minutes=settings.control_minutes)))
    end = min(until + SLACK, traffic.complete_until)
    noise = control.noise.get(resource, 0.0)
    try:
        name = _unchanged_table(aws.look(), control, resource, since)
        consumed, throttled, hot = _read(aws.look(), name, resource, since, end)
        if (
            sum(events > noise for minute, events in hot.items() if minute >= at - SLACK)
            >= settings.fast_minutes
        ):
            raise _NoControl(f"{control.label} throttled for a cause of its own, a hot key")
    except _NoControl as none:
        return no_control(str(none))
    except (AwsError, InputError) as error:
        return no_control(f"{control.label} cannot be read ({error})")
    peaks = {
        dimension: peak.units
        for dimension in traffic.consumed
        if (peak := plan.evidence.peak(dimension)) is not None
    }
    changed = _cell(
        resource, traffic.consumed, traffic.throttled, peaks, allowed_events(plan, resource), since, end
    )
    there = _cell(resource, consumed, throttled, control.peaks, noise, since, end)
    return compare(control.label, resource, changed, there, at, until, since=changed_at, settings=settings)


def _unchanged_table(aws: RollbackAws, control: Control, resource: str, since: datetime) -> str:
    """Name of the control's table.

    Raises:
        _NoControl: it is no control.
        AwsError: it cannot be read.
    """
    try:
        name = control.table_name or aws.table.physical_id(control.stack, control.logical_id)
        if name is None:
            raise _NoControl(f"{control.label} is gone")
        table = read_scaling(aws.table, read_table(aws.table, name))
    except AwsError as error:
        if error.kind == "missing" or (error.kind == "invalid" and "does not exist" in error.detail):
            raise _NoControl(f"{control.label} is gone") from error
        raise
    inactive = find_inactive(table)
    if inactive:
        raise _NoControl(f"{control.label} is being changed, too: {inactive[0]}")
    if resource not in table.resources:
        raise _NoControl(f"{control.label} has no {format_resource(resource)}")
    different = CapacityBefore.of_unchanged(control.deployed, control.schedules, control.live).differences(
        table
    )
    if different:
        raise _NoControl(f"{control.label} was changed, too: {different[0]}")
    if table.last_switch is not None and table.last_switch >= since:
        raise _NoControl(f"{control.label} was switched at {table.last_switch:%H:%M} UTC")
    return name


def _read(
    aws: RollbackAws, table: str, resource: str, since: datetime, end: datetime
) -> tuple[Minutes, Minutes, Mapping[datetime, float]]:
    """Consumed units and throttle events of a resource of the control, without those of a hot key, and those by minute.

    Raises:
        AwsError: they cannot be read.
    """
    index = index_of(resource)
    where = metric_dimensions(table, index)
    metrics: dict[str, tuple[str, Mapping[str, str]]] = {}
    for access in ACCESSES:
        metrics[f"consumed {access}"] = (CONSUMED_UNITS[access], where)
        metrics[f"throttled {access}"] = (THROTTLE_EVENTS[access], where)
        metrics[f"hot {access}"] = (cause_events(access, _HOT_KEY), where)
    sums = aws.table.sums_per_minute(metrics, since, end)
    consumed, throttled = {}, {}
    all_hot: dict[datetime, float] = {}
    for access in ACCESSES:
        dimension = Dimension(index, access)
        consumed[dimension] = sums[f"consumed {access}"]
        hot = sums[f"hot {access}"]
        for at, events in hot.items():
            all_hot[at] = all_hot.get(at, 0.0) + events
        throttled[dimension] = {
            at: max(0.0, events - hot.get(at, 0.0)) for at, events in sums[f"throttled {access}"].items()
        }
    return consumed, throttled, all_hot


def _cell(
    resource: str,
    consumed: Minutes,
    throttled: Minutes,
    peaks: Mapping[Dimension, float],
    noise: float,
    since: datetime,
    end: datetime,
) -> Cell:
    demand: dict[Dimension, dict[datetime, float]] = {}
    for series in (consumed, throttled):
        for dimension, minutes in series.items():
            total = demand.setdefault(dimension, {})
            for minute, value in minutes.items():
                total[minute] = total.get(minute, 0.0) + value
    return Cell(metered_minutes(resource, consumed, throttled, since, end), demand, peaks, noise)


__all__ = ["NONE_FOUND", "compare_with_control"]
