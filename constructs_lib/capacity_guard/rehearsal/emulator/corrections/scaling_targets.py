"""The scalable targets and policies of the emulated Application Auto Scaling, kept as the service keeps them."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ....capacity.dimension import Dimension
from ....dynamodb.names import scalable_dimension, scaling_resource_id
from . import ministack
from .ministack import ServiceError, table_description

NAMESPACE = "dynamodb"
_LOWEST_TARGET, _HIGHEST_TARGET = 10.0, 90.0
"""Percent that the service accepts; the documentation says 20 to 90 (quirks: DDB-TABLE-253)."""


@dataclass(frozen=True)
class ScalableTargetKey:
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
class ScalableTarget:
    """A registered scalable target with its policies (by name) and its scaling activities.

    minimum, maximum: units per second. created: seconds since 1970.
    bounds_are_new: whether the live units have not been brought within the bounds since these were set.
    bounds_of_schedule: whether a scheduled action set them, which suspended scaling policies do not hold back.
    scheduled: scheduled actions by name (`scheduled_actions`).
    """

    key: ScalableTargetKey
    minimum: int
    maximum: int
    created: float
    role: str
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    activities: list[dict[str, Any]] = field(default_factory=list)
    suspended: dict[str, bool] = field(default_factory=dict)
    bounds_are_new: bool = True
    bounds_of_schedule: bool = False
    scheduled: dict[str, dict[str, Any]] = field(default_factory=dict)


_targets: dict[ScalableTargetKey, ScalableTarget] = {}
_lock = threading.RLock()


def dimension_key(table: str, dimension: Dimension) -> ScalableTargetKey:
    """Key of a table's dimension in the account and Region of the current request."""
    return request_key(scaling_resource_id(table, dimension.index), scalable_dimension(dimension))


def request_key(resource: str, dimension: str) -> ScalableTargetKey:
    """Key of a resource id and scalable dimension in the account and Region of the current request."""
    responses = ministack.module("core.responses")
    return ScalableTargetKey(responses.get_account_id(), responses.get_region(), resource, dimension)


def all_targets() -> list[ScalableTarget]:
    """Every registered target, of every account and Region."""
    with _lock:
        return list(_targets.values())


def find_target(key: ScalableTargetKey) -> ScalableTarget | None:
    """The target registered under a key, else None."""
    return _targets.get(key)


def keys_of_table(table: str) -> list[ScalableTargetKey]:
    """Keys of the targets of a table and its indexes in the account and Region of the current request."""
    request = request_key("", "")
    with _lock:
        return [
            key
            for key in _targets
            if (key.account, key.region, key.table) == (request.account, request.region, table)
        ]


def register(
    key: ScalableTargetKey,
    minimum: int | None = None,
    maximum: int | None = None,
    suspended: dict[str, bool] | None = None,
) -> ScalableTarget:
    """Register a target or change it; units per second. None keeps a value.

    Raises ServiceError (ValidationException) for a table that does not exist, a new target without both bounds or a
    maximum below the minimum.
    """
    try:
        description = table_description(key.table)
    except ServiceError:
        # Observed: terraform-aws-modules/terraform-aws-dynamodb-table issue 15.
        raise ServiceError(
            "ValidationException", f"DynamoDB table does not exist: table/{key.table}"
        ) from None
    names = [index["IndexName"] for index in description.get("GlobalSecondaryIndexes") or []]
    if key.index is not None and key.index not in names:
        # The API refuses a resource that does not exist; its words for an index are not published.
        raise ServiceError("ValidationException", f"DynamoDB index does not exist: {key.resource}")
    with _lock:
        target = _targets.get(key)
        low = minimum if minimum is not None else (target.minimum if target else None)
        high = maximum if maximum is not None else (target.maximum if target else None)
        if low is None or high is None:
            raise ServiceError(
                "ValidationException", "Both minimum capacity and maximum capacity must be specified"
            )
        if high < low:
            raise ServiceError("ValidationException", "Maximum capacity cannot be less than minimum capacity")
        if target is None:
            role = (
                f"arn:aws:iam::{key.account}:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
                "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
            )
            target = _targets[key] = ScalableTarget(key, low, high, time.time(), role)
        target.minimum, target.maximum = low, high
        target.bounds_are_new, target.bounds_of_schedule = True, False
        if suspended is not None:
            target.suspended = suspended
        return target


