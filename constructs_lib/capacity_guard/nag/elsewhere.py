"""Auto scaling of a guarded table that no gate waits for: resources of any template of the synthesis that name it, or may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cdk.arguments.guard_arguments import recorded_name
from ..cdk.end_of_synthesis.templates import Templates
from ..cloudformation.scaling_elsewhere import table_mark

if TYPE_CHECKING:
    from ..cdk.guards.guard import Guard


def scaled_elsewhere(guard: Guard, templates: Templates) -> tuple[str, ...]:
    """Scaling targets and policies that are not read as a part of a table's capacity, each in words.

    Those of another account or Region are no finding: they scale another table, whatever its name.

    Args:
        guard: the guard of the table, when it has read it.
        templates: the templates of the synthesis.
    """
    if not templates.scaling:
        return ()
    identity = guard.provider.identity
    own = identity.template_file
    names = [table_mark(own, guard.logical_id(guard.resource))]
    if guard.table_name is not None:
        names.append(guard.table_name)
    elif (name := recorded_name(guard.baseline)) is not None:
        names.append(name)
    read = () if guard.reading.declared is None else guard.reading.declared.scaling
    found = []
    for scaling in templates.scaling:
        if scaling.file == own and scaling.logical_id in read:
            continue
        names_it = scaling.names(names)
        if names_it is False:
            continue
        place = templates.environment_of(scaling.file)
        if any(a and b and a != b for a, b in zip(place, (identity.account, identity.region), strict=True)):
            continue
        said = "names it" if names_it else "may name it: the synthesis does not know its resource id"
        found.append(f"{scaling.logical_id} of {scaling.file} {said}")
    return tuple(found)


__all__ = ["scaled_elsewhere"]
