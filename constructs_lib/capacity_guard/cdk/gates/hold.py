"""The hold of a table in the template: the resource that creates its SSM parameter, and the permission of the gates."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import CfnResource
from aws_cdk import aws_iam as iam
from constructs import Construct

from ...capacity.hold import PREFIX, PROPERTY, hold_name
from ...capacity.limits import GATE_SECONDS
from ..app.duration import duration
from ..provider.own_findings import acknowledge_hold_pattern
from ..provider.provider import GuardProvider

HOLD_TYPE = "Custom::CapacityGuardHold"
HOLD_ACTIONS = ("ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter")
_ID = "CapacityGuardHolds"
"""A construct of its own beside the provider, whose parts are alike in all stacks."""


def hold_policy(provider: GuardProvider) -> CfnResource:
    """The policy with which the functions of a stack read and write the holds of its tables; created with the first one.

    Args:
        provider: the provider of the stack.
    """
    stack = cdk.Stack.of(provider)
    scope = stack.node.try_find_child(_ID)
    if scope is None:
        scope = Construct(stack, _ID)
        arn = stack.format_arn(
            service="ssm", resource="parameter", resource_name=f"{PREFIX[1:]}{provider.stack_name}/*"
        )
        iam.ManagedPolicy(
            scope,
            "Policy",
            description="capacity-guard: the holds of this stack's tables",
            roles=[provider.role],
            statements=[iam.PolicyStatement(sid="Hold", actions=list(HOLD_ACTIONS), resources=[arn])],
        )
        acknowledge_hold_pattern(scope, arn)
    policy = scope.node.find_child("Policy").node.default_child
    assert isinstance(policy, CfnResource)
    return policy


@dataclass(frozen=True)
class Hold:
    """The hold of a table.

    Attributes:
        name: name of the SSM parameter.
        resource: the resource that creates it.
        policy: the permission of the gates on it.
    """

    name: str
    resource: CfnResource
    policy: CfnResource


def add_hold(scope: Construct, provider: GuardProvider, logical_id: str) -> Hold:
    """The resource that creates the SSM parameter of a table if it is absent, and deletes it with the guard.

    An ``AWS::SSM::Parameter`` would write the value of its template again at a later update (ADR 0014).

    Args:
        scope: the construct that has the guard.
        provider: the provider of the stack.
        logical_id: logical id of the table.
    """
    name, policy = hold_name(provider.stack_name, logical_id), hold_policy(provider)
    resource = cdk.CustomResource(
        scope,
        "Hold",
        service_token=provider.service_token,
        resource_type=HOLD_TYPE,
        service_timeout=duration(GATE_SECONDS.value),
        properties={"Gate": "hold", PROPERTY: name},
    ).node.default_child
    assert isinstance(resource, CfnResource)
    # So that the permission is there when the parameter is created, and until it is deleted.
    resource.add_resource_dependency(policy)
    return Hold(name, resource, policy)


__all__ = ["HOLD_ACTIONS", "HOLD_TYPE", "Hold", "add_hold", "hold_policy"]
