"""``capacity-guard pause``: for a while, the watch reports a veto and does not roll back."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from .accept import add_arguments, write_decision
from .exit_codes import BAD_INPUT, OK

if TYPE_CHECKING:
    import argparse

    from .arguments import Commands

_DURATION = re.compile(r"(?:([0-9]{1,3})d)?(?:([0-9]{1,3})h)?(?:([0-9]{1,5})m)?")


def add(commands: Commands) -> None:
    """Register the command."""
    pause = commands.add_parser(
        "pause",
        help="pause the watch of a change",
        description="For a while, throttling of a table's change is reported and not rolled back: on call knows its cause, such "
        "as a client that misbehaves. Throttling of the pause does not count afterwards. Who, when and why are in the journal.",
    )
    add_arguments(pause, "why; it is kept in the journal")
    length = pause.add_mutually_exclusive_group(required=True)
    length.add_argument("--for", dest="length", metavar="TIME", help="how long, for example 4h, 90m or 1d12h")
    length.add_argument("--end", action="store_true", help="end a pause now")
    pause.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..watch.states import Event

    length = None if arguments.end else read_duration(arguments.length)
    journal = write_decision(arguments, Event.RESUMED if length is None else Event.PAUSED, length)
    if journal is None:
        return BAD_INPUT
    if journal.paused_until is None:
        print(f"{arguments.table}: the watch of change {journal.fingerprint} is not paused")
    else:
        until = f"{journal.paused_until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        print(f"{arguments.table}: the watch of change {journal.fingerprint} is paused until {until}")
    return OK


def read_duration(text: str) -> timedelta:
    """A time such as ``4h``, ``90m`` or ``1d12h``.

    Args:
        text: the text.

    Raises:
        InputError: it is no such time, or shorter than a minute or longer than 7 days.
    """
    found = _DURATION.fullmatch(text.strip().lower())
    days, hours, minutes = (int(each or 0) for each in found.groups()) if found else (0, 0, 0)
    length = timedelta(days=days, hours=hours, minutes=minutes)
    from ..watch.journal import LONGEST_PAUSE

    if not timedelta(0) < length <= LONGEST_PAUSE:
        raise InputError(
            f"--for {text}", "is not a time of 1 minute to 7 days", "Write it like 4h, 90m or 1d12h"
        )
    return length


__all__ = ["add", "read_duration"]
