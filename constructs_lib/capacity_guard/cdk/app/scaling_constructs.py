"""Finds the constructs of the auto scaling of a table by their logical ids."""

from __future__ import annotations

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import CfnResource
from aws_cdk import aws_applicationautoscaling as autoscaling

from ...capacity.errors import InputError

_SCALING = (autoscaling.CfnScalableTarget, autoscaling.CfnScalingPolicy)


def scaling_constructs(table: CfnResource, stack: cdk.Stack, logical_ids: Iterable[str]) -> list[CfnResource]:
    """Find the scaling targets and policies of a table.

    Args:
        table: the resource of the table.
        stack: its stack.
        logical_ids: logical ids of the targets and policies.

    Raises:
        InputError: one of them is not a construct of the stack.
    """
    missing = dict.fromkeys(logical_ids)
    if not missing:
        return []
    found: list[CfnResource] = []
    # A Table has its scaling resources among its own children.
    scopes = [table.node.scope, stack]
    while missing and scopes:
        scope = scopes.pop(0)
        for construct in () if scope is None else scope.node.find_all():
            # Each logical id takes a call to the CDK's process, so skip what cannot be a scaling resource.
            if isinstance(construct, _SCALING) or type(construct) is CfnResource:
                logical_id = str(stack.resolve(construct.logical_id))
                if logical_id in missing:
                    del missing[logical_id]
                    found.append(construct)
    if missing:
        raise InputError(
            f"{stack.stack_name}: {next(iter(missing))}",
            "scales the table, but is not a construct that could wait for a gate",
            "Declare it as a construct, or with the table's auto_scale_... methods",
        )
    return found


__all__ = ["scaling_constructs"]
