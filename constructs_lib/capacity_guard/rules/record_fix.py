"""The complete command that records a table, as the fix of a finding: with the table's name and the file that the guard reads."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from ..capacity.errors import InputError
from ..evidence.files import displayed_path
from .fix_code import name_command, record_command
from .model import Case
from .physical_name import PLACEHOLDER

_INCOMPLETE = re.compile(
    r"(?:Record it, with the name of the table for NAME: )?capacity-guard record --table NAME --out (?P<file>.+)$",
    re.MULTILINE,
)
"""As ``Baseline.load`` states it, which does not know the table."""
_NO_FILE_NAME = re.compile(r"[^\w.-]")


def record_text(
    file: str, *, name: str | None, stack: str | None, logical_id: str | None, region: str | None
) -> str:
    """The complete command that records a table.

    Where CloudFormation names the table, the command asks it for the name: AWS CLI, ``cloudformation describe-stack-resource``.

    Args:
        file: the baseline's file to write.
        name: name of the table, ``None`` where CloudFormation names it.
        stack: its stack, ``None`` where that is not known: the name is a placeholder then.
        logical_id: its logical id, ``None`` where that is not known.
        region: its Region, ``None`` where that is not known.
    """
    if name is None and (stack is None or logical_id is None):
        return record_command(PLACEHOLDER, file)
    asked = name or name_command(stack or "", logical_id or "", region)
    return record_command(asked, file) + ("" if region is None else f" --region {shlex.quote(region)}")


def with_command(error: InputError, command: Callable[[str], str]) -> str:
    """The remedy of an error with a complete command in place of the one that has a placeholder for the table's name.

    Args:
        error: the error, for example of a baseline that is missing.
        command: makes the command for the file that the remedy names.
    """
    found = _INCOMPLETE.search(error.remedy)
    if found is None:
        return error.remedy
    return command(shlex.split(found["file"])[0]) + error.remedy[found.end() :]


def record_fix(case: Case, file: str, name: str | None = None) -> str:
    """The command that records the table of a case (``record_text``).

    Args:
        case: the judged case.
        file: the baseline's file to write.
        name: name of the table; by default the one in its code.
    """
    region = case.region
    if region is None and case.dialect == "template" and case.recorded is not None:
        region = case.recorded.table.region  # a check without --region: only the baseline states it
    return record_text(
        file,
        name=name or case.table_name,
        stack=None if case.nested else case.stack,
        logical_id=case.logical_id,
        region=region,
    )


def baseline_file(case: Case) -> str:
    """The baseline's file by its path from the working directory, where it is below that; empty without a file."""
    file = "" if case.recorded is None else case.recorded.file
    return displayed_path(Path(file)) if file else ""


def new_file(table: str, *parts: str | None) -> str:
    """A file for the baseline of a table that has none: ``baselines/Orders.json``.

    Args:
        table: name of the table in the code.
        parts: what sets the file apart from others of the table; ``None`` is left out.
    """
    words = [_NO_FILE_NAME.sub("_", part) for part in (table, *parts) if part]
    return f"baselines/{'-'.join(words)}.json"


__all__ = ["baseline_file", "new_file", "record_fix", "record_text", "with_command"]
