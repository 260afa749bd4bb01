"""Metrics as CloudWatch keeps them: one aggregate a minute, fast to fill and fast to read.

MiniStack keeps every datum as a dictionary and walks over all of them at every request; fourteen days
of minutes make that slow. The records live in MiniStack's own store, so they are scoped by account and
Region, persisted and reset with it.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html and
API_GetMetricData.html; retention: one-minute points 15 days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

MINUTE = 60
RETENTION = 15 * 86_400
STATISTICS = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")

Aggregate = list[float]
"""[sample count, sum, minimum, maximum] of one minute."""
Record = dict[str, Any]
"""One metric: `Dimensions` (name to value), `Unit`, `minutes` (start of the minute to Aggregate)."""


def dimensions_key(dimensions: Mapping[str, str]) -> str:
    """The part of a metric's key that stands for its dimensions: the exact set, in any order."""
    return "|".join(f"{name}={value}" for name, value in sorted(dimensions.items()))


def record(
    store: MutableMapping[Any, Any], namespace: str, name: str, dimensions: Mapping[str, str], unit: str
) -> Record:
    """The record of a metric, made on first use."""
    key = (namespace, name, dimensions_key(dimensions))
    found: Record | None = store.get(key)
    if found is None:
        found = {"Dimensions": dict(dimensions), "Unit": unit, "minutes": {}}
        store[key] = found
    return found


def add(metric: Record, timestamp: float, count: float, total: float, low: float, high: float) -> None:
    """Add samples to the minute of `timestamp` (seconds since 1970)."""
    minute = int(timestamp // MINUTE) * MINUTE
    minutes = metric["minutes"]
    before = minutes.get(minute)
    if before is None:
        minutes[minute] = [count, total, low, high]
    else:
        minutes[minute] = [before[0] + count, before[1] + total, min(before[2], low), max(before[3], high)]


def drop_older(metric: Record, moment: float) -> None:
    """Forget the minutes before `moment`."""
    minutes = metric["minutes"]
    for minute in [minute for minute in minutes if minute < moment]:
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

    period: seconds, a multiple of 60. phase: seconds by which periods are shifted against multiples of
    their length since 1970 (alarms slide by the minute, queries do not).
    """
    found: dict[int, Aggregate] = {}
    if metric is None:
        return found
    first = int(-(-start // MINUTE)) * MINUTE
    last = int(-(-end // MINUTE)) * MINUTE
    for minute, (count, total, low, high) in _minutes(metric, first, last):
        begin = (minute - phase) // period * period + phase
        before = found.get(begin)
        if before is None:
            found[begin] = [count, total, low, high]
        else:
            found[begin] = [before[0] + count, before[1] + total, min(before[2], low), max(before[3], high)]
    return found


def values(
    metric: Record | None, start: float, end: float, period: int, statistic: str, phase: int = 0
) -> dict[int, float]:
    """One statistic by start of period (see `aggregates`). Raises KeyError for a statistic that is not kept."""
    return {
        begin: _statistic(aggregate, statistic)
        for begin, aggregate in aggregates(metric, start, end, period, phase).items()
    }


def describe(aggregate: Aggregate) -> dict[str, float]:
    """All statistics of an aggregate by name."""
    return {name: _statistic(aggregate, name) for name in STATISTICS}
