"""What one process of the function remembers from look to look, so that a look costs less. Nothing depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..capacity.dimension import Dimension
from ..dynamodb.describe_table import LiveTable
from ..handlers.aws import GateAws
from ..handlers.live_traffic import LiveTraffic, floor_minute, read_traffic

OVERLAP = timedelta(hours=3)
"""Minutes that are read again at each look: metrics come late, and CloudWatch reads the last 3 hours fastest (CloudWatch Guide:
cloudwatch_limits)."""
LASTING = timedelta(minutes=6)
"""Time for which every look must have failed before people get a message of an error that may pass: four looks, as for metrics
that are missing (``WatchSettings.blind_looks``)."""
_TABLES = 50
"""Changes whose minutes are remembered."""

_Series = dict[Dimension, dict[datetime, float]]


class Memory:
    """The minutes of each change so far, and the messages that were sent."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, str], datetime] = {}
        """When a message was sent last, by change and its short name."""
        self.unsent: list[tuple[str, dict[str, Any]]] = []
        """Events of messages that were not accepted yet."""
        self.published: set[tuple[str, str]] = set()
        """Events of the journals that were put, by change and name."""
        self._failing: dict[tuple[str, str], datetime] = {}
        self._minutes: dict[tuple[str, datetime], tuple[datetime, _Series, _Series]] = {}

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


__all__ = ["LASTING", "OVERLAP", "Memory"]
