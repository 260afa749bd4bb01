"""The least IAM policy that a recording needs."""

from __future__ import annotations

from collections.abc import Iterable

_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}
"""Partition by the prefix of a Region's name; all other Regions are in ``aws`` (botocore: partitions.json)."""


def recording_policy(
    tables: Iterable[str] | None, *, region: str | None, stack: str | None, by_tag: bool, by_stack: bool
) -> dict[str, object]:
    """The least that an IAM policy must allow.

    Args:
        tables: names of the tables; ``None``: any.
        region: AWS Region; ``None``: any, in any partition.
        stack: the CloudFormation stack that owns them, its name or its ARN; ``None``: any.
        by_tag: whether tables are found by tag.
        by_stack: whether the stack is named; if not, CloudFormation is asked for it.
    """
    location = region or "*"
    partition = "*" if region is None else partition_of(region)
    if stack is not None and stack.startswith("arn:"):
        stacks = stack
    elif stack or by_stack:
        stacks = f"arn:{partition}:cloudformation:{location}:*:stack/{stack or '*'}/*"
    else:
        stacks = "*"
    names = list(tables) if tables is not None else ["*"]
    lookup = "cloudformation:ListStackResources" if by_stack else "cloudformation:DescribeStackResources"
    on_all_resources = [
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:DescribeScheduledActions",
        "cloudwatch:GetMetricData",
        *(["tag:GetResources"] if by_tag else []),
    ]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "dynamodb:DescribeTable",
                "Resource": [f"arn:{partition}:dynamodb:{location}:*:table/{name}" for name in names],
            },
            {
                "Effect": "Allow",
                "Action": [lookup, "cloudformation:DescribeStacks", "cloudformation:GetTemplate"],
                "Resource": stacks,
            },
            {"Effect": "Allow", "Action": on_all_resources, "Resource": "*"},
        ],
    }


def partition_of(region: str) -> str:
    """The AWS partition of a Region."""
    return next((name for prefix, name in _PARTITIONS.items() if region.startswith(prefix)), "aws")


__all__ = ["partition_of", "recording_policy"]
