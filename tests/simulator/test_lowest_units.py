"""The lowest number of units that is enough."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.simulator.lowest_units import lowest_units


def test_lowest_when_the_fewest_units_are_enough_is_found_with_one_trial() -> None:
    tried: list[int] = []

    def enough(units: int) -> bool:
        tried.append(units)
        return True

    assert (lowest_units(5, 1_000, enough), tried) == (5, [5])


@given(st.integers(1, 40_000), st.integers(0, 40_000), st.integers(0, 40_000))
def test_lowest_when_it_is_searched_is_enough_and_half_a_percent_above_the_needed_units_at_most(
    low: int, more: int, needed_above: int
) -> None:
    high = low + more
    needed = min(high, low + needed_above)
    found = lowest_units(low, high, lambda units: units >= needed)
    assert needed <= found <= high
    assert found - needed < max(1, high // 200)


def test_lowest_of_few_units_is_exact() -> None:
    for needed in range(1, 101):
        assert lowest_units(1, 100, lambda units, needed=needed: units >= needed) == needed  # type: ignore[misc]
