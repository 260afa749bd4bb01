"""What the code of an app calls a table, its guard and its auto scaling, for the code that a fix prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

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
    scaling = _scaling_of(guard.resource, case, template)
    if table is None:
        names = CodeNames(guard.table.label, None, tuple(kept), has_settings)
    else:
        id = str(guard.scope.node.id)
        names = _names(table, scaling, id, tuple(kept), has_settings)
    # The guard overrides the capacity itself, to hold both in the template.
    held = guard.way_back.condition if isinstance(guard.way_back, WayBack) else None
    return replace(names, overridden=_overridden(guard.resource, case, template, scaling, held))


def names_of_table(table: DeclaredTable, case: Case, template: Mapping[str, Any]) -> CodeNames:
    """The names of a table without a guard.

    Args:
        table: the table.
        case: its case, as if it had a guard.
        template: the template of its stack.
    """
    scaling = _scaling_of(table.resource, case, template)
    names = _names(table.construct, scaling)
    return replace(names, overridden=_overridden(table.resource, case, template, scaling))


class _Scaling(NamedTuple):
    """The auto scaling beside a table.

    Attributes:
        names: logical id of each resource, and the name of a policy.
        constructs: its constructs by logical id; none where one of the resources is no construct.
    """

    names: Mapping[Key, tuple[str, str | None]]
    constructs: Mapping[str, cdk.CfnResource]


def _overridden(
    resource: cdk.CfnResource,
    case: Case,
    template: Mapping[str, Any],
    scaling: _Scaling,
    held: str | None = None,
) -> tuple[str, ...]:
    def rendered(logical_id: str | None) -> Any:
        return in_force(template.get("Resources", {}).get(logical_id, {}).get("Properties", {}), held)

    found = overridden(resource, rendered(case.logical_id))
    targets = scaling.constructs.items()
    bounds = [overridden_bounds(target, rendered(logical_id)) for logical_id, target in targets]
    return (*found, *(path for paths in bounds for path in paths))


def _names(
    table: Construct,
    scaling: _Scaling,
    guard: str | None = None,
    options: tuple[str, ...] = (),
    has_settings: bool = False,
) -> CodeNames:
    scope = table.node.scope
    assert scope is not None
    taken = frozenset(child.node.id for child in scope.node.children)
    named = _named_in(scaling, scope.node.path)
    return CodeNames(str(table.node.id), guard, options, has_settings, taken, named)


def _named_in(scaling: _Scaling, scope: str) -> dict[Key, ScalingName]:
    """Each resource of the auto scaling by the id that its construct has in the scope of the table."""
    names = {}
    for key, (logical_id, policy_name) in scaling.names.items():
        construct = scaling.constructs.get(logical_id)
        path = logical_id if construct is None else construct.node.path
        parent, _, id = path.rpartition("/")
        is_beside = construct is not None and parent == scope
        names[key] = ScalingName(id if is_beside else None, path, policy_name)
    return names


def _scaling_of(table: cdk.CfnResource, case: Case, template: Mapping[str, Any]) -> _Scaling:
    if case.logical_id is None:
        return _Scaling({}, {})
    recorded = case.recorded
    names = scaling_names(
        template,
        case.logical_id,
        location=case.stack or "",
        account=case.account,
        region=case.region,
        recorded=None if recorded is None or recorded.is_new_table else recorded.table.name,
    )
    stack = cdk.Stack.of(table)
    try:
        constructs = scaling_constructs(table, stack, {name for name, _ in names.values()})
    except InputError:
        return _Scaling(names, {})
    return _Scaling(names, {str(stack.resolve(each.logical_id)): each for each in constructs})


__all__ = ["names_of_guard", "names_of_table"]
