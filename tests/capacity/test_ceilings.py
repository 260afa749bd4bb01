"""Ceilings: what an on-demand table or index serves at once after a transition."""

from __future__ import annotations

import pytest
from hypothesis import given

from capacity_guard.capacity import Capacity, Deployed, Dimension, Transition, Units
from capacity_guard.capacity.ceilings import ceiling_after, ceiling_without_maximum
from capacity_guard.capacity.warm_throughput import initial_ceiling
from tests.builders.domain import transitions

WRITE = Dimension(None, "write")


@given(transitions)
def test_ceiling_when_calculated_expects_it_within_its_bounds(transition: Transition) -> None:
    for dimension in transition.declared.dimensions():
        ceiling, unlimited = (
            ceiling_after(transition, dimension),
            ceiling_without_maximum(transition, dimension),
        )
        assert initial_ceiling(dimension) <= unlimited
        assert ceiling == min(unlimited, transition.declared.maximum(dimension) or unlimited)
        if transition.deployed is not None:
            assert unlimited >= transition.deployed.warm_now(dimension)
            assert unlimited >= (transition.declared.warm(dimension) or 0)


@pytest.mark.parametrize(
    ("provisioned", "warm", "ceiling"),
    [(1, 0, 4_000), (3_999, 0, 4_000), (8_000, 0, 8_000), (10, 10_000, 10_000)],
)
def test_ceiling_when_the_guide_gives_an_example_expects_its_number(
    provisioned: int, warm: int, ceiling: int
) -> None:
    """The examples of "Considerations when switching capacity modes": writes."""
    before = Capacity.provisioned(read=100, write=provisioned)
    deployed = Deployed(before, before, {}, {"table": Units(None, warm or None)})
    assert ceiling_after(Transition("t", deployed, Capacity.on_demand()), WRITE) == ceiling


def test_ceiling_when_a_table_is_created_expects_the_initial_throughput() -> None:
    """The guard cannot raise the warm throughput of a table that does not exist."""
    new = Transition("t", None, Capacity.on_demand(warm=Units(write=9_000)))
    assert ceiling_after(new, WRITE) == 4_000
    assert ceiling_after(new, Dimension(None, "read")) == 12_000
