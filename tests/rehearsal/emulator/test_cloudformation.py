"""CloudFormation in the emulator: what the corrections of its tables, events and rollbacks promise."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.launcher import DEFAULT_REGION

START = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)
REGION = DEFAULT_REGION
FAILED = "the gate refuses"
Template = dict[str, Any]


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator(speed=60, start=START) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    running.reset()
    return running


def scaling(minimum: int, seed: int | None = None, maximum: int = 10_000) -> dict[str, Any]:
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
    """ARN of a function that fails each Create, notes what it is sent, and answers nothing when told to be silent."""
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
    stacks = emulator.client("cloudformation")
    while True:
        status = str(stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
        if not status.endswith("_IN_PROGRESS"):
            return status
        emulator.clock.sleep(5)


def deploy(emulator: Emulator, template: Template, *, update: bool = False, **options: Any) -> str:
    stacks = emulator.client("cloudformation")
    operation = stacks.update_stack if update else stacks.create_stack
    operation(StackName="stack", TemplateBody=json.dumps(template), **options)
    return finish(emulator)


def update(emulator: Emulator, template: Template, **options: Any) -> str:
    return deploy(emulator, template, update=True, **options)


def events(emulator: Emulator) -> list[dict[str, Any]]:
    answer = emulator.client("cloudformation").describe_stack_events(StackName="stack")
    return list(reversed(answer["StackEvents"]))


def reason(emulator: Emulator) -> str:
    failures = [each for each in events(emulator) if each["ResourceStatus"].endswith("_FAILED")]
    return str(failures[-1]["ResourceStatusReason"])


def table(emulator: Emulator) -> dict[str, Any]:
    database = emulator.client("dynamodb")
    (name,) = database.list_tables()["TableNames"]
    described: dict[str, Any] = database.describe_table(TableName=name)["Table"]
    return described


def units(description: dict[str, Any]) -> tuple[int, int]:
    throughput = description["ProvisionedThroughput"]
    return throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]


def capacity(emulator: Emulator) -> dict[str, Any]:
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
    while any(each["IndexStatus"] != "ACTIVE" for each in table(emulator)["GlobalSecondaryIndexes"]):
        emulator.clock.sleep(5)
    return capacity(emulator)


def scalable(emulator: Emulator) -> dict[str, tuple[int, int]]:
    answer = emulator.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="dynamodb")
    return {
        f"{each['ResourceId'].split('/', 2)[-1].split('/')[-1]} {each['ScalableDimension']}": (
            each["MinCapacity"],
            each["MaxCapacity"],
        )
        for each in answer["ScalableTargets"]
    }


def test_global_table_when_created_takes_its_minimum_and_not_its_seed(emulator: Emulator) -> None:
    assert deploy(emulator, global_table()) == "CREATE_COMPLETE"
    assert settled(emulator) | {"maxima": None} == {
        "mode": "PROVISIONED",
        "table": (50, 100),
        "index": (50, 100),
        "maxima": None,
    }
    assert sorted(scalable(emulator).values()) == [(100, 10_000), (100, 10_000)]


def test_global_table_when_switched_to_provisioned_takes_its_seeds(emulator: Emulator) -> None:
    deploy(emulator, global_table(on_demand=True))
    assert scalable(emulator) == {}
    name = table(emulator)["TableName"]
    assert update(emulator, global_table()) == "UPDATE_COMPLETE"
    assert settled(emulator)["table"] == capacity(emulator)["index"] == (50, 400)
    assert len(scalable(emulator)) == 2
    assert table(emulator)["TableName"] == name


def test_global_table_when_switched_to_on_demand_loses_its_units_and_scaling(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    assert update(emulator, global_table(on_demand=True, index_maximum=8_000)) == "UPDATE_COMPLETE"
    after = settled(emulator)
    assert after["mode"] == "PAY_PER_REQUEST"
    assert after["table"] == after["index"] == (0, 0)
    assert after["maxima"][1]["MaxWriteRequestUnits"] == 8_000
    assert scalable(emulator) == {}
    described = table(emulator)
    assert described["TableStatus"] == "ACTIVE"


@pytest.mark.parametrize("first_on_demand", [True, False], ids=["to provisioned", "to on-demand"])
def test_global_table_when_a_seed_is_missing_cannot_switch(emulator: Emulator, first_on_demand: bool) -> None:
    seedless = global_table(write=scaling(100))
    on_demand = global_table(on_demand=True)
    deploy(emulator, on_demand if first_on_demand else seedless)
    before = settled(emulator)
    assert update(emulator, seedless if first_on_demand else on_demand) == "UPDATE_ROLLBACK_COMPLETE"
    assert reason(emulator).startswith("Invalid request provided: When switching billing mode")
    assert settled(emulator) == before


def test_global_table_when_its_minimum_is_raised_has_the_units_within_seconds(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    assert update(emulator, global_table(write=scaling(300, 400))) == "UPDATE_COMPLETE"
    for _ in range(100):
        if capacity(emulator)["table"] == capacity(emulator)["index"] == (50, 300):
            break
        emulator.clock.sleep(5)
    assert settled(emulator)["table"] == capacity(emulator)["index"] == (50, 300)


def test_global_table_when_fixed_reads_change_keeps_the_scaled_writes(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    assert update(emulator, global_table(read=80)) == "UPDATE_COMPLETE"
    assert settled(emulator)["table"] == (80, 100)


def test_global_table_when_a_gate_after_it_fails_is_restored_with_its_index(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    status = update(emulator, with_failure(global_table(on_demand=True), emulator))
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert reason(emulator) == FAILED
    assert settled(emulator)["table"] == capacity(emulator)["index"] == (50, 400)
    assert len(scalable(emulator)) == 2


def test_custom_resource_when_its_create_failed_gets_a_delete_with_its_id(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    update(emulator, with_failure(global_table(on_demand=True), emulator))
    sent = json.loads(emulator.client("ssm").get_parameter(Name="/sent/Delete")["Parameter"]["Value"])
    assert (sent["LogicalResourceId"], sent["PhysicalResourceId"]) == ("Gate", "the-gate")


def test_custom_resource_when_silent_fails_after_its_timeout_in_rehearsal_seconds(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    gate = with_failure(global_table(on_demand=True), emulator, Silent="true", ServiceTimeout=10)
    assert update(emulator, gate) == "UPDATE_ROLLBACK_COMPLETE"
    times = {
        each["ResourceStatus"]: each["Timestamp"]
        for each in events(emulator)
        if each["LogicalResourceId"] == "Gate"
    }
    assert 10 <= (times["CREATE_FAILED"] - times["CREATE_IN_PROGRESS"]).total_seconds() < 400


def test_update_when_nothing_changes_for_a_resource_has_no_event_of_it(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    seen = len(events(emulator))
    template = global_table()
    template["Resources"]["Topic"] = {"Type": "AWS::SNS::Topic"}
    update(emulator, template)
    fresh = [(each["LogicalResourceId"], each["ResourceStatus"]) for each in events(emulator)[seen:]]
    assert fresh == [
        ("stack", "UPDATE_IN_PROGRESS"),
        ("Topic", "CREATE_IN_PROGRESS"),
        ("Topic", "CREATE_COMPLETE"),
        ("stack", "UPDATE_COMPLETE"),
    ]
    update(emulator, global_table())
    assert [(each["LogicalResourceId"], each["ResourceStatus"]) for each in events(emulator)[-4:-1]] == [
        ("stack", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("Topic", "DELETE_IN_PROGRESS"),
        ("Topic", "DELETE_COMPLETE"),
    ]


def test_events_when_a_table_changes_carry_its_properties_and_rehearsal_time(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    update(emulator, with_failure(global_table(on_demand=True), emulator))
    shown = [
        json.loads(each["ResourceProperties"])["BillingMode"]
        for each in events(emulator)
        if each["LogicalResourceId"] == "Table" and each["ResourceStatus"] == "UPDATE_IN_PROGRESS"
    ]
    assert shown == ["PAY_PER_REQUEST", "PROVISIONED"]
    assert all(START <= each["Timestamp"] <= emulator.clock.now() for each in events(emulator))


def test_stack_when_updated_by_a_change_set_names_it_and_it_still_answers(emulator: Emulator) -> None:
    stacks = emulator.client("cloudformation")
    deploy(emulator, global_table())
    assert "ChangeSetId" not in stacks.describe_stacks(StackName="stack")["Stacks"][0]
    body = json.dumps(global_table(on_demand=True))
    stacks.create_change_set(StackName="stack", ChangeSetName="one", TemplateBody=body)
    stacks.execute_change_set(StackName="stack", ChangeSetName="one", DisableRollback=True)
    finish(emulator)
    stack = stacks.describe_stacks(StackName="stack")["Stacks"][0]
    assert stack["DisableRollback"] is True
    assert stack["DeploymentConfig"]["Mode"] == "STANDARD"
    (change,) = stacks.describe_change_set(ChangeSetName=stack["ChangeSetId"])["Changes"]
    assert change["ResourceChange"]["LogicalResourceId"] == "Table"
    assert change["ResourceChange"]["ResourceType"] == "AWS::DynamoDB::GlobalTable"
    assert change["ResourceChange"]["Replacement"] == "False"


def test_stack_when_updated_in_express_mode_shows_it_and_does_not_roll_back(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    failing = with_failure(global_table(on_demand=True), emulator)
    assert update(emulator, failing, DeploymentConfig={"Mode": "EXPRESS"}) == "UPDATE_FAILED"
    stack = emulator.client("cloudformation").describe_stacks(StackName="stack")["Stacks"][0]
    assert stack["DeploymentConfig"] == {"Mode": "EXPRESS", "DisableRollback": True}
    assert settled(emulator)["mode"] == "PAY_PER_REQUEST"


def test_stack_when_rollback_is_disabled_keeps_the_changed_table(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    failing = with_failure(global_table(on_demand=True), emulator)
    assert update(emulator, failing, DisableRollback=True) == "UPDATE_FAILED"
    assert settled(emulator)["mode"] == "PAY_PER_REQUEST"


def test_stack_resource_when_asked_by_stack_arn_answers(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    stacks = emulator.client("cloudformation")
    arn = stacks.describe_stacks(StackName="stack")["Stacks"][0]["StackId"]
    detail = stacks.describe_stack_resource(StackName=arn, LogicalResourceId="Table")["StackResourceDetail"]
    assert detail["PhysicalResourceId"] == table(emulator)["TableName"]


def test_resources_when_asked_for_by_physical_id_are_those_of_its_stack(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    name = table(emulator)["TableName"]
    found = emulator.client("cloudformation").describe_stack_resources(PhysicalResourceId=name)[
        "StackResources"
    ]
    assert name in [resource["PhysicalResourceId"] for resource in found]


def test_stack_when_a_parameter_is_of_ssm_type_shows_its_name_and_what_it_resolves_to(
    emulator: Emulator,
) -> None:
    emulator.client("ssm").put_parameter(Name="/rolled-back", Value="none", Type="String")
    template = global_table()
    template["Parameters"] = {
        "Flag": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/rolled-back"}
    }
    deploy(emulator, template)
    (parameter,) = emulator.client("cloudformation").describe_stacks(StackName="stack")["Stacks"][0][
        "Parameters"
    ]
    assert parameter == {"ParameterKey": "Flag", "ParameterValue": "/rolled-back", "ResolvedValue": "none"}


def test_global_table_when_protected_is_not_deleted_with_its_stack(emulator: Emulator) -> None:
    template = global_table()
    replica = template["Resources"]["Table"]["Properties"]["Replicas"][0]
    replica["DeletionProtectionEnabled"] = True
    replica["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": True}
    deploy(emulator, template)
    name = table(emulator)["TableName"]
    backups = emulator.client("dynamodb").describe_continuous_backups(TableName=name)
    recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    stacks = emulator.client("cloudformation")
    stacks.delete_stack(StackName="stack")
    assert finish(emulator) == "DELETE_FAILED"
    emulator.client("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)
    arn = stacks.describe_stacks(StackName="stack")["Stacks"][0]["StackId"]
    stacks.delete_stack(StackName="stack")
    assert finish(emulator, arn) == "DELETE_COMPLETE"
    assert scalable(emulator) == {}


def test_global_table_when_unnamed_properties_change_keeps_its_items(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    name = table(emulator)["TableName"]
    emulator.client("dynamodb").put_item(TableName=name, Item={"pk": {"S": "one"}})
    update(emulator, global_table(on_demand=True))
    update(emulator, global_table(on_demand=True, index_maximum=700))
    assert settled(emulator)["maxima"][1]["MaxWriteRequestUnits"] == 700
    update(emulator, global_table(on_demand=True))
    assert settled(emulator)["maxima"] == (None, None)
    assert emulator.client("dynamodb").scan(TableName=name)["Count"] == 1


def test_table_when_its_capacity_changes_keeps_its_index_and_name(emulator: Emulator) -> None:
    deploy(emulator, plain_table(20))
    before = table(emulator)
    assert update(emulator, plain_table(40)) == "UPDATE_COMPLETE"
    assert settled(emulator)["table"] == capacity(emulator)["index"] == (40, 40)
    assert update(emulator, plain_table(0, on_demand=True, maximum=500)) == "UPDATE_COMPLETE"
    after = table(emulator)
    assert after["TableId"] == before["TableId"]
    assert after["OnDemandThroughput"]["MaxWriteRequestUnits"] == 500
    assert update(emulator, plain_table(30)) == "UPDATE_COMPLETE"
    assert settled(emulator)["table"] == capacity(emulator)["index"] == (30, 30)
    assert table(emulator)["TableId"] == before["TableId"]


def test_table_when_half_of_its_update_failed_is_sent_back(emulator: Emulator) -> None:
    deploy(emulator, plain_table(20))
    half = plain_table(60)
    # Throughput comes first and is accepted; a decrease of warm throughput is refused after it.
    half["Resources"]["Table"]["Properties"]["WarmThroughput"] = {"WriteUnitsPerSecond": 1}
    assert update(emulator, half) == "UPDATE_ROLLBACK_COMPLETE"
    assert settled(emulator)["table"] == capacity(emulator)["index"] == (20, 20)


def test_table_when_a_gate_after_it_fails_is_restored(emulator: Emulator) -> None:
    deploy(emulator, plain_table(20))
    assert update(emulator, with_failure(plain_table(60), emulator)) == "UPDATE_ROLLBACK_COMPLETE"
    assert settled(emulator)["table"] == capacity(emulator)["index"] == (20, 20)


def test_alarm_when_it_is_an_expression_reaches_cloudwatch_with_all_its_properties(
    emulator: Emulator,
) -> None:
    def metric(identity: str, name: str) -> dict[str, Any]:
        stat = {"Metric": {"Namespace": "AWS/DynamoDB", "MetricName": name}, "Period": 60, "Stat": "Sum"}
        return {"Id": identity, "MetricStat": stat, "ReturnData": False}

    alarm = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "throttled",
            "Metrics": [
                {"Id": "expression", "Expression": "throttle + 0 * consumed", "ReturnData": True},
                metric("throttle", "WriteThrottleEvents"),
                metric("consumed", "ConsumedWriteCapacityUnits"),
            ],
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 10,
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 2,
            "TreatMissingData": "notBreaching",
        },
    }
    any_alarm = {
        "Type": "AWS::CloudWatch::CompositeAlarm",
        "Properties": {"AlarmName": "any", "AlarmRule": 'ALARM("throttled")'},
        "DependsOn": "Throttled",
    }
    template = {"Resources": {"Throttled": alarm, "Any": any_alarm}}
    assert deploy(emulator, template) == "CREATE_COMPLETE"
    found = emulator.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (shown,) = found["MetricAlarms"]
    assert (shown["DatapointsToAlarm"], shown["TreatMissingData"]) == (2, "notBreaching")
    assert {each["Id"] for each in shown["Metrics"]} == {"expression", "throttle", "consumed"}
    assert [each["AlarmName"] for each in found["CompositeAlarms"]] == ["any"]
    arn = emulator.client("cloudformation").describe_stacks(StackName="stack")["Stacks"][0]["StackId"]
    emulator.client("cloudformation").delete_stack(StackName="stack")
    assert finish(emulator, arn) == "DELETE_COMPLETE"
    assert emulator.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
