"""Datums have the names and dimensions of DynamoDB's metrics and are sent in calls of the permitted size."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from capacity_guard.rehearsal.measurement import PlayedMinute
from capacity_guard.rehearsal.meter import Cause
from capacity_guard.rehearsal.published_metrics import (
    DATUMS_PER_CALL,
    Requests,
    ThrottleReading,
    consumed_datum,
    events_by_cause,
    parts,
    publish,
    throttle_datums,
)

MINUTE = 1_783_000_020


class FakeCloudWatch:
    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def put_metric_data(self, **call: Any) -> None:
        self.calls.append(call)


def test_datum_of_the_table_has_its_name_alone() -> None:
    assert consumed_datum("orders", "table/read", MINUTE, 480.0) == {
        "MetricName": "ConsumedReadCapacityUnits",
        "Dimensions": [{"Name": "TableName", "Value": "orders"}],
        "Timestamp": datetime.fromtimestamp(MINUTE, UTC),
        "Value": 480.0,
        "Unit": "Count",
    }


def throttled(served: float = 0.0, pressed: float = 0.0, **by_cause: float) -> PlayedMinute:
    causes: dict[Cause, float] = by_cause  # type: ignore[assignment]
    units = sum(by_cause.values())
    return PlayedMinute(served + units, served, units, 60.0, None, causes, pressed)


Found = dict[tuple[str, ...], float]


def found(played: dict[str, PlayedMinute], *options: Any) -> Found:
    """Values by metric and dimensions."""
    datums = throttle_datums("orders", MINUTE, played, *options)
    values = {
        (datum["MetricName"], *(f"{one['Name']}={one['Value']}" for one in datum["Dimensions"])): datum[
            "Value"
        ]
        for datum in datums
    }
    assert len(values) == len(datums)
    return values


TABLE, INDEX = "TableName=orders", "GlobalSecondaryIndexName=by_agent"


def test_minute_without_throttling_has_no_datum() -> None:
    assert found({"table/write": PlayedMinute(60.0, 60.0, 0.0, 60.0)}) == {}


def test_throttled_write_of_the_table_is_an_event_of_its_cause_and_a_request() -> None:
    assert found({"table/write": throttled(ProvisionedThroughput=7)}) == {
        ("WriteThrottleEvents", TABLE): 7,
        ("WriteProvisionedThroughputThrottleEvents", TABLE): 7,
        ("ThrottledRequests", TABLE, "Operation=PutItem"): 7,
    }


def test_throttled_reads_of_table_and_index_are_requests_of_two_operations() -> None:
    played = {
        "table/read": throttled(MaxOnDemandThroughput=5),
        "index/by_agent/read": throttled(KeyRangeThroughput=3),
    }

    assert found(played) == {
        ("ReadThrottleEvents", TABLE): 5,
        ("ReadMaxOnDemandThroughputThrottleEvents", TABLE): 5,
        ("ReadThrottleEvents", TABLE, INDEX): 3,
        ("ReadKeyRangeThroughputThrottleEvents", TABLE, INDEX): 3,
        ("ThrottledRequests", TABLE, "Operation=GetItem"): 5,
        ("ThrottledRequests", TABLE, "Operation=Query"): 3,
    }


def test_write_that_is_throttled_on_two_indexes_is_two_events_and_one_request() -> None:
    played = {
        "table/write": throttled(served=600),
        "index/by_agent/write": throttled(AccountLimit=40),
        "index/by_day/write": throttled(AccountLimit=60),
    }

    values = found(played)

    assert values["WriteThrottleEvents", TABLE, INDEX] == 40
    assert values["WriteThrottleEvents", TABLE, "GlobalSecondaryIndexName=by_day"] == 60
    assert ("WriteThrottleEvents", TABLE) not in values
    assert values["ThrottledRequests", TABLE, "Operation=PutItem"] == 60


def test_writes_that_an_index_keeps_from_the_table_are_throttled_requests_beside_the_tables_own() -> None:
    played = {
        "table/write": throttled(served=600, pressed=300, ProvisionedThroughput=20),
        "index/by_agent/write": throttled(ProvisionedThroughput=600),  # two entries a write
    }

    assert found(played)["ThrottledRequests", TABLE, "Operation=PutItem"] == 320


@pytest.mark.parametrize(("served", "requests"), [(1.0, None), (0.0, 4)])
def test_batch_is_a_throttled_request_only_if_every_item_is_throttled(
    served: float, requests: int | None
) -> None:
    played = {"table/write": throttled(served=served, ProvisionedThroughput=100)}

    values = found(played, Requests(write="BatchWriteItem"))

    assert values["WriteThrottleEvents", TABLE] == 100
    assert values.get(("ThrottledRequests", TABLE, "Operation=BatchWriteItem")) == requests


def test_events_of_a_table_include_its_indexes_only_under_one_reading() -> None:
    played = {
        "table/write": throttled(ProvisionedThroughput=2),
        "index/by_agent/write": throttled(ProvisionedThroughput=5),
    }

    assert found(played)["WriteThrottleEvents", TABLE] == 2
    together = found(played, None, ThrottleReading(table_includes_indexes=True))
    assert together["WriteThrottleEvents", TABLE] == 7
    assert together["WriteThrottleEvents", TABLE, INDEX] == 5
    assert together["WriteProvisionedThroughputThrottleEvents", TABLE] == 2


@pytest.mark.parametrize("by_index", [True, False])
def test_writes_above_the_accounts_limit_are_named_by_index_or_by_table(by_index: bool) -> None:
    played = {
        "index/by_agent/write": throttled(AccountLimit=5),
        "index/by_agent/read": throttled(AccountLimit=4),
    }

    values = found(played, None, ThrottleReading(index_account_limit=by_index))

    dimensions = (TABLE, INDEX) if by_index else (TABLE,)
    assert values["WriteAccountLimitThrottleEvents", *dimensions] == 5
    assert values["ReadAccountLimitThrottleEvents", TABLE, INDEX] == 4
    assert values["WriteThrottleEvents", TABLE, INDEX] == 5


@pytest.mark.parametrize("units", [1.0, 4.0, 0.5])
def test_events_by_cause_together_are_the_events_of_the_minute(units: float) -> None:
    causes = {"ProvisionedThroughput": 10.6, "KeyRangeThroughput": 3.6, "AccountLimit": 0.9}
    played = throttled(**causes)

    assert sum(events_by_cause(played, units).values()) == int(15.1 / units)


@pytest.mark.parametrize(
    ("value", "first", "rest"),
    [(600.0, [351], [249]), (1.0, [], [1]), (0.0, [0], []), (1.5, [0.8775], [0.6225])],
)
def test_parts_of_a_minute_add_up_to_it(value: float, first: list[float], rest: list[float]) -> None:
    datum = consumed_datum("orders", "table/read", MINUTE, value)

    early, late = parts([datum], 0.585)

    assert [part["Value"] for part in early] == pytest.approx(first)
    assert [part["Value"] for part in late] == pytest.approx(rest)
    assert {**datum, "Value": 0} == {**(early or late)[0], "Value": 0}


@pytest.mark.parametrize(("count", "sizes"), [(3, [3]), (DATUMS_PER_CALL + 1, [1, DATUMS_PER_CALL])])
def test_datums_are_sent_in_calls_of_the_permitted_size(count: int, sizes: list[int]) -> None:
    cloudwatch = FakeCloudWatch()

    publish(cloudwatch, [consumed_datum("orders", "table/read", MINUTE, 1.0)] * count)

    assert sorted(len(call["MetricData"]) for call in cloudwatch.calls) == sizes
    assert {call["Namespace"] for call in cloudwatch.calls} == {"AWS/DynamoDB"}
