"""The rollback alarms in the template: metrics, thresholds, periods."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from capacity_guard import Rollout
from tests.builders.guarded import ALARM, GLOBAL_TABLE, INDEX, RAISED, app, baseline, table, template


def test_alarm_counts_throttle_events_of_table_and_of_index() -> None:
    made = template(capacity=RAISED)
    (guarded,) = made.of(GLOBAL_TABLE)
    name = {"Name": "TableName", "Value": {"Ref": guarded}}
    index = {"Name": "GlobalSecondaryIndexName", "Value": INDEX}
    all_dimensions = []
    for alarm in made.of(ALARM).values():
        properties = alarm["Properties"]
        expression, *metrics = properties["Metrics"]
        assert expression["Expression"] == "SUM([FILL(read_throttle, 0), FILL(write_throttle, 0)])"
        assert expression["ReturnData"] is True
        assert {m["Id"]: m["MetricStat"]["Metric"]["MetricName"] for m in metrics} == {
            "read_throttle": "ReadThrottleEvents",
            "write_throttle": "WriteThrottleEvents",
        }
        assert all(m["ReturnData"] is False for m in metrics)
        assert {(m["MetricStat"]["Stat"], m["MetricStat"]["Period"]) for m in metrics} == {("Sum", 60)}
        assert {m["MetricStat"]["Metric"]["Namespace"] for m in metrics} == {"AWS/DynamoDB"}
        (dimensions,) = {json.dumps(m["MetricStat"]["Metric"]["Dimensions"]) for m in metrics}
        all_dimensions.append(json.loads(dimensions))
        assert properties["ComparisonOperator"] == "GreaterThanThreshold"
        assert (properties["EvaluationPeriods"], properties["DatapointsToAlarm"]) == (5, 2)
        assert properties["TreatMissingData"] == "notBreaching"
        assert properties["Threshold"] == 0
    assert sorted(all_dimensions, key=len) == [[name], [index, name]]


def test_alarm_threshold_is_the_noise_of_the_baseline_unless_given() -> None:
    noisy = template(baseline=baseline(throttled=7))
    assert {a["Properties"]["Threshold"] for a in noisy.of(ALARM).values()} == {7}
    rollout = Rollout(alarm_threshold=25, alarm_periods=7, alarm_datapoints=4)
    given = template(baseline=baseline(throttled=7), rollout=rollout)
    for alarm in given.of(ALARM).values():
        properties = alarm["Properties"]
        assert (properties["Threshold"], properties["EvaluationPeriods"]) == (25, 7)
        assert properties["DatapointsToAlarm"] == 4


def test_alarm_is_an_ordinary_object() -> None:
    guarded = table(cdk.Stack(app(), "S"))
    assert all(isinstance(alarm, cloudwatch.Alarm) for alarm in guarded.rollback_alarms.values())
