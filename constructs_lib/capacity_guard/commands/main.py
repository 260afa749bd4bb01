"""The command line of ``capacity-guard``. Also runs as ``python -m capacity_guard``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import NoReturn

from ..capacity.errors import InputError
from ..evidence.files_read import files_read
from . import (
    accept,
    check,
    deploy,
    docs,
    findings,
    pause,
    plan,
    promote,
    recommend,
    record,
    retry,
    rollback,
    rule,
    runbook,
    status,
)
from .exit_codes import BAD_INPUT, INTERRUPTED, PIPE_CLOSED, code_of
from .parsing import CommandParser, parse
from .streams import GuardedStream, discard, guarded_streams, unwritable

_CHANGING = ("record", "deploy", "rollback", "accept", "pause", "retry", "promote")
"""Commands that change something: what they cannot print does not end them halfway."""


_PRINTING = ("print_iam_policy", "dry_run")
"""Their options that only print."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: arguments without the program's name; ``None`` takes those of the process.

    Returns:
        The exit code of the command (see ``exit_codes``). For an ``InputError`` it is 2, with one line on standard
        error and nothing written, for ``Refused`` 1 and for ``NotKnown`` 3. For unusable arguments argparse ends the
        process, with code 2 too.
    """
    try:
        with guarded_streams() as output:
            return _in_a_folder(argv, output)
    except InputError as error:
        print(f"capacity-guard: {error}", file=sys.stderr)
        return code_of(error)


def _in_a_folder(argv: Sequence[str] | None, output: GuardedStream) -> int:
    try:
        return _run(argv, output)
    except FileNotFoundError:
        # Any relative path fails in a folder that was deleted; what needs none works there, a rollback for example.
        if _has_folder():
            raise
        print(
            "capacity-guard: working directory: does not exist any more. Change to a folder that exists",
            file=sys.stderr,
        )
        return BAD_INPUT
    except BrokenPipeError:
        # The reader (``head``, a pager) has what it wanted. The interpreter flushes once more at its end, where no process
        # could catch the error: https://docs.python.org/3/library/signal.html#note-on-sigpipe
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BrokenPipeError:
                discard(stream)
        return PIPE_CLOSED


def _has_folder() -> bool:
    try:
        os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        return False
    return True


def _run(argv: Sequence[str] | None, output: GuardedStream) -> int:
    parser = _parser()
    if "_ARGCOMPLETE" in os.environ:
        _complete(parser)
    command = ""
    try:
        try:
            arguments = parse(parser, sys.argv[1:] if argv is None else argv)
        except SystemExit:
            sys.stdout.flush()  # help, which argparse does not flush
            raise
        command = arguments.command
        changes = command in _CHANGING and not any(getattr(arguments, name, False) for name in _PRINTING)
        output.is_needed = not changes
        with files_read():
            code: int = arguments.run(arguments)
        sys.stdout.flush()
    except InputError as error:
        print(f"capacity-guard: {error}", file=sys.stderr)
        return code_of(error)
    except KeyboardInterrupt:
        goes_on = "; run the same command again to continue" if command in ("record", "rollback") else ""
        print(f"capacity-guard: interrupted{goes_on}", file=sys.stderr)
        return INTERRUPTED
    if output.problem is not None and not isinstance(output.problem, BrokenPipeError):
        # The exit code says what the command has changed.
        print(f"capacity-guard: {unwritable(output.problem)}", file=sys.stderr)
    return code


def _complete(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks for completions and end; the shell sets ``_ARGCOMPLETE`` (extra ``completion``)."""
    try:
        import argcomplete
    except ImportError:
        return
    argcomplete.autocomplete(parser)


class _Version(argparse.Action):
    """``--version``: metadata of the installation are read only where they are asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        print(f"capacity-guard {metadata.version('capacity-guard')}", flush=True)
        parser.exit()


def _parser() -> CommandParser:
    parser = CommandParser(
        prog="capacity-guard", description="Makes a DynamoDB capacity change as safe as a code deployment."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listed = (
        record,
        findings,
        check,
        recommend,
        plan,
        rule,
        runbook,
        deploy,
        docs,
        status,
        rollback,
        accept,
        pause,
        retry,
        promote,
    )
    for command in listed:
        command.add(commands)
    return parser


__all__ = ["main"]
