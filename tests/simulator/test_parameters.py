"""The assumed properties of the service: their ranges, and the retries of the SDKs."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from capacity_guard.capacity.errors import InputError
from capacity_guard.simulator.parameters import Parameters, Sdk


def test_sdk_when_its_waits_are_summed_expects_those_of_its_attempts() -> None:
    assert Sdk.LEGACY.waits == pytest.approx(25.55)
    assert Sdk.STANDARD_2026.waits == 7


@pytest.mark.parametrize("field", ["reaction_minutes", "peak_second", "hottest_share", "returning"])
@pytest.mark.parametrize("value", [-1, math.nan, math.inf, True])
def test_parameters_when_a_value_is_out_of_range_expects_the_field_named(field: str, value: float) -> None:
    with pytest.raises(InputError, match=f"Parameters.{field}"):
        replace(Parameters(), **{field: value})


def test_parameters_when_asked_for_their_range_expect_the_default_between_its_ends() -> None:
    best_case, worst_case = Parameters().range()
    for field in ("reaction_minutes", "peak_second", "returning", "growth_minutes"):
        assert getattr(best_case, field) <= getattr(Parameters(), field) <= getattr(worst_case, field)


def test_parameters_when_asked_for_their_range_keep_what_is_outside_it() -> None:
    given = Parameters(reaction_minutes=20, hottest_share=0.3)
    best_case, worst_case = given.range()
    for parameters in (best_case, worst_case):
        assert parameters.hottest_share == 0.3
    assert (best_case.reaction_minutes, worst_case.reaction_minutes) == (4, 20)
    assert (best_case.burst_kept, worst_case.burst_kept) == (1.0, 0.0)


@pytest.mark.parametrize(("growth_minutes", "ends"), [(30, (15, 40)), (5, (5, 40)), (60, (15, 60))])
def test_parameters_when_growth_is_assumed_expect_it_within_its_range(
    growth_minutes: int, ends: tuple[int, int]
) -> None:
    best_case, worst_case = Parameters(growth_minutes=growth_minutes).range()
    assert (best_case.growth_minutes, worst_case.growth_minutes) == ends
