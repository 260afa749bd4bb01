"""The traffic player, step by step, on a table and a clock that the test moves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from capacity_guard.rehearsal.emulator.corrections.metric_durations import MetricDurations
from capacity_guard.rehearsal.player import Player, PlayerError
from capacity_guard.rehearsal.published_metrics import Requests, ThrottleReading

START = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)


class FakeClock:
    def __init__(self) -> None:
        self.now = START.timestamp()

    def seconds(self) -> float:
        return self.now

    def sleep(self, rehearsal_seconds: float) -> None:
        self.now += rehearsal_seconds


class FakeDynamoDB:
    """DescribeTable of one table with one index; `table` None is a table that does not exist."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.table: dict[str, Any] | None = {
            "TableStatus": "ACTIVE",
            "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10},
            "WarmThroughput": {"ReadUnitsPerSecond": 10, "WriteUnitsPerSecond": 10, "Status": "ACTIVE"},
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "by_agent",
                    "IndexStatus": "ACTIVE",
                    "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10},
                    "WarmThroughput": {
                        "ReadUnitsPerSecond": 10,
                        "WriteUnitsPerSecond": 10,
                        "Status": "ACTIVE",
                    },
                }
            ],
        }

    def describe_table(self, **_: str) -> dict[str, Any]:
        if self.error is not None:
            raise self.error
        if self.table is None:
            raise ClientError(
                {"Error": {"Code": "ResourceNotFoundException", "Message": ""}}, "DescribeTable"
            )
        return {"Table": self.table}

    def switch(self, status: str) -> None:
        assert self.table is not None
        for resource in (self.table, self.table["GlobalSecondaryIndexes"][0]):
            resource["ProvisionedThroughput"] = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
            resource["WarmThroughput"] = {
                "ReadUnitsPerSecond": 40,
                "WriteUnitsPerSecond": 40,
                "Status": "ACTIVE",
            }
        self.table["BillingModeSummary"] = {"BillingMode": "PAY_PER_REQUEST"}
        self.table["TableStatus"] = status
        self.table["GlobalSecondaryIndexes"][0]["IndexStatus"] = status


class FakeCloudWatch:
    def __init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []

    def put_metric_data(self, **call: Any) -> None:
        assert call["Namespace"] == "AWS/DynamoDB"
        self.calls.append(call["MetricData"])

    def found(
        self, name: str, index: str | None = None, operation: str | None = None
    ) -> dict[datetime, float]:
        dimensions = {"TableName": "conversations"}
        if operation is not None:
            dimensions["Operation"] = operation
        if index is not None:
            dimensions["GlobalSecondaryIndexName"] = index
        sums: dict[datetime, float] = {}
        for datum in (datum for call in self.calls for datum in call):
            found = {dimension["Name"]: dimension["Value"] for dimension in datum["Dimensions"]}
            if (datum["MetricName"], found) == (name, dimensions):
                sums[datum["Timestamp"]] = sums.get(datum["Timestamp"], 0.0) + datum["Value"]
        return sums


DELAYS = MetricDurations(metrics_first=36.0, metrics_complete=120.0)
"""A minute is complete 120 seconds after its end."""


class PlayedTable:
    """A player with its table, clock and metrics; `pass_time` steps it as its thread does."""

    def __init__(self, record: Path | None = None, rate: float = 8, **options: Any) -> None:
        self.clock, self.dynamodb, self.cloudwatch = FakeClock(), FakeDynamoDB(), FakeCloudWatch()
        self.rate = rate
        self.player = Player(
            self.dynamodb,
            self.cloudwatch,
            self.clock,
            "conversations",
            lambda key, _: self.rate if key.endswith("/write") else 0.0,
            record=record,
            **{"delays": DELAYS, **options},
        )

    def pass_time(self, seconds: float) -> None:
        end = self.clock.now + seconds
        self.player.step()
        while self.clock.now < end:
            self.clock.now = min(self.clock.now + 6, end)
            self.player.step()


def at(minute: int) -> datetime:
    return START.replace(minute=40 + minute)


