"""The configuration of an alarm in a running emulator."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from capacity_guard.rehearsal.emulator import Emulator
from tests.builders.expression_alarm import expression_alarm


def next_evaluation(emulator: Emulator) -> None:
    """Move the clock to 20 seconds after the next full minute: alarms are evaluated at 10."""
    emulator.clock.jump(60 - emulator.clock.seconds() % 60 + 20)


def described(emulator: Emulator, name: str) -> dict[str, Any]:
    alarm: dict[str, Any] = emulator.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][
        0
    ]
    return alarm


def test_alarm_when_put_keeps_its_expression_and_starts_with_insufficient_data(
    cloudwatch_emulator: Emulator,
) -> None:
    next_evaluation(cloudwatch_emulator)  # the next one is most of a minute away
    cloudwatch_emulator.client("cloudwatch").put_metric_alarm(**expression_alarm("new"))

    alarm = described(cloudwatch_emulator, "rollback-new")

    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    assert (alarm["DatapointsToAlarm"], alarm["TreatMissingData"]) == (2, "notBreaching")
    assert [query.get("Expression") for query in alarm["Metrics"]] == [
        None,
        None,
        "FILL(throttled, 0) + 0 * consumed",
    ]


def test_alarm_when_updated_keeps_its_state(cloudwatch_emulator: Emulator) -> None:
    cloudwatch = cloudwatch_emulator.client("cloudwatch")
    cloudwatch.put_metric_alarm(**expression_alarm("kept"))
    next_evaluation(cloudwatch_emulator)
    assert described(cloudwatch_emulator, "rollback-kept")["StateValue"] == "OK"

    cloudwatch.put_metric_alarm(**expression_alarm("kept", Threshold=20.0))

    alarm = described(cloudwatch_emulator, "rollback-kept")
    assert (alarm["StateValue"], alarm["Threshold"]) == ("OK", 20.0)


def test_alarm_when_deleted_leaves_its_history(cloudwatch_emulator: Emulator) -> None:
    cloudwatch = cloudwatch_emulator.client("cloudwatch")
    cloudwatch.put_metric_alarm(**expression_alarm("deleted"))
    cloudwatch.delete_alarms(AlarmNames=["rollback-deleted"])

    history = cloudwatch.describe_alarm_history(
        AlarmName="rollback-deleted", HistoryItemType="ConfigurationUpdate", ScanBy="TimestampAscending"
    )

    assert [item["HistorySummary"] for item in history["AlarmHistoryItems"]] == [
        'Alarm "rollback-deleted" created',
        'Alarm "rollback-deleted" deleted',
    ]


def test_alarm_when_not_valid_is_refused(cloudwatch_emulator: Emulator) -> None:
    with pytest.raises(
        ClientError, match="DatapointsToAlarm must be less than or equal to EvaluationPeriods"
    ):
        cloudwatch_emulator.client("cloudwatch").put_metric_alarm(
            **expression_alarm("wrong", DatapointsToAlarm=4)
        )
