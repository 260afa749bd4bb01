"""Application Auto Scaling for DynamoDB, which MiniStack does not have.

Scalable targets and policies are kept as the service keeps them. Registering a target brings the live units
between its minimum and its maximum within seconds
(https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html); what somebody
sets outside of them later is left alone (quirks: DDB-TABLE-315).
While the table is being changed, auto scaling is refused like everybody else and tries again.

Target tracking itself (following consumption) is in `target_tracking.py`.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import time
from typing import Any

from . import _ministack as ministack
from ._ministack import ServiceError, table_description
from .scaling_targets import (
    NAMESPACE,
    Key,
    Target,
    _lock,
    _not_found,
    _targets,
    live_units,
    request_key,
    scope,
    set_units,
    targets,
)

_log = logging.getLogger("application-autoscaling")

REACTION_SECONDS = 5.0
"""Rehearsal seconds between two looks of auto scaling at its targets; "within seconds" is all that is published."""


def register(
    of: Key, minimum: int | None = None, maximum: int | None = None, suspended: dict[str, bool] | None = None
) -> Target:
    """Register a target or change it; units per second. A value that is None stays as it is.

    Raises ServiceError (ValidationException) for a table that does not exist, a new target without both bounds or a
    maximum below the minimum.
    """
    try:
        table_description(of.table)
    except ServiceError:
        # Observed: terraform-aws-modules/terraform-aws-dynamodb-table issue 15.
        raise ServiceError(
            "ValidationException", f"DynamoDB table does not exist: table/{of.table}"
        ) from None
    with _lock:
        known = _targets.get(of)
        low = minimum if minimum is not None else (known.minimum if known else None)
        high = maximum if maximum is not None else (known.maximum if known else None)
        if low is None or high is None:
            raise ServiceError(
                "ValidationException", "Both minimum capacity and maximum capacity must be specified"
            )
        if high < low:
            raise ServiceError("ValidationException", "Maximum capacity cannot be less than minimum capacity")
        if known is None:
            role = (
                f"arn:aws:iam::{of.account}:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
                "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
            )
            known = _targets[of] = Target(of, low, high, time.time(), role)
        known.minimum, known.maximum = low, high
        known.bounds_are_new = True
        if suspended is not None:
            known.suspended = suspended
        return known


def deregister(of: Key) -> None:
    """Forget a target with its policies. Raises ServiceError (ObjectNotFoundException) when there is none."""
    with _lock:
        if _targets.pop(of, None) is None:
            raise _not_found(of)


def put_policy(of: Key, name: str, configuration: dict[str, Any]) -> str:
    """Create or replace a target-tracking policy and return its ARN. Raises ServiceError when there is no target."""
    with _lock:
        known = _targets.get(of)
        if known is None:
            # Observed: ansible/ansible issue 40237.
            raise _not_found(of, "registered")
        policy = known.policies.setdefault(
            name,
            {
                "PolicyARN": f"arn:aws:autoscaling:{of.region}:{of.account}:scalingPolicy:"
                f"{ministack.module('core.responses').new_uuid()}:resource/{NAMESPACE}/{of.resource}:policyName/{name}",
                "CreationTime": time.time(),
            },
        )
        policy["TargetTrackingScalingPolicyConfiguration"] = configuration
        return str(policy["PolicyARN"])


def delete_policy(of: Key, name: str) -> None:
    """Forget a policy. Raises ServiceError (ObjectNotFoundException) when there is none."""
    with _lock:
        known = _targets.get(of)
        if known is None or known.policies.pop(name, None) is None:
            raise ServiceError(
                "ObjectNotFoundException", f"No scaling policy found for {of.resource}: {name}"
            )


def get_state() -> dict[str, Any]:
    """Everything, as JSON takes it."""
    return {"targets": [dataclasses.asdict(each) for each in targets()]}


def load_persisted_state(state: dict[str, Any]) -> None:
    """Take up what `get_state` gave."""
    with _lock:
        for each in state["targets"]:
            restored = Target(**{**each, "key": Key(**each["key"])})
            _targets[restored.key] = restored


def reset() -> None:
    """Forget everything."""
    from . import target_tracking

    with _lock:
        _targets.clear()
    target_tracking.forget()


# --- holding live units within the bounds -----------------------------------------------------------------------


def hold_within_bounds(each: Target) -> None:
    """Bring one target's live units between its minimum and maximum, once after it was registered (DDB-TABLE-314, -315)."""
    if not each.bounds_are_new:
        return
    if each.suspended.get("DynamicScalingInSuspended") and each.suspended.get("DynamicScalingOutSuspended"):
        return
    with scope(each.key):
        units = live_units(each.key)
        if units is None:
            return
        if units < each.minimum and not each.suspended.get("DynamicScalingOutSuspended"):
            each.bounds_are_new = not set_units(
                each.key, each.minimum, f"minimum capacity was set to {each.minimum}"
            )
        elif units > each.maximum and not each.suspended.get("DynamicScalingInSuspended"):
            each.bounds_are_new = not set_units(
                each.key, each.maximum, f"maximum capacity was set to {each.maximum}"
            )
        elif each.minimum <= units <= each.maximum:
            each.bounds_are_new = False


