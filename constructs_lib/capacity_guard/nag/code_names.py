"""What the code of an app calls a table, its guard and its auto scaling, for the code that a fix prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from constructs import Construct

from ..capacity.errors import InputError
from ..capacity.settings import Margins, Rollout
from ..cdk.app.declared_tables import DeclaredTable
from ..cdk.app.scaling_constructs import scaling_constructs
from ..cdk.guard_options import OPTION_NAMES, GuardOptions
from ..cloudformation.scaling_names import Key, scaling_names
from ..rules import Case
from ..rules.code_names import CodeNames, ScalingName
from .overrides import overridden

if TYPE_CHECKING:
    from ..cdk.guards.guard import Guard


def names_of_guard(guard: Guard, case: Case, template: Mapping[str, Any]) -> CodeNames:
    """The names of a table with a guard.

    Args:
        guard: the guard.
        case: its case.
        template: the template of its stack.
    """
    options = guard.options
    default = GuardOptions()
    kept = [
        name
        for name in OPTION_NAMES
        if name not in ("rollout", "margins") and getattr(options, name) != getattr(default, name)
    ]
    has_settings = (options.rollout, options.margins) != (Rollout(), Margins())
    table = guard.table.construct
    if table is None:
        names = CodeNames(guard.table.label, None, tuple(kept), has_settings)
    else:
        id = str(guard.scope.node.id)
        names = _names(table, guard.resource, case, template, id, tuple(kept), has_settings)
    if options.watch is not None:
        return names  # the guard overrides the capacity itself, to hold both in the template
    return replace(names, overridden=_overridden(guard.resource, case, template))


def names_of_table(table: DeclaredTable, case: Case, template: Mapping[str, Any]) -> CodeNames:
    """The names of a table without a guard.

    Args:
        table: the table.
        case: its case, as if it had a guard.
        template: the template of its stack.
    """
    names = _names(table.construct, table.resource, case, template)
    return replace(names, overridden=_overridden(table.resource, case, template))


def _overridden(resource: cdk.CfnResource, case: Case, template: Mapping[str, Any]) -> tuple[str, ...]:
    stated = template.get("Resources", {}).get(case.logical_id, {})
    return overridden(resource, stated.get("Properties", {}))


def _names(
    table: Construct,
    resource: cdk.CfnResource,
    case: Case,
    template: Mapping[str, Any],
    guard: str | None = None,
    options: tuple[str, ...] = (),
    has_settings: bool = False,
) -> CodeNames:
    scope = table.node.scope
    assert scope is not None
    taken = frozenset(child.node.id for child in scope.node.children)
    scaling = _scaling(resource, case, template, scope.node.path)
    return CodeNames(str(table.node.id), guard, options, has_settings, taken, scaling)


def _scaling(
    table: cdk.CfnResource, case: Case, template: Mapping[str, Any], scope: str
) -> dict[Key, ScalingName]:
    """The auto scaling beside a table: each resource by the id that its construct has in the scope of the table."""
    if case.logical_id is None:
        return {}
    recorded = case.recorded
    found = scaling_names(
        template,
        case.logical_id,
        location=case.stack or "",
        account=case.account,
        region=case.region,
        recorded=None if recorded is None or recorded.is_new_table else recorded.table.name,
    )
    stack = cdk.Stack.of(table)
    try:
        constructs = scaling_constructs(table, stack, {name for name, _ in found.values()})
    except InputError:
        constructs = []
    paths = {str(stack.resolve(construct.logical_id)): construct.node.path for construct in constructs}
    names = {}
    for key, (logical_id, policy_name) in found.items():
        path = paths.get(logical_id, logical_id)
        parent, _, id = path.rpartition("/")
        names[key] = ScalingName(id if logical_id in paths and parent == scope else None, path, policy_name)
    return names


__all__ = ["names_of_guard", "names_of_table"]
