"""``Travelling``: the tables of a stack that change their capacity in one deployment, and how many fit into one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

import aws_cdk as cdk
from aws_cdk import CfnResource
from constructs import Construct

from ...capacity.errors import InputError
from ...capacity.limits import ALARM_CALLS_A_SECOND, TEMPLATE_BYTES
from ...capacity.travelling import travelling_text
from ...rules import Case
from ..app.break_glass import BreakGlass
from ..app.late_values import late_text

PROPERTY = "Travelling"
"""Property of Preflight: hashes of the logical ids of everything that may change with it (``read_travelling``)."""
_NO_INDENTATION = "@aws-cdk/core:suppressTemplateIndentation"
"""Context key of the CDK."""
_ID = "Travelling"
_NAMED = 12
"""Tables of one deployment that an error names."""


class _Gates(Protocol):
    """What is asked of gates (``gates.Gates``, ``gates.UnreadGate``)."""

    in_transition: ClassVar[bool]
    preflight: CfnResource
    travelling: tuple[CfnResource, ...]


class GatedTable(Protocol):
    """What is asked of a guard that has gates (``Guard``)."""

    path: str
    break_glass: BreakGlass

    @property
    def stack(self) -> cdk.Stack: ...

    @property
    def label(self) -> str: ...

    @property
    def gates(self) -> _Gates | None: ...

    @property
    def case(self) -> Case: ...

    def logical_id(self, resource: CfnResource) -> str: ...


class Travelling:
    """The guards of a stack that have gates.

    With a second one, the stack gets a mapping with the hashes of all their logical ids, and each Preflight refers to it: the ids
    are in the template once, not once for each gate.

    Args:
        scope: the provider of the stack.
        query_seconds: seconds between two looks of a gate.
    """

    def __init__(self, scope: Construct, query_seconds: int) -> None:
        self._scope = scope
        self._query_seconds = query_seconds
        self._guards: list[GatedTable] = []
        self._mapping: cdk.CfnMapping | None = None
        self._found: str | None = None
        self._name: str | None = None
        self._told: list[CfnResource] = []

    def update(self, guard: GatedTable) -> None:
        """Note that the gates of a guard were made, or taken back."""
        if guard not in self._guards:
            self._guards.append(guard)
        gates = [other.gates for other in self._guards if other.gates is not None]
        waiting = [made.preflight for made in gates if made.in_transition] if len(gates) > 1 else []
        if not waiting:
            self._remove_mapping()
            return
        if self._mapping is None:
            hashes = late_text(self.text)
            self._mapping = cdk.CfnMapping(
                self._scope, _ID, mapping={"Resources": {"Hashes": hashes}}, lazy=False
            )
            self._found = self._mapping.find_in_map("Resources", "Hashes")
        for preflight in waiting:
            if preflight not in self._told:
                self._told.append(preflight)
                preflight.add_property_override(PROPERTY, self._found)

    def _remove_mapping(self) -> None:
        if self._mapping is None:
            return
        self._scope.node.try_remove_child(_ID)
        self._mapping = self._found = self._name = None
        for preflight in self._told:
            preflight.add_property_deletion_override(PROPERTY)
        self._told.clear()

    def stated(self, preflight: CfnResource) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the template must state: properties of a Preflight beside those that it was made with, and mappings."""
        if self._mapping is None or preflight not in self._told:
            return {}, {}
        if self._name is None:
            self._name = str(cdk.Stack.of(self._scope).resolve(self._mapping.logical_id))
        return (
            {PROPERTY: {"Fn::FindInMap": [self._name, "Resources", "Hashes"]}},
            {self._name: {"Resources": {"Hashes": self.text()}}},
        )

    def others(self, guard: GatedTable) -> tuple[str, ...]:
        """The other tables of the stack that are in transition, by their names in the code."""
        return tuple(other.label for other in self._guards if other is not guard and _in_transition(other))

    def text(self) -> str:
        """The hashes of all logical ids, at the time of the call."""
        return travelling_text(id for guard in self._guards for id in _ids(guard))

    def contradiction(
        self, guard: GatedTable, template: Mapping[str, Any], written: int
    ) -> InputError | None:
        """Why the transitions of a stack do not fit into one deployment; ``None`` if they do, and for all but the first guard.

        Args:
            guard: a guard of the stack.
            template: the template that is deployed.
            written: bytes of its file, which the CDK indents by default.
        """
        tables = [guard for guard in self._guards if _in_transition(guard)]
        if not tables or guard is not tables[0]:
            return None
        resources = template["Resources"]
        sizes = {
            table.path: sum(
                _size(resources[id])
                for id in _ids(table)
                if resources.get(id, {}).get("Type", "").startswith("Custom::")
            )
            for table in tables
        }
        size = _size(template)
        most = most_tables(self._query_seconds)
        if written > TEMPLATE_BYTES.value:
            problem = (
                f"makes a template of {written:,} bytes, where CloudFormation takes {TEMPLATE_BYTES.value:,}"
            )
            if size < written and size <= TEMPLATE_BYTES.value:
                return InputError(
                    guard.stack.node.path,
                    problem,
                    f'Set "{_NO_INDENTATION}": true in the context of the app: without indentation it takes {size:,}',
                )
        elif len(tables) > most and not all(_is_cure(table) for table in tables):
            problem = (
                f"changes {len(tables)} tables at once, and their gates would ask CloudWatch more often than it answers "
                f"({most} tables with query_seconds={self._query_seconds})"
            )
        else:
            return None
        # what is left for the gates, measured as the sizes are
        room = TEMPLATE_BYTES.value * size // written - (size - sum(sizes.values()))
        parts = groups(sizes, room, most)
        if len(parts) < 2:
            return InputError(
                guard.stack.node.path,
                problem,
                "Put tables into a stack of their own, or shorten the template",
            )
        order = "; ".join(f"{number}. {_named(part)}" for number, part in enumerate(parts, 1))
        return InputError(
            guard.stack.node.path,
            problem,
            f"Change the capacity in {len(parts)} deployments, and record those tables again after each: {order}",
        )