def run_forever() -> None:
    """Look at every target each REACTION_SECONDS of rehearsal time; never returns."""
    from . import target_tracking

    while True:
        time.sleep(REACTION_SECONDS)
        for each in targets():
            try:
                hold_within_bounds(each)
                target_tracking.follow(each)
            except Exception:  # noqa: BLE001 (a dead thread would look like auto scaling that has nothing to do)
                _log.exception("auto scaling of %s failed", each.key.resource)


# --- the API ---------------------------------------------------------------------------------------------------


def _describe_target(each: Target) -> dict[str, Any]:
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": each.key.resource,
        "ScalableDimension": each.key.dimension,
        "MinCapacity": each.minimum,
        "MaxCapacity": each.maximum,
        "RoleARN": each.role,
        "CreationTime": each.created,
        "SuspendedState": {
            name: each.suspended.get(name, False)
            for name in (
                "DynamicScalingInSuspended",
                "DynamicScalingOutSuspended",
                "ScheduledScalingSuspended",
            )
        },
        "ScalableTargetARN": f"arn:aws:application-autoscaling:{each.key.region}:{each.key.account}:scalable-target/"
        f"{abs(hash(each.key)):x}",
    }


def _describe_policies(each: Target) -> list[dict[str, Any]]:
    return [
        {
            "PolicyName": name,
            "PolicyType": "TargetTrackingScaling",
            "ServiceNamespace": NAMESPACE,
            "ResourceId": each.key.resource,
            "ScalableDimension": each.key.dimension,
            "Alarms": [],
            **policy,
        }
        for name, policy in each.policies.items()
    ]


def _selected(request: dict[str, Any]) -> list[Target]:
    here = request_key("", "")
    resources = request.get("ResourceIds") or ([request["ResourceId"]] if request.get("ResourceId") else None)
    return [
        each
        for each in targets()
        if (each.key.account, each.key.region) == (here.account, here.region)
        and request.get("ServiceNamespace", NAMESPACE) == NAMESPACE
        and (resources is None or each.key.resource in resources)
        and request.get("ScalableDimension", each.key.dimension) == each.key.dimension
    ]


def _named(request: dict[str, Any]) -> Key:
    if request.get("ServiceNamespace") != NAMESPACE:
        raise ServiceError(
            "ValidationException", f"Unsupported service namespace: {request.get('ServiceNamespace')}"
        )
    return request_key(str(request["ResourceId"]), str(request["ScalableDimension"]))


def answer(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Answer one operation of the API. Raises ServiceError with the service's code."""
    if operation == "DescribeScalableTargets":
        return {"ScalableTargets": [_describe_target(each) for each in _selected(request)]}
    if operation == "DescribeScalingPolicies":
        names = request.get("PolicyNames")
        policies = [policy for each in _selected(request) for policy in _describe_policies(each)]
        return {"ScalingPolicies": [each for each in policies if not names or each["PolicyName"] in names]}
    if operation == "DescribeScalingActivities":
        activities = [activity for each in _selected(request) for activity in each.activities]
        return {"ScalingActivities": sorted(activities, key=lambda each: -float(each["StartTime"]))}
    if operation == "DescribeScheduledActions":
        return {"ScheduledActions": []}
    if operation == "RegisterScalableTarget":
        made = register(
            _named(request),
            request.get("MinCapacity"),
            request.get("MaxCapacity"),
            request.get("SuspendedState"),
        )
        return {"ScalableTargetARN": _describe_target(made)["ScalableTargetARN"]}
    if operation == "DeregisterScalableTarget":
        deregister(_named(request))
        return {}
    if operation == "PutScalingPolicy":
        if request.get("PolicyType", "TargetTrackingScaling") != "TargetTrackingScaling":
            raise ServiceError(
                "ValidationException", "DynamoDB supports PolicyType TargetTrackingScaling only"
            )
        arn = put_policy(
            _named(request),
            str(request["PolicyName"]),
            dict(request["TargetTrackingScalingPolicyConfiguration"]),
        )
        return {"PolicyARN": arn, "Alarms": []}
    if operation == "DeleteScalingPolicy":
        delete_policy(_named(request), str(request["PolicyName"]))
        return {}
    if operation == "ListTagsForResource":
        return {"Tags": {}}
    raise ServiceError("UnknownOperationException", f"Unknown operation: {operation}")


async def handle_request(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> tuple[int, dict[str, str], bytes]:
    """Entry point that MiniStack's gateway calls."""
    operation = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
    kind = {"Content-Type": "application/x-amz-json-1.1"}
    try:
        return 200, kind, json.dumps(answer(operation, json.loads(body or b"{}"))).encode()
    except ServiceError as error:
        content = {"__type": error.code, "Message": str(error.args[0]).split(" (Service:")[0]}
        return 400, kind, json.dumps(content).encode()
