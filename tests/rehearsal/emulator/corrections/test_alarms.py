"""CloudFormation's alarm types call the emulated CloudWatch with all properties of the template."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from tests.builders.emulated_stack import deploy, finish, reason


def test_alarm_when_it_is_an_expression_reaches_cloudwatch_with_all_its_properties(
    emulator: Emulator,
) -> None:
    def metric(identity: str, name: str) -> dict[str, Any]:
        stat = {"Metric": {"Namespace": "AWS/DynamoDB", "MetricName": name}, "Period": 60, "Stat": "Sum"}
        return {"Id": identity, "MetricStat": stat, "ReturnData": False}

    alarm = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "throttled",
            "Metrics": [
                {"Id": "expression", "Expression": "throttle + 0 * consumed", "ReturnData": True},
                metric("throttle", "WriteThrottleEvents"),
                metric("consumed", "ConsumedWriteCapacityUnits"),
            ],
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 10,
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 2,
            "TreatMissingData": "notBreaching",
        },
    }
    any_alarm = {
        "Type": "AWS::CloudWatch::CompositeAlarm",
        "Properties": {"AlarmName": "any", "AlarmRule": 'ALARM("throttled")'},
        "DependsOn": "Throttled",
    }
    template = {"Resources": {"Throttled": alarm, "Any": any_alarm}}
    assert deploy(emulator, template) == "CREATE_COMPLETE"
    found = emulator.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (shown,) = found["MetricAlarms"]
    assert (shown["DatapointsToAlarm"], shown["TreatMissingData"]) == (2, "notBreaching")
    assert {query["Id"] for query in shown["Metrics"]} == {"expression", "throttle", "consumed"}
    assert [composite["AlarmName"] for composite in found["CompositeAlarms"]] == ["any"]
    arn = emulator.client("cloudformation").describe_stacks(StackName="stack")["Stacks"][0]["StackId"]
    emulator.client("cloudformation").delete_stack(StackName="stack")
    assert finish(emulator, arn) == "DELETE_COMPLETE"
    assert emulator.client("cloudwatch").describe_alarms()["MetricAlarms"] == []


@pytest.mark.parametrize(
    ("resource_type", "properties", "message"),
    [
        (
            "AWS::CloudWatch::Alarm",
            {"MetricName": "m", "Namespace": "n", "Threshold": 1},
            "ComparisonOperator and EvaluationPeriods are required for AWS::CloudWatch::Alarm",
        ),
        ("AWS::CloudWatch::CompositeAlarm", {}, "AlarmRule is required for AWS::CloudWatch::CompositeAlarm"),
    ],
)
def test_alarm_when_a_required_property_is_missing_fails_its_stack(
    emulator: Emulator, resource_type: str, properties: dict[str, Any], message: str
) -> None:
    template = {"Resources": {"Alarm": {"Type": resource_type, "Properties": properties}}}

    assert deploy(emulator, template) == "ROLLBACK_COMPLETE"
    assert reason(emulator) == message
