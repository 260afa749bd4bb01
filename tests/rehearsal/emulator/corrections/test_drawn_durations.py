"""Draws of durations by a seed, their ends, and what the environment sets."""

from __future__ import annotations

import pytest

from capacity_guard.rehearsal.emulator.corrections.durations import RANGES, ChangeDurations


def test_draws_lie_within_the_ranges_differ_by_seed_and_repeat_for_a_seed() -> None:
    draws = [ChangeDurations.drawn(str(seed)) for seed in range(60)]

    assert all(
        low - 0.05 <= getattr(draw, name) <= high + 0.05
        for draw in draws
        for name, (low, high) in RANGES.items()
    )
    assert len({draw.to_on_demand_first for draw in draws}) > 40
    assert {draw.index_switch_lag == 0.0 for draw in draws} == {True, False}
    assert draws[7] == ChangeDurations.drawn("7")


@pytest.mark.parametrize(
    ("draw", "expected"), [("quick", ChangeDurations.quick()), ("slow", ChangeDurations.slow())]
)
def test_durations_when_the_environment_names_an_end_are_that_end(
    draw: str, expected: ChangeDurations
) -> None:
    assert ChangeDurations.from_environment({"CAPACITY_GUARD_DURATIONS": draw}) == expected


def test_durations_when_the_environment_gives_a_seed_are_drawn_by_it() -> None:
    assert ChangeDurations.from_environment({"CAPACITY_GUARD_DURATIONS": "12"}) == ChangeDurations.drawn("12")


def test_durations_when_set_through_the_environment_replace_the_draw() -> None:
    environment = {"CAPACITY_GUARD_DURATIONS": "slow", "CAPACITY_GUARD_SECONDS_TO_PROVISIONED_FIRST": "7.5"}
    durations = ChangeDurations.from_environment(environment)

    assert durations.to_provisioned_first == 7.5
    assert durations.warm_first == 513.0


def test_durations_when_no_number_name_the_variable() -> None:
    with pytest.raises(ValueError, match="CAPACITY_GUARD_SECONDS_WARM_FIRST='soon'"):
        ChangeDurations.from_environment({"CAPACITY_GUARD_SECONDS_WARM_FIRST": "soon"})
