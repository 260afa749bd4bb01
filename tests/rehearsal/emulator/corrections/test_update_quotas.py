"""Quotas of UpdateTable: switches to on-demand, decreases, changes of deletion protection."""

from __future__ import annotations

import pytest

from capacity_guard.rehearsal.emulator.corrections.refusals import Refusal
from capacity_guard.rehearsal.emulator.corrections.update_quotas import judge_protection
from tests.builders.table_state import (
    LOCATION,
    START,
    TableOnClock,
    index_update,
    to_on_demand,
    to_provisioned,
    units,
)


def lower(table: TableOnClock, count: int) -> None:
    for _ in range(count):
        now = table.describe()["ProvisionedThroughput"]
        table.update(ProvisionedThroughput=units(now["ReadCapacityUnits"] - 1, now["WriteCapacityUnits"]))
        table.after(10)


def test_switches_when_four_in_a_day_refuse_a_fifth_until_the_first_is_a_day_old() -> None:
    table = TableOnClock()
    for _ in range(4):
        to_on_demand(table)
        to_provisioned(table)

    refusal = table.refused(BillingMode="PAY_PER_REQUEST")
    assert refusal.code == "LimitExceededException"
    assert "PayPerRequest mode" in refusal.message

    table.after(86_400 - (table.now - START))
    table.update(BillingMode="PAY_PER_REQUEST")


def test_decreases_when_four_are_spent_allow_one_an_hour_after_the_last() -> None:
    table = TableOnClock()
    lower(table, 4)
    assert table.describe()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 4

    refusal = table.refused(ProvisionedThroughput=units(50, 50))
    assert refusal.code == "LimitExceededException"
    assert refusal.message.startswith(
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day."
    )
    assert (
        "Number of decreases today: 4. Last decrease at Thursday, July 2, 2026 at 1:47:10 PM Coordinated Universal Time."
        in refusal.message
    )
    assert refusal.message.endswith(
        "Next decrease can be made at Thursday, July 2, 2026 at 2:47:10 PM Coordinated Universal Time"
    )

    table.after(3_600 - 10)
    lower(table, 1)
    assert table.refused(ProvisionedThroughput=units(50, 50)).code == "LimitExceededException"
    table.update(ProvisionedThroughput=units(96, 101))
    assert table.describe()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 5


def test_decreases_when_midnight_passes_start_anew() -> None:
    table = TableOnClock()
    table.now = START + 10 * 3_600 - 60  # 23:45:40
    lower(table, 4)
    table.now = START + 10 * 3_600 + 14 * 60  # 23:59:..

    table.now = 1_783_036_800.0 + 1  # 3 July 2026, 00:00:01 UTC
    assert table.describe()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
    lower(table, 4)


def test_decreases_when_the_index_has_spent_its_own_refuse_the_whole_call() -> None:
    table = TableOnClock()
    for step in range(4):
        table.update(**index_update(ProvisionedThroughput=units(99 - step, 100)))
        table.after(10)

    assert (
        table.refused(
            ProvisionedThroughput=units(90, 90), **index_update(ProvisionedThroughput=units(50, 50))
        ).code
        == "LimitExceededException"
    )
    table.update(ProvisionedThroughput=units(90, 90))


def test_protection_when_changed_again_within_fifteen_seconds_is_throttled() -> None:
    with pytest.raises(Refusal, match=r"Please try again after 2026-07-02T13:46:55\.000") as refusal:
        judge_protection(False, True, START, START + 14, LOCATION)

    assert refusal.value.code == "ThrottlingException"
    judge_protection(False, True, START, START + 15, LOCATION)
    judge_protection(True, True, START, START + 1, LOCATION)
