"""Violations of the guard's own plugins in the validation report of the CDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import aws_cdk as cdk

if TYPE_CHECKING:
    from ..guards.guard import Guard


def violation(
    guard: Guard, rule: str, text: str, severity: Literal["fatal", "warning"]
) -> cdk.PolicyViolation:
    """One violation.

    Args:
        guard: the guard whose table it concerns.
        rule: name of the check.
        text: what is wrong, in sentences.
        severity: ``fatal`` cannot be suppressed with the CDK's own acknowledgments.
    """
    resource = cdk.PolicyViolatingResource(construct_path=guard.resource_path, locations=[])
    return cdk.PolicyViolation(
        rule_name=rule, description=text, severity=severity, violating_resources=[resource]
    )


__all__ = ["violation"]
