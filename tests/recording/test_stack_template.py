"""What a recording reads from the CloudFormation template: the values that a rollback re-sends."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, Dimension, InputError, OnDemand, Provisioned, Units
from capacity_guard.capacity.structure import TableKind
from capacity_guard.recording.live_table import read_live_table
from capacity_guard.recording.stack_template import StackTemplate, read_stack_template
from tests.fakes.recording_aws import GLOBAL_TABLE, NAME, REGION, STACK, Failure, Services

TABLE = "AWS::DynamoDB::Table"


def scaling(low: Any, high: Any, target: Any = 70, seed: int | None = None) -> dict[str, Any]:
    settings = {
        "MinCapacity": low,
        "MaxCapacity": high,
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": target},
    }
    return settings if seed is None else {**settings, "SeedCapacity": seed}


def global_table(**changes: Any) -> dict[str, Any]:
    """A provisioned global table as TableV2 makes it: writes at the top, reads in the replica."""
    return {
        "BillingMode": "PROVISIONED",
        "WriteProvisionedThroughputSettings": {
            "WriteCapacityAutoScalingSettings": scaling(200, 900, 70, 250)
        },
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by_day",
                "WriteProvisionedThroughputSettings": {"WriteCapacityAutoScalingSettings": scaling(40, 40)},
            }
        ],
        "Replicas": [
            {
                "Region": {"Ref": "AWS::Region"},
                "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 100},
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "by_day",
                        "ReadProvisionedThroughputSettings": {
                            "ReadCapacityAutoScalingSettings": scaling("30", "300", 65.0, 35)
                        },
                    }
                ],
                "KMSKeyId": {"Fn::GetAtt": ["Key", "Arn"]},
            }
        ],
        **changes,
    }


def read(services: Services, stack: str | None = None) -> StackTemplate | None:
    aws = services.aws()
    return read_stack_template(aws, read_live_table(aws, NAME), stack)


def capacity(services: Services) -> Capacity:
    found = read(services)
    assert found is not None
    return found.capacity


def test_template_of_global_table_when_provisioned_reads_seeds_and_replica() -> None:
    services = Services()
    services.own(GLOBAL_TABLE, global_table())
    assert read(services) == StackTemplate(
        STACK,
        "Table",
        Capacity.provisioned(
            read=100,
            write=AutoScaling(200, 900, 70, 250),
            indexes={"by_day": Provisioned(AutoScaling(30, 300, 65, 35), AutoScaling(40, 40))},
        ),
        TableKind.GLOBAL_TABLE,
        properties={'Replicas[{"Ref": "AWS::Region"}].KMSKeyId': "b39ef6fa835a"},
    )


def test_template_when_the_table_has_other_properties_reads_a_digest_of_each() -> None:
    services = Services()
    services.own(
        TABLE, table(BillingMode="PAY_PER_REQUEST", TimeToLiveSpecification={"AttributeName": "ttl"}, Tags=[])
    )
    stated = read(services)
    assert stated is not None
    assert list(stated.properties) == ["TimeToLiveSpecification"]


def test_template_of_a_table_with_replicas_reads_a_digest_of_their_capacity() -> None:
    services = Services()
    replicas = [*global_table()["Replicas"], {"Region": "eu-central-1"}]
    services.own(GLOBAL_TABLE, global_table(Replicas=replicas))
    stated = read(services)
    assert stated is not None
    assert list(stated.replica_capacity) == ["eu-central-1"]


def test_template_whose_condition_asks_for_names_of_its_stack_reads_them_of_the_stack() -> None:
    services = Services()
    stack_id = f"arn:aws:cloudformation:{REGION}:123456789012:stack/{STACK}/1"
    services.answers["DescribeStacks"] = lambda _: {
        "Stacks": [{"StackName": STACK, "StackId": stack_id, "StackStatus": "UPDATE_COMPLETE"}]
    }
    for name, value in {"StackId": stack_id, "StackName": STACK}.items():
        services.own(
            TABLE,
            table(
                ProvisionedThroughput={
                    "ReadCapacityUnits": {"Fn::If": ["Here", 7, 1]},
                    "WriteCapacityUnits": 9,
                }
            ),
            Conditions={"Here": {"Fn::Equals": [{"Ref": f"AWS::{name}"}, value]}},
        )
        assert capacity(services).throughput(Dimension(None, "read")) == 7, name


def test_template_is_asked_for_as_the_service_deployed_it() -> None:
    """A transform has made its resources by then; the original holds macros."""
    services = Services()
    services.own(GLOBAL_TABLE, global_table())
    read(services)
    assert services.operations("GetTemplate") == [{"StackName": STACK, "TemplateStage": "Processed"}]


def function(description: str, key: Any) -> dict[str, Any]:
    code = {"S3Bucket": {"Fn::Sub": "cdk-${AWS::AccountId}"}, "S3Key": key}
    return {"Type": "AWS::Lambda::Function", "Properties": {"Description": description, "Code": code}}


def test_template_when_the_table_is_guarded_reads_type_and_version_of_the_guard() -> None:
    services = Services()
    services.own(
        TABLE,
        table(BillingMode="PAY_PER_REQUEST"),
        Resources={
            "OnEvent": function("capacity-guard: on_event of the gates", "0f4a.zip"),
            "IsComplete": function("capacity-guard: is_complete of the gates", "0f4a.zip"),
            "Framework": function("AWS CDK resource provider framework - onEvent", "77aa.zip"),
        },
    )
    found = read(services)
    assert found is not None
    assert (found.kind, found.guard) == (TableKind.TABLE, "0f4a.zip")


def test_template_of_global_table_when_reads_stand_at_the_top_reads_them() -> None:
    services = Services()
    properties = global_table(
        ReadProvisionedThroughputSettings={"ReadCapacityUnits": 77}, Replicas=[{"Region": REGION}]
    )
    properties["GlobalSecondaryIndexes"][0]["ReadProvisionedThroughputSettings"] = {"ReadCapacityUnits": 55}
    services.own(GLOBAL_TABLE, properties)
    found = capacity(services)
    assert found.of(None).read == 77  # type: ignore[union-attr]
    assert found.of("by_day").read == 55  # type: ignore[union-attr]


def test_template_of_global_table_when_on_demand_reads_maxima_of_top_and_replica() -> None:
    services = Services()
    services.own(
        GLOBAL_TABLE,
        {
            "BillingMode": "PAY_PER_REQUEST",
            "WriteOnDemandThroughputSettings": {"MaxWriteRequestUnits": 9000},
            "ReadOnDemandThroughputSettings": {"MaxReadRequestUnits": 1},
            "GlobalSecondaryIndexes": [
                {"IndexName": "by_day", "WriteOnDemandThroughputSettings": {"MaxWriteRequestUnits": 800}}
            ],
            "Replicas": [
                {"Region": "us-east-1", "ReadOnDemandThroughputSettings": {"MaxReadRequestUnits": 5}},
                {"Region": REGION, "ReadOnDemandThroughputSettings": {"MaxReadRequestUnits": 700}},
            ],
        },
    )
    assert capacity(services) == Capacity.on_demand(
        maximum=Units(700, 9000), indexes={"by_day": OnDemand(maximum=Units(write=800))}
    )


def scaled(name: str, resource: Any, dimension: str, low: int, high: int, **more: Any) -> dict[str, Any]:
    """A scaling target and its policy, as CDK makes them for a Table."""
    return {
        f"{name}Target": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "ServiceNamespace": "dynamodb",
                "ResourceId": resource,
                "ScalableDimension": dimension,
                "MinCapacity": low,
                "MaxCapacity": high,
            },
            **more,
        },
        f"{name}Policy": {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": {"Ref": f"{name}Target"},
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60},
            },
            **more,
        },
    }


def table(**changes: Any) -> dict[str, Any]:
    return {
        "ProvisionedThroughput": {"ReadCapacityUnits": 100, "WriteCapacityUnits": {"Ref": "Writes"}},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by_day",
                "ProvisionedThroughput": {"ReadCapacityUnits": 30, "WriteCapacityUnits": 40},
            }
        ],
        **changes,
    }


def test_template_of_table_when_scaled_in_resources_of_its_own_reads_them() -> None:
    services = Services()
    services.parameters = [
        {"ParameterKey": "Writes", "ParameterValue": "/orders/writes", "ResolvedValue": "210"}
    ]
    by_join = {"Fn::Join": ["", ["table/", {"Ref": "Table"}]]}
    by_sub = {"Fn::Sub": "table/${Table}/index/by_day"}
    services.own(
        TABLE,
        table(),
        Conditions={"Never": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}},
        Resources={
            **scaled("Writes", by_join, "dynamodb:table:WriteCapacityUnits", 200, 900),
            **scaled("ByDay", by_sub, "dynamodb:index:ReadCapacityUnits", 20, 90),
            **scaled("Off", by_join, "dynamodb:table:ReadCapacityUnits", 1, 2, Condition="Never"),
        },
    )
    # The template's own units are what a switch back starts with.
    assert capacity(services) == Capacity.provisioned(
        read=100,
        write=AutoScaling(200, 900, 60, 210),
        indexes={"by_day": Provisioned(AutoScaling(20, 90, 60, 30), 40)},
    )


def test_template_of_table_when_capacity_stands_behind_conditions_reads_the_one_that_holds() -> None:
    services = Services()
    services.parameters = [{"ParameterKey": "Back", "ParameterValue": "none"}]
    services.own(
        TABLE,
        {
            "BillingMode": {"Fn::If": ["Held", "PROVISIONED", "PAY_PER_REQUEST"]},
            "ProvisionedThroughput": {"Fn::If": ["Held", {"ReadCapacityUnits": 1}, {"Ref": "AWS::NoValue"}]},
            "OnDemandThroughput": {
                "MaxWriteRequestUnits": {"Fn::FindInMap": ["Max", {"Ref": "AWS::Region"}, "w"]}
            },
            "GlobalSecondaryIndexes": [
                {"Fn::If": ["Held", {"Ref": "AWS::NoValue"}, {"IndexName": "by_day"}]}
            ],
        },
        Conditions={
            "Held": {
                "Fn::And": [{"Fn::Not": [{"Fn::Equals": [{"Ref": "Back"}, "none"]}]}, {"Condition": "Yes"}]
            },
            "Yes": {"Fn::Or": [{"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}]},
        },
        Mappings={"Max": {REGION: {"w": 5000}}},
    )
    assert capacity(services) == Capacity.on_demand(maximum=Units(write=5000), indexes={"by_day": OnDemand()})


def test_template_when_yaml_reads_short_forms() -> None:
    services = Services()
    services.own(TABLE, {})
    services.parameters = [{"ParameterKey": "Mode", "ParameterValue": "PAY_PER_REQUEST"}]
    services.template = (
        "Resources:\n  Table:\n    Type: AWS::DynamoDB::Table\n    Properties:\n"
        "      BillingMode: !Ref Mode\n      KMSKey: !GetAtt Key.Arn\n      TableName: !Join ['-', [a, b]]\n"
    )
    assert capacity(services) == Capacity.on_demand()


def test_template_when_json_text_reads_it() -> None:
    services = Services()
    services.own(TABLE, {"BillingMode": "PAY_PER_REQUEST"})
    services.template = json.dumps(services.template)
    assert capacity(services) == Capacity.on_demand()


def test_template_when_yaml_and_no_pyyaml_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    services = Services()
    services.own(TABLE, {})
    services.template = "Resources: {}"
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(InputError, match="PyYAML is not installed"):
        read(services)


def test_template_when_no_stack_owns_the_table_is_none() -> None:
    assert read(Services()) is None


def test_template_when_stack_is_named_lists_every_page_of_it() -> None:
    services = Services()
    services.own(GLOBAL_TABLE, global_table())
    role = {
        **services.stack_resources[0],
        "LogicalResourceId": "Role",
        "PhysicalResourceId": "r",
        "ResourceType": "AWS::IAM::Role",
    }
    services.stack_resources.insert(0, role)
    found = read(services, STACK)
    assert found is not None
    assert (found.stack, found.logical_id) == (STACK, "Table")
    assert len(services.operations("ListStackResources")) == 2


def without(properties: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key != name}


UNREADABLE: dict[str, tuple[str, dict[str, Any], str]] = {
    "import": (
        TABLE,
        table(BillingMode={"Fn::ImportValue": "mode"}),
        r"template of orders-stack: Table.BillingMode: cannot",
    ),
    "unknown parameter": (TABLE, table(), r"Table.*WriteCapacityUnits.*Ref Writes"),
    "unknown condition": (TABLE, table(BillingMode={"Fn::If": ["No", "a", "b"]}), "Condition No"),
    "malformed function": (TABLE, table(BillingMode={"Fn::If": ["No"]}), "cannot be read from outside"),
    "unknown mode": (TABLE, table(BillingMode="FREE"), "BillingMode: is 'FREE'"),
    "no throughput": (TABLE, {}, "states no read throughput"),
    "no number": (TABLE, table(ProvisionedThroughput={"ReadCapacityUnits": "many"}), "whole number"),
    "no list": (TABLE, table(BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes="x"), "is not a list"),
    "index without name": (
        TABLE,
        {"BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": [{}]},
        "without a name",
    ),
    "no replica here": (
        GLOBAL_TABLE,
        global_table(Replicas=[{"Region": "us-east-1"}]),
        f"no replica in {REGION}",
    ),
    "no writes": (
        GLOBAL_TABLE,
        without(global_table(), "WriteProvisionedThroughputSettings"),
        "states no write throughput",
    ),
    "no minimum": (
        GLOBAL_TABLE,
        global_table(
            WriteProvisionedThroughputSettings={"WriteCapacityAutoScalingSettings": {"MaxCapacity": 5}}
        ),
        "MinCapacity: is not stated",
    ),
    "seed of zero": (
        GLOBAL_TABLE,
        global_table(
            WriteProvisionedThroughputSettings={"WriteCapacityAutoScalingSettings": scaling(1, 5, 70, 0)}
        ),
        r"template of orders-stack: Table: AutoScaling.seed: 0",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_template_when_it_cannot_be_read_names_the_place(case: str) -> None:
    kind, properties, expected = UNREADABLE[case]
    services = Services()
    services.own(kind, properties)
    with pytest.raises(InputError, match=expected):
        read(services)


def test_template_when_condition_refers_to_itself_ends() -> None:
    services = Services()
    services.own(TABLE, table(BillingMode={"Fn::If": ["A", "x", "y"]}), Conditions={"A": {"Condition": "A"}})
    with pytest.raises(InputError, match="Condition A"):
        read(services)


def test_template_when_named_stack_holds_no_such_table_names_the_option() -> None:
    services = Services()
    services.own(GLOBAL_TABLE, global_table())
    services.stack_resources[0]["PhysicalResourceId"] = "Other"
    with pytest.raises(InputError, match="--stack orders-stack: holds no table Orders"):
        read(services, STACK)


def test_template_when_named_stack_does_not_exist_names_the_option() -> None:
    with pytest.raises(InputError, match="--stack gone: does not exist"):
        read(Services(), "gone")


@pytest.mark.parametrize("stack", [None, STACK])
def test_template_when_cloudformation_is_denied_never_falls_back_to_live(stack: str | None) -> None:
    services = Services()
    for operation in ("DescribeStackResources", "ListStackResources"):
        services.failures[operation] = [Failure("AccessDenied", "not you")]
    with pytest.raises(InputError, match=r"cloudformation:\w+: is denied \(not you\)"):
        read(services, stack)
