"""The actions that the guard's role grants. Another call, which IAM would deny, fails the test that made it.

A test of the synthesized policy compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

READ_STACK = (
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResource",
    "cloudformation:DescribeStacks",
)
READ_ALL = (
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
)
HOLD = ("ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter")
TABLE = ("dynamodb:DescribeTable", "dynamodb:UpdateTable")


class OutsidePolicyError(AssertionError):
    """A gate made a call that its role does not grant."""


class NotTheGuardsBusinessError(AssertionError):
    """A gate tried to change something else than warm throughput."""


def check(action: str, parameters: Mapping[str, Any], stack_id: str, table_pattern: str) -> None:
    """Refuse calls that the role does not grant, and changes that the guard never makes although IAM cannot deny them.

    Args:
        action: ``service:Operation``.
        parameters: parameters of the call.
        stack_id: ARN of the guarded stack, the only resource of ``ReadThisStack``.
        table_pattern: name of the guarded table, or the pattern of it.

    Raises:
        OutsidePolicyError: the role does not grant it.
        NotTheGuardsBusinessError: it changes something else than warm throughput.
    """
    if action in READ_STACK:
        allowed = parameters.get("StackName") == stack_id
    elif action in HOLD:
        stack = stack_id.split("/")[1]
        allowed = str(parameters.get("Name")).startswith(f"/capacity-guard/{stack}/")
    elif action in TABLE:
        allowed = fnmatchcase(str(parameters.get("TableName")), table_pattern)
    else:
        allowed = action in READ_ALL
    if not allowed:
        raise OutsidePolicyError(f"is not authorized to perform: {action} with {parameters}")
    if action == "dynamodb:UpdateTable":
        _check_only_warm_throughput(parameters)


def _check_only_warm_throughput(parameters: Mapping[str, Any]) -> None:
    given = set(parameters) - {"TableName"}
    updates = parameters.get("GlobalSecondaryIndexUpdates", ())
    of_table = given == {"WarmThroughput"} and parameters["WarmThroughput"]
    of_index = (
        given == {"GlobalSecondaryIndexUpdates"}
        and len(updates) == 1
        and set(updates[0].get("Update", {})) == {"IndexName", "WarmThroughput"}
        and updates[0]["Update"]["WarmThroughput"]
    )
    if not (of_table or of_index):
        raise NotTheGuardsBusinessError(f"UpdateTable of {sorted(given)}: {parameters}")
