"""Corrections: Application Auto Scaling, as a service and as CloudFormation types."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import datetime
from types import ModuleType
from typing import Any

from . import correction, ministack, scaling_api, scaling_service, scaling_targets, scheduled_actions
from .ministack import flag, integer

API_PAGE = "https://docs.aws.amazon.com/autoscaling/application/APIReference/Welcome.html"
TARGET_PAGE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-applicationautoscaling-scalabletarget.html"
POLICY_PAGE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-applicationautoscaling-scalingpolicy.html"

TARGET_TYPE = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY_TYPE = "AWS::ApplicationAutoScaling::ScalingPolicy"

RESENT_VARIABLE = "CAPACITY_GUARD_TARGET_UPDATE"
"""Environment variable. ``changed``: an update of a scalable target sends only those bounds that differ between the templates;
anything else: both, so that bounds which a scheduled action moved are those of the template again. No source says which."""

_SERVICE = "application-autoscaling"
_MODULE = "application_autoscaling"


@correction("autoscaling.service", API_PAGE)
def add_the_service() -> None:
    """The emulator answers Application Auto Scaling and holds live units within the registered bounds."""
    app = ministack.module("app")
    router = ministack.module("core.router")
    concurrency = ministack.module("core.concurrency")

    module = ModuleType(f"ministack.services.{_MODULE}")
    vars(module).update(
        handle_request=scaling_api.handle_request,
        reset=scaling_service.reset,
        get_state=scaling_targets.get_state,
        load_persisted_state=scaling_targets.load_persisted_state,
    )
    sys.modules[module.__name__] = module
    app._loaded_modules[_MODULE] = module
    app._state_map[_MODULE] = _MODULE
    app.SERVICE_REGISTRY[_SERVICE] = {"module": _MODULE}
    app.SERVICE_HANDLERS[_SERVICE] = scaling_api.handle_request
    router.SERVICE_PATTERNS[_SERVICE] = {
        "target_prefixes": ["AnyScaleFrontendService"],
        "host_patterns": [r"application-autoscaling\."],
        "credential_scope": _SERVICE,
    }
    concurrency.spawn_background(scaling_service.run_forever, thread_name="application-autoscaling")


def _key(properties: Mapping[str, Any]) -> scaling_targets.ScalableTargetKey:
    if properties.get("ServiceNamespace", scaling_targets.NAMESPACE) != scaling_targets.NAMESPACE:
        raise ValueError(f"Unsupported service namespace: {properties['ServiceNamespace']}")
    return scaling_targets.request_key(str(properties["ResourceId"]), str(properties["ScalableDimension"]))


def _physical_id(key: scaling_targets.ScalableTargetKey) -> str:
    return f"{key.resource}|{key.dimension}|{scaling_targets.NAMESPACE}"


def _key_of_physical_id(physical_id: str) -> scaling_targets.ScalableTargetKey:
    resource, dimension, _ = physical_id.split("|")
    return scaling_targets.request_key(resource, dimension)


@correction("autoscaling.scalable-target-type", TARGET_PAGE)
def provision_scalable_targets() -> None:
    """AWS::ApplicationAutoScaling::ScalableTarget registers, changes and deregisters a target with its scheduled actions."""

    def put(
        properties: Mapping[str, Any], before: Mapping[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        key = _key(properties)
        suspended = properties.get("SuspendedState")
        resent = before is None or os.environ.get(RESENT_VARIABLE) != "changed"
        bounds = [
            integer(properties, name) if resent or properties.get(name) != (before or {}).get(name) else None
            for name in ("MinCapacity", "MaxCapacity")
        ]
        scaling_targets.register(
            key,
            bounds[0],
            bounds[1],
            {name: flag(value) or False for name, value in suspended.items()} if suspended else {},
        )
        _put_scheduled_actions(key, properties, before or {})
        return _physical_id(key), {"Id": _physical_id(key)}

    def create(logical_id: str, properties: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
        key = _key(properties)
        if scaling_targets.find_target(key) is not None:
            # The message that aws/aws-cdk issue 15318 reports.
            raise ValueError(f"{_physical_id(key)} already exists")
        return put(properties)

    def update(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
    ) -> tuple[str, dict[str, Any]]:
        return put(new, old)

    def delete(physical_id: str, properties: dict[str, Any]) -> None:
        _ignore_missing(lambda: scaling_targets.deregister(_key_of_physical_id(physical_id)))

    _install(TARGET_TYPE, ("ResourceId", "ScalableDimension", "ServiceNamespace"), create, update, delete)


@correction("autoscaling.scaling-policy-type", POLICY_PAGE)
def provision_scaling_policies() -> None:
    """AWS::ApplicationAutoScaling::ScalingPolicy puts and deletes a target-tracking policy."""

    def key_of(properties: Mapping[str, Any]) -> scaling_targets.ScalableTargetKey:
        if properties.get("ScalingTargetId"):
            return _key_of_physical_id(str(properties["ScalingTargetId"]))
        return _key(properties)

    def put(properties: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        if properties.get("PolicyType") != "TargetTrackingScaling":
            raise ValueError("DynamoDB supports PolicyType TargetTrackingScaling only")
        arn = scaling_targets.put_policy(
            key_of(properties),
            str(properties["PolicyName"]),
            _typed(properties["TargetTrackingScalingPolicyConfiguration"]),
        )
        return arn, {"Arn": arn, "PolicyName": properties["PolicyName"]}

    def create(logical_id: str, properties: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
        return put(properties)

    def update(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
    ) -> tuple[str, dict[str, Any]]:
        return put(new)

    def delete(physical_id: str, properties: dict[str, Any]) -> None:
        _ignore_missing(
            lambda: scaling_targets.delete_policy(key_of(properties), str(properties["PolicyName"]))
        )

    replacing = ("PolicyName", "ResourceId", "ScalableDimension", "ScalingTargetId", "ServiceNamespace")
    _install(POLICY_TYPE, replacing, create, update, delete)


def _put_scheduled_actions(
    key: scaling_targets.ScalableTargetKey, properties: Mapping[str, Any], before: Mapping[str, Any]
) -> None:
    """Put the scheduled actions of a template and remove those that it no longer states; others are not CloudFormation's."""
    declared = list(properties.get("ScheduledActions") or [])
    names = {str(action["ScheduledActionName"]) for action in declared}
    for action in before.get("ScheduledActions") or []:
        name = str(action["ScheduledActionName"])
        if name not in names:
            _ignore_missing(lambda name=name: scheduled_actions.delete(key, name))
    for action in declared:
        if action in (before.get("ScheduledActions") or []):
            continue  # a rate would begin anew
        request = dict(action)
        for member in ("StartTime", "EndTime"):
            if member in request:
                request[member] = datetime.fromisoformat(str(request[member])).timestamp()
        scheduled_actions.put(key, str(action["ScheduledActionName"]), request)


def _typed(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A policy's configuration with numbers and booleans, which a template may state as text."""
    typed = dict(configuration)
    typed["TargetValue"] = float(configuration["TargetValue"])
    for name in ("ScaleInCooldown", "ScaleOutCooldown"):
        if name in typed:
            typed[name] = int(typed[name])
    typed["DisableScaleIn"] = flag(typed.get("DisableScaleIn", False)) or False
    return typed


def _ignore_missing(action: Any) -> None:
    try:
        action()
    except ministack.ServiceError as error:
        if error.code != "ObjectNotFoundException":
            raise


def _install(resource_type: str, replacing: tuple[str, ...], create: Any, update: Any, delete: Any) -> None:
    provisioners = ministack.module("services.cloudformation.provisioners")
    provisioners._RESOURCE_HANDLERS[resource_type] = {"create": create, "update": update, "delete": delete}
    provisioners._REPLACING_PROPERTIES[resource_type] = replacing
