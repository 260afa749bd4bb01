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


@pytest.mark.parametrize("seconds", [0.0, 6.0])
def test_index_of_a_table_that_becomes_on_demand_is_updating_by_a_setting(seconds: float) -> None:
    durations = ChangeDurations(to_on_demand_first=60.0, index_to_on_demand=seconds)
    table = TableOnClock(durations=durations)
    table.update(BillingMode="PAY_PER_REQUEST")

    assert table.index()["IndexStatus"] == ("UPDATING" if seconds else "ACTIVE")
    assert table.after(7.0)["TableStatus"] == "UPDATING"
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
