"""The command line of ``capacity-guard``. Also runs as ``python -m capacity_guard``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from ..evidence.baseline import LARGEST_TEXT, Baseline
from . import plan, record
from .arguments import parse_time, write

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

OK = 0
FOUND_ERRORS = 1
BAD_INPUT = 2
SOME_FAILED = 3
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: arguments without the program's name; ``None`` takes those of the process.

    Returns:
        0 when done, 1 for findings with an error among them or a recommended change, 3 where some of several files
        could not be used, 2 for bad input or a refused call (one line on the error
        output, nothing written), 130 when interrupted. Unusable arguments end with argparse's own exit, code 2 too.
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
    record.add(commands)
    _findings_parser(commands)
    _recommend_parser(commands)
    plan.add(commands)
    return parser


def _findings_parser(commands: Commands) -> None:
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
    findings.set_defaults(run=_findings)


def _findings(arguments: argparse.Namespace) -> int:
    from ..findings import Findings, markdown, text, workflow_commands

    found = Findings.read(arguments.assembly)
    printed = []
    if arguments.github:
        checkout = os.environ.get("GITHUB_WORKSPACE")
        printed.append(
            workflow_commands(found, app=Path.cwd(), repository=Path(checkout) if checkout else None)
        )
    if arguments.markdown == "-":
        printed.append(markdown(found))
    elif arguments.markdown is not None:
        write("--markdown", arguments.markdown, markdown(found))
    print("\n\n".join(printed or [text(found)]))
    return FOUND_ERRORS if found.errors else OK


def _recommend_parser(commands: Commands) -> None:
    recommend = commands.add_parser(
        "recommend",
        help="the cheapest capacity that carries recorded traffic, or: keep",
        description="Recommend the capacity of tables from their baselines. Reads files alone. Exit code 0: keep all, "
        "1: a change is recommended, 2: bad input, 3: some of several files could not be used. docs/recommend.md.",
    )
    recommend.add_argument(
        "baselines", nargs="+", type=Path, metavar="BASELINE.json", help="files, or folders of them"
    )
    recommend.add_argument(
        "--margin", type=float, default=1.3, metavar="X", help="times the traffic (default 1.3)"
    )
    recommend.add_argument(
        "--threshold",
        type=float,
        default=10.0,
        metavar="N",
        help="least saving a month, in the prices' currency (10)",
    )
    recommend.add_argument(
        "--prices", type=Path, metavar="FILE.json", help="prices in place of the library's table"
    )
    recommend.add_argument("--now", metavar="MOMENT", help="moment of the advice, UTC (default: now)")
    recommend.add_argument("--json", metavar="FILE", help="write JSON; - prints it and nothing else")
    recommend.set_defaults(run=_recommend)


def _recommend(arguments: argparse.Namespace) -> int:
    import json
    import math

    from ..planning.prices import load_prices
    from ..planning.recommend import SCHEMA, VERSION, Asked, recommend
    from ..report.recommendations import recommendation_text

    for option, value, least in (("--margin", arguments.margin, 1), ("--threshold", arguments.threshold, 0)):
        if not least <= value < math.inf:
            raise InputError(option, f"{value:g} is not a number of at least {least}", "Correct it")
    now = datetime.now(UTC) if arguments.now is None else parse_time(arguments.now, "--now")
    given = {} if arguments.prices is None else load_prices(arguments.prices)
    asked = Asked(now, arguments.margin, arguments.threshold, given)
    files = [file for path in arguments.baselines for file in _baselines(path)]
    found, failed = [], []
    for file in files:
        try:
            found.append(recommend(Baseline.load(file), asked))
        except InputError as error:
            if len(files) == 1:
                raise
            failed.append(error)
            print(f"capacity-guard: {error}", file=sys.stderr)
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "at": now.isoformat().replace("+00:00", "Z"),
        "margin": asked.margin,
        "threshold_month": asked.threshold,
        "tables": [one.to_json() for one in found],
        "failed": [str(error) for error in failed],
    }
    if arguments.json is not None and arguments.json != "-":
        write("--json", arguments.json, json.dumps(document, indent=2) + "\n")
    print(
        json.dumps(document, indent=2)
        if arguments.json == "-"
        else "\n\n".join(map(recommendation_text, found))
    )
    if failed:
        return SOME_FAILED if found else BAD_INPUT
    return FOUND_ERRORS if any(one.chosen is not None for one in found) else OK


def _baselines(path: Path) -> list[Path]:
    """The file itself, or the baselines in a folder: other JSON may lie there, but what is no JSON is told.

    What is hidden is left out: a recording that was killed leaves its draft in a hidden folder.
    """
    if not path.is_dir():
        return [path]
    files = [
        file
        for file in sorted(path.rglob("*.json"))
        if not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    found = [file for file in files if _is_baseline(file)]
    if not found:
        raise InputError(
            str(path), "holds no baseline", "Name a folder of files that capacity-guard record wrote"
        )
    return found


def _is_baseline(file: Path) -> bool:
    try:
        with file.open("rb") as content:
            return b"capacity-guard/baseline" in content.read(LARGEST_TEXT)
    except OSError as error:
        raise InputError(str(file), f"cannot be read ({error.strerror})", "Check the path") from None