def test_player_when_served_publishes_consumed_units_and_zeros_but_no_throttles() -> None:
    played = PlayedTable()
    played.pass_time(240)

    assert played.cloudwatch.found("ConsumedWriteCapacityUnits") == {
        at(0): pytest.approx(480),
        at(1): pytest.approx(480),
        at(2): pytest.approx(480, rel=0.5),  # not complete yet
    }
    assert played.cloudwatch.found("ConsumedWriteCapacityUnits", "by_agent")[at(0)] == pytest.approx(480)
    assert played.cloudwatch.found("ConsumedReadCapacityUnits") == {at(0): 0, at(1): 0, at(2): 0}
    assert played.cloudwatch.found("WriteThrottleEvents") == {}


@pytest.mark.parametrize("delays", [MetricDurations.quick(), MetricDurations.slow()], ids=["quick", "slow"])
def test_player_when_a_minute_has_ended_publishes_most_of_it_soon_and_the_rest_minutes_later(
    delays: MetricDurations,
) -> None:
    played = PlayedTable(delays=delays)
    minute = (at(0), "ConsumedWriteCapacityUnits")

    def consumed() -> float | None:
        return played.cloudwatch.found(minute[1]).get(minute[0])

    played.pass_time(60 + delays.metrics_first - 1)
    assert consumed() is None
    played.pass_time(7)
    first = consumed()
    assert first is not None
    assert 279 <= first <= 480
    played.pass_time(delays.metrics_complete - delays.metrics_first - 7)
    assert consumed() == first
    played.pass_time(7)
    assert consumed() == 480


def test_player_when_stopped_completes_the_minutes_that_it_began_to_publish() -> None:
    played = PlayedTable()
    played.pass_time(110)
    played.player.stop()

    assert played.cloudwatch.found("ConsumedWriteCapacityUnits") == {at(0): 480}


def test_player_when_run_again_publishes_the_same_parts_and_others_with_other_delays() -> None:
    def first_parts(delays: MetricDurations) -> list[float]:
        played = PlayedTable(delays=delays)
        played.pass_time(60 * 3)
        datums = [datum for call in played.cloudwatch.calls for datum in call]
        return [datum["Value"] for datum in datums if datum["Value"]]

    drawn = MetricDurations.drawn("1")
    assert first_parts(drawn) == first_parts(drawn) != first_parts(MetricDurations.drawn("2"))


def test_player_when_the_burst_is_spent_publishes_what_is_throttled() -> None:
    played = PlayedTable(rate=20)  # 10 provisioned and a bucket of 3,000: five minutes
    played.pass_time(60 * 9)

    throttled = played.cloudwatch.found("WriteThrottleEvents")
    assert min(throttled) == at(5)
    assert throttled[at(5)] == 600
    assert played.cloudwatch.found("WriteProvisionedThroughputThrottleEvents") == throttled
    assert played.cloudwatch.found("ThrottledRequests", operation="PutItem") == throttled
    assert played.cloudwatch.found("ThrottledRequests", operation="GetItem") == {}
    assert played.cloudwatch.found("ConsumedWriteCapacityUnits")[at(5)] == pytest.approx(600)


def test_player_when_the_mode_switches_serves_the_former_units_without_burst_until_it_ends() -> None:
    played = PlayedTable(rate=20)
    played.player.step()
    played.dynamodb.switch("UPDATING")
    played.pass_time(120)
    played.dynamodb.switch("ACTIVE")
    played.pass_time(240)

    throttled = played.cloudwatch.found("WriteThrottleEvents")
    assert throttled[at(0)] == 600
    assert throttled[at(1)] == 600
    assert at(3) not in throttled


def test_player_when_capacity_changes_within_a_minute_measures_each_part() -> None:
    played = PlayedTable(rate=20)
    played.player.step()
    played.dynamodb.switch("UPDATING")
    played.pass_time(30)
    played.dynamodb.switch("ACTIVE")
    played.pass_time(180)

    # 30 s frozen at 10 and one poll until the end of the switch is seen
    assert 300 <= played.cloudwatch.found("WriteThrottleEvents")[at(0)] <= 360


def test_player_when_demand_surges_multiplies_it_from_then_on() -> None:
    played = PlayedTable(rate=5)
    played.player.surge(2, at(1), keys=["table/write"])
    played.player.surge(1, at(2), keys=["table/write"])
    played.pass_time(360)

    consumed = played.cloudwatch.found("ConsumedWriteCapacityUnits")
    assert [consumed[at(minute)] for minute in range(4)] == pytest.approx([300, 600, 300, 300])
    assert played.cloudwatch.found("ConsumedWriteCapacityUnits", "by_agent")[at(1)] == pytest.approx(300)


