"""``capacity-guard retry``: raises the attempt in a baseline file, so that a change that is held may be tried again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from ..evidence.baseline import MOST_ATTEMPTS, Baseline
from ..evidence.files import LARGEST_TEXT, read_limited, write_whole
from .arguments import file_path
from .exit_codes import OK

if TYPE_CHECKING:
    import argparse

    from .arguments import Commands


def add(commands: Commands) -> None:
    """Register the command."""
    retry = commands.add_parser(
        "retry",
        help="let a change that is held be tried again",
        description="Raises `attempt` in a baseline file by one. The same change then has another fingerprint and gates of its "
        "own. Commit the file, with the reason, and deploy. Makes no call to AWS.",
    )
    retry.add_argument("baseline", type=file_path, metavar="BASELINE.json", help="the baseline of the table")
    retry.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    path: Path = arguments.baseline
    before = Baseline.load(path, traffic=False)
    if before.is_new_table:
        raise InputError(str(path), "is of a table that does not exist yet", "Deploy the table first")
    if before.attempt >= MOST_ATTEMPTS:
        raise InputError(
            f"{path}: attempt", f"is {before.attempt} already", "Record the table anew, into a new file"
        )
    data = json.loads(read_limited(path, LARGEST_TEXT))
    data["attempt"] = before.attempt + 1
    text = json.dumps(data, indent=2) + "\n"
    try:
        write_whole(path, text)
    except OSError as error:
        raise InputError(
            str(path), f"cannot be written ({error.strerror})", "Check its permissions"
        ) from None
    print(f"{path}: {before.table.name}, attempt {before.attempt} -> {before.attempt + 1}")
    print("commit it with the reason, then deploy: the change is judged anew and gets gates of its own")
    return OK


__all__ = ["add"]
