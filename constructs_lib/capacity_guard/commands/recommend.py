"""``capacity-guard recommend``: recommend the capacity of tables from their baselines."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from ..capacity.plain_data import time_text
from ..evidence.baseline import Baseline
from ..evidence.files import LARGEST_TEXT, open_regular
from .arguments import parse_time, parse_window, write
from .exit_codes import BAD_INPUT, FOUND, OK, SOME_FAILED

if TYPE_CHECKING:
    from .arguments import Commands


def add(commands: Commands) -> None:
    """Register the command."""
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
    recommend.add_argument(
        "--change-window",
        metavar="HOURS",
        help="hours in which a change may start, like 'Sun 06-10', or 'Sun 06-10 Europe/Berlin' (default: every hour, UTC)",
    )
    recommend.add_argument("--now", metavar="MOMENT", help="moment of the advice, UTC (default: now)")
    recommend.add_argument("--json", metavar="FILE", help="write JSON; - prints it and nothing else")
    recommend.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    import json
    import math

    from ..planning.prices import load_prices
    from ..planning.recommend import SCHEMA, VERSION, Asked, recommend
    from ..report.recommendations import recommendation_text

    for option, value, minimum, maximum in (
        ("--margin", arguments.margin, 1, 1_000),
        ("--threshold", arguments.threshold, 0, 10**15),
    ):
        if not minimum <= value <= maximum:
            problem = (
                f"is not a number of at least {minimum}"
                if not minimum <= value < math.inf
                else f"is more than {maximum:,}"
            )
            raise InputError(option, f"{value:g} {problem}", "Correct it")
    now = datetime.now(UTC) if arguments.now is None else parse_time(arguments.now, "--now")
    prices = {} if arguments.prices is None else load_prices(arguments.prices)
    window = (
        None if arguments.change_window is None else parse_window(arguments.change_window, "--change-window")
    )
    asked = Asked(now, arguments.margin, arguments.threshold, prices, window)
    files = [file for path in arguments.baselines for file in _baseline_files(path)]
    recommendations, errors = [], []
    for file in files:
        try:
            recommendations.append(recommend(Baseline.load(file), asked))
        except InputError as error:
            if len(files) == 1:
                raise
            errors.append(error)
            print(f"capacity-guard: {error}", file=sys.stderr)
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "at": time_text(now),
        "margin": asked.margin,
        "threshold_month": asked.threshold,
        "tables": [recommendation.to_json() for recommendation in recommendations],
        "failed": [str(error) for error in errors],
    }
    if arguments.json is not None and arguments.json != "-":
        write("--json", arguments.json, [json.dumps(document, indent=2), "\n"])
    print(
        json.dumps(document, indent=2)
        if arguments.json == "-"
        else "\n\n".join(map(recommendation_text, recommendations))
    )
    if errors:
        return SOME_FAILED if recommendations else BAD_INPUT
    return FOUND if any(recommendation.chosen is not None for recommendation in recommendations) else OK


def _baseline_files(path: Path) -> list[Path]:
    """The file itself, or the baselines in a folder and below it.

    A folder may hold other JSON files too. Hidden files and folders are left out: a recording that was killed leaves a
    partial baseline in a hidden folder.

    Raises:
        InputError: the folder holds no baseline, or a file in it cannot be read.
    """
    if not path.is_dir():
        return [path]
    files = [
        file
        for file in sorted(path.rglob("*.json"))
        if not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    baselines = [file for file in files if _is_baseline(file)]
    if not baselines:
        raise InputError(
            str(path), "holds no baseline", "Name a folder of files that capacity-guard record wrote"
        )
    return baselines


def _is_baseline(file: Path) -> bool:
    """Whether a file contains the schema name of baselines. It may be invalid JSON, which loading it reports."""
    try:
        with open_regular(file) as content:
            return b"capacity-guard/baseline" in content.read(LARGEST_TEXT)
    except OSError as error:
        raise InputError(str(file), f"cannot be read ({error.strerror})", "Check the path") from None


__all__ = ["add"]
