"""The live traffic of a table: consumed units and throttle events of the last minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..capacity.dimension import ACCESSES, Access, Dimension, index_of
from ..capacity.evidence import MINUTE
from ..capacity.limits import METRIC_DELAY
from ..dynamodb.describe_table import LiveTable
from ..dynamodb.names import CONSUMED_UNITS, THROTTLE_EVENTS, metric_dimensions
from .aws import GateAws

LIVE_MINUTES = 5
"""Complete minutes that stand for the live traffic of this moment."""


@dataclass(frozen=True)
class LiveTraffic:
    """Consumed units and throttle events per minute.

    Attributes:
        at: moment of the reading.
        consumed: units per minute by dimension and minute; a minute without a point is unknown.
        throttled: throttle events per minute; a minute without a point had none (Guide: metrics-dimensions).
    """

    at: datetime
    consumed: Mapping[Dimension, Mapping[datetime, float]]
    throttled: Mapping[Dimension, Mapping[datetime, float]]

    @property
    def complete_until(self) -> datetime:
        """The minute after the last one whose metrics are complete."""
        return floor_minute(self.at - timedelta(seconds=METRIC_DELAY.value))

    @property
    def live_from(self) -> datetime:
        """The first of the minutes that stand for this moment."""
        return self.complete_until - LIVE_MINUTES * MINUTE

    def peak(self, dimension: Dimension) -> float | None:
        """Busiest minute read, units per second; ``None`` where no minute is known."""
        values = self.consumed.get(dimension, {}).values()
        return max(values) / 60 if values else None

    def now(self, dimension: Dimension) -> float | None:
        """Live traffic, units per second: the busiest of the last complete minutes, or of all read if none is known."""
        minutes = self.consumed.get(dimension, {})
        first = self.live_from
        recent = [value for minute, value in minutes.items() if minute >= first]
        return max(recent) / 60 if recent else self.peak(dimension)

    def events(self, resource: str, since: datetime) -> dict[datetime, float]:
        """Throttle events per minute of a resource, reads and writes together, since a minute."""
        total: dict[datetime, float] = {}
        for dimension, minutes in self.throttled.items():
            if dimension.resource == resource:
                for minute, value in minutes.items():
                    if minute >= since:
                        total[minute] = total.get(minute, 0) + value
        return total

    def mostly(self, resource: str, minute: datetime) -> Access:
        """Which access most of a resource's throttle events of a minute belong to."""
        index = index_of(resource)
        read, write = (self.throttled.get(Dimension(index, a), {}).get(minute, 0) for a in ACCESSES)
        return "read" if read > write else "write"


def floor_minute(moment: datetime) -> datetime:
    """The minute that a moment lies in."""
    return moment.replace(second=0, microsecond=0)


def read_traffic(aws: GateAws, table: LiveTable, since: datetime, now: datetime) -> LiveTraffic:
    """Consumed units and throttle events of every dimension since a moment.

    Raises:
        AwsError: they cannot be read.
    """
    metrics: dict[str, tuple[str, Mapping[str, str]]] = {}
    for dimension in table.dimensions():
        dimensions = metric_dimensions(table.name, dimension.index)
        metrics[f"consumed {dimension.key}"] = (CONSUMED_UNITS[dimension.access], dimensions)
        metrics[f"throttled {dimension.key}"] = (THROTTLE_EVENTS[dimension.access], dimensions)
    points = aws.minutes(metrics, floor_minute(since), floor_minute(now) + MINUTE)
    return LiveTraffic(
        now,
        {d: points[f"consumed {d.key}"] for d in table.dimensions()},
        {d: points[f"throttled {d.key}"] for d in table.dimensions()},
    )


__all__ = ["LIVE_MINUTES", "LiveTraffic", "floor_minute", "read_traffic"]
