"""The API of the emulated Application Auto Scaling."""

from __future__ import annotations

import json
from typing import Any

from . import scheduled_actions
from .ministack import Response, ServiceError
from .scaling_targets import (
    NAMESPACE,
    ScalableTarget,
    ScalableTargetKey,
    all_targets,
    delete_policy,
    deregister,
    put_policy,
    register,
    request_key,
)


def _describe_target(target: ScalableTarget) -> dict[str, Any]:
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.key.resource,
        "ScalableDimension": target.key.dimension,
        "MinCapacity": target.minimum,
        "MaxCapacity": target.maximum,
        "RoleARN": target.role,
        "CreationTime": target.created,
        "SuspendedState": {
            name: target.suspended.get(name, False)
            for name in (
                "DynamicScalingInSuspended",
                "DynamicScalingOutSuspended",
                "ScheduledScalingSuspended",
            )
        },
        "ScalableTargetARN": f"arn:aws:application-autoscaling:{target.key.region}:{target.key.account}:scalable-target/"
        f"{abs(hash(target.key)):x}",
    }


def _describe_policies(target: ScalableTarget) -> list[dict[str, Any]]:
    return [
        {
            "PolicyName": name,
            "PolicyType": "TargetTrackingScaling",
            "ServiceNamespace": NAMESPACE,
            "ResourceId": target.key.resource,
            "ScalableDimension": target.key.dimension,
            "Alarms": [],
            **policy,
        }
        for name, policy in target.policies.items()
    ]


def _selected(request: dict[str, Any]) -> list[ScalableTarget]:
    """The targets that a request for descriptions selects, in its account and Region."""
    scope = request_key("", "")
    resources = request.get("ResourceIds") or ([request["ResourceId"]] if request.get("ResourceId") else None)
    return [
        target
        for target in all_targets()
        if (target.key.account, target.key.region) == (scope.account, scope.region)
        and request.get("ServiceNamespace", NAMESPACE) == NAMESPACE
        and (resources is None or target.key.resource in resources)
        and request.get("ScalableDimension", target.key.dimension) == target.key.dimension
    ]


def _key(request: dict[str, Any]) -> ScalableTargetKey:
    """The key of the target that a request names."""
    if request.get("ServiceNamespace") != NAMESPACE:
        raise ServiceError(
            "ValidationException", f"Unsupported service namespace: {request.get('ServiceNamespace')}"
        )
    return request_key(str(request["ResourceId"]), str(request["ScalableDimension"]))


def answer(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Answer one operation of the API. Raises ServiceError with the service's code."""
    if operation == "DescribeScalableTargets":
        return {"ScalableTargets": [_describe_target(target) for target in _selected(request)]}
    if operation == "DescribeScalingPolicies":
        names = request.get("PolicyNames")
        policies = [policy for target in _selected(request) for policy in _describe_policies(target)]
        return {
            "ScalingPolicies": [policy for policy in policies if not names or policy["PolicyName"] in names]
        }
    if operation == "DescribeScalingActivities":
        activities = [activity for target in _selected(request) for activity in target.activities]
        return {"ScalingActivities": sorted(activities, key=lambda activity: -float(activity["StartTime"]))}
    if operation == "DescribeScheduledActions":
        names = request.get("ScheduledActionNames")
        actions = [action for target in _selected(request) for action in scheduled_actions.describe(target)]
        return {
            "ScheduledActions": [
                action for action in actions if not names or action["ScheduledActionName"] in names
            ]
        }
    if operation == "PutScheduledAction":
        scheduled_actions.put(_key(request), str(request["ScheduledActionName"]), request)
        return {}
    if operation == "DeleteScheduledAction":
        scheduled_actions.delete(_key(request), str(request["ScheduledActionName"]))
        return {}
    if operation == "RegisterScalableTarget":
        target = register(
            _key(request),
            request.get("MinCapacity"),
            request.get("MaxCapacity"),
            request.get("SuspendedState"),
        )
        return {"ScalableTargetARN": _describe_target(target)["ScalableTargetARN"]}
    if operation == "DeregisterScalableTarget":
        deregister(_key(request))
        return {}
    if operation == "PutScalingPolicy":
        if request.get("PolicyType", "TargetTrackingScaling") != "TargetTrackingScaling":
            raise ServiceError(
                "ValidationException", "DynamoDB supports PolicyType TargetTrackingScaling only"
            )
        arn = put_policy(
            _key(request),
            str(request["PolicyName"]),
            dict(request["TargetTrackingScalingPolicyConfiguration"]),
        )
        return {"PolicyARN": arn, "Alarms": []}
    if operation == "DeleteScalingPolicy":
        delete_policy(_key(request), str(request["PolicyName"]))
        return {}
    if operation == "ListTagsForResource":
        return {"Tags": {}}
    raise ServiceError("UnknownOperationException", f"Unknown operation: {operation}")


async def handle_request(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> Response:
    """Entry point that MiniStack's gateway calls."""
    operation = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
    response_headers = {"Content-Type": "application/x-amz-json-1.1"}
    try:
        return 200, response_headers, json.dumps(answer(operation, json.loads(body or b"{}"))).encode()
    except ServiceError as error:
        content = {"__type": error.code, "Message": str(error.args[0]).split(" (Service:")[0]}
        return 400, response_headers, json.dumps(content).encode()


__all__ = ["answer", "handle_request"]
