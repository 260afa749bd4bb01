"""``capacity-guard recommend``: recommend the capacity of tables from their baselines."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from ..capacity.plain_data import time_text
from ..evidence.baseline import Baseline
from ..evidence.baseline_index import baselines_in
from .arguments import decimal_number, file_or_dash, file_path, parse_time, parse_window, whole_number
from .exit_codes import BAD_INPUT, FOUND, OK, SOME_FAILED
from .outputs import STANDARD_OUTPUT, Outputs
from .progress import Progress

if TYPE_CHECKING:
    from ..planning.judging import Asked
    from .arguments import Commands

_MOST_PARALLEL = 64
FORMS = ("guarded-table", "table-v2", "table", "cfn-table", "cfn-global-table", "template")
"""The keys of ``planning.forms.FORMS``, which is loaded when a recommendation is made."""


def add(commands: Commands) -> None:
    """Register the command."""
    recommend = commands.add_parser(
        "recommend",
        help="the cheapest capacity that carries recorded traffic, or: keep",
        description="Recommend the capacity of tables from their baselines. Reads files alone. Exit code 0: keep all, "
        "1: a change is recommended, 2: bad input, 3: some of several files could not be used. "
        "See `capacity-guard docs recommend`.",
    )
    recommend.add_argument(
        "baselines", nargs="+", type=file_path, metavar="BASELINE.json", help="files, or folders of them"
    )
    recommend.add_argument(
        "--margin", type=decimal_number, default=1.3, metavar="X", help="times the traffic (default 1.3)"
    )
    recommend.add_argument(
        "--threshold",
        type=decimal_number,
        default=10.0,
        metavar="N",
        help="least saving a month, in the prices' currency (10)",
    )
    recommend.add_argument(
        "--prices", type=file_path, metavar="FILE.json", help="prices in place of the library's table"
    )
    recommend.add_argument(
        "--change-window",
        metavar="HOURS",
        help="hours in which a change may start, like 'Tue 08-12', or 'Tue 08-12 Europe/Berlin' (default: every hour, UTC)",
    )
    recommend.add_argument(
        "--staffed-hours",
        metavar="HOURS",
        help="hours with people at work, which findings propose first (default: 'Mon-Thu 08-17', UTC)",
    )
    recommend.add_argument(
        "--form",
        choices=FORMS,
        default="",
        help="what declares the table, for the printed code (default: what the baseline states, else guarded-table)",
    )
    recommend.add_argument("--now", metavar="MOMENT", help="moment of the advice, UTC (default: now)")
    recommend.add_argument(
        "--parallel",
        type=whole_number,
        metavar="N",
        help=f"processes for a fleet, 1 to {_MOST_PARALLEL} (default: one a core)",
    )
    recommend.add_argument(
        "--json", type=file_or_dash, metavar="FILE", help="write JSON; - prints it and nothing else"
    )
    recommend.set_defaults(run=_run)


@dataclass(frozen=True)
class _Advice:
    """What is kept of a recommendation: a recording of two weeks has a thousand times its size."""

    text: str
    document: str
    changes: bool


def _advice(file: Path, asked: Asked, with_file: bool) -> _Advice | InputError:
    """The advice for the table of one baseline, or why there is none.

    Args:
        file: the baseline.
        asked: judgment time, margin, threshold, prices and change window.
        with_file: whether the text names the file: two files may be of one table, or of tables with one name.
    """
    import json

    from ..planning.recommend import recommend
    from ..report.recommendations import recommendation_text

    try:
        found = recommend(Baseline.load(file), asked)
    except InputError as error:
        return error
    return _Advice(
        recommendation_text(found, with_file=with_file),
        json.dumps(found.to_json(), indent=2),
        found.chosen is not None,
    )


def _run(arguments: argparse.Namespace) -> int:
    from ..planning.spread import cores, spread

    outputs = Outputs(arguments, "json")
    asked = _asked(arguments)
    files = [file for path in arguments.baselines for file in _baseline_files(path)]
    parallel = min(cores(), _MOST_PARALLEL) if arguments.parallel is None else arguments.parallel
    if not 1 <= parallel <= _MOST_PARALLEL:
        raise InputError(f"--parallel {parallel}", "is out of range", f"Choose 1 to {_MOST_PARALLEL}")
    task = partial(_advice, asked=asked, with_file=len(files) > 1)
    documents: list[str] = []
    errors: list[InputError] = []
    changes = False
    reader_ended: BrokenPipeError | None = None
    progress = Progress(sys.stderr)
    for found in spread(task, files, parallel, progress.counted("read", "baselines")):
        progress.end()  # what follows prints lines of its own
        if isinstance(found, InputError):
            if len(files) == 1:
                raise found
            errors.append(found)
            print(f"capacity-guard: {found}", file=sys.stderr)
            continue
        if arguments.json != STANDARD_OUTPUT and reader_ended is None:
            try:
                print(("\n" if documents else "") + found.text)
            except BrokenPipeError as error:
                if arguments.json is None:
                    raise
                reader_ended = error  # the file is written all the same
        documents.append(found.document)
        changes = changes or found.changes
    document = _document(asked, documents, errors)
    if errors and not documents:
        # With this exit code nothing is written.
        sys.stdout.writelines(document if arguments.json == STANDARD_OUTPUT else ())
        return BAD_INPUT
    with outputs.written({"json": document}):
        if reader_ended is not None:
            raise reader_ended
        if arguments.json == STANDARD_OUTPUT:
            sys.stdout.writelines(document)
        sys.stdout.flush()
    if errors:
        return SOME_FAILED
    return FOUND if changes else OK


def _asked(arguments: argparse.Namespace) -> Asked:
    """The conditions on the command line."""
    import math

    from ..capacity.settings import STAFFED_HOURS
    from ..planning.judging import Asked
    from ..pricing.prices import load_prices

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
    staffed = (
        STAFFED_HOURS
        if arguments.staffed_hours is None
        else parse_window(arguments.staffed_hours, "--staffed-hours")
    )
    return Asked(now, arguments.margin, arguments.threshold, prices, window, staffed, arguments.form)


def _document(asked: Asked, documents: Sequence[str], errors: Sequence[InputError]) -> Iterator[str]:
    """The JSON document in parts, one for each table."""
    import json

    from ..planning.recommend import SCHEMA, VERSION

    head = {
        "schema": SCHEMA,
        "version": VERSION,
        "at": time_text(asked.now),
        "margin": asked.margin,
        "threshold_month": asked.threshold,
    }
    yield json.dumps(head, indent=2).removesuffix("\n}") + ',\n  "tables": ['
    for number, document in enumerate(documents):
        yield ("," if number else "") + "\n" + indent(document, "    ")
    failed = json.dumps({"failed": [str(error) for error in errors]}, indent=2)
    yield ("\n  " if documents else "") + "]," + failed.removeprefix("{") + "\n"


def _baseline_files(path: Path) -> list[Path]:
    """The file itself, or the baselines in a folder and below it, with the damaged ones, which loading them reports.

    Raises:
        InputError: the folder holds no baseline.
    """
    if not path.is_dir():
        return [path]
    baselines = [baseline.file for baseline in baselines_in(path)]
    if not baselines:
        raise InputError(
            str(path),
            "holds no baseline, nor does a folder below it",
            "Name a folder of files that capacity-guard record wrote",
        )
    return baselines


__all__ = ["FORMS", "add"]
