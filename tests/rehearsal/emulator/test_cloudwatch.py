"""CloudWatch in a running emulator: what arrives by PutMetricData is what alarms, queries and events see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from capacity_guard.rehearsal.emulator.launcher import Emulator

START = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(speed=10, start=START) as running:
        yield running


def metric(table: str, name: str = "ConsumedWriteCapacityUnits") -> dict[str, Any]:
    return {
        "Namespace": "AWS/DynamoDB",
        "MetricName": name,
        "Dimensions": [{"Name": "TableName", "Value": table}],
    }


def publish(emulator: Emulator, table: str, name: str, values: dict[datetime, float]) -> None:
    dimensions = [{"Name": "TableName", "Value": table}]
    emulator.client("cloudwatch").put_metric_data(
        Namespace="AWS/DynamoDB",
        MetricData=[
            {"MetricName": name, "Dimensions": dimensions, "Timestamp": at, "Value": value, "Unit": "Count"}
            for at, value in values.items()
        ],
    )


def query(table: str, period: int = 60, identifier: str = "m1") -> dict[str, Any]:
    return {"Id": identifier, "MetricStat": {"Metric": metric(table), "Period": period, "Stat": "Sum"}}


def minutes(start: datetime, count: int) -> list[datetime]:
    return [start + timedelta(minutes=each) for each in range(count)]


def next_evaluation(emulator: Emulator) -> None:
    """Move the clock to 20 seconds after the next full minute: alarms are evaluated at 10."""
    emulator.clock.jump(60 - emulator.clock.seconds() % 60 + 20)


def this_minute(emulator: Emulator) -> datetime:
    return emulator.clock.now().replace(second=0, microsecond=0)


def test_metric_data_when_asked_includes_the_start_and_excludes_the_end(emulator: Emulator) -> None:
    begin = START - timedelta(days=14)
    publish(emulator, "ranges", "ConsumedWriteCapacityUnits", dict.fromkeys(minutes(begin, 20), 1.0))
    cloudwatch = emulator.client("cloudwatch")

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


def test_metric_data_when_it_does_not_fit_a_page_goes_on_with_a_token(emulator: Emulator) -> None:
    begin = START - timedelta(days=10)
    for table in ("page_a", "page_b"):
        publish(
            emulator,
            table,
            "ConsumedWriteCapacityUnits",
            {at: float(position) for position, at in enumerate(minutes(begin, 30))},
        )
    cloudwatch = emulator.client("cloudwatch")
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
    assert found == {"a": [float(each) for each in range(30)], "b": [float(each) for each in range(30)]}


def test_metric_data_when_fourteen_days_are_kept_comes_back_whole(emulator: Emulator) -> None:
    begin = this_minute(emulator) - timedelta(days=14)
    count = 14 * 24 * 60
    for at in range(0, count, 1_000):
        chunk = minutes(begin + timedelta(minutes=at), min(1_000, count - at))
        publish(emulator, "two_weeks", "ConsumedWriteCapacityUnits", dict.fromkeys(chunk, 2.0))

    answer = emulator.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query("two_weeks")], StartTime=begin, EndTime=begin + timedelta(minutes=count)
    )

    assert sum(answer["MetricDataResults"][0]["Values"]) == 2.0 * count


def test_metric_data_with_an_expression_is_computed(emulator: Emulator) -> None:
    begin = START - timedelta(days=9)
    publish(emulator, "maths", "ConsumedWriteCapacityUnits", dict.fromkeys(minutes(begin, 3), 120.0))

    answer = emulator.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{**query("maths"), "ReturnData": False}, {"Id": "rate", "Expression": "m1 / 60"}],
        StartTime=begin,
        EndTime=begin + timedelta(minutes=3),
    )

    assert [(each["Id"], each["Values"]) for each in answer["MetricDataResults"]] == [("rate", [2.0] * 3)]


def rollback_alarm(table: str, **changes: Any) -> dict[str, Any]:
    def part(identifier: str, name: str) -> dict[str, Any]:
        return {
            "Id": identifier,
            "MetricStat": {"Metric": metric(table, name), "Period": 60, "Stat": "Sum"},
            "ReturnData": False,
        }

    return {
        "AlarmName": f"rollback-{table}",
        "Metrics": [
            part("throttled", "WriteThrottleEvents"),
            part("consumed", "ConsumedWriteCapacityUnits"),
            {"Id": "judged", "Expression": "FILL(throttled, 0) + 0 * consumed", "ReturnData": True},
        ],
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 10.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        **changes,
    }


def state(emulator: Emulator, name: str) -> dict[str, Any]:
    found: dict[str, Any] = emulator.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][
        0
    ]
    return found


def test_alarm_on_an_expression_goes_through_its_states_and_records_them(emulator: Emulator) -> None:
    cloudwatch = emulator.client("cloudwatch")
    next_evaluation(emulator)
    cloudwatch.put_metric_alarm(**rollback_alarm("orders"))
    created = state(emulator, "rollback-orders")
    assert (created["StateValue"], created["StateReason"]) == (
        "INSUFFICIENT_DATA",
        "Unchecked: Initial alarm creation",
    )
    assert "EvaluationState" not in created

    now = this_minute(emulator)
    publish(
        emulator,
        "orders",
        "ConsumedWriteCapacityUnits",
        dict.fromkeys(minutes(now - timedelta(minutes=5), 5), 600.0),
    )
    next_evaluation(emulator)
    assert state(emulator, "rollback-orders")["StateValue"] == "OK"

    # Another table's throttling must not count; two of three minutes must.
    now = this_minute(emulator)
    publish(
        emulator, "other", "WriteThrottleEvents", dict.fromkeys(minutes(now - timedelta(minutes=2), 2), 999.0)
    )
    publish(
        emulator,
        "orders",
        "ConsumedWriteCapacityUnits",
        dict.fromkeys(minutes(now - timedelta(minutes=2), 2), 600.0),
    )
    next_evaluation(emulator)
    assert state(emulator, "rollback-orders")["StateValue"] == "OK"
    publish(
        emulator, "orders", "WriteThrottleEvents", dict.fromkeys(minutes(now - timedelta(minutes=2), 2), 50.0)
    )
    next_evaluation(emulator)

    alarmed = state(emulator, "rollback-orders")
    assert alarmed["StateValue"] == "ALARM"
    assert alarmed["StateReason"].startswith("Threshold Crossed: 2 out of the last 3 datapoints [50.0 (")
    assert json.loads(alarmed["StateReasonData"])["threshold"] == 10.0
    assert alarmed["StateTransitionedTimestamp"] > created["StateTransitionedTimestamp"]
    history = cloudwatch.describe_alarm_history(AlarmName="rollback-orders", ScanBy="TimestampAscending")
    assert [item["HistorySummary"] for item in history["AlarmHistoryItems"]] == [
        'Alarm "rollback-orders" created',
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
    ]

    cloudwatch.delete_alarms(AlarmNames=["rollback-orders"])
    assert cloudwatch.describe_alarms(AlarmNames=["rollback-orders"])["MetricAlarms"] == []


def test_alarm_when_nobody_asks_is_evaluated_by_the_clock(emulator: Emulator) -> None:
    cloudwatch = emulator.client("cloudwatch")
    cloudwatch.put_metric_alarm(**rollback_alarm("alone"))
    for _ in range(200):  # each pass is half a rehearsal second, none of it measured
        next_evaluation(emulator)
        emulator.clock.sleep(5)
        items = cloudwatch.describe_alarm_history(AlarmName="rollback-alone", HistoryItemType="StateUpdate")
        if items["AlarmHistoryItems"]:
            break

    assert [each["HistorySummary"] for each in items["AlarmHistoryItems"]] == [
        "Alarm updated from INSUFFICIENT_DATA to OK"
    ]


def test_alarm_when_updated_keeps_its_state(emulator: Emulator) -> None:
    cloudwatch = emulator.client("cloudwatch")
    cloudwatch.put_metric_alarm(**rollback_alarm("kept"))
    next_evaluation(emulator)
    assert state(emulator, "rollback-kept")["StateValue"] == "OK"

    cloudwatch.put_metric_alarm(**rollback_alarm("kept", Threshold=20.0))

    assert (
        state(emulator, "rollback-kept")["StateValue"],
        state(emulator, "rollback-kept")["Threshold"],
    ) == ("OK", 20.0)


def test_alarm_when_its_state_changes_reaches_an_event_rule(emulator: Emulator) -> None:
    events, queues = emulator.client("events"), emulator.client("sqs")
    address = queues.create_queue(QueueName="alarms")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=address, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": ["rollback-told"]}}
    events.put_rule(Name="alarms", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="alarms", Targets=[{"Id": "queue", "Arn": arn}])
    emulator.client("cloudwatch").put_metric_alarm(**rollback_alarm("told"))
    next_evaluation(emulator)
    assert state(emulator, "rollback-told")["StateValue"] == "OK"

    message = queues.receive_message(QueueUrl=address, WaitTimeSeconds=10)["Messages"][0]

    event = json.loads(message["Body"])
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["detail"]["state"]["value"] == "OK"
    assert event["detail"]["previousState"]["value"] == "INSUFFICIENT_DATA"


def test_alarm_when_not_valid_is_refused(emulator: Emulator) -> None:
    with pytest.raises(
        ClientError, match="DatapointsToAlarm must be less than or equal to EvaluationPeriods"
    ):
        emulator.client("cloudwatch").put_metric_alarm(**rollback_alarm("wrong", DatapointsToAlarm=4))


def test_alarm_when_the_correction_is_left_out_never_fires() -> None:
    # Shows that the correction is needed: MiniStack alone evaluates no expression.
    with Emulator(speed=10, start=START, skip_corrections=frozenset({"cloudwatch.evaluate-alarms"})) as plain:
        plain.client("cloudwatch").put_metric_alarm(**rollback_alarm("plain"))
        now = this_minute(plain)
        last = minutes(now - timedelta(minutes=3), 3)
        publish(plain, "plain", "ConsumedWriteCapacityUnits", dict.fromkeys(last, 600.0))
        publish(plain, "plain", "WriteThrottleEvents", dict.fromkeys(last, 50.0))
        next_evaluation(plain)

        assert state(plain, "rollback-plain")["StateValue"] == "INSUFFICIENT_DATA"
