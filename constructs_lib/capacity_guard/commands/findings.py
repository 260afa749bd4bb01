"""``capacity-guard findings``: show the findings of the last synthesis."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

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
        "docs/ci.md tells all.",
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
    findings.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..findings import Findings, markdown, text, workflow_commands

    findings = Findings.read(arguments.assembly)
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
    print("\n\n".join(printed or [text(findings)]))
    return FOUND if findings.errors else OK


__all__ = ["add"]
