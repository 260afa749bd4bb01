"""``capacity-guard accept``: a person accepts a watched change, so its watch ends without a rollback."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from ..capacity.safe_text import safe_line
from . import person
from .exit_codes import BAD_INPUT, OK

if TYPE_CHECKING:
    import argparse

    from ..watch.journal import Journal
    from ..watch.states import Event
    from .arguments import Commands


def add(commands: Commands) -> None:
    """Register the command."""
    accept = commands.add_parser(
        "accept",
        help="accept a change that is watched",
        description="Ends the watch of a table's change: it is kept, whatever load it has carried. Who, when and why are in "
        "its journal. Then record the table: capacity-guard record --accepted REASON.",
    )
    add_arguments(accept, "why; it is kept in the journal")
    accept.set_defaults(run=_run)


def add_arguments(parser: argparse.ArgumentParser, reason: str) -> None:
    """Add the arguments of a decision.

    Args:
        parser: the parser of the command.
        reason: the help of ``--reason``.
    """
    parser.add_argument("table", metavar="TABLE", help="name of the table in AWS")
    parser.add_argument("--reason", required=True, metavar="TEXT", help=reason)
    parser.add_argument("--region", metavar="R", help="AWS Region (default: of profile or environment)")
    parser.add_argument("--endpoint-url", metavar="URL", help="another endpoint, for example an emulator")


def _run(arguments: argparse.Namespace) -> int:
    from ..watch.states import Event

    journal = write_decision(arguments, Event.ACCEPTED, None)
    if journal is None:
        return BAD_INPUT
    print(f"{arguments.table}: change {journal.fingerprint} is accepted; its watch is over")
    print("record it: capacity-guard record --accepted REASON, commit the baseline and deploy")
    return OK


def write_decision(arguments: argparse.Namespace, event: Event, pause: timedelta | None) -> Journal | None:
    """Write what a person decided into the journal of a table's change.

    Args:
        arguments: the arguments of ``add_arguments``.
        event: what happens.
        pause: how long a pause lasts; ``None`` for anything else.

    Returns:
        The journal; ``None`` if a call failed, which was printed.

    Raises:
        InputError: the decision is not possible, or an argument is wrong.
    """
    if not arguments.reason.strip():
        raise InputError("--reason", "is empty", "Say why; others will read it")
    url = arguments.endpoint_url
    if url is not None and not url.startswith(("http://", "https://")):
        raise InputError(f"--endpoint-url {url}", "is not an address", "Write it like http://localhost:8000")
    from ..handlers import clock
    from ..handlers.aws_error import AwsError
    from ..rollback.calls import RollbackAws
    from ..rollback.people import Decision, decide, find_watched_table

    decision = Decision(event, person.name(), arguments.reason, clock.now(), pause)
    try:
        aws = RollbackAws.connect(arguments.region, url)
        return decide(aws, find_watched_table(aws, arguments.table), decision)
    except AwsError as error:
        print(f"capacity-guard: {safe_line(str(error))}", file=sys.stderr)
        return None


__all__ = ["add", "add_arguments", "write_decision"]
