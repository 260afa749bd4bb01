"""``capacity-guard status``: where a table's change of capacity is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..capacity.errors import InputError
from ..capacity.safe_text import safe_line
from .exit_codes import BAD_INPUT, FOUND, OK, UNKNOWN

if TYPE_CHECKING:
    import argparse

    from ..rollback.status import Status
    from .arguments import Commands


def add(commands: Commands) -> None:
    """Register the command."""
    status = commands.add_parser(
        "status",
        help="show where a change of capacity is, after its deployment",
        description="Shows whether a table's change of capacity has carried its recorded load since the deployment, what vetoes "
        "it, and whether it is held. Reads AWS, changes nothing. Exit code 1: something vetoes it, or it is unproven; 3: the "
        "metrics of its last minutes are missing.",
    )
    status.add_argument("table", metavar="TABLE", help="name of the table in AWS")
    status.add_argument(
        "--later-wave", action="store_true", help="another cell has settled before: 2 hours are enough"
    )
    status.add_argument("--json", action="store_true", help="as JSON")
    status.add_argument("--region", metavar="R", help="AWS Region (default: of profile or environment)")
    status.add_argument("--endpoint-url", metavar="URL", help="another endpoint, for example an emulator")
    status.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..handlers import clock
    from ..handlers.aws_error import AwsError
    from ..rollback.calls import RollbackAws
    from ..rollback.status import read_status

    url = arguments.endpoint_url
    if url is not None and not url.startswith(("http://", "https://")):
        raise InputError(f"--endpoint-url {url}", "is no address", "Write it like http://localhost:8000")
    try:
        status = read_status(
            RollbackAws.connect(arguments.region, url),
            arguments.table,
            clock.now(),
            is_later_wave=arguments.later_wave,
        )
    except AwsError as error:
        print(f"capacity-guard: {safe_line(str(error))}", file=sys.stderr)
        return BAD_INPUT
    if arguments.json:
        print(json.dumps(_document(status), indent=2))
    else:
        print("\n".join(map(safe_line, _lines(status))))
    return _code(status)


def _state(status: Status) -> str:
    """Where the change is, in one word of docs/watch.md."""
    from ..watch.states import State

    if status.is_held:
        return "held"
    if status.journal is not None and status.journal.state is State.ACCEPTED:
        return "accepted"
    if status.judgment is None:
        return "changing" if status.stack_status.endswith("_IN_PROGRESS") else "not deployed"
    if status.judgment.vetoed:
        return "vetoed"
    verdict = status.judgment.progress.verdict.value
    return "watching" if verdict == "open" else verdict


def _code(status: Status) -> int:
    if _state(status) in ("vetoed", "unproven"):
        return FOUND
    return UNKNOWN if status.judgment is not None and status.judgment.blind else OK


def _lines(status: Status) -> Iterator[str]:
    way_back, judgment = status.way_back, status.judgment
    stack = f"stack {way_back.stack_name} ({status.stack_status})"
    yield f"{way_back.table}, {stack}: change {way_back.fingerprint} is {_state(status)}"
    if status.changed_at is not None:
        yield f"  changed  {_utc(status.changed_at)}"
    if status.is_held and not way_back.is_applied:
        yield "  the stack has not read the hold yet: run capacity-guard rollback again to continue"
    yield from _journal_lines(status)
    if judgment is None:
        return
    for dimension, found in judgment.progress.dimensions.items():
        if found.is_settled:
            text = "by time: almost no traffic was recorded" if found.by_time else "has carried its load"
        else:
            text = "; ".join(found.missing)
        yield f"  {dimension.label}: {text}"
    yield f"  settles not before {_utc(judgment.progress.shortest_ends)}"
    for resource, fast in judgment.fast.items():
        events = ", ".join(f"{events:,.0f}" for events in fast.events)
        yield f"  veto: {resource} throttled from {_utc(fast.at)}: {events} events a minute"
    for resource, slow in judgment.slow.items():
        yield f"  veto: {resource} throttles {slow.share:.2%} of the demand, {slow.allowed:.2%} is the limit"
    for resource in judgment.blind:
        yield f"  no metrics of {resource} in the last minutes: unknown whether it throttles"
    if judgment.vetoed:
        yield f"  take it back: capacity-guard rollback {way_back.table} --reason TEXT"


def _journal_lines(status: Status) -> Iterator[str]:
    """What the journal of the watch has: a pause, and its newest entries."""
    journal = status.journal
    if status.journal_problem is not None:
        yield f"  journal  cannot be read, and the watch writes it anew: {status.journal_problem}"
    if journal is None:
        return
    if journal.paused_until is not None:
        yield f"  paused   until {_utc(journal.paused_until)}"
    for entry in journal.entries[-3:]:
        why = f": {entry.reason}" if entry.reason else ""
        yield f"  journal  {_utc(entry.at)} {entry.event.value}, {entry.by}{why}"


def _document(status: Status) -> dict[str, Any]:
    judgment = status.judgment
    document: dict[str, Any] = {
        "version": 1,
        "table": status.way_back.table,
        "stack": status.way_back.stack_name,
        "stack_status": status.stack_status,
        "fingerprint": status.way_back.fingerprint,
        "state": _state(status),
        "changed_at": None if status.changed_at is None else _utc(status.changed_at),
    }
    if status.journal is not None:
        document["journal"] = status.journal.to_json()
    if judgment is not None:
        document |= {
            "settles_not_before": _utc(judgment.progress.shortest_ends),
            "dimensions": {
                dimension.key: {
                    "settled": found.is_settled,
                    "by_time": found.by_time,
                    "loaded_minutes": found.loaded_minutes,
                    "high_minutes": found.longest_high,
                    "highest": found.highest,
                    "missing": list(found.missing),
                }
                for dimension, found in judgment.progress.dimensions.items()
            },
            "vetoed": list(judgment.vetoed),
            "blind": list(judgment.blind),
        }
    return document


def _utc(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


__all__ = ["add"]
