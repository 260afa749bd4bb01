"""What the minutes of a dimension serve and throttle."""

from __future__ import annotations

import pytest

from capacity_guard.simulator.minute_results import Results, above, calm_units
from capacity_guard.simulator.parameters import Parameters


@pytest.mark.parametrize(
    ("limit", "units"), [(200.0, 0.0), (150.0, 0.0), (50.0, 3_000.0), (100.0, 60 * 50 * 50 / 200)]
)
def test_above_when_seconds_rise_evenly_expects_the_area_over_the_limit(limit: float, units: float) -> None:
    assert above(100, 1.5, limit) == units


def test_calm_units_are_the_most_with_which_no_second_is_above_the_limit() -> None:
    parameters = Parameters(peak_second=1.5, hottest_share=0.0)
    calm = calm_units(parameters, 1_000, 300)
    assert above(calm / 60, 1.5, 300) == 0
    assert above(calm * 1.001 / 60, 1.5, 300) > 0


def test_calm_units_of_a_hot_key_are_those_of_its_partition() -> None:
    parameters = Parameters(peak_second=1.0, hottest_share=0.5)
    calm = calm_units(parameters, 1_000, 40_000)
    assert above(0.5 * calm / 60, 1.0, 1_000) == 0
    assert above(0.5 * calm * 1.001 / 60, 1.0, 1_000) > 0


def test_limit_of_a_minute_is_the_last_one_that_was_noted_for_it() -> None:
    results = Results([60.0] * 4)
    results.limits += [(0, 10.0), (2, 20.0), (2, 30.0)]
    assert list(results.limit()) == [10.0, 10.0, 30.0, 30.0]
