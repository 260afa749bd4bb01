"""Comparison of the live table with a capacity, used before a change and after it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ..capacity.capacity import AutoScaling, Capacity
from ..capacity.dimension import ACCESSES, Dimension, index_of
from ..dynamodb.describe_table import LiveScaling, LiveTable
from .messages import format_number, format_resource


def find_inactive(table: LiveTable) -> list[str]:
    """Texts about the table and the indexes whose status is not ACTIVE; TableStatus does not cover the indexes."""
    return [
        f"{format_resource(key)} is {resource.status}"
        for key, resource in table.resources.items()
        if resource.status != "ACTIVE"
    ]


def find_differences(
    expected: Capacity,
    table: LiveTable,
    scaling: Mapping[Dimension, LiveScaling],
    *,
    scaled_units: bool,
    ignored: Collection[Dimension] = (),
) -> list[str]:
    """Texts about what differs between the live table and a capacity; warm throughput is not compared.

    Args:
        expected: the capacity that the table should have.
        table: the live table.
        scaling: its auto scaling.
        scaled_units: whether auto-scaled units must lie within the expected bounds.
        ignored: dimensions whose units are not compared.
    """
    return list(_differences(expected, table, scaling, scaled_units, ignored))


def _differences(
    expected: Capacity,
    table: LiveTable,
    scaling: Mapping[Dimension, LiveScaling],
    scaled_units: bool,
    ignored: Collection[Dimension],
) -> Iterator[str]:
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
    for key in table.resources:
        if key not in expected_keys:
            continue
        for access in ACCESSES:
            dimension = Dimension(index_of(key), access)
            if expected.is_on_demand:
                yield from _compare_maximum(expected, table, dimension)
            elif dimension not in ignored:
                yield from _compare_throughput(
                    expected, table, scaling.get(dimension), dimension, scaled_units
                )


def _compare_maximum(expected: Capacity, table: LiveTable, dimension: Dimension) -> Iterator[str]:
    live = table.resources[dimension.resource].maximum.get(dimension.access)
    wanted = expected.maximum(dimension)
    if live != wanted:
        yield f"{dimension.label}: on-demand maximum is {_or_none(live)}, not {_or_none(wanted)}"


def _compare_throughput(
    expected: Capacity,
    table: LiveTable,
    scaling: LiveScaling | None,
    dimension: Dimension,
    scaled_units: bool,
) -> Iterator[str]:
    units = table.resources[dimension.resource].units[dimension.access]
    wanted = expected.throughput(dimension)
    if not isinstance(wanted, AutoScaling):
        if scaling is not None:
            yield f"{dimension.label}: is auto scaled, not fixed at {_or_none(wanted)}"
        elif units != wanted:
            yield f"{dimension.label}: provisioned {format_number(units)}, not {_or_none(wanted)}"
        return
    if scaling is None:
        yield f"{dimension.label}: has no auto scaling, not {format_number(wanted.minimum)} to {format_number(wanted.maximum)}"
        return
    if (scaling.minimum, scaling.maximum) != (wanted.minimum, wanted.maximum):
        yield (
            f"{dimension.label}: scales {format_number(scaling.minimum)} to {format_number(scaling.maximum)}, "
            f"not {format_number(wanted.minimum)} to {format_number(wanted.maximum)}"
        )
    # a target has no effect between two equal bounds
    if wanted.minimum != wanted.maximum and scaling.target != wanted.target:
        target = "no target" if scaling.target is None else f"{format_number(scaling.target)} %"
        yield f"{dimension.label}: auto scaling steers to {target}, not {wanted.target} %"
    if scaled_units and not wanted.minimum <= units <= wanted.maximum:
        bounds = f"{format_number(wanted.minimum)} to {format_number(wanted.maximum)}"
        yield f"{dimension.label}: provisioned {format_number(units)}, outside {bounds}"


def _or_none(value: object) -> str:
    return format_number(value) if isinstance(value, int) else "none"


__all__ = ["find_differences", "find_inactive"]
