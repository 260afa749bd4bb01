"""``capacity-guard findings``: show the findings of the last synthesis."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from .arguments import write
from .exit_codes import FOUND, OK

if TYPE_CHECKING:
    from .arguments import Commands


def add(commands: Commands) -> None:
    """Register the command."""
    findings = commands.add_parser(
        "findings",
        help="show what the last synthesis found",
        description="Show what CapacityGuardChecks found at the last `cdk synth`. Exit code 1 if an error is among it. "
        "docs/ci.md has the details.",
    )
    findings.add_argument(
        "assembly",
        nargs="?",
        default=Path("cdk.out"),
        type=Path,
        metavar="CDK.OUT",
        help="the cloud assembly of the synthesis (default cdk.out)",
    )
    findings.add_argument(
        "--github",
        action="store_true",
        help="print workflow commands, which GitHub Actions shows on the lines that made the constructs",
    )
    findings.add_argument(
        "--markdown",
        metavar="FILE",
        help="write a summary in Markdown; - prints it (in a workflow: $GITHUB_STEP_SUMMARY)",
    )
    findings.add_argument("--json", metavar="FILE", help="write JSON; - prints it and nothing else")
    findings.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..findings import Findings, markdown, text, workflow_commands

    if arguments.json == "-" and (arguments.github or arguments.markdown == "-"):
        other = "--github" if arguments.github else "--markdown -"
        raise InputError("--json -", f"and {other} cannot both be printed", "Name a file for one of them")
    findings = Findings.read(arguments.assembly)
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


__all__ = ["add"]
