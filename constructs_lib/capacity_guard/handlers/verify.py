"""Whether a live table has a capacity: the same comparison before a change and after it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ..capacity.capacity import AutoScaling, Capacity
from ..capacity.dimension import ACCESSES, Dimension, index_of
from ..dynamodb.describe_table import LiveScaling, LiveTable
from .messages import number


def inactive(table: LiveTable) -> list[str]:
    """The table and the indexes whose status is not ACTIVE; TableStatus alone does not speak for an index."""
    return [
        f"{_resource(key)} is {one.status}" for key, one in table.resources.items() if one.status != "ACTIVE"
    ]


def differences(
    expected: Capacity,
    table: LiveTable,
    scaling: Mapping[Dimension, LiveScaling],
    *,
    scaled_units: bool,
    unjudged: Collection[Dimension] = (),
) -> list[str]:
    """What of a capacity the live table does not have, warm throughput apart.

    Args:
        expected: the capacity it should have.
        table: the live table.
        scaling: its auto scaling.
        scaled_units: whether auto-scaled units must lie within the expected bounds.
        unjudged: dimensions whose units cannot be what is expected yet.
    """
    return list(_differences(expected, table, scaling, scaled_units, unjudged))


def _differences(
    expected: Capacity,
    table: LiveTable,
    scaling: Mapping[Dimension, LiveScaling],
    scaled_units: bool,
    unjudged: Collection[Dimension],
) -> Iterator[str]:
    if table.mode is not expected.billing_mode:
        yield f"billing mode is {table.mode.value}, not {expected.billing_mode.value}"
        return
    known = {key for key, _ in expected.resources()}
    for key in table.resources:
        if key not in known:
            yield f"{_resource(key)} is not expected"
    for key in known:
        if key not in table.resources:
            yield f"{_resource(key)} does not exist"
    for key in table.resources:
        if key not in known:
            continue
        for access in ACCESSES:
            dimension = Dimension(index_of(key), access)
            if expected.is_on_demand:
                yield from _maximum(expected, table, dimension)
            elif dimension not in unjudged:
                yield from _throughput(expected, table, scaling.get(dimension), dimension, scaled_units)


def _maximum(expected: Capacity, table: LiveTable, dimension: Dimension) -> Iterator[str]:
    live = table.resources[dimension.resource].maximum.get(dimension.access)
    wanted = expected.maximum(dimension)
    if live != wanted:
        yield f"{dimension.label}: on-demand maximum is {_or_none(live)}, not {_or_none(wanted)}"


def _throughput(
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
            yield f"{dimension.label}: provisioned {number(units)}, not {_or_none(wanted)}"
        return
    if scaling is None:
        yield f"{dimension.label}: has no auto scaling, not {number(wanted.minimum)} to {number(wanted.maximum)}"
        return
    if (scaling.minimum, scaling.maximum) != (wanted.minimum, wanted.maximum):
        yield (
            f"{dimension.label}: scales {number(scaling.minimum)} to {number(scaling.maximum)}, "
            f"not {number(wanted.minimum)} to {number(wanted.maximum)}"
        )
    # a target moves nothing between two equal bounds
    if wanted.minimum != wanted.maximum and scaling.target != wanted.target:
        target = "no target" if scaling.target is None else f"{number(scaling.target)} %"
        yield f"{dimension.label}: auto scaling steers to {target}, not {wanted.target} %"
    if scaled_units and not wanted.minimum <= units <= wanted.maximum:
        bounds = f"{number(wanted.minimum)} to {number(wanted.maximum)}"
        yield f"{dimension.label}: provisioned {number(units)}, outside {bounds}"


def _or_none(value: object) -> str:
    return number(value) if isinstance(value, int) else "none"


def _resource(key: str) -> str:
    index = index_of(key)
    return "table" if index is None else f"index {index}"
