"""What one process of the function remembers from look to look, so that a look costs less. Nothing depends on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..capacity.dimension import Dimension
from ..dynamodb.describe_table import LiveTable
from ..handlers.aws import GateAws
from ..handlers.aws_error import AwsError
from ..handlers.live_traffic import LiveTraffic, floor_minute, read_traffic
from ..handlers.messages import log_decision
from ..watch.events import Subject
from .calls import RollbackAws
from .pager import Message

OVERLAP = timedelta(hours=3)
"""Minutes that are read again at each look: metrics come late, and CloudWatch reads the last 3 hours fastest (CloudWatch Guide:
cloudwatch_limits)."""
LASTING = timedelta(minutes=6)
"""Time for which every look must have failed before people get a message of an error that may pass: four looks, as for metrics
that are missing (``WatchSettings.blind_looks``)."""
_TABLES = 50
"""Changes whose minutes are remembered."""

StackEvent = Mapping[str, Any]
_MEMBERS = (
    "EventId",
    "LogicalResourceId",
    "PhysicalResourceId",
    "ResourceStatus",
    "ResourceStatusReason",
    "Timestamp",
)
"""What is remembered of an event."""


@dataclass(frozen=True)
class KnownEvents:
    """Events of resources of a stack.

    Attributes:
        events: the events, the newest first.
        is_cut: whether the stack has more events than are read, so that older ones may be missing.
        newest: id of the newest event of the stack that was read; ``None`` if it has none.
    """

    events: Sequence[StackEvent] = ()
    is_cut: bool = False
    newest: str | None = None


def never(events: Sequence[StackEvent], event: StackEvent) -> bool:
    """Read every event since the time."""
    del events, event
    return False


_Series = dict[Dimension, dict[datetime, float]]


class Memory:
    """The minutes of each change so far, events of its gates, and the messages that were sent."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, str], datetime] = {}
        """When a message was sent last, by change and its short name."""
        self.outbox: dict[tuple[str, str], tuple[Message, tuple[str, str], Subject | None]] = {}
        """Messages that were not sent and that no later look makes again, by the same key, with the change for their event."""
        self.unsent: list[tuple[str, dict[str, Any]]] = []
        """Events of messages that were not accepted yet."""
        self.published: set[tuple[str, str]] = set()
        """Events of the journals that were put, by change and name."""
        self._failing: dict[tuple[str, str], datetime] = {}
        self._events: dict[tuple[str, ...], KnownEvents] = {}
        self._minutes: dict[tuple[str, datetime], tuple[datetime, _Series, _Series]] = {}

    def take_outbox(self) -> list[tuple[Message, tuple[str, str], Subject | None]]:
        """The messages to send again, which are taken out."""
        taken = list(self.outbox.values())
        self.outbox.clear()
        return taken

    def is_told(self, error: Exception, change: str, what: str, now: datetime) -> bool:
        """Whether people get a message of an error: at once, or when an error that may pass has lasted.

        Args:
            error: the error.
            change: the change; empty for the stack.
            what: short name of what fails.
            now: the current time, UTC.
        """
        passes = isinstance(error, AwsError) and error.is_transient
        return not passes or self.has_lasted(change, what, now)

    def has_lasted(self, change: str, what: str, now: datetime) -> bool:
        """Whether something fails since ``LASTING``; the first call says since when.

        Args:
            change: the change; empty for the stack.
            what: short name of what fails.
            now: the current time, UTC.
        """
        return now - self._failing.setdefault((change, what), now) >= LASTING

    def works(self, change: str, what: str) -> None:
        """Something does not fail any more.

        Args:
            change: the change; empty for the stack.
            what: short name of it.
        """
        self._failing.pop((change, what), None)

    def events(
        self,
        aws: RollbackAws,
        stack: str,
        resources: tuple[str, ...],
        since: datetime,
        is_enough: Callable[[Sequence[StackEvent], StackEvent], bool] = never,
    ) -> KnownEvents:
        """The events of resources of a stack since a time. What was read before is not read again: an event does not change.

        Args:
            aws: the calls.
            stack: id of the stack.
            resources: logical ids; the same for the same question.
            since: the time, UTC.
            is_enough: whether older events are not needed, given those of the resources so far, the newest first, and the event
                of the stack that was read last; the same for the same question.

        Raises:
            AwsError: the events cannot be read.
        """
        key = (stack, *resources)
        known = self._events.get(key, KnownEvents())
        events: list[StackEvent] = []
        newest: str | None = None
        is_cut = False
        try:
            for event in aws.newest_events(stack, since):
                if event["EventId"] == known.newest:
                    events += known.events
                    is_cut = known.is_cut
                    break
                newest = newest or str(event["EventId"])
                if event["LogicalResourceId"] in resources:
                    events.append({name: event[name] for name in _MEMBERS if name in event})
                if is_enough(events, event):
                    break
        except AwsError as error:
            if error.kind != "endless":
                raise
            is_cut = True
            log_decision("watch", "older events not read", resources=resources, why=str(error))
        while len(self._events) >= _TABLES and key not in self._events:
            self._events.pop(next(iter(self._events)))
        found = KnownEvents(
            [event for event in events if event["Timestamp"] >= since], is_cut, newest or known.newest
        )
        self._events[key] = found
        return found

    def read(self, aws: GateAws, table: LiveTable, since: datetime, now: datetime) -> LiveTraffic:
        """The minutes of a table since a time: those of the last hours from CloudWatch, and older ones if they are not known.

        Args:
            aws: the calls.
            table: the table.
            since: the first minute, UTC.
            now: the current time, UTC.

        Raises:
            AwsError: they cannot be read.
        """
        key = (table.name, since)
        until, consumed, throttled = self._minutes.get(key, (since, {}, {}))
        dimensions = tuple(table.dimensions())
        start = max(since, until - OVERLAP) if consumed.keys() >= set(dimensions) else since
        read = read_traffic(aws, table, start, now)
        for known, new in ((consumed, read.consumed), (throttled, read.throttled)):
            for dimension, minutes in new.items():
                _merge(known.setdefault(dimension, {}), minutes, floor_minute(start))
        while len(self._minutes) >= _TABLES and key not in self._minutes:
            self._minutes.pop(next(iter(self._minutes)))
        # Until the last minute that every dimension has: minutes of hours may come at once, and late.
        last = min((max(consumed[each], default=since) for each in dimensions), default=since)
        self._minutes[key] = (last, consumed, throttled)
        return LiveTraffic(
            now,
            {dimension: dict(consumed[dimension]) for dimension in dimensions},
            {dimension: dict(throttled[dimension]) for dimension in dimensions},
        )


def _merge(known: dict[datetime, float], new: Mapping[datetime, float], start: datetime) -> None:
    """Replace the minutes from a start on: a value may have grown, or have been taken back."""
    for minute in [minute for minute in known if minute >= start]:
        del known[minute]
    known.update(new)


__all__ = ["LASTING", "OVERLAP", "KnownEvents", "Memory", "StackEvent"]
