"""Every difference between the live table and a capacity, in the words that CloudFormation shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, Dimension, OnDemand, Provisioned, Units
from capacity_guard.dynamodb.describe_table import LiveTable
from capacity_guard.dynamodb.live_scaling import LiveScaling
from capacity_guard.handlers.verify import find_differences, find_inactive

WRITE, INDEX_WRITE = Dimension(None, "write"), Dimension("by_agent", "write")
FIXED = Capacity.provisioned(read=1_100, write=1_200, indexes={"by_agent": Provisioned(read=5, write=6)})
SCALED = Capacity.provisioned(
    read=1_100, write=AutoScaling(1_000, 2_000, 70), indexes={"by_agent": Provisioned(read=5, write=6)}
)


def units(read: int, write: int) -> dict[str, Any]:
    return {"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}


def live(write: int = 1_200, *, indexes: dict[str, tuple[int, int]] | None = None, **more: Any) -> LiveTable:
    described = {"by_agent": (5, 6)} if indexes is None else indexes
    return LiveTable.of(
        {
            "TableName": "orders",
            "TableStatus": "ACTIVE",
            **units(1_100, write),
            "GlobalSecondaryIndexes": [
                {"IndexName": name, "IndexStatus": "ACTIVE", **units(*throughput)}
                for name, throughput in described.items()
            ],
            **more,
        }
    )


def differences(
    expected: Capacity, table: LiveTable, scaling: dict[Dimension, LiveScaling] | None = None, **given: Any
) -> list[str]:
    return find_differences(
        expected, replace(table, scaling=scaling or {}), **{"scaled_units": True, **given}
    )


def scaling(
    minimum: int = 1_000, maximum: int = 2_000, target: float | None = 70
) -> dict[Dimension, LiveScaling]:
    return {WRITE: LiveScaling(minimum, maximum, target)}


def test_fixed_units_are_compared_exactly() -> None:
    assert differences(FIXED, live()) == []
    assert differences(FIXED, live(1_201)) == ["table, write: provisioned 1,201, not 1,200"]
    assert differences(FIXED, live(1_199)) == ["table, write: provisioned 1,199, not 1,200"]
    assert differences(FIXED, live(), scaling()) == ["table, write: is auto scaled, not fixed at 1,200"]


def test_indexes_are_compared_by_name() -> None:
    assert differences(FIXED, live(indexes={})) == ["index by_agent does not exist"]
    assert differences(FIXED, live(indexes={"by_agent": (5, 6), "by_day": (1, 1)})) == [
        "index by_day is not expected"
    ]
    assert differences(FIXED, live(indexes={"by_agent": (5, 7)})) == ["by_agent, write: provisioned 7, not 6"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (scaling(), []),
        ({}, ["table, write: has no auto scaling, not 1,000 to 2,000"]),
        (scaling(minimum=999), ["table, write: scales 999 to 2,000, not 1,000 to 2,000"]),
        (scaling(maximum=2_001), ["table, write: scales 1,000 to 2,001, not 1,000 to 2,000"]),
        (scaling(target=71), ["table, write: auto scaling steers to 71 %, not 70 %"]),
        (scaling(target=None), ["table, write: auto scaling steers to no target, not 70 %"]),
    ],
)
def test_auto_scaling_is_compared_in_bounds_and_target(
    found: dict[Dimension, LiveScaling], expected: list[str]
) -> None:
    assert differences(SCALED, live(), found) == expected


def test_target_of_equal_bounds_has_no_effect() -> None:
    steady = Capacity.provisioned(
        read=1_100, write=AutoScaling(1_200, 1_200, 70), indexes={"by_agent": Provisioned(read=5, write=6)}
    )
    assert differences(steady, live(), {WRITE: LiveScaling(1_200, 1_200, 50)}) == []


@pytest.mark.parametrize(("write", "outside"), [(999, True), (1_000, False), (2_000, False), (2_001, True)])
def test_scaled_units_at_their_bounds_are_within_them(write: int, outside: bool) -> None:
    text = f"table, write: provisioned {write:,}, outside 1,000 to 2,000"
    assert differences(SCALED, live(write), scaling()) == ([text] if outside else [])
    assert differences(SCALED, live(write), scaling(), scaled_units=False) == []


def test_dimensions_that_are_ignored_are_not_compared() -> None:
    wrong = live(999, indexes={"by_agent": (5, 7)})
    assert differences(FIXED, wrong, ignored={WRITE}) == ["by_agent, write: provisioned 7, not 6"]
    assert differences(FIXED, wrong, ignored={WRITE, INDEX_WRITE}) == []


def test_maxima_are_compared_with_none_as_a_value() -> None:
    mode = {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}
    table = live(0, **mode, OnDemandThroughput={"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 5_000})
    limited = Capacity.on_demand(maximum=Units(write=5_000), indexes={"by_agent": OnDemand()})
    assert differences(limited, table) == []
    free = Capacity.on_demand(indexes={"by_agent": OnDemand()})
    assert differences(free, table) == ["table, write: on-demand maximum is 5,000, not none"]
    assert differences(limited, live(0, **mode)) == ["table, write: on-demand maximum is none, not 5,000"]
    assert differences(FIXED, live(0, **mode)) == ["billing mode is PAY_PER_REQUEST, not PROVISIONED"]


def test_everything_that_is_not_active_is_named() -> None:
    assert find_inactive(live()) == []
    assert find_inactive(live(TableStatus="UPDATING")) == ["table is UPDATING"]
