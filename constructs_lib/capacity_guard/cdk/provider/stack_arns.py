"""``StackArns``: the ARNs of a stack that its guard's functions may use, and the inline policy with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import IConstruct

from ..app.kept import kept_of
from .table_access import count_characters

READ_CHANGE_SETS = ("cloudformation:DescribeChangeSet",)
READ_STACK = (
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResource",
    "cloudformation:DescribeStacks",
)
READ_METRICS = (
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
)


class StackArns:
    """ARNs of what belongs to a stack.

    Every ARN begins in the same way, so the CDK is asked for that once; and its text in a template is the same in
    every stack of an environment, so it is asked for once an app.

    Attributes:
        this_stack: pattern of the stack's ARN.
        change_sets: pattern of the ARNs of change sets.
        tables: what the ARN of a table begins with, up to its name.
        written: these three as the template has them.

    Args:
        stack: the stack.
        name: its name.
        root: the root of the construct tree.
    """

    def __init__(self, stack: cdk.Stack, name: str, root: IConstruct) -> None:
        prefix = stack.format_arn(service="dynamodb", resource="", arn_format=cdk.ArnFormat.NO_RESOURCE_NAME)
        of_stacks = prefix.replace(":dynamodb:", ":cloudformation:")
        # DescribeChangeSet was denied on the stack's ARN and on stack/<name>/*; the pattern covers both. Others had to
        # allow the change set's own ARN for a call on a change set (docs/iam.md).
        own, others = f"stack/{name}/*", "changeSet/*"
        self.this_stack, self.change_sets = of_stacks + own, of_stacks + others
        self.tables = f"{prefix}table/"
        known = json.dumps(kept_of(root, (StackArns, prefix), lambda: stack.resolve(prefix)))

        def written() -> Iterator[dict[str, Any]]:
            for service, rest in (
                ("cloudformation", own),
                ("cloudformation", others),
                ("dynamodb", "table/"),
            ):
                begin = json.loads(known.replace(":dynamodb:", f":{service}:"))
                yield {"Fn::Join": ["", [begin, stack.resolve(rest) if "$" in rest else rest]]}

        self.written: Sequence[dict[str, Any]] = tuple(written())

    def policy(self) -> iam.PolicyDocument:
        """The inline policy of the functions but for the statements about tables."""
        # One call to the CDK's process for all statements.
        return iam.PolicyDocument.from_json(
            {
                "Statement": [
                    {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": [arn]}
                    for sid, (actions, arn) in _statements(self.this_stack, self.change_sets).items()
                ]
            }
        )

    def policy_characters(self) -> int:
        """Characters of that policy, as IAM counts them."""
        written = [
            {
                "Sid": sid,
                "Effect": "Allow",
                # The CDK writes a list of one as its entry.
                "Action": list(actions) if len(actions) > 1 else actions[0],
                "Resource": arn,
            }
            for sid, (actions, arn) in _statements(*self.written[:2]).items()
        ]
        return count_characters({"Version": "2012-10-17", "Statement": written})


def _statements(this_stack: Any, change_sets: Any) -> dict[str, tuple[Sequence[str], Any]]:
    """Actions and resource of the statements of the inline policy but those about tables, by ``Sid``."""
    return {
        "ReadThisStack": (READ_STACK, this_stack),
        "ReadChangeSets": (READ_CHANGE_SETS, change_sets),
        "ReadAlarmsAndMetrics": (READ_METRICS, "*"),
    }


__all__ = ["READ_CHANGE_SETS", "READ_METRICS", "READ_STACK", "StackArns"]
