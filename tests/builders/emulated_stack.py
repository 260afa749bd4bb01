"""Stacks with one table and one index in a running emulator: templates, operations, and what they leave."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.launcher import DEFAULT_REGION

START = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)
REGION = DEFAULT_REGION
WITHOUT_LATENESS = {"CAPACITY_GUARD_SECONDS_ALARM": "70", "CAPACITY_GUARD_SECONDS_ALARM_SPARSE": "0"}
"""Settings of an emulator where tests say what state follows from points, not when: alarms are judged 10 seconds after each
minute."""
FAILED = "the gate refuses"
"""Reason of the custom resource that fails (see `with_failure`)."""
TABLE_WRITES, INDEX_WRITES = "dynamodb:table:WriteCapacityUnits", "dynamodb:index:WriteCapacityUnits"
Template = dict[str, Any]


def scaling(minimum: int, seed: int | None = None, maximum: int = 10_000) -> dict[str, Any]:
    """CapacityAutoScalingSettings of a GlobalTable."""
    settings = {
        "MinCapacity": minimum,
        "MaxCapacity": maximum,
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70},
    }
    return settings if seed is None else {**settings, "SeedCapacity": seed}


def global_table(
    *,
    on_demand: bool = False,
    read: int = 50,
    write: dict[str, Any] | None = None,
    index_maximum: int | None = None,
) -> Template:
    """A GlobalTable with one index: fixed reads, auto-scaled writes."""
    write = scaling(100, 400) if write is None else write
    index: dict[str, Any] = {
        "IndexName": "by_gsi",
        "KeySchema": [{"AttributeName": "gsi", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    properties: dict[str, Any] = {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "gsi")],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [index],
    }
    if on_demand:
        properties["BillingMode"] = "PAY_PER_REQUEST"
        properties["Replicas"] = [{"Region": REGION}]
        if index_maximum is not None:
            index["WriteOnDemandThroughputSettings"] = {"MaxWriteRequestUnits": index_maximum}
    else:
        properties["BillingMode"] = "PROVISIONED"
        properties["WriteProvisionedThroughputSettings"] = {"WriteCapacityAutoScalingSettings": write}
        index["WriteProvisionedThroughputSettings"] = {"WriteCapacityAutoScalingSettings": write}
        reads = {"ReadProvisionedThroughputSettings": {"ReadCapacityUnits": read}}
        properties["Replicas"] = [
            {"Region": REGION, **reads, "GlobalSecondaryIndexes": [{"IndexName": "by_gsi", **reads}]}
        ]
    return {"Resources": {"Table": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": properties}}}


def plain_table(units: int, *, on_demand: bool = False, maximum: int | None = None) -> Template:
    """A Table with one index; units: read and write units of both. maximum: write request units of the table."""
    throughput = {"ProvisionedThroughput": {"ReadCapacityUnits": units, "WriteCapacityUnits": units}}
    index = {
        "IndexName": "by_gsi",
        "KeySchema": [{"AttributeName": "gsi", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    properties: dict[str, Any] = {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "gsi")],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST" if on_demand else "PROVISIONED",
        "GlobalSecondaryIndexes": [index if on_demand else {**index, **throughput}],
        **({} if on_demand else throughput),
    }
    if maximum is not None:
        properties["OnDemandThroughput"] = {"MaxWriteRequestUnits": maximum}
    return {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}}


def scaled_table(
    units: int = 20, minimum: int = 10, maximum: int = 1_000, target: int = 70, reads: int | None = None
) -> Template:
    """A Table with auto scaling for the writes of table and index, in the resources that the CDK's ``Table`` makes."""
    template = plain_table(units)
    properties = template["Resources"]["Table"]["Properties"]
    if reads is not None:
        properties["ProvisionedThroughput"] = {"ReadCapacityUnits": reads, "WriteCapacityUnits": units}
    for name, suffix, dimension in (("Table", "", TABLE_WRITES), ("Index", "/index/by_gsi", INDEX_WRITES)):
        template["Resources"][f"{name}Target"] = {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "ServiceNamespace": "dynamodb",
                "ResourceId": {"Fn::Join": ["", ["table/", {"Ref": "Table"}, suffix]]},
                "ScalableDimension": dimension,
                "MinCapacity": minimum,
                "MaxCapacity": maximum,
                "RoleARN": "arn:aws:iam::000000000000:role/any",
            },
        }
        template["Resources"][f"{name}Policy"] = {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "PolicyName": f"{name}Tracking",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": {"Ref": f"{name}Target"},
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": target,
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "DynamoDBWriteCapacityUtilization"
                    },
                },
            },
        }
    return template


def with_failure(
    template: Template, emulator: Emulator, *, name: str = "Gate", **properties: Any
) -> Template:
    """The template with a custom resource after the table that fails."""
    gate = {
        "Type": "Custom::Gate",
        "DependsOn": "Table",
        "Properties": {"ServiceToken": function(emulator), **properties},
    }
    return {"Resources": {**template["Resources"], name: gate}}


