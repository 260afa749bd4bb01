"""Templates with one table, ``Orders``, and readers of them."""

from __future__ import annotations

from typing import Any

from capacity_guard.capacity import Capacity
from capacity_guard.cloudformation.branches import in_each_branch
from capacity_guard.cloudformation.capacity import read_capacity
from capacity_guard.cloudformation.intrinsics import Intrinsics

TABLE = "AWS::DynamoDB::Table"
GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"
VECTOR_INDEX: dict[str, Any] = {
    "IndexName": "by_meaning",
    "VectorAttribute": {"AttributeName": "embedding"},
    "Dimensions": 1536,
    "DistanceFunction": "COSINE",
    "SearchSchema": [{"AttributeName": "tenant", "SearchSchemaElementType": "PARTITION"}],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"]},
}
"""A vector index, with the members that a template and DescribeTable have alike."""
VECTOR_INDEX_TEXT = "embedding of 1536 by COSINE; tenant PARTITION; INCLUDE a, b"
"""The index in a baseline."""
PROVISIONED = {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 7}}


def template_of(
    properties: dict[str, Any],
    resource_type: str = TABLE,
    resources: dict[str, Any] | None = None,
    **sections: Any,
) -> dict[str, Any]:
    """A template with the table, further resources and further sections (Conditions, Parameters, Mappings)."""
    return {
        "Resources": {"Orders": {"Type": resource_type, "Properties": properties}, **(resources or {})},
        **sections,
    }


def deployed(template: dict[str, Any], **parameters: str) -> Intrinsics:
    """The template of a deployed stack: every value that it refers to is known."""
    return Intrinsics(
        template,
        parameters,
        {"AWS::Region": "eu-west-1", "AWS::StackName": "Shop"},
        {"Orders": "orders"},
        "stack Shop",
        remedy="Name the stack",
    )


def synthesized_capacities(template: dict[str, Any], region: str | None = None) -> dict[str | None, Capacity]:
    """The capacity of the table of a synthesized template in each branch."""
    return dict(
        in_each_branch(
            template, lambda read: read_capacity(read, "Orders"), location="stack S", region=region
        )
    )


def scaling(resource_id: Any, **attributes: Any) -> dict[str, Any]:
    """The scalable target of a table's writes and its policy, as the CDK makes them for a Table."""
    return {
        "Target": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "ResourceId": resource_id,
                "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
                "MinCapacity": 5,
                "MaxCapacity": 50,
                "RoleARN": {"Fn::ImportValue": "role"},
            },
            **attributes,
        },
        "Policy": {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "ScalingTargetId": {"Ref": "Target"},
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60},
            },
            **attributes,
        },
    }
