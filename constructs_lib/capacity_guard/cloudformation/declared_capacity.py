"""Read a table's declared capacity, and the resources that scale it, from the template of its stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..capacity.scheduled_action import ScheduledAction
from ..capacity.structure import TableKind
from .branches import KnownStack, in_each_branch, recorded_names
from .capacity import read_capacity
from .intrinsics import Intrinsics
from .scaling import scaling_resources
from .schedules import read_scheduled_actions

_TYPES = tuple(kind.value for kind in TableKind)
_REMEDY = "State it as a plain value in the table's code"
_SHOWN_BRANCHES = 3
"""Combinations of conditions that an error names."""


@dataclass(frozen=True)
class DeclaredCapacity:
    """The capacity that a template declares for one table.

    Attributes:
        branches: the capacity for each combination of the template's conditions that matters, with the combination in
            words (``None`` if no condition matters).
        scaling: logical ids of the scaling targets and policies of the table. Those of an AWS::DynamoDB::GlobalTable are
            foreign: the resource itself scales its table.
        name: the ``TableName`` of the template, ``None`` if CloudFormation names the table.
        kind: the resource type in the template.
        schedules: scheduled actions of its auto scaling, those that can be read (the rules report the others).
    """

    branches: tuple[tuple[str | None, Capacity], ...]
    scaling: tuple[str, ...]
    name: Any
    kind: TableKind
    schedules: tuple[ScheduledAction, ...] = ()

    def capacity(self, deployed: Capacity | None, location: str) -> Capacity:
        """The single declared capacity.

        If the branches differ and one of them is the deployed capacity (kept behind a condition for the rollback), the
        other one is the declared capacity.

        Args:
            deployed: the capacity in the deployed template, if it is known.
            location: the table, for errors.

        Raises:
            InputError: the capacity depends on a value that is known only at deployment.
        """
        different: list[Capacity] = []
        for _, capacity in self.branches:
            if capacity not in different:
                different.append(capacity)
        if len(different) > 1:
            different = [capacity for capacity in different if capacity != deployed]
        if len(different) == 1:
            return different[0]
        words = [text for text, _ in self.branches if text]
        more = f"; and {len(words) - _SHOWN_BRANCHES} more" if len(words) > _SHOWN_BRANCHES else ""
        combinations = "; ".join(words[:_SHOWN_BRANCHES]) + more
        raise InputError(
            location,
            f"has a capacity that depends on what is known only at the deployment ({combinations})",
            _REMEDY,
        )


def read_declared_capacity(
    template: Mapping[str, Any],
    logical_id: str,
    *,
    recorded: str | None = None,
    **stack: Unpack[KnownStack],
) -> DeclaredCapacity:
    """Read the capacity that a synthesized template declares for one table.

    Args:
        template: the resolved template.
        logical_id: the table's logical id.
        recorded: the recorded name of the table, ``None`` if it was not recorded.
        stack: what is known of its stack.

    Raises:
        InputError: a value that matters cannot be read, or the table is not in the template or has a condition.
    """
    resource = template.get("Resources", {}).get(logical_id, {})
    if resource.get("Type") not in _TYPES:
        raise InputError(
            f"{stack['location']}: {logical_id}",
            f"is {resource.get('Type')} in the template, not a table"
            if resource
            else "is not in the template",
            "Leave the table's resource as its construct makes it, or remove the guard with it",
        )
    if "Condition" in resource:
        raise InputError(
            f"{stack['location']}: {logical_id}",
            f"exists only under condition {resource['Condition']}",
            "Guard a table that its stack always has",
        )

    def read_branch(read: Intrinsics) -> tuple[Capacity, tuple[str, ...], tuple[ScheduledAction, ...]]:
        capacity = read_capacity(read, logical_id)
        scaling = scaling_resources(read, logical_id)
        try:
            schedules = read_scheduled_actions(read, logical_id) if scaling.targets else ()
        except InputError:
            schedules = ()
        return capacity, (*scaling.targets, *scaling.policies), schedules

    branches = in_each_branch(template, read_branch, recorded=recorded_names(logical_id, recorded), **stack)
    return DeclaredCapacity(
        tuple((words, capacity) for words, (capacity, _, _) in branches),
        tuple(dict.fromkeys(name for _, (_, names, _) in branches for name in names)),
        resource.get("Properties", {}).get("TableName"),
        TableKind(resource["Type"]),
        tuple(dict.fromkeys(action for _, (_, _, actions) in branches for action in actions)),
    )


__all__ = ["DeclaredCapacity", "read_declared_capacity"]
