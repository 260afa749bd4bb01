"""``capacity-guard findings``: show the findings of the last synthesis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import file_path
from .findings_outputs import add_outputs, outputs_of, show

if TYPE_CHECKING:
    import argparse

    from .arguments import Commands


def add(commands: Commands) -> None:
    """Register the command."""
    findings = commands.add_parser(
        "findings",
        help="show what the last synthesis found",
        description="Show what CapacityGuardChecks found at the last `cdk synth`. Exit code 1 if an error is among it. "
        "See `capacity-guard docs ci`.",
    )
    findings.add_argument(
        "assembly",
        nargs="?",
        default=Path("cdk.out"),
        type=file_path,
        metavar="CDK.OUT",
        help="the cloud assembly of the synthesis (default cdk.out)",
    )
    add_outputs(findings, "the lines that made the constructs")
    findings.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..findings import Findings

    outputs = outputs_of(arguments)
    return show(Findings.read(arguments.assembly), arguments, outputs)


__all__ = ["add"]
