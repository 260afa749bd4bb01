"""Units per second are rounded up, and floating-point error does not add a unit."""

from __future__ import annotations

import pytest

from capacity_guard.rules.rounding import round_up, tenth_up


@pytest.mark.parametrize(
    ("units", "expected"), [(4_800 * 1.3, 6_240), (6_240.001, 6_241), (6_240, 6_240), (0.1 * 3, 1)]
)
def test_units_when_rounded_up_are_the_next_integer(units: float, expected: int) -> None:
    assert round_up(units) == expected


@pytest.mark.parametrize("units", [4_892.0, 4_892.04, 4_892.5, 4_892.96, 0.01, 6_240 / 60, 4_800 * 1.3])
def test_units_to_a_tenth_keep_the_whole_units_that_they_are_rounded_up_to(units: float) -> None:
    assert round_up(tenth_up(units)) == round_up(units)
    assert 0 <= tenth_up(units) - units < 0.11


def test_product_that_is_an_integer_does_not_become_the_next_one() -> None:
    assert 1_290 * 1.1 > 1_419
    assert round_up(1_290 * 1.1) == 1_419
