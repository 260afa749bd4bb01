"""Corrections: CloudFormation's alarm types, which call the emulated CloudWatch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from . import correction, ministack

ALARM_PAGE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html"
COMPOSITE_PAGE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-compositealarm.html"

ALARM_TYPE = "AWS::CloudWatch::Alarm"
COMPOSITE_TYPE = "AWS::CloudWatch::CompositeAlarm"

_INTEGERS = frozenset(
    {"Period", "EvaluationPeriods", "DatapointsToAlarm", "ActionsSuppressorExtensionPeriod"}
)
_FLAGS = frozenset({"ActionsEnabled", "ReturnData"})


def _typed(value: Any, name: str = "") -> Any:
    """A template's value in the type of the API: a template may state numbers and booleans as text."""
    if isinstance(value, Mapping):
        return {key: _typed(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [_typed(entry) for entry in value]
    if name in _INTEGERS:
        return int(value)
    if name == "Threshold":
        return float(value)
    if name in _FLAGS:
        return str(value).lower() == "true"
    return value


def _call(operation: str, request: Mapping[str, Any]) -> None:
    status, _, body = getattr(ministack.module("services.cloudwatch"), operation)(
        {}, dict(request), False, True
    )
    if status >= 400:
        answer = json.loads(body)
        raise ValueError(str(answer.get("message") or answer.get("Message") or body))


def _install(resource_type: str, put: str, check: Callable[[Mapping[str, Any]], None]) -> None:
    provisioners = ministack.module("services.cloudformation.provisioners")

    def send(name: str, properties: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        check(properties)
        responses = ministack.module("core.responses")
        request = {key: value for key, value in properties.items() if key != "Tags"}
        _call(put, {**_typed(request), "AlarmName": name})
        arn = f"arn:aws:cloudwatch:{responses.get_region()}:{responses.get_account_id()}:alarm:{name}"
        # PutMetricAlarm refuses CloudFormation's own tags from a client, so they are stored directly.
        ministack.module("services.cloudwatch")._resource_tags[arn] = {
            tag["Key"]: tag.get("Value", "") for tag in properties.get("Tags") or []
        }
        return name, {"Arn": arn}

    def create(logical_id: str, properties: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
        generated = provisioners._physical_name(stack_name, logical_id, max_len=255)
        return send(properties.get("AlarmName") or generated, properties)

    def update(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
    ) -> tuple[str, dict[str, Any]]:
        return send(physical_id, new)

    def delete(physical_id: str, properties: dict[str, Any]) -> None:
        _call("_delete_alarms", {"AlarmNames": [physical_id]})

    provisioners._RESOURCE_HANDLERS[resource_type] = {"create": create, "update": update, "delete": delete}
    # Only a new name replaces an alarm.
    provisioners._REPLACING_PROPERTIES[resource_type] = ("AlarmName",)


@correction("cloudformation.metric-math-alarm", ALARM_PAGE)
def provision_alarms() -> None:
    """An alarm keeps Metrics, DatapointsToAlarm and TreatMissingData: PutMetricAlarm receives them unchanged."""

    def check(properties: Mapping[str, Any]) -> None:
        if "ComparisonOperator" not in properties or "EvaluationPeriods" not in properties:
            raise ValueError(
                "ComparisonOperator and EvaluationPeriods are required for AWS::CloudWatch::Alarm"
            )
        if not properties.get("Metrics") and not (
            properties.get("MetricName") and properties.get("Namespace")
        ):
            raise ValueError("Metrics, or MetricName and Namespace, are required for AWS::CloudWatch::Alarm")
        if properties.get("Threshold") is None and properties.get("ThresholdMetricId") is None:
            raise ValueError("Threshold is required for AWS::CloudWatch::Alarm")

    _install(ALARM_TYPE, "_put_metric_alarm", check)


@correction("cloudformation.composite-alarm", COMPOSITE_PAGE)
def provision_composite_alarms() -> None:
    """AWS::CloudWatch::CompositeAlarm is a type of its own."""

    def check(properties: Mapping[str, Any]) -> None:
        if not properties.get("AlarmRule"):
            raise ValueError("AlarmRule is required for AWS::CloudWatch::CompositeAlarm")

    _install(COMPOSITE_TYPE, "_put_composite_alarm", check)
