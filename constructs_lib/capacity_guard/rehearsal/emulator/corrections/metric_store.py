"""Metrics as CloudWatch keeps them: one aggregate a minute, fast to fill and fast to read.

MiniStack keeps every datum as a dictionary and reads all of them at every request, which is slow with fourteen days
of minutes. The records here are in MiniStack's own store, so they are scoped by account and Region, persisted and
reset with it.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html and
API_GetMetricData.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from ....capacity import limits

MINUTE = limits.METRIC_PERIOD.value
"""Seconds of one aggregate."""
RETENTION = limits.METRIC_RETENTION_DAYS.value * 86_400
"""Seconds that an aggregate is kept."""
STATISTICS = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")

Aggregate = list[float]
"""[sample count, sum, minimum, maximum] of one minute."""
Record = dict[str, Any]
"""One metric: `Dimensions` (name to value), `Unit`, `minutes` (start of the minute to Aggregate)."""


def dimensions_key(dimensions: Mapping[str, str]) -> str:
    """The part of a metric's key for its dimensions: the exact set, in any order."""
    return "|".join(f"{name}={value}" for name, value in sorted(dimensions.items()))


def record(
    store: MutableMapping[Any, Any], namespace: str, name: str, dimensions: Mapping[str, str], unit: str
) -> Record:
    """The record of a metric, created on first use."""
    key = (namespace, name, dimensions_key(dimensions))
    metric: Record | None = store.get(key)
    if metric is None:
        metric = {"Dimensions": dict(dimensions), "Unit": unit, "minutes": {}}
        store[key] = metric
    return metric


def add(metric: Record, timestamp: float, count: float, total: float, low: float, high: float) -> None:
    """Add samples to the minute of `timestamp` (seconds since 1970)."""
    minute = int(timestamp // MINUTE) * MINUTE
    minutes = metric["minutes"]
    before = minutes.get(minute)
    if before is None:
        minutes[minute] = [count, total, low, high]
    else:
        minutes[minute] = [before[0] + count, before[1] + total, min(before[2], low), max(before[3], high)]


def drop_older(metric: Record, time: float) -> None:
    """Drop the minutes before `time` (seconds since 1970)."""
    minutes = metric["minutes"]
    for minute in [minute for minute in minutes if minute < time]:
        del minutes[minute]


def _minutes(metric: Record, start: int, end: int) -> Iterator[tuple[int, Aggregate]]:
    minutes: dict[int, Aggregate] = metric["minutes"]
    if (end - start) // MINUTE <= len(minutes):
        for minute in range(start, end, MINUTE):
            if minute in minutes:
                yield minute, minutes[minute]
    else:
        for minute in sorted(minute for minute in minutes if start <= minute < end):
            yield minute, minutes[minute]


def _statistic(aggregate: Aggregate, statistic: str) -> float:
    count, total, low, high = aggregate
    return {
        "SampleCount": count,
        "Sum": total,
        "Average": total / count if count else 0.0,
        "Minimum": low,
        "Maximum": high,
    }[statistic]


def aggregates(
    metric: Record | None, start: float, end: float, period: int, phase: int = 0
) -> dict[int, Aggregate]:
    """Aggregates by start of period, for minutes from `start` (inclusive) to `end` (exclusive), oldest first.

    start, end: seconds since 1970. period: seconds, a multiple of 60.
    phase: seconds between a period's start and a multiple of the period since 1970. Periods of an alarm move
    with every minute, those of a query do not.
    """
    periods: dict[int, Aggregate] = {}
    if metric is None:
        return periods
    first = int(-(-start // MINUTE)) * MINUTE
    last = int(-(-end // MINUTE)) * MINUTE
    for minute, (count, total, low, high) in _minutes(metric, first, last):
        begin = (minute - phase) // period * period + phase
        before = periods.get(begin)
        if before is None:
            periods[begin] = [count, total, low, high]
        else:
            periods[begin] = [before[0] + count, before[1] + total, min(before[2], low), max(before[3], high)]
    return periods


def values(
    metric: Record | None, start: float, end: float, period: int, statistic: str, phase: int = 0
) -> dict[int, float]:
    """One statistic by start of period (see `aggregates`). Raises KeyError for an unknown statistic."""
    return {
        begin: _statistic(aggregate, statistic)
        for begin, aggregate in aggregates(metric, start, end, period, phase).items()
    }


def describe(aggregate: Aggregate) -> dict[str, float]:
    """All statistics of an aggregate by name."""
    return {name: _statistic(aggregate, name) for name in STATISTICS}
