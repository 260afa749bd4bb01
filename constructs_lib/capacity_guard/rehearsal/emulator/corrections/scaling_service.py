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
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from . import _ministack as ministack
from ._ministack import ServiceError, dynamodb, table_description

_log = logging.getLogger("application-autoscaling")

NAMESPACE = "dynamodb"
REACTION_SECONDS = 5.0
"""Rehearsal seconds between two looks of auto scaling at its targets; "within seconds" is all that is published."""


@dataclass(frozen=True)
class Key:
    """One scalable target: account, Region, resource ("table/T" or "table/T/index/I") and scalable dimension."""

    account: str
    region: str
    resource: str
    dimension: str

    @property
    def table(self) -> str:
        """Name of the table."""
        return self.resource.split("/")[1]

    @property
    def index(self) -> str | None:
        """Name of the index, None for the table."""
        parts = self.resource.split("/")
        return parts[3] if len(parts) == 4 else None

    @property
    def unit(self) -> str:
        """ "ReadCapacityUnits" or "WriteCapacityUnits"."""
        return self.dimension.rsplit(":", 1)[1]


@dataclass
class Target:
    """A registered scalable target with its policies (by name) and what it has done."""

    key: Key
    minimum: int
    maximum: int
    created: float
    role: str
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    activities: list[dict[str, Any]] = field(default_factory=list)
    suspended: dict[str, bool] = field(default_factory=dict)
    bounds_are_new: bool = True
    """Registered since the live units were last brought within the bounds."""


_targets: dict[Key, Target] = {}
_lock = threading.RLock()


def key(table: str, index: str | None, kind: str) -> Key:
    """Key in the account and Region of the current request; kind is "Read" or "Write"."""
    resource = f"table/{table}" if index is None else f"table/{table}/index/{index}"
    level = "table" if index is None else "index"
    return request_key(resource, f"dynamodb:{level}:{kind}CapacityUnits")


def request_key(resource: str, dimension: str) -> Key:
    """Key of a resource id and dimension in the account and Region of the current request."""
    responses = ministack.module("core.responses")
    return Key(responses.get_account_id(), responses.get_region(), resource, dimension)


def targets() -> list[Target]:
    """Every registered target, of every account and Region."""
    with _lock:
        return list(_targets.values())


def target(of: Key) -> Target | None:
    """The target registered under a key, else None."""
    return _targets.get(of)


def keys_of_table(table: str) -> list[Key]:
    """Keys of the targets of a table and its indexes in the account and Region of the current request."""
    scope = request_key("", "")
    with _lock:
        return [
            each
            for each in _targets
            if (each.account, each.region, each.table) == (scope.account, scope.region, table)
        ]


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


def _not_found(of: Key, word: str = "found") -> ServiceError:
    return ServiceError(
        "ObjectNotFoundException",
        f"No scalable target {word} for service namespace: {NAMESPACE}, resource ID: {of.resource}, "
        f"scalable dimension: {of.dimension}",
    )


# --- holding live units within the bounds -----------------------------------------------------------------------


@contextmanager
def scope(of: Key) -> Iterator[None]:
    """Act in the account and Region of a target, outside any request."""
    responses = ministack.module("core.responses")
    account = responses._request_account_id.set(of.account)
    region = responses._request_region.set(of.region)
    try:
        yield
    finally:
        responses._request_region.reset(region)
        responses._request_account_id.reset(account)


def live_units(of: Key) -> int | None:
    """Units per second now provisioned for a target; None in on-demand, while changing, or without a table."""
    try:
        table = table_description(of.table)
    except ServiceError:
        return None
    if (table.get("BillingModeSummary") or {}).get("BillingMode") == "PAY_PER_REQUEST":
        return None
    if table["TableStatus"] != "ACTIVE":
        return None
    description = table
    if of.index is not None:
        found = [each for each in table.get("GlobalSecondaryIndexes") or [] if each["IndexName"] == of.index]
        if not found:
            return None
        description = found[0]
    return int(description["ProvisionedThroughput"][of.unit])


def set_units(of: Key, units: int, cause: str) -> bool:
    """Change the live units of a target through UpdateTable; False when the service refused (tried again later)."""
    table = table_description(of.table)
    description = table
    if of.index is not None:
        description = next(each for each in table["GlobalSecondaryIndexes"] if each["IndexName"] == of.index)
    throughput = {
        unit: int(description["ProvisionedThroughput"][unit])
        for unit in ("ReadCapacityUnits", "WriteCapacityUnits")
    }
    throughput[of.unit] = units
    change: dict[str, Any] = (
        {"ProvisionedThroughput": throughput}
        if of.index is None
        else {
            "GlobalSecondaryIndexUpdates": [
                {"Update": {"IndexName": of.index, "ProvisionedThroughput": throughput}}
            ]
        }
    )
    known = _targets.get(of)
    activity = {
        "ActivityId": ministack.module("core.responses").new_uuid(),
        "ServiceNamespace": NAMESPACE,
        "ResourceId": of.resource,
        "ScalableDimension": of.dimension,
        "Description": f"Setting {_spoken(of)} to {units}.",
        "Cause": cause,
        "StartTime": time.time(),
    }
    try:
        dynamodb("_update_table", TableName=of.table, **change)
    except ServiceError as error:
        _log.info("auto scaling of %s refused: %s", of.resource, error)
        if known is not None and error.code != "ResourceInUseException":
            activity.update(StatusCode="Failed", StatusMessage=str(error), EndTime=time.time())
            known.activities.append(activity)
        return False
    if known is not None:
        activity.update(StatusCode="Successful", StatusMessage=f"Successfully set {_spoken(of)} to {units}.")
        known.activities.append({**activity, "EndTime": time.time()})
    return True


def _spoken(of: Key) -> str:
    return "read capacity units" if of.unit.startswith("Read") else "write capacity units"


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
