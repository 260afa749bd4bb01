"""Acknowledge what the AwsSolutions pack of cdk-nag finds in the guard's own resources, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from constructs import Construct, IConstruct

_RULE_PREFIX = "AwsSolutions::AwsSolutions-"
_LOG_POLICY = "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_REASONS = {
    f"IAM4[{_LOG_POLICY}]": "The functions write their own log with the policy that AWS maintains for this, no more.",
    "IAM5[Resource::*]": (
        "DescribeAlarms, GetMetricData and the reading of scaling targets and policies: reads that the services "
        "authorize on no single table; see docs/iam.md."
    ),
    "L1": "The runtimes are those that this library and the CDK's provider framework are tested with.",
    "SF1": "The CDK's provider framework owns the state machine; the functions log each decision themselves.",
    "SF2": "The CDK's provider framework owns the state machine; a gate's log is its trace.",
}


def acknowledge_own_findings(scope: Construct, functions: Sequence[IConstruct]) -> None:
    """Acknowledge the findings in the provider's resources.

    The validation report lists each acknowledgment, since its id has the namespace of the pack. cdk-nag requires the
    exact finding, and a finding on a function's versions (``<function>.Arn:*``) contains the function's logical id.

    Args:
        scope: the provider.
        functions: the functions whose versions the provider framework may call.
    """
    children = [function.node.default_child for function in functions]
    # One call to the CDK's process for all of them.
    logical_ids = cdk.Stack.of(scope).resolve(
        [child.logical_id for child in children if isinstance(child, cdk.CfnResource)]
    )
    assert len(logical_ids) == len(functions)
    for_versions = "The CDK's provider framework calls any version of this function."
    reasons = _REASONS | {f"IAM5[Resource::<{name}.Arn>:*]": for_versions for name in logical_ids}
    _acknowledge(scope, reasons)


def acknowledge_table_pattern(scope: Construct, table_arn: str) -> None:
    """Acknowledge the wildcard in the ARN of a table that CloudFormation names; does nothing for an exact ARN.

    Args:
        scope: the provider.
        table_arn: ARN of the table, or a pattern that ends with ``*``.
    """
    arn = _as_nag_writes(cdk.Stack.of(scope).resolve(table_arn))
    if arn.endswith("*"):
        reason = "CloudFormation names the table; its exact name would be a reference to it before it exists."
        _acknowledge(scope, {f"IAM5[Resource::{arn}]": reason})


def acknowledge_stack_patterns(scope: Construct, stack_arn: str, change_sets_arn: str) -> None:
    """Acknowledge the wildcards in the ARNs of the stack and of its change sets.

    Args:
        scope: the provider.
        stack_arn: pattern of the stack's ARN, which ends with ``*``.
        change_sets_arn: pattern of the ARNs of change sets.
    """
    stack, change_sets = map(_as_nag_writes, cdk.Stack.of(scope).resolve([stack_arn, change_sets_arn]))
    _acknowledge(
        scope,
        {
            f"IAM5[Resource::{stack}]": "The stack's own id, which ends with an id that CloudFormation gives it.",
            f"IAM5[Resource::{change_sets}]": (
                "DescribeChangeSet alone: the ARN of a change set does not name its stack; see docs/iam.md."
            ),
        },
    )


def _acknowledge(scope: Construct, reasons: Mapping[str, str]) -> None:
    rules = [
        cdk.Acknowledgment(id=f"{_RULE_PREFIX}{rule}", reason=reason) for rule, reason in reasons.items()
    ]
    cdk.Validations.of(scope).acknowledge(*rules)


def _as_nag_writes(value: Any) -> str:
    """A resolved text as cdk-nag writes it in a finding: references in angle brackets."""
    if not isinstance(value, dict):
        return str(value)
    if "Fn::Join" in value:
        return "".join(map(_as_nag_writes, value["Fn::Join"][1]))
    if "Fn::GetAtt" in value:
        return f"<{'.'.join(value['Fn::GetAtt'])}>"
    return f"<{value['Ref']}>" if "Ref" in value else str(value)


__all__ = ["acknowledge_own_findings", "acknowledge_stack_patterns", "acknowledge_table_pattern"]