def most_tables(query_seconds: int) -> int:
    """Tables of a stack whose gates can look side by side: each look reads the alarms once.

    Half of the account's calls are left to others.

    Args:
        query_seconds: seconds between two looks of a gate.
    """
    return max(1, ALARM_CALLS_A_SECOND.value * query_seconds // 2)


def groups(sizes: Mapping[str, int], room: int, most: int) -> list[list[str]]:
    """Tables in the order in which they can be deployed, as many at once as fit.

    Args:
        sizes: bytes that the gates of a table take, by the table.
        room: bytes that gates may take.
        most: tables that may change at once.
    """
    parts: list[list[str]] = []
    left = 0
    for table, size in sizes.items():
        if not parts or size > left or len(parts[-1]) == most:
            parts.append([])
            left = room
        parts[-1].append(table)
        left -= size
    return parts


def _in_transition(guard: GatedTable) -> bool:
    return guard.gates is not None and guard.gates.in_transition


def _ids(guard: GatedTable) -> tuple[str, ...]:
    """Logical ids of what may change in the operation of the guard's gates, at the time of the call."""
    return () if guard.gates is None else tuple(map(guard.logical_id, guard.gates.travelling))


def _is_cure(guard: GatedTable) -> bool:
    return guard.break_glass.reason is not None or guard.case.is_relief


def _named(part: Sequence[str]) -> str:
    more = f" and {len(part) - _NAMED} more" if len(part) > _NAMED else ""
    return ", ".join(part[:_NAMED]) + more


def _size(value: object) -> int:
    """Bytes of a value in a template that is not indented."""
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


__all__ = ["PROPERTY", "Travelling", "groups", "most_tables"]
