"""The in-memory fake agrees with every row."""

from __future__ import annotations

import pytest

from tests.conformance.fake_system import START, FakeSystem
from tests.conformance.rows import Row, rows_for
from tests.conformance.runner import run
from tests.fakes.cloudwatch_math import Reading
from tests.fakes.dynamodb_seconds import QUICK, SLOW, Seconds


@pytest.mark.parametrize("row", rows_for("fake"), ids=lambda row: row.id)
def test_row_when_put_to_the_fake_holds(row: Row) -> None:
    run(row, FakeSystem())


def _takes_time(row: Row) -> bool:
    return "seconds" in row.expect or any(step.keys() & {"after", "settled", "table"} for step in row.state)


@pytest.mark.parametrize("seconds", [QUICK, SLOW], ids=["quick", "slow"])
@pytest.mark.parametrize("row", [*filter(_takes_time, rows_for("fake"))], ids=lambda row: row.id)
def test_row_when_the_changes_are_as_quick_or_as_slow_as_was_measured_holds(
    row: Row, seconds: Seconds
) -> None:
    run(row, FakeSystem(seconds))


@pytest.mark.parametrize(
    ("reading", "alarmed"),
    [
        (Reading(second=40, delay=36), [40.0, 100.0, 160.0]),
        (Reading(second=32, delay=36), [92.0, 152.0]),
        (Reading(second=32, sparse_minutes=3), [212.0, 272.0, 332.0]),
    ],
    ids=["quick", "slow", "sparse"],
)
def test_alarm_of_the_fake_is_as_late_as_the_reading_says(reading: Reading, alarmed: list[float]) -> None:
    system = FakeSystem()
    system.fake.cloudwatch.reading = reading
    metric = {"Namespace": "AWS/DynamoDB", "MetricName": "WriteThrottleEvents"}
    compared = {"Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 0}
    compared |= {"ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching"}
    system.call("cloudwatch", "PutMetricAlarm", {"AlarmName": "a", **metric, **compared})
    datum = {"MetricName": metric["MetricName"], "Timestamp": START, "Value": 5.0}
    system.call("cloudwatch", "PutMetricData", {"Namespace": "AWS/DynamoDB", "MetricData": [datum]})

    found = []
    for seconds in range(1, 500):
        system.forward(1)
        alarm = system.call("cloudwatch", "DescribeAlarms", {})["MetricAlarms"][0]
        if alarm["StateValue"] == "ALARM":
            found.append(seconds - 60.0)

    assert [second for second in found if (second - alarmed[0]) % 60 == 0] == alarmed
    assert found[0] == alarmed[0]


@pytest.mark.parametrize(("keeps", "minimum"), [(True, 5), (False, 10)])
def test_scheduled_action_of_a_table_that_cannot_be_scaled_sets_the_bounds_by_one_reading(
    keeps: bool, minimum: int
) -> None:
    system = FakeSystem()
    system.fake.autoscaling.not_scalable_keeps_bounds = keeps
    key = {"AttributeName": "id", "KeyType": "HASH"}
    system.call(
        "dynamodb",
        "CreateTable",
        {
            "TableName": "orders",
            "KeySchema": [key],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    target = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/orders",
        "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
    }
    scaling = "application-autoscaling"
    system.call(scaling, "RegisterScalableTarget", {**target, "MinCapacity": 5, "MaxCapacity": 50})
    action = {"ScheduledActionName": "night", "Schedule": "rate(1 minute)"}
    system.call(
        scaling, "PutScheduledAction", {**target, **action, "ScalableTargetAction": {"MinCapacity": 10}}
    )
    system.forward(61)

    found = system.call(scaling, "DescribeScalableTargets", {"ServiceNamespace": "dynamodb"})
    assert found["ScalableTargets"][0]["MinCapacity"] == minimum
