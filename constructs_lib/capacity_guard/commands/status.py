"""``capacity-guard status``: where a table's change of capacity is, or those of a fleet of cells."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..capacity.errors import InputError
from ..capacity.safe_text import safe_json, safe_line
from .arguments import file_path
from .exit_codes import BAD_INPUT, FOUND, OK, UNKNOWN
from .progress import Progress
from .status_lines import document_of, fleet_document, fleet_lines, fleet_news, lines_of, news_of

if TYPE_CHECKING:
    import argparse

    from .arguments import Commands

_LOOK_SECONDS = 30
"""Seconds between two looks of ``--watch``: metrics change once a minute."""
_CLEAR = "\x1b[H\x1b[2J"
_DEFAULT_ASSEMBLY = Path("cdk.out")


def add(commands: Commands) -> None:
    """Register the command."""
    status = commands.add_parser(
        "status",
        help="show where a change of capacity is, after its deployment",
        description="Shows whether a table's change of capacity has carried its recorded load since the deployment, what "
        "vetoes it, and whether it is held. Without TABLE: every table of the stacks of a cloud assembly, in their accounts and "
        "Regions, on one screen. Reads AWS, and changes nothing but a journal that is lost or damaged. Exit code 1: something "
        "vetoes a change, or one is unproven; 3: the metrics of the last minutes are missing, or a stack cannot be read.",
    )
    status.add_argument("table", nargs="?", metavar="TABLE", help="name of the table in AWS")
    status.add_argument(
        "--assembly",
        type=file_path,
        metavar="CDK.OUT",
        help="the cloud assembly of the fleet (default: cdk.out)",
    )
    status.add_argument(
        "--stack",
        action="append",
        default=[],
        metavar="STACK",
        help="of the fleet: only these stacks, with *, ** and ?",
    )
    status.add_argument(
        "--watch", action="store_true", help="look again each half minute until all is settled, or Ctrl-C"
    )
    status.add_argument(
        "--later-wave", action="store_true", help="another cell has settled before: 2 hours are enough"
    )
    status.add_argument("--json", action="store_true", help="as JSON; with --watch, a line for each change")
    status.add_argument("--profile", metavar="NAME", help="profile of the credentials, of the fleet")
    status.add_argument(
        "--region", metavar="R", help="AWS Region of TABLE (default: of profile or environment)"
    )
    status.add_argument("--endpoint-url", metavar="URL", help="another endpoint, for example an emulator")
    status.set_defaults(run=_run)


@dataclass(frozen=True)
class _Screen:
    """What a look has seen.

    Attributes:
        lines: everything, for a terminal.
        news: the lines that do not change from minute to minute, for a log.
        document: the same as plain data.
        code: the exit code.
        is_ended: whether nothing more happens by itself.
    """

    lines: tuple[str, ...]
    news: tuple[str, ...]
    document: dict[str, Any]
    code: int
    is_ended: bool


def _run(arguments: argparse.Namespace) -> int:
    from ..handlers.aws_error import AwsError

    url = arguments.endpoint_url
    if url is not None and not url.startswith(("http://", "https://")):
        raise InputError(f"--endpoint-url {url}", "is not an address", "Write it like http://localhost:8000")
    fleet_options = {
        "--assembly": arguments.assembly,
        "--stack": arguments.stack,
        "--profile": arguments.profile,
    }
    if arguments.table is not None:
        for option, given in fleet_options.items():
            if given:
                raise InputError(option, "is of a fleet, and TABLE names one table", "Give one of them")
        look = _look_at_table(arguments)
    else:
        if arguments.region is not None:
            raise InputError(
                "--region", "is of TABLE; stacks have their Region in the assembly", "Leave it out"
            )
        look = _look_at_fleet(arguments)
    try:
        screen = look()
    except AwsError as error:
        print(f"capacity-guard: {safe_line(str(error))}", file=sys.stderr)
        return BAD_INPUT
    if arguments.watch:
        return _watch(screen, look, as_json=arguments.json)
    if arguments.json:
        print(safe_json(json.dumps(screen.document, indent=2)), flush=True)
    else:
        _print(screen.lines)
    return screen.code


def _look_at_table(arguments: argparse.Namespace) -> Callable[[], _Screen]:
    from ..deployment.cells import BAD, ENDED, is_blind, state_of
    from ..handlers import clock
    from ..rollback.calls import RollbackAws
    from ..rollback.status import read_status

    aws = RollbackAws.connect(arguments.region, arguments.endpoint_url)

    def look() -> _Screen:
        status = read_status(aws, arguments.table, clock.now(), is_later_wave=arguments.later_wave)
        state = state_of(status)
        code = FOUND if state in BAD else UNKNOWN if is_blind(status) else OK
        is_ended = state in ENDED and (state != "held" or status.way_back.is_applied)
        return _Screen(tuple(lines_of(status)), tuple(news_of(status)), document_of(status), code, is_ended)

    return look


def _look_at_fleet(arguments: argparse.Namespace) -> Callable[[], _Screen]:
    from ..deployment.assembly import choose, read_assembly
    from ..deployment.cells import BAD, ENDED, is_blind, read_cells
    from ..deployment.cells import UNKNOWN as NOT_KNOWN
    from ..deployment.stack_calls import Connections
    from ..handlers import clock

    stacks = choose(
        read_assembly(arguments.assembly or _DEFAULT_ASSEMBLY),
        arguments.stack,
        everything=not arguments.stack,
        alone=True,
    )
    connections = Connections(arguments.profile, arguments.endpoint_url)

    def look() -> _Screen:
        progress = Progress(sys.stderr)
        try:
            cells = list(
                read_cells(
                    stacks,
                    connections.of,
                    clock.now(),
                    is_later_wave=arguments.later_wave,
                    progress=progress.counted("read", "stacks"),
                )
            )
        finally:
            progress.end()
        unknown = any(cell.state == NOT_KNOWN or is_blind(cell.status) for cell in cells)
        code = FOUND if any(cell.state in BAD for cell in cells) else UNKNOWN if unknown else OK
        is_ended = all(
            cell.state in ENDED
            and (cell.state != "held" or cell.status is None or cell.status.way_back.is_applied)
            for cell in cells
        )
        return _Screen(
            tuple(fleet_lines(cells)), tuple(fleet_news(cells)), fleet_document(cells), code, is_ended
        )

    return look


def _watch(screen: _Screen, look: Callable[[], _Screen], *, as_json: bool) -> int:
    """Look again and again: draw the screen anew on a terminal, elsewhere print what is new."""
    from ..handlers import clock
    from ..handlers.aws_error import AwsError

    shown: tuple[str, ...] = ()
    problem: str | None = None
    while True:
        if as_json:
            if not set(screen.news) <= set(shown):
                print(safe_json(json.dumps(screen.document)), flush=True)
        elif sys.stdout.isatty():
            sys.stdout.write(_CLEAR)
            _print([*screen.lines, f"{clock.now():%H:%M:%S} UTC; Ctrl-C ends this, and changes nothing"])
        else:
            _print([line for line in (screen.lines if not shown else screen.news) if line not in shown])
        shown = screen.news
        if screen.is_ended:
            return screen.code
        clock.sleep(_LOOK_SECONDS)
        try:
            screen = look()
            problem = None
        except (AwsError, InputError) as error:
            # What fails now may work in the next look; it is said once.
            if str(error) != problem:
                problem = str(error)
                print(f"capacity-guard: {safe_line(problem)}", file=sys.stderr, flush=True)


def _print(lines: list[str] | tuple[str, ...]) -> None:
    for line in lines:
        print("\n".join(map(safe_line, line.splitlines())))
    sys.stdout.flush()


__all__ = ["add"]
