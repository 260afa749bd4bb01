"""Acknowledge what the AwsSolutions pack of cdk-nag finds in the guard's own resources, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import Construct

_RULE_PREFIX = "AwsSolutions::AwsSolutions-"
LOG_POLICY = "AWSLambdaBasicExecutionRole"
NETWORK_POLICY = "AWSLambdaVPCAccessExecutionRole"
"""For a function in a VPC: the permissions of ``LOG_POLICY``, and those on network interfaces."""
_MANAGED_POLICY = "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
_VALIDATIONS: WeakKeyDictionary[Construct, cdk.Validations] = WeakKeyDictionary()
_REASONS = {
    f"IAM4[{_MANAGED_POLICY}{LOG_POLICY}]": (
        "The functions write their own log with the policy that AWS maintains for this, no more."
    ),
    "IAM5[Resource::*]": (
        "DescribeAlarms, GetMetricData and the reading of scaling targets and policies: reads that the services "
        "authorize on no single table; see `capacity-guard docs iam`."
    ),
    "L1": "The runtimes are those that this library and the CDK's provider framework are tested with.",
    "SF1": "The CDK's provider framework owns the state machine; the functions log each decision themselves.",
    "SF2": "The CDK's provider framework owns the state machine; a gate's log is its trace.",
}


def acknowledge_own_findings(
    scope: Construct, functions: Sequence[Any], stack_arn: Any, change_sets_arn: Any
) -> None:
    """Acknowledge the findings in the provider's resources.

    The validation report lists each acknowledgment, since its id has the namespace of the pack. cdk-nag requires the
    exact finding, and a finding on a function's versions (``<function>.Arn:*``) contains the function's logical id.

    Args:
        scope: the provider.
        functions: the ARNs of the functions whose versions the provider framework may call, as the template has them.
        stack_arn: pattern of the stack's ARN, which ends with ``*``, as the template has it.
        change_sets_arn: pattern of the ARNs of change sets, as the template has it.
    """
    for_versions = "The CDK's provider framework calls any version of this function."
    stack, change_sets = map(_as_nag_writes, (stack_arn, change_sets_arn))
    _acknowledge(
        scope,
        {
            **_REASONS,
            **{f"IAM5[Resource::{_as_nag_writes(arn)}:*]": for_versions for arn in functions},
            f"IAM5[Resource::{stack}]": "The stack's own id, which ends with an id that CloudFormation gives it.",
            f"IAM5[Resource::{change_sets}]": (
                "DescribeChangeSet alone: the ARN of a change set does not name its stack; see `capacity-guard docs iam`."
            ),
        },
    )


def acknowledge_network(scope: Construct) -> None:
    """Acknowledge the finding on functions in a VPC.

    Args:
        scope: the provider.
    """
    reason = "Lambda asks the role of a function in a VPC for them; AWS maintains the policy (`capacity-guard docs iam`)."
    _acknowledge(scope, {f"IAM4[{_MANAGED_POLICY}{NETWORK_POLICY}]": reason})


def acknowledge_table_pattern(scope: Construct, arn: Any) -> None:
    """Acknowledge the wildcard in the ARN of a table that CloudFormation names; does nothing for an exact ARN.

    Args:
        scope: the provider.
        arn: ARN of the table, or a pattern that ends with ``*``, as the template has it.
    """
    written = _as_nag_writes(arn)
    if written.endswith("*"):
        reason = "CloudFormation names the table; its exact name would be a reference to it before it exists."
        _acknowledge(scope, {f"IAM5[Resource::{written}]": reason})


def acknowledge_hold_pattern(scope: Construct, arn: str) -> None:
    """Acknowledge the wildcard in the ARN of the holds of a stack.

    Args:
        scope: the provider.
        arn: pattern of the ARNs of the SSM parameters.
    """
    pattern = _as_nag_writes(cdk.Stack.of(scope).resolve(arn))
    reason = "The holds of this stack's tables; the guard names them, and nothing else is below that name."
    _acknowledge(scope, {f"IAM5[Resource::{pattern}]": reason})


def acknowledge_rollback_role(scope: Construct, holds: str, bootstrap: str, alarms: str) -> None:
    """Acknowledge the wildcards in the policy of the rollback role.

    Args:
        scope: the provider.
        holds: pattern of the ARNs of the SSM parameters.
        bootstrap: pattern of the ARNs of the SSM parameters with the version of the CDK's bootstrapping.
        alarms: pattern of the ARNs of the alarms that auto scaling makes for tables.
    """
    acknowledge_hold_pattern(scope, holds)
    acknowledge_bootstrap_version(scope, bootstrap)
    of_scaling = _as_nag_writes(cdk.Stack.of(scope).resolve(alarms))
    _acknowledge(
        scope,
        {
            f"IAM5[Resource::{of_scaling}]": (
                "The alarms of scaling policies, whose names end with an id that the service chooses."
            ),
            "IAM5[Resource::*]": (
                "Scaling targets of DynamoDB, which the service authorizes on no single table; and a denial of items of any "
                "table."
            ),
        },
    )


def acknowledge_bootstrap_version(scope: Construct, bootstrap: str) -> None:
    """Acknowledge the wildcard in the name of the SSM parameter with the version of the CDK's bootstrapping.

    Args:
        scope: the construct with the role.
        bootstrap: pattern of its ARN.
    """
    versions = _as_nag_writes(cdk.Stack.of(scope).resolve(bootstrap))
    _acknowledge(
        scope,
        {
            f"IAM5[Resource::{versions}]": (
                "The version of the CDK's bootstrapping, a number: the qualifier in its name is a setting of the app."
            )
        },
    )


def acknowledge_watch(scope: Construct, stack_arn: Any, holds: str) -> None:
    """Acknowledge the findings in the function of the watch.

    Args:
        scope: the construct of the watch.
        stack_arn: pattern of the stack's ARN, which ends with ``*``, as the template has it.
        holds: pattern of the ARNs of the SSM parameters.
    """
    acknowledge_hold_pattern(scope, holds)
    log = f"IAM4[{_MANAGED_POLICY}{LOG_POLICY}]"
    _acknowledge(
        scope,
        {
            log: _REASONS[log],
            "L1": _REASONS["L1"],
            "IAM5[Resource::*]": (
                "GetMetricData and the reading of scaling targets and policies: reads that the services authorize on no single "
                "table; see `capacity-guard docs iam`."
            ),
            f"IAM5[Resource::{_as_nag_writes(stack_arn)}]": (
                "The stack's own id, which ends with an id that CloudFormation gives it."
            ),
        },
    )


def acknowledge_control(scope: Construct, arns: Sequence[Any]) -> None:
    """Acknowledge the wildcards in the permission to look at an unchanged cell; does nothing for exact ARNs.

    Args:
        scope: the construct that has the policy.
        arns: the ARNs of table and stack, as the template has them.
    """
    reason = "A read of an unchanged cell, whose table and stack CloudFormation gives a random end of their name or id."
    patterns = [written for written in map(_as_nag_writes, arns) if written.endswith("*")]
    if patterns:
        _acknowledge(scope, {f"IAM5[Resource::{pattern}]": reason for pattern in patterns})


def _acknowledge(scope: Construct, reasons: Mapping[str, str]) -> None:
    rules = [
        cdk.Acknowledgment(id=f"{_RULE_PREFIX}{rule}", reason=reason) for rule, reason in reasons.items()
    ]
    validations = _VALIDATIONS.get(scope)
    if validations is None:
        validations = _VALIDATIONS[scope] = cdk.Validations.of(scope)
    validations.acknowledge(*rules)


def _as_nag_writes(value: Any) -> str:
    """A resolved text as cdk-nag writes it in a finding: references in angle brackets."""
    if not isinstance(value, dict):
        return str(value)
    if "Fn::Join" in value:
        return "".join(map(_as_nag_writes, value["Fn::Join"][1]))
    if "Fn::GetAtt" in value:
        return f"<{'.'.join(value['Fn::GetAtt'])}>"
    return f"<{value['Ref']}>" if "Ref" in value else str(value)


__all__ = [
    "LOG_POLICY",
    "NETWORK_POLICY",
    "acknowledge_network",
    "acknowledge_own_findings",
    "acknowledge_table_pattern",
]
