"""The scaling resources of a table in a template, by what they scale."""

from __future__ import annotations

from typing import Any

from capacity_guard.cloudformation.scaling_names import scaling_names


def template(**changes: Any) -> dict[str, Any]:
    target = {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "ServiceNamespace": "dynamodb",
            "ResourceId": {"Fn::Join": ["", ["table/", {"Ref": "T"}]]},
            "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
            "MinCapacity": 1,
            "MaxCapacity": 5,
        },
    }
    policy = {
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Properties": {
            "PolicyName": "follow",
            "PolicyType": "TargetTrackingScaling",
            "ScalingTargetId": {"Ref": "Writes"},
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 70,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"},
            },
        },
    }
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
    }
    return {"Resources": {"T": table, "Writes": target, "Follow": policy, **changes}}


def names(content: dict[str, Any]) -> dict[Any, Any]:
    return scaling_names(content, "T", location="S", account=None, region="eu-west-1")


def test_target_and_policy_are_found_with_the_name_of_the_policy() -> None:
    assert names(template()) == {
        ("table", "write", "Target"): ("Writes", None),
        ("table", "write", "Policy"): ("Follow", "follow"),
    }


def test_policy_with_a_name_that_is_no_text_is_found_without_it() -> None:
    content = template()
    content["Resources"]["Follow"]["Properties"]["PolicyName"] = {"Fn::Sub": "${AWS::StackName}-follow"}
    assert names(content)["table", "write", "Policy"] == ("Follow", None)


def test_scaling_of_an_index_is_found_by_the_name_of_the_index() -> None:
    content = template()
    target = content["Resources"]["Writes"]["Properties"]
    target["ResourceId"] = {"Fn::Join": ["", ["table/", {"Ref": "T"}, "/index/by_day"]]}
    target["ScalableDimension"] = "dynamodb:index:WriteCapacityUnits"
    content["Resources"]["T"]["Properties"]["GlobalSecondaryIndexes"] = [{"IndexName": "by_day"}]
    assert set(names(content)) == {("index/by_day", "write", "Target"), ("index/by_day", "write", "Policy")}


def test_scaling_in_one_branch_of_a_condition_is_found() -> None:
    content = template()
    content["Parameters"] = {"Scaled": {"Type": "String"}}
    content["Conditions"] = {"Scales": {"Fn::Equals": [{"Ref": "Scaled"}, "yes"]}}
    for name in ("Writes", "Follow"):
        content["Resources"][name]["Condition"] = "Scales"
    assert ("table", "write", "Target") in names(content)


def test_scaling_that_cannot_be_read_has_no_names() -> None:
    content = template(Again=template()["Resources"]["Writes"])
    assert names(content) == {}
