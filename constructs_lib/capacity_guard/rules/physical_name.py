"""The name of the live table of a case, as a word of a printed command."""

from __future__ import annotations

from .fix_code import ShellWord, name_command
from .model import Case

PLACEHOLDER = ShellWord("NAME")
"""Placeholder where not even the stack is known, as for a nested one."""


def physical_name(case: Case) -> str:
    """The name of the table: recorded, or given by the code; else the command that asks the stack for it.

    Args:
        case: the judged case.

    Returns:
        A name; a ``ShellWord`` with the command; or the placeholder.
    """
    recorded = case.recorded
    if recorded is not None and not recorded.is_new_table:
        return recorded.table.name
    return declared_name(case)


def declared_name(case: Case) -> str:
    """As ``physical_name``, without the baseline, which may be of another table."""
    if case.table_name is not None:
        return case.table_name
    if case.stack is None or case.logical_id is None or case.nested:
        return PLACEHOLDER
    return name_command(case.stack, case.logical_id, case.region)


__all__ = ["declared_name", "physical_name"]
