"""What a run measures, from the answers of the services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from capacity_guard.dynamodb.describe_table import LiveTable
from live.measurement import (
    SwitchWatcher,
    capacity_of,
    first_time_in,
    is_restored,
    minutes_above,
    mode_of,
    scaling_of,
)

AT = datetime(2026, 7, 9, 12, 0, tzinfo=UTC)


def answer(mode: str, status: str = "ACTIVE", index: str = "ACTIVE") -> dict[str, Any]:
    return {
        "TableName": "t",
        "TableStatus": status,
        "BillingModeSummary": {"BillingMode": mode},
        "GlobalSecondaryIndexes": [{"IndexName": "by_owner", "IndexStatus": index}],
    }


def test_watcher_when_a_mode_switches_measures_until_the_index_is_active_too() -> None:
    seen: list[str] = []
    watcher = SwitchWatcher(None, "t", lambda table, _: seen.append(mode_of(table)))
    answers = [
        answer("PROVISIONED"),
        answer("PROVISIONED", status="UPDATING"),
        answer("PAY_PER_REQUEST", status="UPDATING"),
        answer("PAY_PER_REQUEST", index="UPDATING"),
        answer("PAY_PER_REQUEST"),
        answer("PAY_PER_REQUEST"),
    ]
    for number, table in enumerate(answers):
        watcher.add(table, AT + timedelta(seconds=5 * number))
    (switch,) = watcher.switches
    assert switch.to == "on-demand"
    assert switch.seconds == 20.0
    assert seen == ["provisioned"] * 2 + ["on-demand"] * 4
    assert not watcher.is_switching


def test_watcher_when_a_switch_falls_between_two_answers_says_at_most_how_long_it_took() -> None:
    watcher = SwitchWatcher(None, "t")
    for number, mode in enumerate(("PROVISIONED", "PROVISIONED", "PAY_PER_REQUEST")):
        watcher.add(answer(mode), AT + timedelta(seconds=5 * number))
    (switch,) = watcher.switches
    assert switch.seconds == 5.0


def test_capacity_when_a_table_has_no_maximum_shows_minus_one() -> None:
    table = answer("PROVISIONED")
    table["ProvisionedThroughput"] = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 5}
    table["GlobalSecondaryIndexes"][0]["OnDemandThroughput"] = {"MaxWriteRequestUnits": 8_000}
    assert capacity_of(LiveTable.of(table)) == {
        "mode": "provisioned",
        "table": {"read": 3, "write": 5, "maximum_read": -1, "maximum_write": -1},
        "indexes": {"by_owner": {"read": 0, "write": 0, "maximum_read": -1, "maximum_write": 8_000}},
    }


class Pages:
    """A client whose every paginator has the same two pages."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self._pages = pages

    def get_paginator(self, operation: str) -> Pages:
        return self

    def paginate(self, **parameters: Any) -> tuple[dict[str, Any], ...]:
        return self._pages


def test_scaling_when_other_tables_are_scaled_too_is_that_of_the_table_and_its_indexes() -> None:
    dimension = "dynamodb:table:WriteCapacityUnits"
    of_index = "dynamodb:index:WriteCapacityUnits"

    def target(resource: str, scaled: str) -> dict[str, Any]:
        return {"ResourceId": resource, "ScalableDimension": scaled, "MinCapacity": 3, "MaxCapacity": 5}

    policy = {"ResourceId": "table/t", "ScalableDimension": dimension}
    policy |= {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0}}  # type: ignore[dict-item]
    client = Pages(
        {"ScalableTargets": [target("table/t", dimension)], "ScalingPolicies": [policy]},
        {
            "ScalableTargets": [target("table/t/index/by_owner", of_index), target("table/t2", dimension)],
            "ScalingPolicies": [],
        },
    )
    assert scaling_of(client, "t") == {
        "/index/by_owner WriteCapacityUnits": [3, 5, -1.0],
        "/table WriteCapacityUnits": [3, 5, 70.0],
    }


def test_minutes_above_when_some_exceed_the_threshold_are_those_in_order() -> None:
    minutes = [AT + timedelta(minutes=number) for number in range(3)]
    asked: list[dict[str, Any]] = []

    class CloudWatch:
        def get_metric_data(self, **parameters: Any) -> dict[str, Any]:
            asked.append(parameters)
            return {"MetricDataResults": [{"Timestamps": minutes, "Values": [60.0, 61.0, 99.0]}]}

    start = AT + timedelta(seconds=30)
    arguments = ("ConsumedWriteCapacityUnits", {"TableName": "t"})
    assert minutes_above(CloudWatch(), *arguments, 60.0, start, AT) == minutes[1:]
    assert minutes_above(CloudWatch(), *arguments, 99.0, start, AT) == []
    assert asked[0]["StartTime"] == AT
    assert asked[0]["EndTime"] == AT + timedelta(minutes=1)


def test_first_time_in_a_state_when_there_are_several_is_the_first_since_the_start() -> None:
    def item(minute: int, summary: str) -> dict[str, Any]:
        return {"Timestamp": AT + timedelta(minutes=minute), "HistorySummary": summary}

    to_alarm, to_ok = "Alarm updated from OK to ALARM", "Alarm updated from ALARM to OK"
    client = Pages(
        {"AlarmHistoryItems": [item(9, to_alarm), item(7, to_ok)]},
        {"AlarmHistoryItems": [item(5, to_alarm), item(-1, to_alarm)]},
    )
    assert first_time_in(client, "a", "ALARM", AT) == AT + timedelta(minutes=5)
    assert first_time_in(client, "a", "ALARM", AT + timedelta(minutes=10)) is None
    assert first_time_in(client, "a", "OK", AT) == AT + timedelta(minutes=7)


def units(**write: int) -> dict[str, Any]:
    members = {name: {"read": 6, "write": value, "maximum_write": -1} for name, value in write.items()}
    return {
        "mode": "provisioned",
        "table": members["table"],
        "indexes": {"by_owner": members["index"]},
        "scaling": {
            "/index/by_owner WriteCapacityUnits": [6, 10, 70.0],
            "/table WriteCapacityUnits": [6, 10, 70.0],
        },
    }


def test_table_when_only_auto_scaling_has_raised_it_within_its_bounds_is_restored() -> None:
    before = units(table=6, index=6)
    assert is_restored(before, before)
    assert is_restored(before, units(table=6, index=10))
    assert not is_restored(before, units(table=6, index=11))
    assert not is_restored(before, units(table=5, index=6))


def test_table_when_anything_else_differs_is_not_restored() -> None:
    before = units(table=6, index=6)
    assert not is_restored(before, {**before, "mode": "on-demand"})
    assert not is_restored(before, {**before, "scaling": {}})
    assert not is_restored(before, {**before, "indexes": {}})
    assert not is_restored(before, {**before, "table": {**before["table"], "read": 7}})
