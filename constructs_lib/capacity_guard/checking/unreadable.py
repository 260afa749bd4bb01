"""The finding that the capacity of a table cannot be read from its template."""

from __future__ import annotations

from ..capacity.errors import InputError
from ..rules import Figure, Finding, Level


def unreadable_finding(
    label: str, error: InputError, break_glass: str | None = None, level: Level = Level.ERROR
) -> Finding:
    """The finding that the capacity of a table cannot be read from its template.

    Args:
        label: the table's name in the code.
        error: the error of reading it.
        break_glass: the reason of a break-glass deployment, ``None`` for any other deployment.
        level: its severity without break-glass.
    """
    return Finding(
        "CG18",
        level if break_glass is None else Level.WARN,
        label,
        None,
        "its capacity cannot be read, so no change of it can be judged",
        (Figure("template", error.location, error.problem),),
        error.remedy,
        None if break_glass is None else f"break-glass: {break_glass}",
    )


__all__ = ["unreadable_finding"]
