"""Alarms in a running emulator: evaluated by its clock, recorded and announced."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections.drawn_durations import DRAW_VARIABLE
from capacity_guard.rehearsal.emulator.corrections.metric_durations import MetricDurations
from capacity_guard.rehearsal.player import Player
from tests.builders.emulated_stack import START
from tests.builders.expression_alarm import expression_alarm
from tests.builders.published_points import minutes, publish, this_minute
from tests.builders.scaled_units import create_table


def next_evaluation(emulator: Emulator) -> None:
    """Move the clock to 20 seconds after the next full minute: alarms are evaluated at 10."""
    emulator.clock.jump(60 - emulator.clock.seconds() % 60 + 20)


def state(emulator: Emulator, name: str) -> dict[str, Any]:
    alarm: dict[str, Any] = emulator.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][
        0
    ]
    return alarm


def test_alarm_on_an_expression_goes_through_its_states_and_records_them(
    cloudwatch_emulator: Emulator,
) -> None:
    cloudwatch = cloudwatch_emulator.client("cloudwatch")
    next_evaluation(cloudwatch_emulator)
    cloudwatch.put_metric_alarm(**expression_alarm("orders", EvaluationPeriods=5))
    created = state(cloudwatch_emulator, "rollback-orders")
    assert (created["StateValue"], created["StateReason"]) == (
        "INSUFFICIENT_DATA",
        "Unchecked: Initial alarm creation",
    )
    assert "EvaluationState" not in created

    now = this_minute(cloudwatch_emulator)
    publish(
        cloudwatch_emulator,
        "orders",
        "ConsumedWriteCapacityUnits",
        dict.fromkeys(minutes(now - timedelta(minutes=5), 5), 600.0),
    )
    next_evaluation(cloudwatch_emulator)
    assert state(cloudwatch_emulator, "rollback-orders")["StateValue"] == "OK"

    # Another table's throttling must not count; two of five minutes must.
    now = this_minute(cloudwatch_emulator)
    publish(
        cloudwatch_emulator,
        "other",
        "WriteThrottleEvents",
        dict.fromkeys(minutes(now - timedelta(minutes=2), 2), 999.0),
    )
    publish(
        cloudwatch_emulator,
        "orders",
        "ConsumedWriteCapacityUnits",
        dict.fromkeys(minutes(now - timedelta(minutes=2), 2), 600.0),
    )
    next_evaluation(cloudwatch_emulator)
    assert state(cloudwatch_emulator, "rollback-orders")["StateValue"] == "OK"
    publish(
        cloudwatch_emulator,
        "orders",
        "WriteThrottleEvents",
        dict.fromkeys(minutes(now - timedelta(minutes=2), 2), 50.0),
    )
    next_evaluation(cloudwatch_emulator)

    alarmed = state(cloudwatch_emulator, "rollback-orders")
    assert alarmed["StateValue"] == "ALARM"
    assert alarmed["StateReason"].startswith("Threshold Crossed: 2 out of the last 5 datapoints [50.0 (")
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


def test_alarm_when_nobody_asks_is_evaluated_by_the_clock(cloudwatch_emulator: Emulator) -> None:
    cloudwatch = cloudwatch_emulator.client("cloudwatch")
    cloudwatch.put_metric_alarm(**expression_alarm("alone"))
    for _ in range(200):  # each pass is half a rehearsal second, none of it measured
        next_evaluation(cloudwatch_emulator)
        cloudwatch_emulator.clock.sleep(5)
        items = cloudwatch.describe_alarm_history(AlarmName="rollback-alone", HistoryItemType="StateUpdate")
        if items["AlarmHistoryItems"]:
            break

    assert [item["HistorySummary"] for item in items["AlarmHistoryItems"]] == [
        "Alarm updated from INSUFFICIENT_DATA to OK"
    ]


def test_alarm_when_its_state_changes_reaches_an_event_rule(cloudwatch_emulator: Emulator) -> None:
    events, queues = cloudwatch_emulator.client("events"), cloudwatch_emulator.client("sqs")
    address = queues.create_queue(QueueName="alarms")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=address, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": ["rollback-told"]}}
    events.put_rule(Name="alarms", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="alarms", Targets=[{"Id": "queue", "Arn": arn}])
    cloudwatch_emulator.client("cloudwatch").put_metric_alarm(**expression_alarm("told"))
    next_evaluation(cloudwatch_emulator)
    assert state(cloudwatch_emulator, "rollback-told")["StateValue"] == "OK"

    message = queues.receive_message(QueueUrl=address, WaitTimeSeconds=10)["Messages"][0]

    event = json.loads(message["Body"])
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["detail"]["state"]["value"] == "OK"
    assert event["detail"]["previousState"]["value"] == "INSUFFICIENT_DATA"


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize(
    ("delays", "dense", "sparse"),
    [(MetricDurations.quick(), 40, 220), (MetricDurations.slow(), 92, 212)],
    ids=["quick", "slow"],
)
def test_alarm_is_as_late_as_the_run_draws_on_metrics_with_and_without_gaps(
    delays: MetricDurations, dense: int, sparse: int
) -> None:
    draw = "quick" if delays == MetricDurations.quick() else "slow"
    with Emulator(speed=1, start=START, settings={DRAW_VARIABLE: draw}) as emulator:
        cloudwatch = emulator.client("cloudwatch")
        create_table(emulator)  # 100 units, a burst of 30,000
        compared = {"Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "DatapointsToAlarm": 1}
        compared["ComparisonOperator"] = "GreaterThanThreshold"
        for alarm, metric, dimensions, threshold in (
            ("dense", "ConsumedWriteCapacityUnits", {}, 20_000.0),
            ("sparse", "ThrottledRequests", {"Operation": "PutItem"}, 0.0),
        ):
            named = [{"Name": n, "Value": v} for n, v in {"TableName": "table", **dimensions}.items()]
            cloudwatch.put_metric_alarm(
                **{"AlarmName": alarm, "Namespace": "AWS/DynamoDB", "MetricName": metric, **compared},
                Threshold=threshold,
                Dimensions=named,
                TreatMissingData="notBreaching",
            )
        minute = emulator.clock.seconds() // 60 * 60 + 60
        player = Player.of(
            emulator, "table", lambda key, at: 1_000.0 if at.timestamp() == minute else 1.0, delays=delays
        )
        player.backfill(START - timedelta(minutes=10), START)
        since: dict[str, float] = {}
        while len(since) < 2 and emulator.clock.seconds() < minute + 420:
            player.step()
            for found in cloudwatch.describe_alarms()["MetricAlarms"]:
                if found["StateValue"] == "ALARM":
                    since.setdefault(found["AlarmName"], emulator.clock.seconds() - minute - 60)
            emulator.clock.jump(2)

    assert since == {"dense": pytest.approx(dense, abs=5), "sparse": pytest.approx(sparse, abs=5)}


def test_alarm_when_the_correction_is_left_out_never_fires() -> None:
    # Shows that the correction is needed: MiniStack alone evaluates no expression.
    with Emulator(speed=10, start=START, skip_corrections=frozenset({"cloudwatch.evaluate-alarms"})) as plain:
        plain.client("cloudwatch").put_metric_alarm(**expression_alarm("plain"))
        now = this_minute(plain)
        last = minutes(now - timedelta(minutes=3), 3)
        publish(plain, "plain", "ConsumedWriteCapacityUnits", dict.fromkeys(last, 600.0))
        publish(plain, "plain", "WriteThrottleEvents", dict.fromkeys(last, 50.0))
        next_evaluation(plain)

        assert state(plain, "rollback-plain")["StateValue"] == "INSUFFICIENT_DATA"
