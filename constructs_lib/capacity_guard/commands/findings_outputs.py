"""The outputs that commands with findings share: text, workflow commands, Markdown and JSON, and the exit code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from .arguments import write
from .exit_codes import FOUND, OK

if TYPE_CHECKING:
    import argparse

    from ..findings import Findings


def add_outputs(command: argparse.ArgumentParser, lines: str) -> None:
    """Register the options.

    Args:
        command: the command.
        lines: the lines on which GitHub shows the findings, in words.
    """
    command.add_argument(
        "--github",
        action="store_true",
        help=f"print workflow commands, which GitHub Actions shows on {lines}",
    )
    command.add_argument(
        "--markdown",
        metavar="FILE",
        help="write a summary in Markdown; - prints it (in a workflow: $GITHUB_STEP_SUMMARY)",
    )
    command.add_argument("--json", metavar="FILE", help="write JSON; - prints it and nothing else")


def refuse_two_texts(arguments: argparse.Namespace) -> None:
    """Refuse to print JSON and another text.

    Raises:
        InputError: both are asked for.
    """
    if arguments.json == "-" and (arguments.github or arguments.markdown == "-"):
        other = "--github" if arguments.github else "--markdown -"
        raise InputError("--json -", f"and {other} cannot both be printed", "Name a file for one of them")


def show(findings: Findings, arguments: argparse.Namespace) -> int:
    """Print and write the findings as the options ask.

    Returns:
        The exit code: 1 if an error is among them.

    Raises:
        InputError: a file cannot be written.
    """
    from ..findings import markdown, text, workflow_commands

    if arguments.json == "-":
        print(findings.to_json(), end="")
    elif arguments.json is not None:
        write("--json", arguments.json, [findings.to_json()])
    printed = []
    if arguments.github:
        checkout = os.environ.get("GITHUB_WORKSPACE")
        printed.append(
            workflow_commands(findings, app=Path.cwd(), repository=Path(checkout) if checkout else None)
        )
    if arguments.markdown == "-":
        printed.append(markdown(findings))
    elif arguments.markdown is not None:
        write("--markdown", arguments.markdown, [markdown(findings)])
    if arguments.json != "-":
        print("\n\n".join(printed or [text(findings)]))
    return FOUND if findings.errors else OK


__all__ = ["add_outputs", "refuse_two_texts", "show"]
