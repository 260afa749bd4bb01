"""What CreateTable and DeleteTable refuse."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections.create_rules import judge_create, judge_delete
from capacity_guard.rehearsal.emulator.corrections.refusals import Refusal
from tests.builders.table_state import LOCATION, TableOnClock, units, warm


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {},
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        (
            {"ProvisionedThroughput": units(1, 1), "GlobalSecondaryIndexes": [{"IndexName": "by_agent"}]},
            "ProvisionedThroughput is not specified for index: by_agent",
        ),
        (
            {"BillingMode": "PAY_PER_REQUEST", "WarmThroughput": warm(1, 1)},
            "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput for OnDemand",
        ),
        (
            {"ProvisionedThroughput": units(10, 10), "WarmThroughput": warm(5, 5)},
            "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than ReadCapacityUnits",
        ),
        (
            {"ProvisionedThroughput": units(10, 10), "OnDemandThroughput": {"MaxReadRequestUnits": 5}},
            "cannot be specified when table BillingMode is PROVISIONED.",
        ),
        (
            {"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": {"MaxReadRequestUnits": -1}},
            "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range",
        ),
    ],
)
def test_create_when_not_allowed_is_refused(data: dict[str, Any], message: str) -> None:
    with pytest.raises(Refusal) as refusal:
        judge_create(data, LOCATION)

    assert message in refusal.value.message


def test_delete_when_warm_throughput_is_raised_is_refused() -> None:
    table = TableOnClock(on_demand=True)
    judge_delete(table.state, LOCATION)
    table.update(WarmThroughput=warm(13_000, 5_000))

    with pytest.raises(Refusal, match="in the process of being updated"):
        judge_delete(table.state, LOCATION)


def test_delete_when_protected_is_refused() -> None:
    with pytest.raises(Refusal, match="currently protected against deletion"):
        judge_delete(TableOnClock().state, LOCATION, is_protected=True)
