"""The outputs that commands with findings share: text, workflow commands, Markdown and JSON, and the exit code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from .arguments import file_or_dash
from .exit_codes import FOUND, OK
from .outputs import STANDARD_OUTPUT, Outputs

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
        type=file_or_dash,
        metavar="FILE",
        help="write a summary in Markdown; - prints it (in a workflow: $GITHUB_STEP_SUMMARY)",
    )
    command.add_argument(
        "--json", type=file_or_dash, metavar="FILE", help="write JSON; - prints it and nothing else"
    )


def outputs_of(arguments: argparse.Namespace) -> Outputs:
    """The files to write, before the work.

    Raises:
        InputError: JSON and another text are to be printed both, or a file cannot be written, is an input, or is given twice.
    """
    if arguments.json == STANDARD_OUTPUT and (arguments.github or arguments.markdown == STANDARD_OUTPUT):
        other = "--github" if arguments.github else "--markdown -"
        raise InputError("--json -", f"and {other} cannot both be printed", "Name a file for one of them")
    return Outputs(arguments, "json", "markdown")


def show(findings: Findings, arguments: argparse.Namespace, outputs: Outputs) -> int:
    """Print and write the findings as the options ask.

    Args:
        findings: the findings.
        arguments: the parsed options.
        outputs: the files to write.

    Returns:
        The exit code: 1 if an error is among them.

    Raises:
        InputError: a file cannot be written, or was read; nothing is written then.
    """
    from ..findings import markdown, text, workflow_commands

    as_json = "" if arguments.json is None else findings.to_json()
    as_markdown = "" if arguments.markdown is None else markdown(findings)
    with outputs.written({"json": [as_json], "markdown": [as_markdown]}):
        if arguments.json == STANDARD_OUTPUT:
            print(as_json, end="", flush=True)
        else:
            printed = []
            if arguments.github:
                checkout = os.environ.get("GITHUB_WORKSPACE")
                repository = Path(checkout) if checkout else None
                printed.append(workflow_commands(findings, app=Path.cwd(), repository=repository))
            if arguments.markdown == STANDARD_OUTPUT:
                printed.append(as_markdown)
            print("\n\n".join(printed or [text(findings)]), flush=True)
    return FOUND if findings.errors else OK


__all__ = ["add_outputs", "outputs_of", "show"]
