"""Where one change is, and where those of a fleet are, as text and as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..capacity.safe_text import visible

if TYPE_CHECKING:
    from ..deployment.cells import Cell
    from ..rollback.status import Status

VERSION = 1


def lines_of(status: Status) -> Iterator[str]:
    """Where a change is, line by line.

    Args:
        status: where it is.
    """
    yield from news_of(status)
    judgment = status.judgment
    if judgment is None:
        return
    for dimension, found in judgment.progress.dimensions.items():
        if not found.is_settled:
            yield f"  {dimension.label}: {'; '.join(found.missing)}"
    yield f"  settles not before {_utc(judgment.progress.shortest_ends)}"
    if judgment.vetoed:
        yield f"  take it back: capacity-guard rollback {status.way_back.table} --reason TEXT"


def news_of(status: Status) -> Iterator[str]:
    """The lines that do not change from minute to minute: state, what has carried its load, vetoes, journal.

    Args:
        status: where the change is.
    """
    from ..deployment.cells import state_of

    way_back, judgment = status.way_back, status.judgment
    stack = f"stack {way_back.stack_name} ({status.stack_status})"
    yield f"{way_back.table}, {stack}: change {way_back.fingerprint} is {state_of(status)}"
    if status.changed_at is not None:
        yield f"  changed  {_utc(status.changed_at)}"
    if status.is_held and not way_back.is_applied:
        yield "  the stack has not read the hold yet: run capacity-guard rollback again to continue"
    if not status.held:
        yield "  the hold is gone, and no operation of the stack works without it. If the change is to stay, write it anew:"
        yield f"  aws ssm put-parameter --name {shlex.quote(way_back.hold)} --type String --value none"
    yield from _journal_lines(status)
    if judgment is None:
        return
    for dimension, found in judgment.progress.dimensions.items():
        if found.is_settled:
            text = "by time: almost no traffic was recorded" if found.by_time else "has carried its load"
            yield f"  {dimension.label}: {text}"
    for resource, fast in judgment.fast.items():
        events = ", ".join(f"{events:,.0f}" for events in fast.events)
        yield f"  veto: {resource} throttled from {_utc(fast.at)}: {events} events a minute"
    for resource, slow in judgment.slow.items():
        yield f"  veto: {resource} throttles {slow.share:.2%} of the demand, {slow.allowed:.2%} is the limit"
    for resource in judgment.blind:
        yield f"  no metrics of {resource} in the last minutes: unknown whether it throttles"


def _journal_lines(status: Status) -> Iterator[str]:
    """What the journal of the watch has: a pause, and its newest entries."""
    journal = status.journal
    if status.journal_repaired:
        yield "  journal  was lost or damaged, and is written anew from what the stack shows; pauses and acceptances are lost"
    if status.journal_problem is not None:
        yield f"  journal  could not be read: {status.journal_problem}"
    if journal is None:
        return
    if journal.paused_until is not None:
        yield f"  paused   until {_utc(journal.paused_until)}"
    for entry in journal.entries[-3:]:
        why = f": {entry.reason}" if entry.reason else ""
        yield f"  journal  {_utc(entry.at)} {entry.event.value}, {entry.by}{why}"


def document_of(status: Status) -> dict[str, Any]:
    """Where a change is, as plain data.

    Args:
        status: where it is.
    """
    from ..deployment.cells import state_of

    judgment = status.judgment
    document: dict[str, Any] = {
        "version": VERSION,
        "table": status.way_back.table,
        "stack": status.way_back.stack_name,
        "stack_status": status.stack_status,
        "fingerprint": status.way_back.fingerprint,
        "state": state_of(status),
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


def fleet_lines(cells: Sequence[Cell]) -> Iterator[str]:
    """The tables of a fleet, a line each, in columns.

    Args:
        cells: the tables.
    """
    rows = [("stack", "account, Region", "table", "state", ""), *(_row(cell) for cell in cells)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        columns = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
        yield "  ".join([*columns, row[4]]).rstrip()


def fleet_news(cells: Sequence[Cell]) -> Iterator[str]:
    """The state of each table of a fleet, a line each, without what changes from minute to minute.

    Args:
        cells: the tables.
    """
    from ..deployment.cells import NO_CHANGE, UNKNOWN

    for cell in cells:
        table = "" if cell.table is None else f" {cell.table}"
        vetoed = () if cell.status is None or cell.status.judgment is None else cell.status.judgment.vetoed
        throttles = f": throttles: {', '.join(vetoed)}" if vetoed else ""
        unknown = f": {cell.detail}" if cell.state == UNKNOWN else ""
        verb = "has" if cell.state == NO_CHANGE else "is"
        yield f"{cell.stack}{table} {verb} {cell.state}{throttles}{unknown}"


def fleet_document(cells: Sequence[Cell]) -> dict[str, Any]:
    """The tables of a fleet as plain data.

    Args:
        cells: the tables.
    """
    return {
        "version": VERSION,
        "cells": [
            {
                "stack": cell.stack,
                "place": cell.place,
                "table": cell.table,
                "state": cell.state,
                "detail": cell.detail,
                "change": None if cell.status is None else document_of(cell.status),
            }
            for cell in cells
        ],
    }


def _row(cell: Cell) -> tuple[str, str, str, str, str]:
    row = (cell.stack, cell.place, cell.table or "-", cell.state, cell.detail)
    # A line end in the id of a stack or in an error would end the row.
    return tuple(map(visible, row))  # type: ignore[return-value]


def _utc(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


__all__ = ["document_of", "fleet_document", "fleet_lines", "fleet_news", "lines_of", "news_of"]
