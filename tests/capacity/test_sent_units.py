"""The units that CloudFormation sends between two templates, for each resource type and for an unknown one."""

from __future__ import annotations

import pytest
from hypothesis import given

from capacity_guard.capacity import AutoScaling, Capacity, TableKind
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.capacity.sent_units import sent_units
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
