"""Units per second are rounded up, and floating-point error does not add a unit."""

from __future__ import annotations

import pytest

from capacity_guard.rules.rounding import round_up


@pytest.mark.parametrize(
    ("units", "expected"), [(4_800 * 1.3, 6_240), (6_240.001, 6_241), (6_240, 6_240), (0.1 * 3, 1)]
)
def test_units_when_rounded_up_are_the_next_integer(units: float, expected: int) -> None:
    assert round_up(units) == expected


def test_product_that_is_an_integer_does_not_become_the_next_one() -> None:
    assert 1_290 * 1.1 > 1_419
    assert round_up(1_290 * 1.1) == 1_419
