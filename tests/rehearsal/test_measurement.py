"""A demand measured against a live table: parts of minutes, surges, back pressure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from capacity_guard.rehearsal.measurement import PlayedMinute, Surge, TrafficMeasurement, surge_factor
from capacity_guard.rehearsal.meter import Ceiling

START = 1_783_000_020.0  # a full minute


def on_demand_table(maximum: int, *, index_maximum: int | None = None) -> dict[str, Any]:
    """DescribeTable of an on-demand table: its ceiling for writes is its maximum, without burst."""

    def members(units: int) -> dict[str, Any]:
        return {
            "WarmThroughput": {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 12_000},
            "OnDemandThroughput": {"MaxWriteRequestUnits": units},
        }

    table: dict[str, Any] = {
        "TableStatus": "ACTIVE",
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        **members(maximum),
    }
    if index_maximum is not None:
        table["GlobalSecondaryIndexes"] = [
            {"IndexName": "by_agent", "IndexStatus": "ACTIVE", **members(index_maximum)}
        ]
    return table


def warm(units: int) -> dict[str, Any]:
    return {"WarmThroughput": {"ReadUnitsPerSecond": units, "WriteUnitsPerSecond": units}}


def writes(rate: float, *, back_pressure: bool = False) -> TrafficMeasurement:
    def demand(key: str, minute: datetime) -> float:
        return rate if key.endswith("/write") else 0.0

    return TrafficMeasurement(START, demand, back_pressure=back_pressure)


def taken(measurement: TrafficMeasurement, now: float, delay: float = 0.0) -> dict[str, PlayedMinute]:
    return {key: played for _, found in measurement.take_due(now, delay) for key, played in found.items()}


def test_minute_in_which_the_ceiling_falls_has_both_parts_and_the_lower_ceiling() -> None:
    measurement = writes(20)
    measurement.observe(on_demand_table(30), START, [])
    measurement.observe(on_demand_table(10), START + 30, [])
    measurement.observe(on_demand_table(10), START + 60, [])

    played = taken(measurement, START + 60)["table/write"]

    assert (played.demanded, played.served, played.throttled, played.seconds) == (1_200, 900, 300, 60)
    assert played.ceiling == Ceiling("on-demand", 10, "MaxOnDemandThroughput")


def test_minutes_are_taken_once_and_only_when_their_delay_has_passed() -> None:
    measurement = writes(1)
    measurement.observe(on_demand_table(10), START, [])
    measurement.observe(on_demand_table(10), START + 130, [])

    assert taken(measurement, START + 114, 55) == {}
    assert {minute for minute, _ in measurement.take_due(START + 115, 55)} == {START}
    assert taken(measurement, START + 115, 55) == {}


def test_surge_within_a_minute_counts_from_its_start() -> None:
    measurement = writes(10)
    measurement.observe(on_demand_table(100), START, [])
    measurement.observe(on_demand_table(100), START + 60, [Surge(START + 45, 3, frozenset())])

    assert taken(measurement, START + 60)["table/write"].demanded == 450 + 450


def test_minute_with_two_limits_has_what_each_of_them_throttled() -> None:
    measurement = writes(20)
    measurement.observe(on_demand_table(10), START, [])
    measurement.observe({**on_demand_table(10), "OnDemandThroughput": {}, **warm(5)}, START + 15, [])
    measurement.observe(on_demand_table(10), START + 60, [])

    played = taken(measurement, START + 60)["table/write"]

    assert played.throttled_by == {"MaxOnDemandThroughput": 150, "KeyRangeThroughput": 675}
    assert played.throttled == 825


@pytest.mark.parametrize(("back_pressure", "demanded"), [(False, 1_200), (True, 600)])
def test_index_that_throttles_decreases_the_tables_writes_with_back_pressure(
    back_pressure: bool, demanded: float
) -> None:
    measurement = writes(20, back_pressure=back_pressure)
    measurement.observe(on_demand_table(100, index_maximum=10), START, [])
    measurement.observe(on_demand_table(100, index_maximum=10), START + 60, [])

    played = taken(measurement, START + 60)["table/write"]
    assert (played.demanded, played.pressed) == (demanded, 1_200 - demanded)


def test_factor_is_that_of_the_last_surge_that_concerns_the_dimension() -> None:
    surges = [
        Surge(200, 1, frozenset()),
        Surge(100, 4, frozenset({"table/write"})),
        Surge(50, 2, frozenset()),
    ]

    assert [surge_factor(surges, time, "table/write") for time in (0, 50, 100, 200)] == [1, 2, 4, 1]
    assert surge_factor(surges, 150, "table/read") == 2
