"""UpdateTable refuses units, maxima and warm throughput that are out of range or above a quota."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections.refusals import Refusal, TableLocation
from capacity_guard.rehearsal.emulator.corrections.requested_capacity import on_demand_maxima
from capacity_guard.rehearsal.emulator.corrections.update_rules import judge_update
from tests.builders.table_state import INVALID, LOCATION, TableOnClock, index_update, units, warm

REFUSALS: list[tuple[str, bool, dict[str, Any], str, str]] = [
    (
        "maximum-of-zero",
        True,
        {"OnDemandThroughput": {"MaxWriteRequestUnits": 0}},
        "ValidationException",
        INVALID + "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range",
    ),
    (
        "maximum-above-quota",
        True,
        {"OnDemandThroughput": {"MaxWriteRequestUnits": 40_001}},
        "LimitExceededException",
        "Subscriber limit exceeded: Requested MaxWriteRequestUnits for OnDemandThroughput for table exceeds "
        "TableMaxWriteCapacityUnits of the account in region us-east-1",
    ),
    (
        "warm-lowered",
        True,
        {"WarmThroughput": warm(11_999, 4_000)},
        "ValidationException",
        INVALID
        + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, "
        "decreasing WarmThroughput is not supported",
    ),
    (
        "index-warm-lowered",
        True,
        index_update(WarmThroughput=warm(100, 100)),
        "ValidationException",
        INVALID + "Requested ReadUnitsPerSecond for WarmThroughput for index by_agent is lower than current "
        "WarmThroughput, decreasing WarmThroughput is not supported",
    ),
    (
        "warm-above-quota",
        True,
        {"WarmThroughput": warm(40_001, 4_000)},
        "LimitExceededException",
        "Subscriber limit exceeded: Requested ReadUnitsPerSecond for WarmThroughput for table exceeds "
        "TableMaxReadCapacityUnits of the account in region us-east-1",
    ),
    (
        "warm-empty",
        True,
        {"WarmThroughput": {}},
        "InternalFailure",
        "",
    ),
    (
        "units-above-quota",
        False,
        {"ProvisionedThroughput": units(40_001, 100)},
        "LimitExceededException",
        "The requested ReadCapacityUnits, 40001, is above the per table maximum for the account in us-east-1. "
        "Per table maximum: 40000. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request "
        "higher limits.",
    ),
    (
        "index-units-above-quota",
        False,
        index_update(ProvisionedThroughput=units(100, 50_000)),
        "LimitExceededException",
        "The requested WriteCapacityUnits for index by_agent, 50000, is above the per index maximum for the account in "
        "us-east-1. Per table maximum: 40000. Refer to the Amazon DynamoDB Developer Guide for current limits and how to "
        "request higher limits.",
    ),
    (
        "units-missing-one",
        False,
        {"ProvisionedThroughput": {"ReadCapacityUnits": 4}},
        "ValidationException",
        "1 validation error detected: Value null at 'provisionedThroughput.writeCapacityUnits' failed to satisfy "
        "constraint: Member must not be null",
    ),
]
"""Name, whether the table is on-demand, request, error code and message."""


@pytest.mark.parametrize(
    ("on_demand", "data", "code", "message"),
    [case[1:] for case in REFUSALS],
    ids=[case[0] for case in REFUSALS],
)
def test_update_when_not_allowed_is_refused_with_the_services_message(
    on_demand: bool, data: dict[str, Any], code: str, message: str
) -> None:
    refusal = TableOnClock(on_demand=on_demand).refused(**data)

    assert (refusal.code, refusal.message) == (code, message)


def test_account_quota_when_exceeded_is_refused() -> None:
    table = TableOnClock()
    crowded = TableLocation("conversations", "us-east-1", (79_800, 0))

    with pytest.raises(Refusal, match=r"Limit: 80000\. Requested: 201"):
        judge_update(table.state, {"ProvisionedThroughput": units(101, 100)}, table.now, crowded)


def test_maxima_when_removable_can_be_minus_one() -> None:
    removal = {"MaxReadRequestUnits": -1}

    assert on_demand_maxima(removal, "table", LOCATION, removable=True) == [-1, None]
    with pytest.raises(Refusal, match="outside of valid range"):
        on_demand_maxima(removal, "table", LOCATION, removable=False)
