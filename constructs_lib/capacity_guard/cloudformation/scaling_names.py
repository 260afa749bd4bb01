"""The scaling resources of an AWS::DynamoDB::Table in a template, by what they scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Unpack

from ..capacity.dimension import ACCESSES, Access, resource_key
from ..capacity.errors import InputError
from .branches import KnownStack, in_each_branch, recorded_names
from .intrinsics import Intrinsics
from .scaling import scaling_resources

Key = tuple[str, Access, Literal["Target", "Policy"]]


def scaling_names(
    template: Mapping[str, Any],
    logical_id: str,
    *,
    recorded: str | None = None,
    **stack: Unpack[KnownStack],
) -> dict[Key, tuple[str, str | None]]:
    """Logical id of each scaling resource of a table, and the name of a policy.

    Args:
        template: the resolved template.
        logical_id: logical id of the table.
        recorded: the recorded name of the table, ``None`` if it was not recorded.
        stack: what is known of its stack.

    Returns:
        By resource key, access, and ``Target`` or ``Policy``. The name is ``None`` for a target, and for a policy whose name is
        no text. Empty where the resources cannot be read.
    """
    try:
        branches = in_each_branch(
            template,
            lambda read: _in_branch(read, logical_id),
            recorded=recorded_names(logical_id, recorded),
            **stack,
        )
    except InputError:
        return {}
    found: dict[Key, tuple[str, str | None]] = {}
    for _, names in branches:
        for key, name in names.items():
            found.setdefault(key, name)
    return found


def _in_branch(read: Intrinsics, logical_id: str) -> dict[Key, tuple[str, str | None]]:
    scaling = scaling_resources(read, logical_id)
    found: dict[Key, tuple[str, str | None]] = {}
    for index in (None, *_indexes(read, logical_id)):
        for access in ACCESSES:
            target = scaling.target_of(index, access)
            if target is None:
                continue
            found[resource_key(index), access, "Target"] = target, None
            policy = scaling.policy_id_of(target, index, access)
            if policy is not None:
                name = scaling.policies[policy][1].get("PolicyName")
                found[resource_key(index), access, "Policy"] = policy, name if isinstance(name, str) else None
    return found


def _indexes(read: Intrinsics, logical_id: str) -> list[str]:
    properties = read.template["Resources"][logical_id].get("Properties", {})
    entries = read.items(properties, "GlobalSecondaryIndexes", path=logical_id)
    names = (read.text(entry, "IndexName", path=logical_id) for entry in entries)
    return [name for name in names if name is not None]


__all__ = ["Key", "scaling_names"]
