"""Minutes that no veto counts any more: a message was sent about them, or people had paused the watch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from ..capacity.dimension import Dimension
from ..watch.journal import LONGEST_PAUSE, Journal, when_it_was
from ..watch.states import Event

MINUTES = "minutes"
"""Name of the figure of a pause: how long it lasts."""


def paused_spans(journal: Journal) -> Iterator[tuple[datetime, datetime]]:
    """Start and end of each pause that the journal has.

    Args:
        journal: the journal.
    """
    begun: tuple[datetime, datetime] | None = None
    for entry in journal.entries:
        if entry.event in (Event.PAUSED, Event.RESUMED) and begun is not None:
            yield begun[0], min(begun[1], entry.at)
            begun = None
        if entry.event is Event.PAUSED:
            longest = LONGEST_PAUSE / timedelta(minutes=1)
            length = max(0, min(entry.figures.get(MINUTES, 0), longest))
            begun = (entry.at, entry.at + timedelta(minutes=length))
    if begun is not None:
        yield begun


def without_handled(
    throttled: Mapping[Dimension, Mapping[datetime, float]], journal: Journal, now: datetime
) -> dict[Dimension, dict[datetime, float]]:
    """Throttle events without those of minutes before the message about a veto, and of pauses that have ended.

    So a pause that ends does not take a change back for what happened in it, and a veto that was handed to people is theirs.
    Later throttling is judged anew.

    Args:
        throttled: throttle events per minute.
        journal: the journal.
        now: the current time, UTC.
    """
    handled = when_it_was(journal.told.get("veto"), now)
    over = [(start, end) for start, end in paused_spans(journal) if end <= now]

    def counts(minute: datetime) -> bool:
        if handled is not None and minute < handled:
            return False
        return not any(start <= minute < end for start, end in over)

    return {
        dimension: {minute: events for minute, events in minutes.items() if counts(minute)}
        for dimension, minutes in throttled.items()
    }


__all__ = ["MINUTES", "paused_spans", "without_handled"]
