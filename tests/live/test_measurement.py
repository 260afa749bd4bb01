"""What a run measures, from the answers of the services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from capacity_guard.dynamodb.describe_table import LiveTable
from live.measurement import (
    SwitchWatcher,
    capacity_of,
    first_alarm_time,
    first_minute_above,
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
    ended: list[str] = []
    watcher = SwitchWatcher(None, "t", ended.append)
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
    assert ended == ["on-demand"]
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


def test_first_minute_above_when_none_exceeds_the_threshold_is_none() -> None:
    minutes = [AT + timedelta(minutes=number) for number in range(3)]
    asked: list[dict[str, Any]] = []

    class CloudWatch:
        def get_metric_data(self, **parameters: Any) -> dict[str, Any]:
            asked.append(parameters)
            return {"MetricDataResults": [{"Timestamps": minutes, "Values": [60.0, 61.0, 99.0]}]}

    start = AT + timedelta(seconds=30)
    arguments = ("ConsumedWriteCapacityUnits", {"TableName": "t"})
    assert first_minute_above(CloudWatch(), *arguments, 60.0, start, AT) == minutes[1]
    assert first_minute_above(CloudWatch(), *arguments, 99.0, start, AT) is None
    assert asked[0]["StartTime"] == AT
    assert asked[0]["EndTime"] == AT + timedelta(minutes=1)


def test_first_alarm_time_when_there_are_several_is_the_first_since_the_start() -> None:
    def item(minute: int, summary: str) -> dict[str, Any]:
        return {"Timestamp": AT + timedelta(minutes=minute), "HistorySummary": summary}

    to_alarm, to_ok = "Alarm updated from OK to ALARM", "Alarm updated from ALARM to OK"
    client = Pages(
        {"AlarmHistoryItems": [item(9, to_alarm), item(7, to_ok)]},
        {"AlarmHistoryItems": [item(5, to_alarm), item(-1, to_alarm)]},
    )
    assert first_alarm_time(client, "a", AT) == AT + timedelta(minutes=5)
    assert first_alarm_time(client, "a", AT + timedelta(minutes=10)) is None
