"""The rollback alarm in the template, whole, and its threshold."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
import pytest

from capacity_guard import InputError, NewTable, Rollout
from capacity_guard.cdk.gates.alarms import _enum_name, alarm_threshold, rollback_alarm
from tests.builders.guarded import INDEX, app, baseline
from tests.builders.rollback_alarm import rollback_alarm as expected


@pytest.mark.parametrize("index", [None, INDEX])
@pytest.mark.parametrize(("threshold", "shown"), [(0, "0"), (2.5, "2.5"), (1_000_000, "1e+06")])
def test_alarm_is_this(index: str | None, threshold: float, shown: str) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    dimensions = {"TableName": "orders", **({} if index is None else {"GlobalSecondaryIndexName": index})}
    rollback_alarm(
        stack,
        "Alarm",
        dimensions=dimensions,
        threshold=threshold,
        rollout=Rollout(alarm_periods=7, alarm_datapoints=3),
        subject="Orders",
    )
    (resource,) = made.synth().get_stack_by_name("S").template["Resources"].values()
    definition = expected("orders", index, Threshold=threshold, EvaluationPeriods=7, DatapointsToAlarm=3)
    queries = {query["Id"]: query for query in definition.pop("Metrics")}
    found = {query["Id"]: query for query in resource["Properties"].pop("Metrics")}
    result = found.pop("expr_1")
    assert result == {
        "Id": "expr_1",
        "Expression": queries.pop("throttled")["Expression"],
        "Label": "throttle events",
        "ReturnData": True,
    } | ({"Period": 60} if "Period" in result else {})
    for query in (*queries.values(), *found.values()):
        query["MetricStat"]["Metric"]["Dimensions"].sort(key=lambda one: one["Name"])
    assert found == queries
    assert resource == {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            **definition,
            "AlarmDescription": (
                f"capacity-guard: Orders throttles more than {shown} events a minute. "
                "While a capacity change bakes, this rolls it back."
            ),
        },
    }


def test_threshold_is_the_given_one_or_the_noise_of_the_resource() -> None:
    noisy = baseline(throttled=7)
    assert noisy.traffic is not None
    throttled = {
        dimension: series if dimension.index is None else series[:0] + type(series)("d", [2.0]) * len(series)
        for dimension, series in noisy.traffic.throttled.items()
    }
    noisy = replace(noisy, traffic=replace(noisy.traffic, throttled=throttled))
    assert alarm_threshold(Rollout(), noisy, "table") == 7
    assert alarm_threshold(Rollout(), noisy, f"index/{INDEX}") == 4, "reads and writes"
    assert alarm_threshold(Rollout(), noisy, "index/other") == 0
    assert alarm_threshold(Rollout(alarm_threshold=100), noisy, "table") == 100
    assert alarm_threshold(Rollout(alarm_threshold=0), noisy, "table") == 0
    assert alarm_threshold(Rollout(alarm_threshold=9), noisy, "table") == 9


def test_threshold_without_traffic_is_none() -> None:
    for unknown in (InputError("f", "is missing", "Record it"), NewTable("orders")):
        assert alarm_threshold(Rollout(), unknown, "table") == 0
        assert alarm_threshold(Rollout(alarm_threshold=9), unknown, "table") == 9


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("notBreaching", "NOT_BREACHING"),
        ("GreaterThanThreshold", "GREATER_THAN_THRESHOLD"),
        ("missing", "MISSING"),
    ],
)
def test_name_of_a_member_is_that_of_the_cdk(value: str, name: str) -> None:
    assert _enum_name(value) == name
