"""``CapacityGuard``: the guard of a table that other code of the stack declares."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Never, cast

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from ..capacity.capacity import Capacity, Units
from ..capacity.dimension import TABLE, resource_key
from ..capacity.errors import InputError
from ..evidence.baseline import Baseline
from .app.declared_tables import DeclaredTable, declared_by
from .app.place import place_of
from .arguments.code_capacity import CodeCapacity
from .arguments.guard_arguments import load_baseline, refuse_nested_stack, refuse_stack_without_assets
from .attach_guard import attach_guard
from .fleet.registry import tables_of
from .guard_options import GuardOptions, checked_options, refuse_unknown
from .guarded_table import GuardedTable
from .guards.guard import Guard, TableToGuard

AnyTable = dynamodb.TableV2 | dynamodb.Table | dynamodb.CfnTable | dynamodb.CfnGlobalTable


class CapacityGuard(Construct):
    """The guard of a table that the stack already has: alarms, and gates before and after a change of its capacity.

    The table's own code still declares its capacity; nothing is declared twice. At synthesis the guard reads the
    declared capacity, with overrides and scaling resources, and compares it with the baseline. Without a transition it
    only adds resources to the stack. In a transition the table and its AWS::ApplicationAutoScaling resources also
    depend on ``Preflight``. Their logical ids and properties do not change.

    Args:
        scope: the stack of the table, or a construct in it.
        id: construct id.
        table: the table, in the app that declares it.
        baseline: the deployed capacity and recorded traffic: a file that ``capacity-guard record`` wrote, a loaded
            baseline, or ``NewTable(...)`` for a table that does not exist yet. A file that cannot be read is finding
            CG2, not an exception.
        warm: warm throughput, in units per second, to which the guard raises the table (``"table"``) and its indexes
            (by name) before the change. Declare it here only: in the table's own code it breaks a rollback (CG17).
        options: the settings of the guard.

    Raises:
        InputError: the table is imported, a reference to a replica, in another or a nested stack, in one that publishes no
            assets, or guarded already. A capacity that cannot be read from the template fails the synthesis instead.
    """

    guard: Guard

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        table: AnyTable,
        baseline: Baseline | InputError | str | Path,
        warm: Mapping[str, Units] | None = None,
        options: GuardOptions | None = None,
        **unknown: Never,
    ) -> None:
        location = f"CapacityGuard {id}"
        refuse_unknown(cast(Mapping[str, Any], unknown), location)
        settings = checked_options(options, location)
        declared_table = _table_declared_here(table, f"{location}: table")
        resource = declared_table.resource
        stack = cdk.Stack.of(resource)
        place = place_of(scope)
        refuse_nested_stack(stack, f"{location}: table")
        refuse_stack_without_assets(stack, f"{location}: table")
        if place.stack is not stack and place.stack.node.path != stack.node.path:
            raise InputError(
                f"{location}: table",
                f"belongs to stack {stack.node.path}, the guard to {place.stack.node.path}",
                "Put the guard into the stack of its table: gates and table change in one operation",
            )
        resource_path = resource.node.path
        owner = next(
            (guard for guard in tables_of(place.root) if guard.resource_path == resource_path),
            None,
        )
        if owner is not None:
            raise InputError(
                f"{location}: table",
                f"is guarded by {owner.path} already",
                "Remove one of the two guards",
            )
        loaded_baseline = load_baseline(baseline, f"{location}: baseline")
        code = CodeCapacity(_warm_by_key(warm or {}, f"{location}: warm"))
        super().__init__(scope, id)
        self.guard = attach_guard(
            self,
            TableToGuard(
                resource,
                declared_table.label,
                declared_table.dialect,
                _current_indexes(stack, resource),
                construct=declared_table.construct,
            ),
            place=place,
            id=id,
            baseline=loaded_baseline,
            options=settings,
            code=code,
        )

    @property
    def rollback_alarms(self) -> Mapping[str, cloudwatch.Alarm]:
        """The alarm of the table (``"table"``) and of each index (``"index/<name>"``)."""
        return self.guard.rollback_alarms

    @property
    def capacity(self) -> Capacity:
        """The declared capacity, known once the app has been synthesized."""
        return self.guard.capacity


def _current_indexes(stack: cdk.Stack, resource: cdk.CfnResource) -> tuple[str, ...]:
    """Names of the indexes that the table has when the guard is created, so that their alarms exist at once."""
    indexes = stack.resolve(resource._cfn_properties).get("globalSecondaryIndexes") or ()
    names = [index.get("indexName") for index in indexes if isinstance(index, Mapping)]
    return tuple(name for name in names if isinstance(name, str))


def _table_declared_here(table: object, location: str) -> DeclaredTable:
    """A table that this app declares.

    Raises:
        InputError: ``table`` is not a table, or declared elsewhere.
    """
    declared_table = declared_by(table)
    if declared_table is not None:
        return declared_table
    if isinstance(table, (GuardedTable, CapacityGuard)):
        raise InputError(location, f"is {table.node.path}, a guard itself", "It needs no second guard")
    if hasattr(type(table), "table_arn"):
        raise InputError(
            location,
            "is declared elsewhere: it is imported, or another Region's replica",
            "Guard it in the app and the stack that declare it",
        )
    raise InputError(
        location, f"is {type(table).__name__}", "Give a TableV2, a Table, a CfnTable or a CfnGlobalTable"
    )


def _warm_by_key(warm: Mapping[str, Units], location: str) -> dict[str, Units]:
    """Warm throughput by resource key. ``index/table`` is an index with the name "table".

    Raises:
        InputError: a value is not ``Units``.
    """
    by_key = {}
    for name, units in warm.items():
        if not isinstance(units, Units):
            raise InputError(
                f'{location}["{name}"]', f"{units!r} is not Units", "Write Units(read=..., write=...)"
            )
        key = name if name == TABLE or name.startswith("index/") else resource_key(name)
        by_key[key] = units
    return by_key


__all__ = ["AnyTable", "CapacityGuard"]
