"""The live traffic of a table: consumed units and throttle events of the last minutes or hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..capacity.dimension import ACCESSES, Access, Dimension, index_of
from ..capacity.evidence import MINUTE
from ..capacity.limits import METRIC_DELAY, REQUEST_ATTEMPTS
from ..dynamodb.describe_table import LiveTable
from ..dynamodb.names import CONSUMED_UNITS, THROTTLE_EVENTS, metric_dimensions
from .aws import GateAws

LIVE_MINUTES = 5
"""Complete minutes that count as the current traffic."""
PEAK_HOURS = 3
"""Hours whose busiest minute is the live peak: one part of the day, and the span that CloudWatch reads fastest
(CloudWatch Guide: cloudwatch_limits)."""


@dataclass(frozen=True)
class LiveTraffic:
    """Consumed units and throttle events per minute.

    Attributes:
        at: time of the read, UTC.
        consumed: units per minute, by dimension and minute; a minute without a data point is unknown.
        throttled: throttle events per minute; a minute without a data point had none (Guide: metrics-dimensions).
    """

    at: datetime
    consumed: Mapping[Dimension, Mapping[datetime, float]]
    throttled: Mapping[Dimension, Mapping[datetime, float]]

    @property
    def complete_until(self) -> datetime:
        """The minute after the last one whose metrics are complete."""
        return floor_minute(self.at - timedelta(seconds=METRIC_DELAY.value))

    @property
    def current_from(self) -> datetime:
        """The first of the ``LIVE_MINUTES`` that count as the current traffic."""
        return self.complete_until - LIVE_MINUTES * MINUTE

    @property
    def resources(self) -> list[str]:
        """Resource keys of the table and its indexes."""
        return list(dict.fromkeys(dimension.resource for dimension in self.throttled))

    def peak(self, dimension: Dimension) -> float | None:
        """The busiest minute of all that were read, units per second; ``None`` if no minute is known."""
        values = self.consumed.get(dimension, {}).values()
        return max(values) / 60 if values else None

    def current(self, dimension: Dimension) -> float | None:
        """The current traffic, units per second: the busiest of the last complete minutes.

        If none of them is known, it is the busiest minute of all that were read.
        """
        minutes = self.consumed.get(dimension, {})
        first = self.current_from
        recent = [value for minute, value in minutes.items() if minute >= first]
        return max(recent) / 60 if recent else self.peak(dimension)

    def least_demand(self, dimension: Dimension) -> float | None:
        """What is asked of a dimension at least, units per second, in the busiest of the last complete minutes.

        A throttled table consumes what it can serve, not what is asked of it, so throttle events count. But each attempt of a
        request is an event, and an SDK repeats a throttled request: an event counts as one of ``REQUEST_ATTEMPTS``.
        If none of the minutes is known, it is the busiest minute of all that were read.
        """
        throttled = self.throttled.get(dimension, {})
        minutes = self.consumed.get(dimension, {})
        asked = [
            units + throttled.get(minute, 0.0) / REQUEST_ATTEMPTS.value
            for minute, units in minutes.items()
            if minute >= self.current_from
        ]
        return max(asked) / 60 if asked else self.peak(dimension)

    def events(self, resource: str, since: datetime) -> dict[datetime, float]:
        """Throttle events per minute of a resource, reads and writes together, from a minute on."""
        total: dict[datetime, float] = {}
        for dimension, minutes in self.throttled.items():
            if dimension.resource == resource:
                for minute, value in minutes.items():
                    if minute >= since:
                        total[minute] = total.get(minute, 0) + value
        return total

    def most_throttled_access(self, resource: str, minute: datetime) -> Access:
        """The access with most of a resource's throttle events in a minute."""
        index = index_of(resource)
        read, write = (self.throttled.get(Dimension(index, access), {}).get(minute, 0) for access in ACCESSES)
        return "read" if read > write else "write"


def floor_minute(time: datetime) -> datetime:
    """The start of the minute that contains a time."""
    return time.replace(second=0, microsecond=0)


def read_traffic(aws: GateAws, table: LiveTable, since: datetime, now: datetime) -> LiveTraffic:
    """Read consumed units and throttle events of every dimension from a time on.

    Raises:
        AwsError: they cannot be read.
    """
    metrics: dict[str, tuple[str, Mapping[str, str]]] = {}
    for dimension in table.dimensions():
        dimensions = metric_dimensions(table.name, dimension.index)
        metrics[f"consumed {dimension.key}"] = (CONSUMED_UNITS[dimension.access], dimensions)
        metrics[f"throttled {dimension.key}"] = (THROTTLE_EVENTS[dimension.access], dimensions)
    sums = aws.sums_per_minute(metrics, floor_minute(since), floor_minute(now) + MINUTE)
    return LiveTraffic(
        now,
        {dimension: sums[f"consumed {dimension.key}"] for dimension in table.dimensions()},
        {dimension: sums[f"throttled {dimension.key}"] for dimension in table.dimensions()},
    )


__all__ = ["LIVE_MINUTES", "PEAK_HOURS", "LiveTraffic", "floor_minute", "read_traffic"]
