"""Durations of the emulated DynamoDB: ranges, draws by a seed, and what the environment sets."""

from __future__ import annotations

from dataclasses import fields

import pytest

from capacity_guard.rehearsal.emulator.corrections.durations import RANGES, ChangeDurations
from tests.builders.table_state import TableOnClock, index_update, units


def test_every_duration_has_a_range_that_holds_its_default() -> None:
    defaults = vars(ChangeDurations())

    assert RANGES.keys() == defaults.keys() == {field.name for field in fields(ChangeDurations)}
    assert all(low <= defaults[name] <= high for name, (low, high) in RANGES.items())


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


@pytest.mark.parametrize(
    ("durations", "seconds"), [(ChangeDurations.quick(), 16.2), (ChangeDurations.slow(), 218.0)]
)
def test_switch_to_on_demand_takes_what_the_draw_says(durations: ChangeDurations, seconds: float) -> None:
    table = TableOnClock(durations=durations)
    table.update(BillingMode="PAY_PER_REQUEST")

    assert table.after(seconds - 0.5)["TableStatus"] == "UPDATING"
    assert table.after(1.0)["TableStatus"] == "ACTIVE"


@pytest.mark.parametrize("lag", [0.0, 4.0])
def test_index_of_a_table_that_became_provisioned_lags_by_a_setting(lag: float) -> None:
    durations = ChangeDurations(to_provisioned_first=60.0, index_switch_lag=lag)
    table = TableOnClock(on_demand=True, durations=durations)
    table.update(
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(5, 5),
        **index_update(ProvisionedThroughput=units(5, 5)),
    )

    assert table.after(61.0)["TableStatus"] == "ACTIVE"
    assert table.index()["IndexStatus"] == ("UPDATING" if lag else "ACTIVE")
    table.after(4.0)
    assert table.index()["IndexStatus"] == "ACTIVE"


def test_second_switch_to_provisioned_has_a_duration_of_its_own() -> None:
    table = TableOnClock(on_demand=True, durations=ChangeDurations(to_provisioned_again=2.0))
    change = {
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": units(5, 5),
        **index_update(ProvisionedThroughput=units(5, 5)),
    }
    table.update(**change)
    table.after(100.0)
    table.update(BillingMode="PAY_PER_REQUEST")
    table.after(10.0)
    table.update(**change)

    assert table.after(2.5)["TableStatus"] == "ACTIVE"
