"""The complete command that records a table, as the fix of a finding: with the table's name and the file that the guard reads."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from ..evidence.files import displayed_path
from .fix_code import record_command
from .model import Case
from .physical_name import PLACEHOLDER, declared_name

_NO_FILE_NAME = re.compile(r"[^\w.-]")


def record_fix(case: Case, file: str, name: str | None = None) -> str:
    """The command that records the table of a case.

    Where CloudFormation names the table, the command asks it for the name: AWS CLI, ``cloudformation describe-stack-resource``.

    Args:
        case: the judged case.
        file: the baseline's file to write.
        name: name of the table; by default the one in its code.
    """
    if name is not None or case.table_name is not None:
        return record_command(name or case.table_name or "", file)
    asked = declared_name(case)
    region = "" if case.region is None or asked == PLACEHOLDER else f" --region {shlex.quote(case.region)}"
    return f"{record_command(asked, file)}{region}"


def baseline_file(case: Case) -> str:
    """The baseline's file by its path from the working directory, where it lies below that; empty without a file."""
    file = "" if case.recorded is None else case.recorded.file
    return displayed_path(Path(file)) if file else ""


def new_file(case: Case, *parts: str | None) -> str:
    """A file for the baseline of a table that has none: ``baselines/Orders.json``.

    Args:
        case: the judged case.
        parts: what sets the file apart from others of the table; ``None`` is left out.
    """
    words = [_NO_FILE_NAME.sub("_", part) for part in (case.table, *parts) if part]
    return f"baselines/{'-'.join(words)}.json"


__all__ = ["baseline_file", "new_file", "record_fix"]
