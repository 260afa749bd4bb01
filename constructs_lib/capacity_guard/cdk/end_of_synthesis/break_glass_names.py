"""The names in the mapping of context ``capacity-guard:break-glass``: there must be one, and each must be a table of the app."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from constructs import IConstruct

from ..app.break_glass_reason import CONTEXT
from ..app.declared_tables import tables_below

if TYPE_CHECKING:
    from ..guards.guard import Guard


def unknown_names(app: IConstruct, guards: Iterable[Guard]) -> tuple[list[str], list[str]]:
    """Names in the mapping of context ``capacity-guard:break-glass`` that are no table of an app.

    Args:
        app: the app.
        guards: its guards.

    Returns:
        The unknown names, and the construct paths that would be known; both empty if every name is known.
    """
    context = app.node.try_get_context(CONTEXT)
    if not isinstance(context, Mapping):
        return [], []
    guards = list(guards)
    known = {name: guard.path for guard in guards for name in guard.break_glass.names}
    if all(str(name) in known for name in context):
        return [], []
    guarded = {guard.resource_path for guard in guards}
    for table in tables_below(app):
        if table.resource.node.path not in guarded:
            path = table.construct.node.path
            known.update({path: path, table.construct.node.id: path})
    unknown = [str(name) for name in context if str(name) not in known]
    return unknown, sorted(set(known.values())) if unknown else []


def names_nothing(app: IConstruct) -> bool:
    """Whether context ``capacity-guard:break-glass`` is a mapping without an entry, so that break-glass is in force for no table.

    An entry or a context with the value ``null`` is not an entry: ``null`` never reaches the app (jsii leaves it out).

    Args:
        app: the app.
    """
    context = app.node.try_get_context(CONTEXT)
    return isinstance(context, Mapping) and not context


__all__ = ["names_nothing", "unknown_names"]
