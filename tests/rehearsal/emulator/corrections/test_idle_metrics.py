"""Zeros of a table that nobody reads or writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections import idle_metrics
from capacity_guard.rehearsal.emulator.corrections import metric_store as store
from capacity_guard.rehearsal.player import Player
from tests.builders.scaled_units import create_table, follow, register

START = datetime(2026, 7, 9, 9, 0, tzinfo=UTC)
CREATED = 1_783_000_000.0  # 40 s after a full minute
FIRST = 1_783_000_020
TABLE = {
    "TableName": "orders",
    "CreationDateTime": CREATED,
    "GlobalSecondaryIndexes": [{"IndexName": "by_agent"}],
}


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> dict[Any, Any]:
    kept: dict[Any, Any] = {}
    monkeypatch.setattr(idle_metrics, "service", lambda: SimpleNamespace(_metrics=kept))
    tables = SimpleNamespace(_tables={"orders": dict(TABLE)})
    monkeypatch.setattr(idle_metrics.ministack, "module", lambda _: tables)
    return kept


def minutes(metrics: dict[Any, Any], name: str, dimensions: str = "TableName=orders") -> dict[int, float]:
    record = metrics.get(("AWS/DynamoDB", name, dimensions), {"minutes": {}})
    return {minute: aggregate[1] for minute, aggregate in record["minutes"].items()}


def test_zeros_are_there_two_minutes_after_each_full_minute_of_table_and_index(
    metrics: dict[Any, Any],
) -> None:
    idle_metrics.publish_idle_zeros(FIRST + 60 + 119)
    assert minutes(metrics, "ConsumedReadCapacityUnits") == {}

    idle_metrics.publish_idle_zeros(FIRST + 60 + 121)
    assert minutes(metrics, "ConsumedReadCapacityUnits") == {FIRST: 0.0}
    by_agent = "GlobalSecondaryIndexName=by_agent|TableName=orders"
    assert minutes(metrics, "ConsumedWriteCapacityUnits", by_agent) == {FIRST: 0.0}


def test_points_that_are_there_stay_and_points_that_come_late_count(metrics: dict[Any, Any]) -> None:
    record = store.record(
        metrics, "AWS/DynamoDB", "ConsumedReadCapacityUnits", {"TableName": "orders"}, "Count"
    )
    store.add(record, FIRST, 1.0, 30.0, 30.0, 30.0)

    idle_metrics.publish_idle_zeros(FIRST + 300)
    store.add(record, FIRST + 60, 1.0, 7.0, 7.0, 7.0)
    idle_metrics.publish_idle_zeros(FIRST + 300)

    assert minutes(metrics, "ConsumedReadCapacityUnits") == {FIRST: 30.0, FIRST + 60: 7.0, FIRST + 120: 0.0}


@pytest.mark.e2e
def test_history_of_a_scaled_table_when_saved_and_restored_is_whole(tmp_path: Path) -> None:
    """Auto scaling reads metrics, and so publishes zeros, while the emulator saves its state and while it starts."""
    with Emulator(speed=60, start=START) as emulator:
        create_table(emulator)
        register(emulator, 100, 1_000)
        follow(emulator)
        now = emulator.clock.now()
        Player.of(emulator, "table", lambda *_: 3.0).backfill(now - timedelta(days=14), now)
        emulator.save(tmp_path / "saved")

    with Emulator(speed=60, restore=tmp_path / "saved") as emulator:
        answer = emulator.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/DynamoDB",
            MetricName="ConsumedWriteCapacityUnits",
            Dimensions=[{"Name": "TableName", "Value": "table"}],
            Period=86_400,
            StartTime=now - timedelta(days=15),
            EndTime=now,
            Statistics=["SampleCount"],
        )

    assert sum(point["SampleCount"] for point in answer["Datapoints"]) >= 14 * 1_440 - 1
