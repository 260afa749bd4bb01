"""Tables of an app as their baselines are sought, each with the name that no other table of its stack has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

import aws_cdk as cdk

from ..app.declared_tables import DeclaredTable
from ..app.place import logical_id_token
from ..app.stack_identity import StackIdentity
from ..arguments.guard_arguments import text_or_none
from .baseline_folder import SoughtTable
from .fleet_report import known_name

if TYPE_CHECKING:
    from ..guards.guard import Guard

_LONGEST_NAME, _RANDOM_PART = 128, 13
"""Characters of a stack's name, and of what CloudFormation adds to the names that it generates."""


@dataclass(frozen=True)
class TableOfFleet:
    """A table that an aspect visits.

    Attributes:
        declared: the table as the code declares it.
        stack: its stack.
        template_file: file name of the stack's template in the cloud assembly.
        sought: what its baseline is sought by.
    """

    declared: DeclaredTable
    stack: cdk.Stack
    template_file: str
    sought: SoughtTable

    @property
    def label(self) -> str:
        """Its name in texts: the construct id, or the construct path where the id repeats in the stack."""
        construct = self.declared.construct.node
        return str(construct.path if self.sought.repeats else construct.id)


def tables_of_fleet(tables: Sequence[DeclaredTable], guards: Sequence[Guard]) -> list[TableOfFleet]:
    """Tables with what their baselines are sought by.

    Args:
        tables: all tables of each stack that has one of them.
        guards: the guards of the app.
    """
    stacks = [cdk.Stack.of(table.resource) for table in tables]
    by_id = {id(stack): stack for stack in stacks}
    generated = {key: generated_name(stack) if stack.nested else None for key, stack in by_id.items()}
    places = {key: StackIdentity.of(stack, known_name(stack)) for key, stack in by_id.items()}
    labels = [table.label for table in tables]
    same: dict[tuple[str, str], list[DeclaredTable]] = {}
    for table, stack, label in zip(tables, stacks, labels, strict=True):
        same.setdefault((places[id(stack)].template_file, label), []).append(table)
    repeated = {key for key, named in same.items() if len(named) > 1 and len(_outside(named, guards)) > 1}
    found = []
    for table, stack, label in zip(tables, stacks, labels, strict=True):
        place = places[id(stack)]
        sought = SoughtTable(
            place.name,
            place.account,
            place.region,
            str(stack.resolve(logical_id_token(table.resource))),
            label,
            (place.template_file, label) in repeated,
            cache(partial(_given_name, table)),
            generated[id(stack)],
        )
        found.append(TableOfFleet(table, stack, place.template_file, sought))
    return found


def _outside(tables: Sequence[DeclaredTable], guards: Sequence[Guard]) -> list[DeclaredTable]:
    """The tables that are not inside a ``GuardedTable``, whose own construct id names them."""
    inside = {guard.resource_path for guard in guards if guard.table.dialect == "guarded"}
    return [table for table in tables if table.resource.node.path not in inside]


def generated_name(stack: cdk.Stack) -> str:
    """Pattern of the names that CloudFormation gives a nested stack: ``<parent>-<logical id>-<random>``.

    A name has at most 128 characters (API: CreateStack, StackName). Which part of a longer one CloudFormation cuts is not
    published, so the pattern of such a name is the first 64 characters of the outermost stack's name.

    Args:
        stack: the nested stack.
    """
    ids: list[str] = []
    while stack.nested_stack_parent is not None and stack.nested_stack_resource is not None:
        ids.append(str(stack.nested_stack_parent.resolve(logical_id_token(stack.nested_stack_resource))))
        stack = stack.nested_stack_parent
    if len(stack.stack_name) + sum(len(f"-{id}-") + _RANDOM_PART for id in ids) > _LONGEST_NAME:
        return f"{re.escape(stack.stack_name[:64])}.*"
    return re.escape(stack.stack_name) + "".join(f"-{re.escape(id)}-[0-9A-Z]+" for id in reversed(ids))


def _given_name(table: DeclaredTable) -> str | None:
    """The name that the code gives a table, ``None`` if CloudFormation names it or only the deployment knows it."""
    name = getattr(table.resource, "table_name", None)
    return None if not isinstance(name, str) else text_or_none(name)


__all__ = ["TableOfFleet", "generated_name", "tables_of_fleet"]
