"""The whole code of a capacity, to paste in place of what the code of the table states."""

from __future__ import annotations

from dataclasses import fields

from ..capacity.capacity import Capacity, OnDemand, Provisioned, ResourceCapacity
from ..capacity.dimension import index_of
from ..capacity.settings import ChangeWindow, Margins, Rollout
from ..capacity.structure import TableKind
from .answer import Language
from .answer_constructs import construct_code, names_of
from .answer_properties import template_json
from .code_layout import call, listed
from .code_names import CodeNames
from .fix_code import text_code, throughput_code, units_code, warm_command
from .model import Case
from .separate_changes import leaving_indexes


def whole_code(
    case: Case,
    capacity: Capacity,
    window: str | None = None,
    baseline: str = "FILE",
    before: Capacity | None = None,
) -> tuple[str, Language]:
    """The code that declares a capacity of the whole table, and its language.

    Args:
        case: the judged case: it names the construct that declares the table.
        capacity: the capacity, with every index.
        window: a change window to declare with it.
        baseline: file of the baseline, for the guard of an adopted table.
        before: the capacity that the code of an adopted table declares until then. Calls that stay the same are left out;
            ``None`` to have all.
    """
    options = None if window is None else options_code(case, window)
    if case.dialect == "template":
        kind = case.resource_kind or TableKind.TABLE
        leaving = leaving_indexes(case, capacity)
        return template_json(case.logical_id or case.table, kind, capacity, _known(case), leaving), "json"
    if case.dialect != "guarded":
        return construct_code(case, capacity, options, baseline, before), "python"
    lines = [f"{call('capacity=' + _constructor(capacity), capacity_arguments(capacity))},"]
    if options is not None:
        lines.append(f"{options},")
    return "\n".join(lines), "python"


def _known(case: Case) -> CodeNames | None:
    return None if case.names is None else names_of(case)


def commands_before(case: Case, capacity: Capacity) -> tuple[str, ...]:
    """Commands that raise warm throughput before a template without a guard is deployed; a gate does it elsewhere.

    Args:
        case: the judged case; its baseline can be read.
        capacity: the capacity of the step.
    """
    transition, baseline = case.transition, case.recorded
    if case.dialect != "template" or transition is None or baseline is None:
        return ()
    raised = baseline.transition_to(capacity, case.resource_kind).warm_raises
    found = []
    for key, part in capacity.resources():
        index = index_of(key)
        if part.warm is not None and any(dimension.index == index for dimension in raised):
            found.append(warm_command(index, part.warm, baseline.table.name))
    return tuple(found)


def _constructor(capacity: Capacity) -> str:
    return "Capacity.on_demand" if capacity.is_on_demand else "Capacity.provisioned"


def capacity_arguments(capacity: Capacity) -> list[str]:
    """The arguments of ``Capacity.on_demand`` or ``Capacity.provisioned``; an index that states nothing is left out."""
    arguments = _arguments(capacity.table)
    entries = [
        f"{text_code(name)}: {code}"
        for name, part in capacity.indexes.items()
        if (code := _index(part)) is not None
    ]
    if entries:
        arguments.append(call("indexes=", entries, "{}"))
    return arguments


def _arguments(part: ResourceCapacity) -> list[str]:
    if isinstance(part, Provisioned):
        given = [f"read={throughput_code(part.read)}", f"write={throughput_code(part.write)}"]
        return given + ([] if part.warm is None else [f"warm={units_code(part.warm)}"])
    by_name = (("warm", part.warm), ("maximum", part.maximum))
    return [f"{name}={units_code(units)}" for name, units in by_name if units is not None]


def _index(part: ResourceCapacity) -> str | None:
    if isinstance(part, Provisioned):
        return call("Provisioned", _arguments(part))
    if part == OnDemand():
        return None
    return call("OnDemand", _arguments(part))


def options_code(case: Case, window: str) -> str:
    """The guard's options with a change window, and with the settings of the rollout and the margins as they are."""
    default = Rollout()
    rollout = [
        f"{field.name}={_setting_code(getattr(case.rollout, field.name))}"
        for field in fields(Rollout)
        if field.name != "change_window" and getattr(case.rollout, field.name) != getattr(default, field.name)
    ]
    rollout.append(f"change_window=ChangeWindow({text_code(window)})")
    margins = [
        f"{field.name}={getattr(case.margins, field.name)!r}"
        for field in fields(Margins)
        if getattr(case.margins, field.name) != getattr(Margins, field.name)
    ]
    arguments = [f"rollout={call('Rollout', rollout)}"]
    if margins:
        arguments.append(f"margins={call('Margins', margins)}")
    if kept := names_of(case).options:
        arguments.append(f"# and {listed(kept)}, as they are")
    return call("options=GuardOptions", arguments)


def _setting_code(value: object) -> str:
    """A setting as it was given: a change window with its time zone, which is resolved to hours in UTC."""
    return f"ChangeWindow({text_code(value.given)})" if isinstance(value, ChangeWindow) else repr(value)


__all__ = ["capacity_arguments", "commands_before", "options_code", "whole_code"]
