"""``capacity-guard rollback``: takes a table's change of capacity back, after its deployment has ended."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from ..capacity.safe_text import safe_line
from . import person
from .arguments import whole_number
from .exit_codes import BAD_INPUT, FOUND, OK, UNKNOWN

if TYPE_CHECKING:
    import argparse

    from ..rollback.calls import RollbackAws
    from ..rollback.way_back import WayBack
    from .arguments import Commands

_MOST_MINUTES = 240


def add(commands: Commands) -> None:
    """Register the command."""
    rollback = commands.add_parser(
        "rollback",
        help="take a change of capacity back, after its deployment",
        description="Takes the change of a table's capacity back: CloudFormation restores the capacity of before, table and "
        "indexes, with the stack's own template. Needs GuardOptions(watch=Watch()). Repeat it if it was interrupted.",
    )
    rollback.add_argument("table", metavar="TABLE", help="name of the table in AWS")
    rollback.add_argument("--reason", required=True, metavar="TEXT", help="why; it is kept with the hold")
    rollback.add_argument("--yes", action="store_true", help="do not ask")
    rollback.add_argument(
        "--wait", type=whole_number, default=60, metavar="MINUTES", help="longest time, minutes (default: 60)"
    )
    rollback.add_argument("--region", metavar="R", help="AWS Region (default: of profile or environment)")
    rollback.add_argument("--endpoint-url", metavar="URL", help="another endpoint, for example an emulator")
    rollback.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if not arguments.reason.strip():
        raise InputError("--reason", "is empty", "Say why; others will read it")
    if not 1 <= arguments.wait <= _MOST_MINUTES:
        raise InputError(
            "--wait", f"{arguments.wait} is not between 1 and {_MOST_MINUTES}", "Give minutes in between"
        )
    from ..handlers.aws_error import AwsError
    from ..rollback.calls import RollbackAws
    from ..rollback.roll_back import Result, Rollback

    url = arguments.endpoint_url
    if url is not None and not url.startswith(("http://", "https://")):
        raise InputError(f"--endpoint-url {url}", "is not an address", "Write it like http://localhost:8000")
    try:
        aws = RollbackAws.connect(arguments.region, url)
        rollback = Rollback(aws, arguments.table, wait=timedelta(minutes=arguments.wait), report=_report)
        way_back = rollback.find()
        _announce(way_back)
        if not arguments.yes and not _agreed():
            print("nothing was changed")
            return FOUND
        outcome = rollback.run(
            way_back,
            f"{person.name()}: {arguments.reason}",
            on_held=lambda: _note(aws, arguments.table, arguments.reason),
        )
    except AwsError as error:
        print(f"capacity-guard: {safe_line(str(error))}", file=sys.stderr)
        return BAD_INPUT
    print(safe_line(outcome.text))
    return UNKNOWN if outcome.result is Result.FAILED else OK


def _note(aws: RollbackAws, table: str, reason: str) -> None:
    """Write the rollback into the journal of the change, which no rollback needs."""
    from ..handlers import clock
    from ..handlers.aws_error import AwsError
    from ..rollback.people import Decision, decide, find_watched_table
    from ..watch.states import Event

    try:
        decision = Decision(Event.ROLLED_BACK, person.name(), reason, clock.now())
        decide(aws, find_watched_table(aws, table), decision)
    except (AwsError, InputError) as error:
        _report(f"the journal does not have it: {error}")


def _announce(way_back: WayBack) -> None:
    """Say what is about to be done."""
    from ..planning.dimensions import capacity_text

    print(f"{way_back.table}, stack {way_back.stack_name}: change {way_back.fingerprint} is taken back")
    for dimension in way_back.declared.dimensions():
        now, then = (
            capacity_text(each, dimension, None, ()) for each in (way_back.declared, way_back.deployed)
        )
        if now != then:
            print(f"  {dimension.label}: {now} -> {then}")
    print(f"  CloudFormation updates the stack with its own template, under {way_back.role}")
    print("  An operation that runs is waited for first; the deployment that made this change is cancelled")


def _agreed() -> bool:
    if not person.is_there():
        raise InputError("--yes", "is missing, and there is nobody to ask", "Give --yes")
    return person.agrees("Take it back?")


def _report(line: str) -> None:
    print(safe_line(line), flush=True)


__all__ = ["add"]
