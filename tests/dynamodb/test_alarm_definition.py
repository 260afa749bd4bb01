"""The rollback alarm: which existing alarms watch a table or an index."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from capacity_guard.dynamodb.alarm_definition import EXPRESSION, METRICS, watches_throttle_events
from capacity_guard.dynamodb.names import metric_dimensions

TABLE = metric_dimensions("orders", None)
INDEX = metric_dimensions("orders", "by_agent")


def alarm(dimensions: dict[str, str]) -> dict[str, Any]:
    """The rollback alarm in the response of DescribeAlarms."""
    metrics = [
        {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/DynamoDB",
                    "MetricName": metric,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                },
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for name, metric in METRICS.items()
    ]
    return {"Metrics": [*metrics, {"Id": "throttled", "Expression": EXPRESSION, "ReturnData": True}]}


def test_expression_when_read_expects_the_ids_of_all_metrics() -> None:
    assert set(re.findall(r"[a-z]+_[a-z]+", EXPRESSION)) == set(METRICS)


@pytest.mark.parametrize("dimensions", [TABLE, INDEX])
def test_alarm_when_it_has_the_expression_and_all_metrics_expects_it_to_watch(
    dimensions: dict[str, str],
) -> None:
    assert watches_throttle_events(alarm(dimensions), dimensions)


def test_alarm_when_it_is_of_another_table_or_index_expects_it_not_to_watch() -> None:
    assert not watches_throttle_events(alarm(INDEX), TABLE)
    assert not watches_throttle_events(alarm(TABLE), INDEX)
    assert not watches_throttle_events(alarm(TABLE), metric_dimensions("carts", None))
    assert not watches_throttle_events({}, TABLE)


@pytest.mark.parametrize(
    "change",
    [
        lambda metrics: metrics.pop(0),
        lambda metrics: metrics[0]["MetricStat"].update(Period=300),
        lambda metrics: metrics[0]["MetricStat"].update(Stat="Average"),
        lambda metrics: metrics[0]["MetricStat"]["Metric"].update(Namespace="Orders"),
        lambda metrics: metrics[0]["MetricStat"]["Metric"].update(MetricName="SystemErrors"),
        lambda metrics: metrics[0].update(ReturnData=True),
        lambda metrics: metrics[-1].update(ReturnData=False),
        lambda metrics: metrics[-1].update(Expression="FILL(read_throttle, 0)"),
    ],
    ids=[
        "no read throttle events",
        "another period",
        "another statistic",
        "another namespace",
        "another metric",
        "two results",
        "no result",
        "no write throttle events in the expression",
    ],
)
def test_alarm_when_it_compares_something_else_expects_it_not_to_watch(
    change: Callable[[list[dict[str, Any]]], object],
) -> None:
    definition = copy.deepcopy(alarm(TABLE))
    change(definition["Metrics"])
    assert not watches_throttle_events(definition, TABLE)
