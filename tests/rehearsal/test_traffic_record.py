"""The record of played traffic: JSON lines with UTC times, capacities only when they change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from capacity_guard.rehearsal.measurement import PlayedMinute, Surge
from capacity_guard.rehearsal.meter import Ceiling
from capacity_guard.rehearsal.traffic_record import TrafficRecord, minute_line

NOW = 1_783_000_000.0  # 2 July 2026, 13:46:40 UTC


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_line_of_a_minute_has_rates_events_and_the_ceiling() -> None:
    played = PlayedMinute(1_200.0, 900.0, 300.0, 60.0, Ceiling("frozen", 15.0, "ProvisionedThroughput"))

    assert minute_line("table/write", 1_783_000_020, played, 300, NOW + 80) == {
        "kind": "minute",
        "minute": "2026-07-02T13:47:00.000Z",
        "published": "2026-07-02T13:48:00.000Z",
        "dimension": "table/write",
        "demand": 20.0,
        "served": 15.0,
        "throttled": 5.0,
        "throttle_events": 300,
        "ceiling": 15.0,
        "ceiling_kind": "frozen",
    }


def test_capacity_is_written_when_it_changes_and_not_for_counters(tmp_path: Path) -> None:
    path = tmp_path / "raw" / "traffic.jsonl"
    record = TrafficRecord(path)
    table: dict[str, Any] = {
        "TableStatus": "ACTIVE",
        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
    }
    record.write_capacity(table, "orders", NOW)
    table["ProvisionedThroughput"]["NumberOfDecreasesToday"] = 3
    record.write_capacity(table, "orders", NOW + 60)
    table["TableStatus"] = "UPDATING"
    record.write_capacity(table, "orders", NOW + 120)

    assert [(line["at"], line["status"], line["write"]) for line in lines(path)] == [
        ("2026-07-02T13:46:40.000Z", "ACTIVE", 2),
        ("2026-07-02T13:48:40.000Z", "UPDATING", 2),
    ]


def test_surge_and_backfill_are_appended_and_without_a_file_nothing_is(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    for record in (TrafficRecord(path), TrafficRecord(None)):
        record.write_surge(Surge(NOW, 1.5, frozenset({"table/write"})))
        record.write_backfill(NOW - 60, NOW, 4)

    assert lines(path) == [
        {"kind": "surge", "at": "2026-07-02T13:46:40.000Z", "factor": 1.5, "keys": ["table/write"]},
        {
            "kind": "backfill",
            "start": "2026-07-02T13:45:40.000Z",
            "end": "2026-07-02T13:46:40.000Z",
            "datums": 4,
        },
    ]
