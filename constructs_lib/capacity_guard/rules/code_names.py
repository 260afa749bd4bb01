"""What the code of a table calls the constructs that a printed fix has to name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..capacity.dimension import Access

ScalingKey = tuple[str, Access, Literal["Target", "Policy"]]
"""A scaling resource of a table: resource key, access, and whether it is the scalable target or its policy."""


@dataclass(frozen=True)
class ScalingName:
    """A scaling resource that the code has.

    Attributes:
        id: its construct id, or its logical id in a template; ``None`` where another scope than the table's has it.
        path: its construct path; its logical id in a template.
        policy_name: the name of a policy; ``None`` for a target, and where the name is not stated as a text.
    """

    id: str | None
    path: str
    policy_name: str | None = None


@dataclass(frozen=True)
class CodeNames:
    """Names in the code of a table.

    Attributes:
        table: construct id of the table.
        guard: construct id of its guard, ``None`` where it has none.
        options: arguments of ``GuardOptions`` that the guard has, beside ``rollout`` and ``margins``.
        has_settings: whether its ``rollout`` or ``margins`` are not the defaults.
        taken: ids that the scope of the table has already: construct ids, or the logical ids of a template.
        scaling: the scaling targets and policies beside the table.
        overridden: paths of the properties of capacity that an override states in place of the code.
    """

    table: str
    guard: str | None = None
    options: tuple[str, ...] = ()
    has_settings: bool = False
    taken: frozenset[str] = frozenset()
    scaling: Mapping[ScalingKey, ScalingName] = field(default_factory=dict)
    overridden: tuple[str, ...] = ()

    def free(self, id: str) -> str:
        """An id that the scope does not have: ``id``, else with the first number from 2 that makes it one.

        Args:
            id: the wanted id.
        """
        found, number = id, 1
        while found in self.taken:
            number += 1
            found = f"{id}{number}"
        return found


__all__ = ["CodeNames", "ScalingKey", "ScalingName"]
