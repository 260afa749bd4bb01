"""The provisioned units that CloudFormation sends between two templates, and those after it; the two resource types differ."""

from __future__ import annotations

from .capacity import AutoScaling, Capacity, Throughput, maximum_of, minimum_of
from .dimension import ACCESSES, Dimension
from .structure import TableKind


def sent_units(
    kind: TableKind | None, before: Capacity | None, after: Capacity, dimension: Dimension
) -> int | None:
    """Provisioned units per second that CloudFormation sends for a dimension between two templates; ``None`` for none.

    Args:
        kind: resource type of the table. For an unknown type (``None``) the result is the stricter of both: within
            provisioned mode the units of a Table, which replace what auto scaling has set; otherwise the fewer units,
            or none where a GlobalTable has no seed to start with.
        before: capacity in the template before, ``None`` for a table that does not exist yet.
        after: capacity in the template after it.
        dimension: the dimension.
    """
    if kind is not None:
        return _sent_by(kind, before, after, dimension)
    of_table = _sent_by(TableKind.TABLE, before, after, dimension)
    if before is not None and not before.is_on_demand and dimension.index in (None, *before.indexes):
        return of_table
    of_global_table = _sent_by(TableKind.GLOBAL_TABLE, before, after, dimension)
    return None if of_table is None or of_global_table is None else min(of_table, of_global_table)


def units_after(
    kind: TableKind | None, before: Capacity | None, after: Capacity, dimension: Dimension, now: float | None
) -> float | None:
    """Provisioned units per second of a dimension after a change between two templates, before auto scaling reacts to traffic.

    CloudFormation registers a scaling target if its minimum or maximum changes, and Application Auto Scaling then moves the
    units into these bounds (Application Auto Scaling API: RegisterScalableTarget). If they do not change, units outside of
    them stay: units below the minimum were not corrected (quirks: DDB-TABLE-314, DDB-TABLE-315).

    Args:
        kind: resource type of the table. For an unknown type (``None``) the result is the lower one of both.
        before: capacity in the template before, ``None`` for a table that does not exist yet.
        after: capacity in the template after it.
        dimension: the dimension.
        now: units per second that are provisioned before the change; ``None`` if they are unknown.

    Returns:
        The units; ``None`` in on-demand mode, for an index that is deleted, if a switch of the billing mode has no units to
        send, and if the units before the change stay and are unknown.
    """
    if kind is not None:
        return _after_by(kind, before, after, dimension, now)
    readings = [_after_by(kind, before, after, dimension, now) for kind in TableKind]
    known = [units for units in readings if units is not None]
    return min(known) if len(known) == len(readings) else None


def _after_by(
    kind: TableKind, before: Capacity | None, after: Capacity, dimension: Dimension, now: float | None
) -> float | None:
    throughput = _provisioned_in(after, dimension)
    if throughput is None:
        return None
    sent = _sent_by(kind, before, after, dimension)
    if sent is None and _provisioned_in(before, dimension) is None:
        return None
    units = now if sent is None else sent
    if not isinstance(throughput, AutoScaling) or keeps_bounds(before, after, dimension):
        return units
    return min(max(units or 0, throughput.minimum), maximum_of(throughput))


def keeps_bounds(before: Capacity | None, after: Capacity, dimension: Dimension) -> bool:
    """Whether two templates state the same minimum and maximum of auto scaling, so that CloudFormation registers neither.

    Args:
        before: capacity in the template before, ``None`` for a table that does not exist yet.
        after: capacity in the template after it.
        dimension: the dimension.
    """
    was, becomes = _provisioned_in(before, dimension), _provisioned_in(after, dimension)
    return (
        isinstance(was, AutoScaling)
        and isinstance(becomes, AutoScaling)
        and (was.minimum, was.maximum) == (becomes.minimum, becomes.maximum)
    )


def _provisioned_in(capacity: Capacity | None, dimension: Dimension) -> Throughput | None:
    if capacity is None or dimension.index not in (None, *capacity.indexes):
        return None
    return capacity.throughput(dimension)


def _sent_by(kind: TableKind, before: Capacity | None, after: Capacity, dimension: Dimension) -> int | None:
    if after.is_on_demand or dimension.index not in (None, *after.indexes):
        return None
    throughput = after.throughput(dimension)
    if throughput is None:
        return None
    if before is None or dimension.index not in (None, *before.indexes):
        # Observed: at a creation, a GlobalTable takes MinCapacity and not SeedCapacity (go-to-k/cdkd issue 1435).
        return _table_units(throughput) if kind is TableKind.TABLE else minimum_of(throughput)
    if before.is_on_demand:
        return _table_units(throughput) if kind is TableKind.TABLE else _seed_or_units(throughput)
    if kind is TableKind.TABLE:
        both_accesses = [Dimension(dimension.index, access) for access in ACCESSES]
        unchanged = all(
            _table_units(before.throughput(d)) == _table_units(after.throughput(d)) for d in both_accesses
        )
        return None if unchanged else _table_units(throughput)
    if isinstance(throughput, int) and throughput != before.throughput(dimension):
        return throughput
    return None


def _table_units(throughput: Throughput | None) -> int | None:
    """Units of a dimension in a Table's ProvisionedThroughput, where they are mandatory: without a seed, the minimum."""
    units = _seed_or_units(throughput)
    return minimum_of(throughput) if units is None and throughput is not None else units


def _seed_or_units(throughput: Throughput | None) -> int | None:
    return throughput.seed if isinstance(throughput, AutoScaling) else throughput


__all__ = ["keeps_bounds", "sent_units", "units_after"]
