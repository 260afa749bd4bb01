"""The whole code of a capacity, to paste in place of what the code of the table states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from ..capacity.capacity import Capacity, OnDemand, Provisioned, ResourceCapacity
from ..capacity.dimension import index_of
from ..capacity.settings import Margins, Rollout
from .answer import Language
from .fix_code import code_in, text_code, throughput_code, units_code
from .model import Case

_LONGEST = 88
"""Letters of a line of code, without the indentation of the block that it is pasted into."""


def whole_code(case: Case, capacity: Capacity, window: str | None = None) -> tuple[str, Language]:
    """The code that declares a capacity of the whole table, and its language.

    Args:
        case: the judged case: it names the construct that declares the table.
        capacity: the capacity, with every index.
        window: a change window to declare with it.
    """
    if case.dialect != "guarded":
        lines = [code_in(case.dialect, index_of(key), part) for key, part in capacity.resources()]
        lines += [] if window is None else [options_code(case, window)]
        return "\n".join(line for text in lines if text for line in text.split("; ")), "text"
    lines = [f"{call('capacity=' + _constructor(capacity), capacity_arguments(capacity))},"]
    if window is not None:
        lines.append(f"{options_code(case, window)},")
    return "\n".join(lines), "python"


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
        arguments.append(_braced("indexes={", entries, "}"))
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
    if part.warm is not None and part.maximum is None:
        return units_code(part.warm)
    return call("OnDemand", _arguments(part))


def call(name: str, arguments: Sequence[str]) -> str:
    """A call, on one line where it is short, else with an argument on each line."""
    return _braced(f"{name}(", arguments, ")")


def _braced(start: str, parts: Sequence[str], end: str) -> str:
    line = f"{start}{', '.join(parts)}{end}"
    if len(line) <= _LONGEST and "\n" not in line:
        return line
    inner = "".join(f"    {row}\n" for part in parts for row in f"{part},".split("\n"))
    return f"{start}\n{inner}{end}"


def options_code(case: Case, window: str) -> str:
    """The guard's options with a change window, and with the settings of the rollout and the margins as they are."""
    default = Rollout()
    rollout = [
        f"{field.name}={getattr(case.rollout, field.name)!r}"
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
    return call("options=GuardOptions", arguments)


__all__ = ["call", "capacity_arguments", "options_code", "whole_code"]