def deregister(key: ScalableTargetKey) -> None:
    """Remove a target with its policies and scheduled actions.

    Raises ServiceError (ObjectNotFoundException) when there is none.
    """
    with _lock:
        if _targets.pop(key, None) is None:
            raise not_found(key)


def put_policy(key: ScalableTargetKey, name: str, configuration: dict[str, Any]) -> str:
    """Create or replace a target-tracking policy and return its ARN. Raises ServiceError when there is no target."""
    with _lock:
        target = _targets.get(key)
        if target is None:
            # Observed: ansible/ansible issue 40237.
            raise not_found(key, "registered")
        _check_policy(target, name, configuration)
        policy = target.policies.setdefault(
            name,
            {
                "PolicyARN": f"arn:aws:autoscaling:{key.region}:{key.account}:scalingPolicy:"
                f"{ministack.module('core.responses').new_uuid()}:resource/{NAMESPACE}/{key.resource}:policyName/{name}",
                "CreationTime": time.time(),
            },
        )
        policy["TargetTrackingScalingPolicyConfiguration"] = configuration
        return str(policy["PolicyARN"])


def _check_policy(target: ScalableTarget, name: str, configuration: dict[str, Any]) -> None:
    metric = (configuration.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    value = float(configuration["TargetValue"])
    if metric is not None and not _LOWEST_TARGET <= value <= _HIGHEST_TARGET:
        raise ServiceError(
            "ValidationException",
            f"For predefined metric type {metric}, target value must be between '{_LOWEST_TARGET}' and "
            f"'{_HIGHEST_TARGET}', but was '{value}'.",
        )
    others = (policy for other, policy in target.policies.items() if other != name)
    metrics = [
        (other["TargetTrackingScalingPolicyConfiguration"].get("PredefinedMetricSpecification") or {}).get(
            "PredefinedMetricType"
        )
        for other in others
    ]
    if metric is not None and metric in metrics:
        # Observed: hashicorp/terraform-provider-aws issue 41179.
        raise ServiceError(
            "ValidationException",
            "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
        )


def delete_policy(key: ScalableTargetKey, name: str) -> None:
    """Remove a policy. Raises ServiceError (ObjectNotFoundException) when there is none."""
    with _lock:
        target = _targets.get(key)
        if target is None or target.policies.pop(name, None) is None:
            raise ServiceError(
                "ObjectNotFoundException", f"No scaling policy found for {key.resource}: {name}"
            )


def not_found(key: ScalableTargetKey, participle: str = "found") -> ServiceError:
    """The refusal of a call that names a target which is not registered."""
    return ServiceError(
        "ObjectNotFoundException",
        f"No scalable target {participle} for service namespace: {NAMESPACE}, resource ID: {key.resource}, "
        f"scalable dimension: {key.dimension}",
    )


@contextmanager
def request_scope(key: ScalableTargetKey) -> Iterator[None]:
    """Run calls in the account and Region of a target, outside any request."""
    responses = ministack.module("core.responses")
    account = responses._request_account_id.set(key.account)
    region = responses._request_region.set(key.region)
    try:
        yield
    finally:
        responses._request_region.reset(region)
        responses._request_account_id.reset(account)


def get_state() -> dict[str, Any]:
    """All targets as JSON data, for MiniStack to save."""
    return {"targets": [dataclasses.asdict(target) for target in all_targets()]}


def load_persisted_state(state: dict[str, Any]) -> None:
    """Restore the targets that `get_state` returned."""
    with _lock:
        for saved in state["targets"]:
            target = ScalableTarget(**{**saved, "key": ScalableTargetKey(**saved["key"])})
            _targets[target.key] = target


def clear() -> None:
    """Remove every target."""
    with _lock:
        _targets.clear()


__all__ = [
    "NAMESPACE",
    "ScalableTarget",
    "ScalableTargetKey",
    "all_targets",
    "clear",
    "delete_policy",
    "deregister",
    "dimension_key",
    "find_target",
    "get_state",
    "keys_of_table",
    "load_persisted_state",
    "not_found",
    "put_policy",
    "register",
    "request_key",
    "request_scope",
]
