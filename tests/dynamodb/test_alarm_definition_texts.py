"""The words about an alarm that is another one than the rollback alarm, and its settings."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from capacity_guard.dynamodb.alarm_definition import (
    COMPARISON,
    EXPRESSION,
    METRICS,
    MISSING_DATA,
    STATISTIC,
    find_differences,
    find_settings,
)
from capacity_guard.dynamodb.names import metric_dimensions
from tests.builders.rollback_alarm import rollback_alarm

TABLE = metric_dimensions("orders", None)
INDEX = metric_dimensions("orders", "by_agent")


def words(alarm: dict[str, Any], dimensions: dict[str, str] = TABLE) -> list[str]:
    return list(find_differences(alarm, dimensions))


def test_definition_is_that_of_the_decision_record() -> None:
    assert METRICS == {"read_throttle": "ReadThrottleEvents", "write_throttle": "WriteThrottleEvents"}
    assert (STATISTIC, COMPARISON, MISSING_DATA) == ("Sum", "GreaterThanThreshold", "notBreaching")
    assert EXPRESSION == "SUM([FILL(read_throttle, 0), FILL(write_throttle, 0)])"


def test_alarm_as_defined_has_no_difference() -> None:
    assert words(rollback_alarm()) == []
    assert words(rollback_alarm(index="by_agent"), INDEX) == []
    other_dimensions = ["read_throttle has other dimensions", "write_throttle has other dimensions"]
    assert words(rollback_alarm(), INDEX) == other_dimensions
    assert words(rollback_alarm(index="by_agent"), TABLE) == other_dimensions


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        (
            "ComparisonOperator",
            "LessThanThreshold",
            "ComparisonOperator is LessThanThreshold, not GreaterThanThreshold",
        ),
        ("ComparisonOperator", None, "ComparisonOperator is None, not GreaterThanThreshold"),
        ("TreatMissingData", "missing", "TreatMissingData is missing, not notBreaching"),
        ("TreatMissingData", None, "TreatMissingData is None, not notBreaching"),
    ],
)
def test_comparison_and_missing_data_are_told_with_what_they_should_be(
    member: str, value: str | None, said: str
) -> None:
    assert words(rollback_alarm(**{member: value})) == [said]


@pytest.mark.parametrize(
    "member",
    [
        "MetricName",
        "Namespace",
        "Dimensions",
        "Statistic",
        "ExtendedStatistic",
        "Period",
        "Unit",
        "ThresholdMetricId",
        "EvaluationCriteria",
        "EvaluationInterval",
        "WarmUpConfiguration",
    ],
)
def test_member_that_the_definition_leaves_out_is_told(member: str) -> None:
    assert words(rollback_alarm(**{member: "x"})) == [f"{member} is set"]
    assert words(rollback_alarm(**{member: None})) == []


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ({"Type": "WALL_CLOCK"}, ["EvaluationWindow is not the sliding window"]),
        ({"Type": "SLIDING"}, []),
        ({"Sliding": {}}, []),
        ("sliding", []),
        ({}, []),
        (None, []),
    ],
)
def test_window_is_the_sliding_one(window: Any, said: list[str]) -> None:
    assert words(rollback_alarm(EvaluationWindow=window)) == said


def changed(change: Callable[[list[dict[str, Any]]], object]) -> list[str]:
    alarm = copy.deepcopy(rollback_alarm())
    change(alarm["Metrics"])
    return words(alarm)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m[0].update(AccountId="1"), ["read_throttle is a metric of another account"]),
        (lambda m: m[2].update(AccountId="1"), ["throttled is a metric of another account"]),
        (
            lambda m: m[1]["MetricStat"]["Metric"].update(Namespace="Mine"),
            ["write_throttle is in namespace Mine"],
        ),
        (lambda m: m[1]["MetricStat"]["Metric"].pop("Namespace"), ["write_throttle is in namespace None"]),
        (
            lambda m: m[0]["MetricStat"]["Metric"].update(Dimensions=None),
            ["read_throttle has other dimensions"],
        ),
        (lambda m: m[0]["MetricStat"]["Metric"].pop("Dimensions"), ["read_throttle has other dimensions"]),
        (lambda m: m[0]["MetricStat"].update(Period=61), ["read_throttle is not the Sum of 60 s"]),
        (lambda m: m[0]["MetricStat"].update(Period="60"), []),
        (lambda m: m[0]["MetricStat"].update(Stat="Average"), ["read_throttle is not the Sum of 60 s"]),
        (lambda m: m[0]["MetricStat"].update(Unit="Count"), ["read_throttle is not the Sum of 60 s"]),
        (lambda m: m[0]["MetricStat"].update(Unit=None), []),
        (lambda m: m[0].update(ReturnData=True), ["read_throttle is returned"]),
        (lambda m: m[0].update(ReturnData="true"), ["read_throttle is returned"]),
        (lambda m: m[0].update(ReturnData="False"), []),
        (lambda m: m[0].pop("ReturnData"), ["read_throttle is returned"]),
        (lambda m: m[0].update(Expression=None), []),
        (lambda m: m.pop(0), ["its metrics are WriteThrottleEvents"]),
        (
            lambda m: m.insert(0, {**copy.deepcopy(m[1]), "Id": "zz"}),
            [
                "its metrics are ReadThrottleEvents, WriteThrottleEvents, WriteThrottleEvents",
            ],
        ),
        (
            lambda m: m[0]["MetricStat"]["Metric"].update(MetricName="SystemErrors"),
            ["its metrics are SystemErrors, WriteThrottleEvents"],
        ),
        (lambda m: m[2].update(Expression="1"), ["its expression is 1"]),
        (lambda m: m.append({"Id": "e", "Expression": "2"}), [f"its expression is {EXPRESSION}, 2"]),
        (lambda m: m.pop(2), ["its expression is missing"]),
        (lambda m: m[2].update(ReturnData=False), ["its expression is not returned"]),
        (lambda m: m[2].pop("ReturnData"), []),
        (lambda m: m[2].update(ReturnData="true"), []),
        (lambda m: m[2].update(Period=300), ["its expression has periods of 300 s"]),
        (lambda m: m[2].update(Period=61), ["its expression has periods of 61 s"]),
        (lambda m: m[2].update(Period="60"), []),
        (lambda m: m[2].update(Period=None), []),
    ],
)
def test_query_that_is_another_one_is_told(
    change: Callable[[list[dict[str, Any]]], object], said: list[str]
) -> None:
    assert changed(change) == said


@pytest.mark.parametrize("metrics", [None, []])
def test_alarm_without_queries_has_neither_metrics_nor_expression(metrics: Any) -> None:
    assert words(rollback_alarm(Metrics=metrics)) == ["its metrics are nothing", "its expression is missing"]
    alarm = rollback_alarm()
    del alarm["Metrics"]
    assert words(alarm) == ["its metrics are nothing", "its expression is missing"]


@pytest.mark.parametrize(
    ("members", "settings"),
    [
        ({}, (30.0, 5, 2)),
        ({"Threshold": "2.5", "EvaluationPeriods": "7", "DatapointsToAlarm": "3"}, (2.5, 7, 3)),
        ({"DatapointsToAlarm": None}, (30.0, 5, 5)),
        ({"DatapointsToAlarm": 0}, (30.0, 5, 5)),
    ],
)
def test_settings_are_threshold_periods_and_datapoints(
    members: dict[str, Any], settings: tuple[float, int, int]
) -> None:
    assert find_settings(rollback_alarm(**members)) == settings


@pytest.mark.parametrize("member", ["EvaluationPeriods", "Threshold"])
def test_settings_that_are_missing_are_an_error(member: str) -> None:
    alarm = rollback_alarm()
    del alarm[member]
    with pytest.raises(KeyError, match=member):
        find_settings(alarm)
    alarm.pop("DatapointsToAlarm")
    alarm[member] = 5
    assert find_settings(alarm)[2] == 5
