"""The command line of ``capacity-guard``. Also runs as ``python -m capacity_guard``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..capacity.errors import InputError
from . import findings, plan, recommend, record
from .exit_codes import BAD_INPUT, INTERRUPTED


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: arguments without the program's name; ``None`` takes those of the process.

    Returns:
        The exit code of the command (see ``exit_codes``). For an ``InputError`` it is 2, with one line on standard
        error and nothing written. For unusable arguments argparse ends the process, with code 2 too.
    """
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except InputError as error:
        print(f"capacity-guard: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        goes_on = "; the same command goes on where it was" if arguments.command == "record" else ""
        print(f"capacity-guard: interrupted{goes_on}", file=sys.stderr)
        return INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="capacity-guard", description="Makes a DynamoDB capacity change as safe as a code deployment."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (record, findings, recommend, plan):
        command.add(commands)
    return parser


__all__ = ["main"]
