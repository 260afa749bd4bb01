"""How the fake CloudFormation creates, updates and deletes each type of resource: with calls of the services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.account import Account

Properties = Mapping[str, Any]
_TABLE = "AWS::DynamoDB::Table"
_GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"
_ALARMS = {"AWS::CloudWatch::Alarm": "PutMetricAlarm", "AWS::CloudWatch::CompositeAlarm": "PutCompositeAlarm"}
_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
_IDENTITY = ("ServiceNamespace", "ResourceId", "ScalableDimension")
_POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
_STEP_SECONDS, _TIMEOUT_SECONDS = 2.0, 3_600.0


def create(account: Account, type_: str, properties: Properties, generated: str) -> str:
    """Create a resource; return its physical id."""
    if type_ == _TABLE:
        request = {"TableName": generated, **_without_dead_units(properties)}
        account.call("dynamodb", "CreateTable", request)
        return str(request["TableName"])
    if type_ == _GLOBAL_TABLE:
        name = properties.get("TableName", generated)
        members = ("KeySchema", "AttributeDefinitions", "BillingMode")
        request = {
            "TableName": name,
            **{member: properties[member] for member in members if member in properties},
        }
        units = _global_units(properties, switched=False)
        account.call("dynamodb", "CreateTable", {**request, **units})
        _put_auto_scaling(account, name, properties)
        return str(name)
    return _put(account, type_, properties, generated)


def update(account: Account, type_: str, physical: str, before: Properties, after: Properties) -> None:
    """Update a resource in place."""
    if type_ == _TABLE:
        after = _without_dead_units(after)
        _add_index(account, physical, before, after)
        names = ("BillingMode", "ProvisionedThroughput")
        change = {
            name: after[name] for name in names if name in after and after[name] != before.get(name, None)
        }
        if change:
            account.call("dynamodb", "UpdateTable", {"TableName": physical, **change})
            _wait_until_active(account, physical)
    elif type_ == _GLOBAL_TABLE:
        if before.get("BillingMode") != after.get("BillingMode"):
            _remove_auto_scaling(account, physical)
            change = {"BillingMode": after["BillingMode"], **_global_units(after, switched=True)}
            account.call("dynamodb", "UpdateTable", {"TableName": physical, **change})
            _wait_until_active(account, physical)
        _put_auto_scaling(account, physical, after)
    else:
        if type_ == _TARGET:
            _delete_actions(account, before, after)
        _put(account, type_, after, physical)


def _without_dead_units(properties: Properties) -> Properties:
    """Units of 0 in an on-demand template are dropped (aws-cloudformation/cfn-lint pull 4524)."""
    units = properties.get("ProvisionedThroughput")
    dead = (
        properties.get("BillingMode") == "PAY_PER_REQUEST" and units is not None and not any(units.values())
    )
    return {
        name: value for name, value in properties.items() if not (dead and name == "ProvisionedThroughput")
    }


def _add_index(account: Account, name: str, before: Properties, after: Properties) -> None:
    known = {index["IndexName"] for index in before.get("GlobalSecondaryIndexes", ())}
    for index in after.get("GlobalSecondaryIndexes", ()):
        if index["IndexName"] not in known:
            change = {
                "AttributeDefinitions": after["AttributeDefinitions"],
                "GlobalSecondaryIndexUpdates": [{"Create": index}],
            }
            account.call("dynamodb", "UpdateTable", {"TableName": name, **change})
            _wait_until_active(account, name)


def _delete_actions(account: Account, before: Properties, after: Properties) -> None:
    """Delete the scheduled actions that a template no longer states."""
    kept = {action["ScheduledActionName"] for action in after.get("ScheduledActions", ())}
    for action in before.get("ScheduledActions", ()):
        if action["ScheduledActionName"] not in kept:
            request = {name: after[name] for name in _IDENTITY}
            request["ScheduledActionName"] = action["ScheduledActionName"]
            account.call("application-autoscaling", "DeleteScheduledAction", request)


def delete(account: Account, type_: str, physical: str) -> None:
    """Delete a resource."""
    if type_ in (_TABLE, _GLOBAL_TABLE):
        account.call("dynamodb", "DeleteTable", {"TableName": physical})
    elif type_ in _ALARMS:
        account.call("cloudwatch", "DeleteAlarms", {"AlarmNames": [physical]})


def _put(account: Account, type_: str, properties: Properties, physical: str) -> str:
    if type_ in _ALARMS:
        request = {"AlarmName": physical, **properties}
        account.call("cloudwatch", _ALARMS[type_], request)
        return str(request["AlarmName"])
    if type_ == _TARGET:
        actions = properties.get("ScheduledActions", ())
        request = {name: value for name, value in properties.items() if name != "ScheduledActions"}
        account.call("application-autoscaling", "RegisterScalableTarget", request)
        identity = {name: properties[name] for name in _IDENTITY}
        for action in actions:
            account.call("application-autoscaling", "PutScheduledAction", {**identity, **action})
        return f"{properties['ResourceId']}|{properties['ScalableDimension']}|dynamodb"
    if type_ == _POLICY:
        answer = account.call("application-autoscaling", "PutScalingPolicy", properties)
        return str(answer["PolicyARN"])
    assert type_ == "AWS::SNS::Topic", f"the fake CloudFormation does not make {type_}"
    return physical


def _wait_until_active(account: Account, name: str) -> None:
    end = account.now.timestamp() + _TIMEOUT_SECONDS
    while account.call("dynamodb", "DescribeTable", {"TableName": name})["Table"]["TableStatus"] != "ACTIVE":
        assert account.now.timestamp() < end, f"{name} is not ACTIVE an hour later"
        account.forward(_STEP_SECONDS)


def _auto_scaling(properties: Properties) -> dict[str, Mapping[str, Any]]:
    """Auto scaling of a GlobalTable by access."""
    (replica,) = properties["Replicas"]
    read = replica.get("ReadProvisionedThroughputSettings", {}).get("ReadCapacityAutoScalingSettings")
    write = properties.get("WriteProvisionedThroughputSettings", {}).get("WriteCapacityAutoScalingSettings")
    return {access: scaling for access, scaling in (("read", read), ("write", write)) if scaling is not None}


def _global_units(properties: Properties, *, switched: bool) -> dict[str, Any]:
    """Units of the request: fixed units, the seed at a switch, else the minimum."""
    if properties.get("BillingMode") == "PAY_PER_REQUEST":
        return {}
    (replica,) = properties["Replicas"]
    fixed = replica.get("ReadProvisionedThroughputSettings", {}).get("ReadCapacityUnits")
    scaled = {
        access: scaling["SeedCapacity"] if switched else scaling["MinCapacity"]
        for access, scaling in _auto_scaling(properties).items()
    }
    units = {"read": fixed, **scaled}
    return {
        "ProvisionedThroughput": {
            f"{access.capitalize()}CapacityUnits": value for access, value in units.items()
        }
    }


def _scalable_dimension(name: str, access: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "dynamodb",
        "ResourceId": f"table/{name}",
        "ScalableDimension": f"dynamodb:table:{access.capitalize()}CapacityUnits",
    }


def _put_auto_scaling(account: Account, name: str, properties: Properties) -> None:
    for access, scaling in _auto_scaling(properties).items():
        limits = {key: scaling[key] for key in ("MinCapacity", "MaxCapacity")}
        account.call(
            "application-autoscaling",
            "RegisterScalableTarget",
            {**_scalable_dimension(name, access), **limits},
        )
        percent = float(scaling["TargetTrackingScalingPolicyConfiguration"]["TargetValue"])
        account.call(
            "application-autoscaling",
            "PutScalingPolicy",
            {
                **_scalable_dimension(name, access),
                "PolicyName": f"{name}-{access}",
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": percent},
            },
        )


def _remove_auto_scaling(account: Account, name: str) -> None:
    for target in list(account.autoscaling.targets):
        if target["ResourceId"] == f"table/{name}":
            identity = {key: target[key] for key in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
            account.call("application-autoscaling", "DeregisterScalableTarget", identity)
