"""Comparison of the live table with a capacity, used before a change and after it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from ..capacity.capacity import AutoScaling, Capacity
from ..capacity.dimension import Dimension
from ..capacity.scheduled_action import ScheduledAction, ScheduledBounds, scheduled_bounds
from ..dynamodb.describe_table import LiveTable
from .messages import format_number, format_resource


def find_inactive(table: LiveTable) -> list[str]:
    """Texts about the table and the indexes whose status is not ACTIVE; TableStatus does not cover the indexes."""
    return [
        f"{format_resource(key)} is {resource.status}"
        for key, resource in table.resources.items()
        if resource.status != "ACTIVE"
    ] + [
        f"vector index {name} is {status}"
        for name, status in table.vector_indexes.items()
        if status != "ACTIVE"
    ]


def find_differences(
    expected: Capacity,
    table: LiveTable,
    *,
    scaled_units: bool,
    ignored: Collection[Dimension] = (),
    schedules: Sequence[ScheduledAction] = (),
    unchanged: Collection[Dimension] = (),
    before: Capacity | None = None,
) -> list[str]:
    """Texts about what differs between the live table and a capacity; warm throughput is not compared.

    Args:
        expected: the capacity that the table should have.
        table: the live table, with its auto scaling.
        scaled_units: whether auto-scaled units must lie within the expected bounds.
        ignored: dimensions whose units are not compared.
        schedules: scheduled actions of auto scaling. Bounds that one of them sets are no difference.
        unchanged: dimensions that the change leaves alone. They may be as they were before it.
        before: the live capacity before the change.
    """
    scheduled = scheduled_bounds(schedules)
    texts = list(_table_differences(expected, table))
    if texts and table.mode is not expected.billing_mode:
        return texts
    for dimension in table.dimensions():
        if dimension.index is not None and dimension.index not in expected.indexes:
            continue
        found = list(_dimension_differences(expected, table, dimension, scaled_units, scheduled))
        if dimension in ignored and not expected.is_on_demand:
            continue
        if found and before is not None and dimension in unchanged and _has(before, table, dimension):
            as_before = _dimension_differences(before, table, dimension, scaled_units, scheduled)
            found = found if any(as_before) else []
        texts += found
    return texts


def _has(capacity: Capacity, table: LiveTable, dimension: Dimension) -> bool:
    """Whether a capacity has the mode of the table, and the index of a dimension."""
    known = dimension.index is None or dimension.index in capacity.indexes
    return known and capacity.billing_mode is table.mode


def _table_differences(expected: Capacity, table: LiveTable) -> Iterator[str]:
    if table.mode is not expected.billing_mode:
        yield f"billing mode is {table.mode.value}, not {expected.billing_mode.value}"
        return
    expected_keys = {key for key, _ in expected.resources()}
    for key in table.resources:
        if key not in expected_keys:
            yield f"{format_resource(key)} is not expected"
    for key in expected_keys:
        if key not in table.resources:
            yield f"{format_resource(key)} does not exist"


def _dimension_differences(
    expected: Capacity,
    table: LiveTable,
    dimension: Dimension,
    scaled_units: bool,
    scheduled: Mapping[Dimension, ScheduledBounds],
) -> Iterator[str]:
    if expected.is_on_demand:
        yield from _compare_maximum(expected, table, dimension)
    else:
        bounds = scheduled.get(dimension, ScheduledBounds())
        yield from _compare_throughput(expected, table, dimension, scaled_units, bounds)


def _compare_maximum(expected: Capacity, table: LiveTable, dimension: Dimension) -> Iterator[str]:
    live = table.resources[dimension.resource].maximum.get(dimension.access)
    wanted = expected.maximum(dimension)
    if live != wanted:
        yield f"{dimension.label}: on-demand maximum is {_or_none(live)}, not {_or_none(wanted)}"


def _compare_throughput(
    expected: Capacity,
    table: LiveTable,
    dimension: Dimension,
    scaled_units: bool,
    scheduled: ScheduledBounds,
) -> Iterator[str]:
    units = table.resources[dimension.resource].units[dimension.access]
    wanted = expected.throughput(dimension)
    scaling = (table.scaling or {}).get(dimension)
    if not isinstance(wanted, AutoScaling):
        if table.tracked(dimension) is not None:
            yield f"{dimension.label}: is auto scaled, not fixed at {_or_none(wanted)}"
        elif scaling is not None and scheduled.minima | scheduled.maxima:
            # A target without a policy sets bounds alone; scheduled actions move the units with them.
            if units not in {wanted, *scheduled.minima, *scheduled.maxima}:
                yield f"{dimension.label}: provisioned {format_number(units)}, as no scheduled action sets it"
        elif units != wanted:
            yield f"{dimension.label}: provisioned {format_number(units)}, not {_or_none(wanted)}"
        return
    if scaling is None:
        yield f"{dimension.label}: has no auto scaling, not {format_number(wanted.minimum)} to {format_number(wanted.maximum)}"
        return
    minima, maxima = {wanted.minimum, *scheduled.minima}, {wanted.maximum, *scheduled.maxima}
    if scaling.minimum not in minima or scaling.maximum not in maxima:
        yield (
            f"{dimension.label}: scales {format_number(scaling.minimum)} to {format_number(scaling.maximum)}, "
            f"not {format_number(wanted.minimum)} to {format_number(wanted.maximum)}"
        )
    # a target has no effect between two equal bounds
    if wanted.minimum != wanted.maximum and scaling.target != wanted.target:
        target = "no target" if scaling.target is None else f"{scaling.target:.12g} %"
        yield f"{dimension.label}: auto scaling steers to {target}, not {wanted.target:.12g} %"
    lowest, highest = min(minima), max(maxima)
    if scaled_units and not lowest <= units <= highest:
        bounds = f"{format_number(lowest)} to {format_number(highest)}"
        yield f"{dimension.label}: provisioned {format_number(units)}, outside {bounds}"


def _or_none(value: object) -> str:
    return format_number(value) if isinstance(value, int) else "none"


__all__ = ["find_differences", "find_inactive"]
