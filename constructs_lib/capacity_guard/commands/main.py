"""The command line of ``capacity-guard``. Also runs as ``python -m capacity_guard``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
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
            arguments = _parse(parser, sys.argv[1:] if argv is None else argv)
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


def _with_values(words: Sequence[str], parser: argparse.ArgumentParser) -> list[str]:
    """Words in which each option has its value, also one that begins with a minus: argparse would take it for an option.

    So ``--for -1h`` and ``--reason "-5 % of the traffic"`` reach the check of the value, which says what is wrong with it.

    Args:
        words: the arguments, the name of the command first.
        parser: the parser of all commands.
    """
    commands = next(each for each in parser._actions if isinstance(each, argparse._SubParsersAction)).choices
    command = commands.get(words[0]) if words else None
    if command is None:
        return list(words)
    options = command._option_string_actions
    found: list[str] = []
    for word in words:
        before = options.get(found[-1]) if found else None
        takes_value = before is not None and before.nargs is None
        if takes_value and len(word) > 1 and word.startswith("-") and not _is_option(word, options):
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


def _is_option(word: str, options: Iterable[str]) -> bool:
    """Whether argparse would take a word for one of some options, or its abbreviation."""
    name = word.partition("=")[0]
    if name.startswith("--"):
        return any(option.startswith(name) for option in options)
    return any(not option.startswith("--") and word.startswith(option) for option in options)


def _parse(parser: argparse.ArgumentParser, argv: Sequence[str]) -> argparse.Namespace:
    """Parse arguments. What follows ``--`` of ``deploy`` is for the CDK CLI, and argparse would take it for stacks.

    Raises:
        InputError: an option of the CDK CLI is before ``--``.
    """
    words = list(argv)
    if words[:1] != ["deploy"]:
        return parser.parse_args(_with_values(words, parser))
    at = words.index("--") if "--" in words else len(words)
    arguments, unknown = parser.parse_known_args(words[:at])
    if unknown:
        raise InputError(
            " ".join(unknown), "is not an option of this command", "Write options of the CDK CLI after --"
        )
    arguments.cdk = tuple(words[at + 1 :])
    return arguments


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
