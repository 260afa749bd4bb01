"""Permissions boundaries of the roles behind the gates: whether they let through what the gates need.

An action is allowed only where policy and boundary both allow it (IAM User Guide: *Permissions boundaries for IAM entities*).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..app.dependencies import Resources
from .policy_statements import covers, mapping, statements

_ROLE, _POLICY = "AWS::IAM::Role", "AWS::IAM::ManagedPolicy"
_PROPERTY = "PermissionsBoundary"


def boundary_gaps(role: str, actions: Iterable[str], resources: Resources) -> Iterator[str]:
    """Texts about needed actions that the boundary of a role lets through nowhere; none if its policy is not in the template.

    Args:
        role: logical id of the role.
        actions: what the role needs.
        resources: resources of the final template, by logical id.
    """
    boundary = _boundary(role, resources)
    logical_id = boundary.get("Ref") if isinstance(boundary, Mapping) else None
    policy = resources.get(str(logical_id), {})
    if policy.get("Type") != _POLICY:
        return
    stated = statements(mapping(policy.get("Properties")).get("PolicyDocument"))
    if not all(_is_plain(statement) for statement in stated):
        return
    allowing = [statement for statement in stated if statement["Effect"] == "Allow"]
    refused = sorted(
        action for action in actions if not any(covers(statement, [action]) for statement in allowing)
    )
    if refused:
        yield f"the permissions boundary {logical_id} of {role} does not allow {', '.join(refused)}"


def boundary_doubts(roles: Sequence[str], resources: Resources) -> Iterator[str]:
    """A text about boundaries of the roles behind the gates that the other roles of the stack do not have.

    One that every role of the stack has is a rule of the organization (``docs/iam.md`` has what it must allow), and no reason
    to warn at every transition: where it denies something, Preflight fails with the service's words before anything changed.

    Args:
        roles: logical ids of the roles behind the gates.
        resources: resources of the final template, by logical id.
    """
    bounded = [role for role in roles if _boundary(role, resources) is not None]
    every = [_boundary(name, resources) for name, found in resources.items() if found.get("Type") == _ROLE]
    if bounded and any(boundary != every[0] for boundary in every):
        yield f"a permissions boundary that other roles of the stack do not have limits {', '.join(bounded)}"


def _boundary(role: str, resources: Resources) -> Any:
    return mapping(resources.get(role, {}).get("Properties")).get(_PROPERTY)


def _is_plain(statement: Mapping[str, Any]) -> bool:
    """Whether a statement says by itself what it is about: it may be an ``Fn::If``, or have one in it."""
    if statement.get("Effect") not in ("Allow", "Deny"):
        return False
    named = statement.get("Action", statement.get("NotAction"))
    return all(isinstance(name, str) for name in (named if isinstance(named, list) else [named]))


__all__ = ["boundary_doubts", "boundary_gaps"]
