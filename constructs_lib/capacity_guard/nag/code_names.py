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
from ..cdk.watching.way_back import WayBack
from ..cloudformation.scaling_names import Key, scaling_names
from ..rules import Case
from ..rules.code_names import CodeNames, ScalingName
from .overrides import in_force, overridden, overridden_bounds

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
    # The guard overrides the capacity itself, to hold both in the template.
    held = guard.way_back.condition if isinstance(guard.way_back, WayBack) else None
    return replace(names, overridden=_overridden(guard.resource, case, template, held))


def names_of_table(table: DeclaredTable, case: Case, template: Mapping[str, Any]) -> CodeNames:
    """The names of a table without a guard.

    Args:
        table: the table.
        case: its case, as if it had a guard.
        template: the template of its stack.
    """
    names = _names(table.construct, table.resource, case, template)
    return replace(names, overridden=_overridden(table.resource, case, template))


def _overridden(
    resource: cdk.CfnResource, case: Case, template: Mapping[str, Any], held: str | None = None
) -> tuple[str, ...]:
    def rendered(logical_id: str | None) -> Any:
        return in_force(template.get("Resources", {}).get(logical_id, {}).get("Properties", {}), held)

    found = overridden(resource, rendered(case.logical_id))
    targets = _scaling_constructs(resource, _scaling_names(case, template)).items()
    bounds = [overridden_bounds(target, rendered(logical_id)) for logical_id, target in targets]
    return (*found, *(path for paths in bounds for path in paths))


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
    found = _scaling_names(case, template)
    constructs = _scaling_constructs(table, found)
    names = {}
    for key, (logical_id, policy_name) in found.items():
        path = constructs[logical_id].node.path if logical_id in constructs else logical_id
        parent, _, id = path.rpartition("/")
        names[key] = ScalingName(
            id if logical_id in constructs and parent == scope else None, path, policy_name
        )
    return names


def _scaling_names(case: Case, template: Mapping[str, Any]) -> dict[Key, tuple[str, str | None]]:
    if case.logical_id is None:
        return {}
    recorded = case.recorded
    return scaling_names(
        template,
        case.logical_id,
        location=case.stack or "",
        account=case.account,
        region=case.region,
        recorded=None if recorded is None or recorded.is_new_table else recorded.table.name,
    )


def _scaling_constructs(
    table: cdk.CfnResource, found: Mapping[Key, tuple[str, str | None]]
) -> dict[str, cdk.CfnResource]:
    """The constructs of the auto scaling of a table by logical id; none where one of them is no construct."""
    stack = cdk.Stack.of(table)
    try:
        constructs = scaling_constructs(table, stack, {name for name, _ in found.values()})
    except InputError:
        return {}
    return {str(stack.resolve(construct.logical_id)): construct for construct in constructs}


__all__ = ["names_of_guard", "names_of_table"]
