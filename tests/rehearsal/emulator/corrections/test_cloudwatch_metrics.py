"""Metrics in a running emulator: GetMetricData returns what PutMetricData sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from tests.builders.emulated_stack import START
from tests.builders.published_points import minutes, publish, this_minute


def metric(table: str) -> dict[str, Any]:
    return {
        "Namespace": "AWS/DynamoDB",
        "MetricName": "ConsumedWriteCapacityUnits",
        "Dimensions": [{"Name": "TableName", "Value": table}],
    }


def query(table: str, period: int = 60, identifier: str = "m1") -> dict[str, Any]:
    return {"Id": identifier, "MetricStat": {"Metric": metric(table), "Period": period, "Stat": "Sum"}}


def test_metric_data_when_asked_includes_the_start_and_excludes_the_end(
    cloudwatch_emulator: Emulator,
) -> None:
    begin = START - timedelta(days=14)
    publish(
        cloudwatch_emulator, "ranges", "ConsumedWriteCapacityUnits", dict.fromkeys(minutes(begin, 20), 1.0)
    )
    cloudwatch = cloudwatch_emulator.client("cloudwatch")

    def asked(**more: Any) -> dict[str, Any]:
        end = begin + timedelta(minutes=10)
        answer = cloudwatch.get_metric_data(
            **{"MetricDataQueries": [query("ranges")], "StartTime": begin, "EndTime": end, **more}
        )
        result: dict[str, Any] = answer["MetricDataResults"][0]
        return result

    assert asked()["Timestamps"] == minutes(begin, 10)[::-1]
    assert asked(ScanBy="TimestampAscending")["Timestamps"] == minutes(begin, 10)
    assert asked(MetricDataQueries=[query("ranges", 300)])["Values"] == [5.0, 5.0]
    assert asked(MetricDataQueries=[query("elsewhere")])["Timestamps"] == []


def test_metric_data_when_it_does_not_fit_a_page_goes_on_with_a_token(cloudwatch_emulator: Emulator) -> None:
    begin = START - timedelta(days=10)
    for table in ("page_a", "page_b"):
        publish(
            cloudwatch_emulator,
            table,
            "ConsumedWriteCapacityUnits",
            {at: float(position) for position, at in enumerate(minutes(begin, 30))},
        )
    cloudwatch = cloudwatch_emulator.client("cloudwatch")
    found: dict[str, list[float]] = {"a": [], "b": []}
    pages = 0
    arguments: dict[str, Any] = {}
    while True:
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=[query("page_a", identifier="a"), query("page_b", identifier="b")],
            StartTime=begin,
            EndTime=begin + timedelta(minutes=30),
            ScanBy="TimestampAscending",
            MaxDatapoints=25,
            **arguments,
        )
        pages += 1
        for result in answer["MetricDataResults"]:
            found[result["Id"]] += result["Values"]
        if "NextToken" not in answer:
            break
        arguments = {"NextToken": answer["NextToken"]}

    assert pages == 3
    assert found == {"a": [float(value) for value in range(30)], "b": [float(value) for value in range(30)]}


@pytest.mark.slow
def test_metric_data_when_fourteen_days_are_kept_comes_back_whole(cloudwatch_emulator: Emulator) -> None:
    begin = this_minute(cloudwatch_emulator) - timedelta(days=14)
    count = 14 * 24 * 60
    for at in range(0, count, 1_000):
        chunk = minutes(begin + timedelta(minutes=at), min(1_000, count - at))
        publish(cloudwatch_emulator, "two_weeks", "ConsumedWriteCapacityUnits", dict.fromkeys(chunk, 2.0))

    answer = cloudwatch_emulator.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query("two_weeks")], StartTime=begin, EndTime=begin + timedelta(minutes=count)
    )

    assert sum(answer["MetricDataResults"][0]["Values"]) == 2.0 * count


def test_metric_data_with_an_expression_is_computed(cloudwatch_emulator: Emulator) -> None:
    begin = START - timedelta(days=9)
    publish(
        cloudwatch_emulator, "maths", "ConsumedWriteCapacityUnits", dict.fromkeys(minutes(begin, 3), 120.0)
    )

    answer = cloudwatch_emulator.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{**query("maths"), "ReturnData": False}, {"Id": "rate", "Expression": "m1 / 60"}],
        StartTime=begin,
        EndTime=begin + timedelta(minutes=3),
    )

    assert [(result["Id"], result["Values"]) for result in answer["MetricDataResults"]] == [
        ("rate", [2.0] * 3)
    ]
