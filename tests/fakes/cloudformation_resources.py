"""What the fake CloudFormation does for each type of resource of the rows: through the services, as the real one."""

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
_POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
_STEP_SECONDS, _LONGEST_SECONDS = 2.0, 3_600.0


def create(account: Account, type_: str, properties: Properties, generated: str) -> str:
    """Make a resource; its physical id."""
    if type_ == _TABLE:
        request = {"TableName": generated, **properties}
        account.call("dynamodb", "CreateTable", request)
        return str(request["TableName"])
    if type_ == _GLOBAL_TABLE:
        name = properties.get("TableName", generated)
        given = ("KeySchema", "AttributeDefinitions", "BillingMode")
        request = {"TableName": name, **{one: properties[one] for one in given if one in properties}}
        units = _global_units(properties, switched=False)
        account.call("dynamodb", "CreateTable", {**request, **units})
        _scale(account, name, properties)
        return str(name)
    return _put(account, type_, properties, generated)


def update(account: Account, type_: str, physical: str, before: Properties, after: Properties) -> None:
    """Change a resource in place."""
    if type_ == _TABLE:
        names = ("BillingMode", "ProvisionedThroughput")
        change = {
            name: after[name] for name in names if name in after and after[name] != before.get(name, None)
        }
        if change:
            account.call("dynamodb", "UpdateTable", {"TableName": physical, **change})
            _await(account, physical)
    elif type_ == _GLOBAL_TABLE:
        if before.get("BillingMode") != after.get("BillingMode"):
            _unscale(account, physical)
            change = {"BillingMode": after["BillingMode"], **_global_units(after, switched=True)}
            account.call("dynamodb", "UpdateTable", {"TableName": physical, **change})
            _await(account, physical)
        _scale(account, physical, after)
    else:
        _put(account, type_, after, physical)


def delete(account: Account, type_: str, physical: str) -> None:
    """Remove a resource."""
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
        account.call("application-autoscaling", "RegisterScalableTarget", properties)
        return f"{properties['ResourceId']}|{properties['ScalableDimension']}|dynamodb"
    if type_ == _POLICY:
        answer = account.call("application-autoscaling", "PutScalingPolicy", properties)
        return str(answer["PolicyARN"])
    assert type_ == "AWS::SNS::Topic", f"the fake CloudFormation does not make {type_}"
    return physical


def _await(account: Account, name: str) -> None:
    end = account.now.timestamp() + _LONGEST_SECONDS
    while account.call("dynamodb", "DescribeTable", {"TableName": name})["Table"]["TableStatus"] != "ACTIVE":
        assert account.now.timestamp() < end, f"{name} is not ACTIVE an hour later"
        account.forward(_STEP_SECONDS)


def _settings(properties: Properties) -> dict[str, Mapping[str, Any]]:
    """Auto scaling of a GlobalTable by access."""
    (replica,) = properties["Replicas"]
    read = replica.get("ReadProvisionedThroughputSettings", {}).get("ReadCapacityAutoScalingSettings")
    write = properties.get("WriteProvisionedThroughputSettings", {}).get("WriteCapacityAutoScalingSettings")
    return {access: found for access, found in (("read", read), ("write", write)) if found is not None}


def _global_units(properties: Properties, *, switched: bool) -> dict[str, Any]:
    """Units that are sent: fixed ones, the seed at a switch, else the minimum."""
    if properties.get("BillingMode") == "PAY_PER_REQUEST":
        return {}
    (replica,) = properties["Replicas"]
    fixed = replica.get("ReadProvisionedThroughputSettings", {}).get("ReadCapacityUnits")
    scaled = {
        access: one["SeedCapacity"] if switched else one["MinCapacity"]
        for access, one in _settings(properties).items()
    }
    units = {"read": fixed, **scaled}
    return {
        "ProvisionedThroughput": {f"{access.capitalize()}CapacityUnits": n for access, n in units.items()}
    }


def _where(name: str, access: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "dynamodb",
        "ResourceId": f"table/{name}",
        "ScalableDimension": f"dynamodb:table:{access.capitalize()}CapacityUnits",
    }


def _scale(account: Account, name: str, properties: Properties) -> None:
    for access, one in _settings(properties).items():
        bounds = {key: one[key] for key in ("MinCapacity", "MaxCapacity")}
        account.call("application-autoscaling", "RegisterScalableTarget", {**_where(name, access), **bounds})
        percent = float(one["TargetTrackingScalingPolicyConfiguration"]["TargetValue"])
        account.call(
            "application-autoscaling",
            "PutScalingPolicy",
            {
                **_where(name, access),
                "PolicyName": f"{name}-{access}",
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": percent},
            },
        )


def _unscale(account: Account, name: str) -> None:
    for target in list(account.autoscaling.targets):
        if target["ResourceId"] == f"table/{name}":
            identity = {key: target[key] for key in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
            account.call("application-autoscaling", "DeregisterScalableTarget", identity)
