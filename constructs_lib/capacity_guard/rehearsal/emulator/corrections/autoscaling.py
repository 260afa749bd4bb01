"""Corrections: Application Auto Scaling, as a service and as CloudFormation types."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from . import correction, ministack, scaling_api, scaling_service, scaling_targets
from .ministack import flag

API_PAGE = "https://docs.aws.amazon.com/autoscaling/application/APIReference/Welcome.html"
TARGET_PAGE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-applicationautoscaling-scalabletarget.html"
POLICY_PAGE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-applicationautoscaling-scalingpolicy.html"

TARGET_TYPE = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY_TYPE = "AWS::ApplicationAutoScaling::ScalingPolicy"

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
    """AWS::ApplicationAutoScaling::ScalableTarget registers, changes and deregisters a target."""

    def put(properties: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        key = _key(properties)
        suspended = properties.get("SuspendedState")
        scaling_targets.register(
            key,
            int(properties["MinCapacity"]),
            int(properties["MaxCapacity"]),
            {name: flag(value) or False for name, value in suspended.items()} if suspended else {},
        )
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
        return put(new)

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
