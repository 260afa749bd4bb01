"""``capacity-guard plan``: show what the declared changes would do, from the last synthesis and the baselines."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..capacity.errors import InputError, pip_install
from .arguments import file_or_dash, file_path, whole_number
from .exit_codes import FOUND, OK
from .outputs import STANDARD_OUTPUT, Outputs
from .progress import Progress

if TYPE_CHECKING:
    from ..planning.plan import Plan
    from .arguments import Commands

_MOST_PARALLEL = 64


def add(commands: Commands) -> None:
    """Register the command."""
    plan = commands.add_parser(
        "plan",
        help="show what the declared changes would do under recorded traffic",
        description="Show, for every guarded table of the last `cdk synth`, what changes, what throttles when, how long "
        "it takes, what it costs, and the way back. Reads files alone. Exit code 0: nothing is refused, 1: something is "
        "refused, or throttles beyond the budget, 2: bad input. See `capacity-guard docs plan`.",
    )
    plan.add_argument(
        "assembly",
        nargs="?",
        default=Path("cdk.out"),
        type=file_path,
        metavar="CDK.OUT",
        help="the cloud assembly of the synthesis (default cdk.out)",
    )
    plan.add_argument(
        "--json", type=file_or_dash, metavar="FILE", help="write JSON; - prints it and nothing else"
    )
    plan.add_argument(
        "--markdown", type=file_or_dash, metavar="FILE", help="write Markdown; - prints it and nothing else"
    )
    plan.add_argument("--html", type=file_or_dash, metavar="FILE", help="write a page with charts")
    plan.add_argument(
        "--prices", type=file_path, metavar="FILE.json", help="prices in place of the library's table"
    )
    plan.add_argument(
        "--parallel",
        type=whole_number,
        metavar="N",
        help=f"processes for a fleet, 1 to {_MOST_PARALLEL} (default: one a core)",
    )
    plan.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..planning.build import build_plan
    from ..planning.spread import cores
    from ..pricing.prices import load_prices

    if STANDARD_OUTPUT == arguments.json == arguments.markdown:
        raise InputError("--markdown -", "and --json - cannot both be printed", "Name a file for one of them")
    if arguments.html == STANDARD_OUTPUT:
        raise InputError("--html -", "is not a file", "Name the page to write")
    outputs = Outputs(arguments, "json", "markdown", "html")
    parallel = min(cores(), _MOST_PARALLEL) if arguments.parallel is None else arguments.parallel
    if not 1 <= parallel <= _MOST_PARALLEL:
        raise InputError(f"--parallel {parallel}", "is out of range", f"Choose 1 to {_MOST_PARALLEL}")
    prices = {} if arguments.prices is None else load_prices(arguments.prices)
    progress = Progress(sys.stderr)
    try:
        plan = build_plan(
            arguments.assembly,
            given_prices=prices,
            parallel=parallel,
            progress=progress.counted("planned", "tables"),
        )
    finally:
        progress.end()
    contents: dict[str, Iterable[str]] = {}
    if arguments.json is not None:
        contents["json"] = plan.json_lines()
    if arguments.markdown is not None:
        from ..report.plan_markdown import plan_markdown

        contents["markdown"] = [plan_markdown(plan)]
    if arguments.html is not None:
        from ..report.plan_html import plan_html

        contents["html"] = [plan_html(plan)]
    printed = [content for name, content in contents.items() if getattr(arguments, name) == STANDARD_OUTPUT]
    with outputs.written(contents):
        if printed:
            sys.stdout.writelines(printed[0])
        else:
            _print(plan)
        sys.stdout.flush()
    # An error may be on a table without a plan.
    return FOUND if plan.errors or any(table.refused for table in plan.tables) else OK


def _print(plan: Plan) -> None:
    """Print the plan for a person: with rich where it is installed, else in Markdown."""
    try:
        from rich.console import Console
    except ImportError:
        from ..report.plan_markdown import plan_markdown

        print(plan_markdown(plan))
        print(
            f"capacity-guard: this is Markdown; for tables and colors: {pip_install('rich')}",
            file=sys.stderr,
        )
        return
    from ..report.plan_text import print_plan

    class PipedConsole(Console):
        """A console that leaves a closed pipe to ``main``, as every command does; rich would exit with code 1."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    print_plan(plan, PipedConsole(highlight=False))


__all__ = ["add"]