def test_player_when_a_surge_is_negative_refuses() -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        PlayedTable().player.surge(-1)


def test_player_when_an_index_throttles_presses_on_the_table_if_asked() -> None:
    played = PlayedTable(rate=20, back_pressure=True)
    table = played.dynamodb.table
    assert table is not None
    table["ProvisionedThroughput"]["WriteCapacityUnits"] = 1_000
    played.pass_time(60 * 9)

    assert played.cloudwatch.found("WriteThrottleEvents") == {}
    throttled = played.cloudwatch.found("WriteThrottleEvents", "by_agent")
    assert throttled[at(6)] == 600
    assert played.cloudwatch.found("ThrottledRequests", operation="PutItem") == throttled
    assert played.cloudwatch.found("ConsumedWriteCapacityUnits")[at(6)] == pytest.approx(600)


def test_player_when_told_what_its_requests_are_counts_those() -> None:
    requests = Requests(write="UpdateItem", units=4)
    reading = ThrottleReading(table_includes_indexes=True)
    played = PlayedTable(rate=20, requests=requests, throttle_reading=reading)
    played.pass_time(60 * 9)

    assert played.cloudwatch.found("WriteThrottleEvents", "by_agent")[at(6)] == 150
    assert played.cloudwatch.found("WriteThrottleEvents")[at(6)] == 300
    assert played.cloudwatch.found("ThrottledRequests", operation="UpdateItem")[at(6)] == 150


def test_player_when_the_clock_jumps_publishes_every_minute_between() -> None:
    played = PlayedTable()
    played.player.step()
    played.clock.now += 3_600 * 3
    played.player.step()

    assert len(played.cloudwatch.found("ConsumedWriteCapacityUnits")) == 179
    assert all(len(call) <= 1_000 for call in played.cloudwatch.calls)


def test_player_when_the_table_does_not_exist_waits_for_it() -> None:
    played = PlayedTable()
    table, played.dynamodb.table = played.dynamodb.table, None
    played.pass_time(120)
    played.dynamodb.table = table
    played.pass_time(180)

    assert min(played.cloudwatch.found("ConsumedWriteCapacityUnits")) == at(2)


def test_player_when_the_emulator_stays_silent_fails_and_says_so() -> None:
    played = PlayedTable()
    played.dynamodb.error = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    played.player.start()
    assert played.player._thread is not None
    played.player._thread.join()

    with pytest.raises(PlayerError, match="conversations failed: Could not connect"):
        played.player.stop()


def test_player_records_minutes_capacity_and_surges(tmp_path: Path) -> None:
    record = tmp_path / "raw" / "traffic.jsonl"
    played = PlayedTable(record=record, rate=20)
    played.player.step()
    played.dynamodb.switch("UPDATING")
    played.player.surge(1.5)
    played.pass_time(180)

    lines = [json.loads(line) for line in record.read_text().splitlines()]
    capacity = [line for line in lines if line["kind"] == "capacity"]
    assert [line["billing_mode"] for line in capacity] == ["PROVISIONED", "PAY_PER_REQUEST"]
    assert capacity[0]["indexes"]["by_agent"]["write"] == 10
    minute = next(line for line in lines if line["kind"] == "minute" and line["dimension"] == "table/write")
    assert minute["minute"] == "2026-07-09T15:40:00.000Z"
    assert (minute["demand"], minute["served"], minute["throttled"]) == (30, 10, 20)
    assert (minute["ceiling"], minute["ceiling_kind"], minute["throttle_events"]) == (10, "frozen", 1_200)
    assert {"kind": "surge", "at": "2026-07-09T15:40:00.000Z", "factor": 1.5, "keys": []} in lines


def test_backfill_publishes_history_as_served(tmp_path: Path) -> None:
    played = PlayedTable(record=tmp_path / "traffic.jsonl", rate=1_000)
    count = played.player.backfill(at(0), at(10))

    assert count == 40
    assert played.cloudwatch.found("ConsumedWriteCapacityUnits", "by_agent") == {
        at(minute): 60_000 for minute in range(10)
    }
    assert played.cloudwatch.found("WriteThrottleEvents") == {}


def test_backfill_when_times_have_no_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        PlayedTable().player.backfill(START.replace(tzinfo=None), START)
