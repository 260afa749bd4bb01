"""Which permissions CloudFormation needs for one operation on one resource, from the handlers of its resource type.

The schema of a resource type lists all that its handlers may call (``aws cloudformation describe-type``; stored copies for
AWS::DynamoDB::GlobalTable, AWS::DynamoDB::Table, AWS::ApplicationAutoScaling::ScalableTarget and ScalingPolicy). For these four
types this module asks for what a change of capacity needs of that list: all reads, and the writes that follow from the
properties. No source says that CloudFormation asks for no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .iam_calls import SCALING, Needed

Properties = Mapping[str, Any]

_READ_TABLE = (
    "DescribeTable",
    "DescribeContinuousBackups",
    "DescribeContributorInsights",
    "DescribeKinesisStreamingDestination",
    "DescribeTimeToLive",
    "GetResourcePolicy",
    "ListTagsOfResource",
)
_READ_SCALING = (
    "DescribeScalableTargets",
    "DescribeScalingPolicies",
    "DescribeScheduledActions",
    "DescribeScalingActivities",
)
_SCALE = ("RegisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy", "DeregisterScalableTarget")
_NAMESPACE = {f"{SCALING}:service-namespace": "dynamodb"}


def needed_by_handler(
    resource_type: str,
    operation: str,
    physical_id: str,
    before: Properties,
    after: Properties,
    *,
    prefix: str,
) -> Iterator[Needed]:
    """The permissions that a handler needs.

    Args:
        resource_type: for example "AWS::DynamoDB::Table".
        operation: ``create``, ``update`` or ``delete``.
        physical_id: of the resource; empty before it is created.
        before, after: its resolved properties; empty where there are none.
        prefix: what ARNs of a service begin with, with ``{}`` for the service.
    """
    if resource_type.startswith("AWS::DynamoDB::"):
        yield from _table(resource_type, operation, physical_id, before, after, prefix)
    elif resource_type == "AWS::ApplicationAutoScaling::ScalableTarget":
        yield from _target(operation, before, after)
    elif resource_type == "AWS::ApplicationAutoScaling::ScalingPolicy":
        yield _scaling("DescribeScalingPolicies")
        yield _scaling("DeleteScalingPolicy" if operation == "delete" else "PutScalingPolicy")
        yield from _alarms(prefix)
    elif resource_type.startswith("Custom::") or resource_type == "AWS::CloudFormation::CustomResource":
        token = str((after or before).get("ServiceToken", "*"))
        yield Needed("lambda:InvokeFunction", token)
    else:
        # An approximation: the service of the type, and an action that no policy names but that a wildcard allows.
        found = re.fullmatch(r"AWS::(\w+)::(\w+)", resource_type)
        service, name = found.groups() if found else (resource_type.partition("::")[0], "Resource")
        yield Needed(f"{_SERVICES.get(service, service.lower())}:{operation.capitalize()}{name}", "*")


_SERVICES = {"StepFunctions": "states"}


def _table(
    resource_type: str, operation: str, physical_id: str, before: Properties, after: Properties, prefix: str
) -> Iterator[Needed]:
    name = physical_id or str(after.get("TableName", "new"))
    arn = f"{prefix.format('dynamodb')}table/{name}"
    is_global = resource_type.endswith("GlobalTable")
    if operation == "delete":
        yield from (Needed(f"dynamodb:{action}", arn) for action in ("DescribeTable", "DeleteTable"))
        return
    yield Needed("dynamodb:CreateTable" if operation == "create" else "dynamodb:UpdateTable", arn)
    yield from (Needed(f"dynamodb:{action}", arn) for action in _READ_TABLE)
    if (before or {}).get("Tags", ()) != (after or {}).get("Tags", ()):
        yield from (Needed(f"dynamodb:{action}", arn) for action in ("TagResource", "UntagResource"))
    for member, action in (
        ("TimeToLiveSpecification", "UpdateTimeToLive"),
        ("PointInTimeRecoverySpecification", "UpdateContinuousBackups"),
        ("ContributorInsightsSpecification", "UpdateContributorInsights"),
        ("ResourcePolicy", "PutResourcePolicy"),
    ):
        if operation == "update" and _member(before, member) != _member(after, member):
            yield Needed(f"dynamodb:{action}", arn)
    if is_global:
        yield Needed("dynamodb:DescribeTableReplicaAutoScaling", arn)
        yield from (_scaling(action) for action in _READ_SCALING)
        if "AutoScalingSettings" in f"{before} {after}":
            yield from (_scaling(action) for action in _SCALE)
            yield from _alarms(prefix)


def _target(operation: str, before: Properties, after: Properties) -> Iterator[Needed]:
    if operation == "delete":
        yield _scaling("DeregisterScalableTarget")
        return
    yield from (
        _scaling(action)
        for action in ("RegisterScalableTarget", "DescribeScalableTargets", "DescribeScheduledActions")
    )
    if after.get("ScheduledActions", []) != before.get("ScheduledActions", []):
        yield _scaling("PutScheduledAction")
        if before.get("ScheduledActions"):
            yield _scaling("DeleteScheduledAction")
    if operation == "create" and after.get("RoleARN"):
        yield Needed(
            "iam:PassRole",
            str(after["RoleARN"]),
            {"iam:PassedToService": "application-autoscaling.amazonaws.com"},
        )


def _alarms(prefix: str) -> Iterator[Needed]:
    """A scaling policy makes alarms, for which its caller needs permissions (Application Auto Scaling User Guide:
    security_iam_id-based-policy-examples, "Permissions required for API actions on target services and CloudWatch")."""
    alarm = f"{prefix.format('cloudwatch')}alarm:TargetTracking-table/any-AlarmHigh"
    yield Needed("cloudwatch:DescribeAlarms", "*")
    yield from (Needed(f"cloudwatch:{action}", alarm) for action in ("PutMetricAlarm", "DeleteAlarms"))


def _scaling(action: str) -> Needed:
    return Needed(f"{SCALING}:{action}", "*", {} if action.startswith("Describe") else _NAMESPACE)


def _member(properties: Properties, name: str) -> Any:
    """A member of a table, or of the replica of a GlobalTable in its own Region, which is the last one."""
    replicas = properties.get("Replicas") or [{}]
    return properties.get(name, replicas[-1].get(name))


__all__ = ["needed_by_handler"]
