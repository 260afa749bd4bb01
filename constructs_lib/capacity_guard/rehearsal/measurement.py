"""A demand measured over time against the ceilings of a live table: units per minute and dimension."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..capacity import limits
from . import meter
from .meter import Cause, Ceiling

MINUTE = limits.METRIC_PERIOD.value

Demand = Callable[[str, datetime], float]
"""Demanded units per second of a dimension (`table/read`, `index/by_agent/write`) in the minute that starts then (UTC)."""


@dataclass(frozen=True)
class Surge:
    """From `start` (seconds since 1970) on, demand is multiplied by `factor`; `keys` empty means every dimension."""

    start: float
    factor: float
    keys: frozenset[str]


@dataclass
class PlayedMinute:
    """What was measured in one minute on one dimension.

    demanded, served, throttled: units. seconds: how much of the minute was measured.
    ceiling: the lowest ceiling in the minute. throttled_by: units of `throttled` by cause.
    pressed: of the table's writes, the units that were not asked of the table because an index throttles; 0 elsewhere.
    """

    demanded: float = 0.0
    served: float = 0.0
    throttled: float = 0.0
    seconds: float = 0.0
    ceiling: Ceiling | None = None
    throttled_by: dict[Cause, float] = field(default_factory=dict)
    pressed: float = 0.0


class TrafficMeasurement:
    """Ceilings and burst of a table over time, and the minutes that have not been taken yet."""

    def __init__(self, start: float, demand: Demand, *, back_pressure: bool) -> None:
        """Begin at `start` (seconds since 1970).

        demand: units per second by dimension and minute.
        back_pressure: whether the table's writes decrease by the share that an index throttles.
        """
        self._measured_until = start
        self._demand = demand
        self._back_pressure = back_pressure
        self._ceilings: dict[str, Ceiling] = {}
        self._buckets: dict[str, float] = {}
        self._minutes: dict[int, dict[str, PlayedMinute]] = {}

    def observe(self, table: Mapping[str, Any], now: float, surges: Sequence[Surge]) -> None:
        """Measure up to `now` with the capacity observed before; then continue with the observed capacity.

        table: the `Table` member of DescribeTable's answer at `now` (seconds since 1970).
        """
        ceilings = meter.ceilings(table, self._ceilings)
        if not self._ceilings:
            self._buckets = meter.full_buckets(ceilings)
            self._ceilings = ceilings
        self._measure(now, surges)
        self._ceilings = ceilings
        for key in [key for key in self._buckets if key not in ceilings]:
            del self._buckets[key]

    def take_due(self, now: float, delay: float) -> list[tuple[int, dict[str, PlayedMinute]]]:
        """Remove and return the minutes that ended at least `delay` seconds before `now`.

        Each is the start of the minute (seconds since 1970) and what was measured by dimension key, oldest first.
        """
        due = sorted(minute for minute in self._minutes if minute + MINUTE + delay <= now)
        return [(minute, self._minutes.pop(minute)) for minute in due]

    def _measure(self, now: float, surges: Sequence[Surge]) -> None:
        while self._measured_until < now:
            start = self._measured_until
            minute = int(start // MINUTE) * MINUTE
            later_surges = [surge.start for surge in surges if start < surge.start]
            end = min([now, minute + MINUTE, *later_surges])
            self._measure_part(minute, start, end, surges)
            self._measured_until = end

    def _measure_part(self, minute: int, start: float, end: float, surges: Sequence[Surge]) -> None:
        """Measure a part of one minute in which neither ceilings nor surges change."""
        played_minutes = self._minutes.setdefault(minute, {})
        served_share = 1.0
        # Indexes first: throttling of an index can decrease the table's writes.
        for key in sorted(self._ceilings, key=lambda key: key.startswith("table/")):
            ceiling = self._ceilings[key]
            rate = self._demand(key, datetime.fromtimestamp(minute, UTC)) * surge_factor(surges, start, key)
            pressed = 0.0
            if self._back_pressure and key == "table/write":
                pressed = rate * (1 - served_share)
                rate -= pressed
            metered = meter.meter(rate, end - start, ceiling, self._buckets.get(key, 0.0))
            self._buckets[key] = metered.bucket
            if key.startswith("index/") and key.endswith("/write") and metered.demanded > 0:
                served_share = min(served_share, metered.served / metered.demanded)
            played = played_minutes.setdefault(key, PlayedMinute())
            played.demanded += metered.demanded
            played.served += metered.served
            played.throttled += metered.throttled
            if metered.throttled > 0:
                played.throttled_by.setdefault(ceiling.cause, 0.0)
                played.throttled_by[ceiling.cause] += metered.throttled
            played.pressed += pressed * (end - start)
            played.seconds += end - start
            if played.ceiling is None or ceiling.rate < played.ceiling.rate:
                played.ceiling = ceiling


def surge_factor(surges: Sequence[Surge], time: float, key: str) -> float:
    """The factor of the last surge that has begun at `time` (seconds since 1970) and concerns the dimension, else 1."""
    factor = 1.0
    for surge in sorted(surges, key=lambda surge: surge.start):
        if surge.start <= time and (not surge.keys or key in surge.keys):
            factor = surge.factor
    return factor


__all__ = ["MINUTE", "Demand", "PlayedMinute", "Surge", "TrafficMeasurement", "surge_factor"]
