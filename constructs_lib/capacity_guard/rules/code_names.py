"""What the code of a table calls the constructs that a printed fix has to name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..capacity.dimension import Access

ScalingKey = tuple[str, Access, Literal["Target", "Policy"]]
"""A scaling resource of a table: resource key, access, and whether it is the scalable target or its policy."""
_DIGEST = 8
"""Digits of the digest at the end of a logical id."""


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
        table: construct id of the table, or a name in its place (``table_unknown``).
        guard: construct id of its guard, ``None`` where it has none.
        options: arguments of ``GuardOptions`` that the guard has, beside ``rollout`` and ``margins``.
        has_settings: whether its ``rollout`` or ``margins`` are not the defaults.
        taken: ids that the scope of the table has already: construct ids, or the logical ids of a template.
        scaling: the scaling targets and policies beside the table.
        overridden: paths of the properties of capacity that an override states in place of the code.
        table_unknown: whether ``table`` is a logical id or a name, because the construct id is not known.
    """

    table: str
    guard: str | None = None
    options: tuple[str, ...] = ()
    has_settings: bool = False
    taken: frozenset[str] = frozenset()
    scaling: Mapping[ScalingKey, ScalingName] = field(default_factory=dict)
    overridden: tuple[str, ...] = ()
    table_unknown: bool = False

    @classmethod
    def of_recorded(cls, logical_id: str | None, name: str) -> CodeNames:
        """The names of a table of which only its recording is known.

        The CDK makes the logical id of a table that is declared in a stack itself of the construct id and of eight digits, a
        digest of ``<construct id>/Resource`` (CDK Developer Guide, identifiers: logical IDs). Of other tables the construct id
        stays unknown: the logical id contains the ids of all scopes in between.

        Args:
            logical_id: logical id of the table, ``None`` where it is in no stack.
            name: name of the table.
        """
        id = (logical_id or "")[:-_DIGEST]
        digest = hashlib.md5(f"{id}/Resource".encode(), usedforsecurity=False).hexdigest()
        if id and logical_id == id + digest[:_DIGEST].upper():
            return cls(id)
        return cls(logical_id or name, table_unknown=True)

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
