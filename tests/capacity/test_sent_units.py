"""The units that CloudFormation sends between two templates, for each resource type and for an unknown one."""

from __future__ import annotations

import pytest
from hypothesis import given

from capacity_guard.capacity import AutoScaling, Capacity, TableKind
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.capacity.sent_units import sent_units, units_after
from tests.builders.domain import capacities

WRITE = Dimension(None, "write")


@given(capacities(), capacities())
def test_units_of_an_unknown_type_are_those_of_one_of_the_types(before: Capacity, after: Capacity) -> None:
    for dimension in after.dimensions():
        readings = [sent_units(kind, before, after, dimension) for kind in TableKind]
        assert sent_units(None, before, after, dimension) in readings


@pytest.mark.parametrize(("seed", "units"), [(None, None), (150, 150), (300, 300)])
def test_units_of_an_unknown_type_at_a_switch_need_the_seed_of_a_global_table(
    seed: int | None, units: int | None
) -> None:
    declared = Capacity.provisioned(read=100, write=AutoScaling(100, 900, seed=seed))
    assert sent_units(None, Capacity.on_demand(), declared, WRITE) == units


@pytest.mark.parametrize(
    ("kind", "before", "after", "now", "units"),
    [
        # CloudFormation sends 300 units, and the scaling target stays: nothing corrects them (DDB-TABLE-315)
        (TableKind.TABLE, (100, 500, 1_000), (200, 500, 1_000), 500, 300),
        (TableKind.TABLE, (100, 500, 1_000), (200, 600, 1_000), 500, 600),
        (TableKind.TABLE, (100, 500, 1_000), (200, 500, 2_000), 500, 500),
        (TableKind.TABLE, (100, 500, 1_000), (200, 100, 200), 500, 200),
        (TableKind.TABLE, (100, 500, 1_000), (100, 500, 1_000), 400, 400),
        (TableKind.TABLE, (100, 500, 1_000), (100, 500, 1_000), None, None),
        (TableKind.TABLE, None, (100, 500, 1_000), None, 500),
        (TableKind.GLOBAL_TABLE, (100, 500, 1_000), (200, 500, 1_000), 500, 500),
        (TableKind.GLOBAL_TABLE, (100, 500, 1_000), (200, 500, 1_000), 400, 400),
        (TableKind.GLOBAL_TABLE, (100, 500, 1_000), (100, 600, 1_000), 400, 600),
        (TableKind.GLOBAL_TABLE, (100, 500, 1_000), (100, 100, 200), 400, 200),
        (TableKind.GLOBAL_TABLE, (100, 500, 1_000), (100, 600, 1_000), None, 600),
        (None, (100, 500, 1_000), (200, 500, 1_000), 500, 300),
    ],
)
def test_units_when_the_bounds_change_or_stay_are_corrected_or_not(
    kind: TableKind | None,
    before: tuple[int, int, int] | None,
    after: tuple[int, int, int],
    now: float | None,
    units: float | None,
) -> None:
    def capacity(read: int, minimum: int, maximum: int) -> Capacity:
        return Capacity.provisioned(read=read, write=AutoScaling(minimum, maximum, 70, seed=300))

    was = None if before is None else capacity(*before)
    assert units_after(kind, was, capacity(*after), WRITE, now) == units


def test_units_after_a_switch_are_the_seed_within_the_bounds() -> None:
    on_demand = Capacity.on_demand()
    low = Capacity.provisioned(read=1, write=AutoScaling(500, 1_000, 70, seed=300))
    without = Capacity.provisioned(read=1, write=AutoScaling(500, 1_000, 70))
    for kind in TableKind:
        assert units_after(kind, on_demand, low, WRITE, None) == 500
        assert units_after(kind, low, on_demand, WRITE, 500) is None
    assert units_after(TableKind.GLOBAL_TABLE, on_demand, without, WRITE, None) is None, "nothing to send"
    fixed = Capacity.provisioned(read=1, write=300)
    assert units_after(TableKind.TABLE, low, fixed, WRITE, 800) == 800, "300 are not sent again"
    assert units_after(TableKind.GLOBAL_TABLE, low, fixed, WRITE, 800) == 300