def function(emulator: Emulator) -> str:
    """ARN of a function that stores each event in a parameter and fails each Create; with Silent it does not answer."""
    code = f"""
import json, os, urllib.request
import boto3
def handler(event, context):
    parameters = boto3.client("ssm")
    parameters.put_parameter(Name="/sent/" + event["RequestType"], Value=json.dumps(event), Type="String", Overwrite=True)
    if event["ResourceProperties"].get("Silent") == "true" and event["RequestType"] == "Create":
        return
    failed = event["RequestType"] == "Create"
    body = {{"Status": "FAILED" if failed else "SUCCESS", "Reason": {FAILED!r}, "PhysicalResourceId": "the-gate",
            "StackId": event["StackId"], "RequestId": event["RequestId"], "LogicalResourceId": event["LogicalResourceId"]}}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(body).encode(), method="PUT")
    urllib.request.urlopen(request).close()
"""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("gate.py", code)
    functions = emulator.client("lambda")
    made = functions.create_function(
        FunctionName="gate",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="gate.handler",
        Code={"ZipFile": archive.getvalue()},
        Timeout=60,
    )
    return str(made["FunctionArn"])


def finish(emulator: Emulator, name: str = "stack") -> str:
    """Wait for the end of a stack's operation and return its status."""
    stacks = emulator.client("cloudformation")
    while True:
        status = str(stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
        if not status.endswith("_IN_PROGRESS"):
            return status
        emulator.clock.sleep(5)


def deploy(emulator: Emulator, template: Template, *, update: bool = False, **options: Any) -> str:
    """Create or update the stack ``stack`` and return its final status."""
    stacks = emulator.client("cloudformation")
    operation = stacks.update_stack if update else stacks.create_stack
    operation(StackName="stack", TemplateBody=json.dumps(template), **options)
    return finish(emulator)


def update(emulator: Emulator, template: Template, **options: Any) -> str:
    """Update the stack ``stack`` and return its final status."""
    return deploy(emulator, template, update=True, **options)


def events(emulator: Emulator) -> list[dict[str, Any]]:
    """The stack's events, oldest first."""
    answer = emulator.client("cloudformation").describe_stack_events(StackName="stack")
    return list(reversed(answer["StackEvents"]))


def reason(emulator: Emulator) -> str:
    """The reason of the stack's last failure."""
    failures = [event for event in events(emulator) if event["ResourceStatus"].endswith("_FAILED")]
    return str(failures[-1]["ResourceStatusReason"])


def table(emulator: Emulator) -> dict[str, Any]:
    """DescribeTable of the only table."""
    database = emulator.client("dynamodb")
    (name,) = database.list_tables()["TableNames"]
    described: dict[str, Any] = database.describe_table(TableName=name)["Table"]
    return described


def units(description: dict[str, Any]) -> tuple[int, int]:
    """Provisioned (read, write) units of a table or index."""
    throughput = description["ProvisionedThroughput"]
    return throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]


def capacity(emulator: Emulator) -> dict[str, Any]:
    """Mode, units and maxima of the only table and its only index."""
    described = table(emulator)
    (index,) = described["GlobalSecondaryIndexes"]
    return {
        "mode": (described.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED"),
        "table": units(described),
        "index": units(index),
        "maxima": (described.get("OnDemandThroughput"), index.get("OnDemandThroughput")),
    }


def settled(emulator: Emulator) -> dict[str, Any]:
    """The capacity once every index is ACTIVE: CloudFormation does not wait for indexes."""
    while any(index["IndexStatus"] != "ACTIVE" for index in table(emulator)["GlobalSecondaryIndexes"]):
        emulator.clock.sleep(5)
    return capacity(emulator)


def eventually(emulator: Emulator, condition: Callable[[], bool], rehearsal_seconds: float = 900) -> bool:
    """Whether a condition becomes true within some time of the emulator's clock."""
    end = emulator.clock.seconds() + rehearsal_seconds
    while emulator.clock.seconds() < end:
        if condition():
            return True
        emulator.clock.sleep(5)
    return condition()


def scalable(emulator: Emulator) -> dict[str, tuple[int, int]]:
    """(minimum, maximum) of every scalable target, by resource and dimension."""
    answer = emulator.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="dynamodb")
    return {
        f"{target['ResourceId'].split('/', 2)[-1].split('/')[-1]} {target['ScalableDimension']}": (
            target["MinCapacity"],
            target["MaxCapacity"],
        )
        for target in answer["ScalableTargets"]
    }


def policies(emulator: Emulator) -> list[float]:
    """Target value of every scaling policy."""
    answer = emulator.client("application-autoscaling").describe_scaling_policies(ServiceNamespace="dynamodb")
    return [
        policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
        for policy in answer["ScalingPolicies"]
    ]
