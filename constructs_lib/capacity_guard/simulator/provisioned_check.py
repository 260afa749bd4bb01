"""Checks whether provisioned throughput serves recorded traffic, minute by minute.

The model has two parts: a bucket of 300 seconds of unused throughput (Guide: burst-adaptive-capacity), and auto scaling
that follows load with a delay (Guide: AutoScaling). It leaves out the seconds inside a minute, hot keys and the limit on
decreases.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from ..capacity.capacity import AutoScaling, Throughput
from ..capacity.limits import BURST_SECONDS, SCALE_IN_BELOW_TARGET, SCALE_IN_MINUTES, SCALE_OUT_MINUTES


@dataclass(frozen=True)
class Shortage:
    """Recorded traffic that provisioned throughput does not serve.

    Attributes:
        minutes: minutes with unserved units.
        units: unserved units in all minutes.
        worst: position of the minute with the most unserved units.
        provisioned: units per second provisioned in that minute.
    """

    minutes: int
    units: float
    worst: int
    provisioned: int


def provisioned_by_minute(
    series: Sequence[float], throughput: Throughput, reaction_minutes: int
) -> Sequence[int]:
    """Units per second provisioned in each minute; auto scaling starts settled at the load of the first minute.

    Auto scaling raises to ``ceil(consumed / target)`` of the busiest minute, ``reaction_minutes`` after the first of two
    consecutive minutes above its target. It lowers after 15 consecutive minutes that are 20 points below the target
    (Guide: AutoScaling, metrics-dimensions). A gap changes nothing: target tracking does not act on missing data
    (Application Auto Scaling User Guide, target tracking).

    Args:
        series: consumed units per minute; NaN is a gap.
        throughput: fixed units per second, or auto scaling.
        reaction_minutes: minutes from the first minute above the target to raised throughput.
    """
    if not isinstance(throughput, AutoScaling):
        return array("q", [throughput]) * len(series)
    minimum, maximum, target = throughput.minimum, throughput.maximum, throughput.target / 100
    if minimum == maximum:
        return array("q", [minimum]) * len(series)
    quiet_target = (throughput.target - SCALE_IN_BELOW_TARGET.value) / 100
    result = array("q")
    first = next((consumed / 60 for consumed in series if consumed == consumed), 0.0)
    units = min(maximum, max(minimum, math.ceil(first / target)))
    above, busiest = (
        0,
        0.0,
    )  # consecutive minutes above the target, and the busiest rate since the first of them
    due = -1  # minute in which a raise takes effect
    quiet, quiet_peak = 0, 0.0
    for minute, consumed in enumerate(series):
        if minute == due:
            units, above, busiest, due = min(maximum, max(units, math.ceil(busiest / target))), 0, 0.0, -1
            quiet, quiet_peak = 0, 0.0
        result.append(units)
        rate = consumed / 60
        if rate != rate:
            continue
        if rate > units * target and units < maximum:
            above += 1
            if above == SCALE_OUT_MINUTES.value and due < 0:
                due = max(minute + 1, minute + 1 - SCALE_OUT_MINUTES.value + reaction_minutes)
        elif due < 0:
            above, busiest = 0, 0.0
        if above:
            busiest = max(busiest, rate)
        if rate < units * quiet_target:
            quiet += 1
            quiet_peak = max(quiet_peak, rate)
            if quiet == SCALE_IN_MINUTES.value:
                units = max(minimum, min(units, math.ceil(quiet_peak / target)))
                quiet, quiet_peak = 0, 0.0
        else:
            quiet, quiet_peak = 0, 0.0
    return result


def shortage(series: Sequence[float], provisioned: Sequence[int]) -> Shortage | None:
    """Unserved units of recorded traffic; ``None`` if all of it is served.

    The bucket starts full and holds at most 300 seconds of the currently provisioned units.

    Args:
        series: consumed units per minute; NaN is a gap and leaves the bucket as it is.
        provisioned: units per second in each of these minutes.
    """
    bucket = math.inf
    minutes, total, worst, most = 0, 0.0, 0, 0.0
    for minute, (consumed, units) in enumerate(zip(series, provisioned, strict=True)):
        bucket = min(bucket, BURST_SECONDS.value * units)
        if consumed != consumed:
            continue
        bucket += units * 60 - consumed
        if bucket < 0:
            minutes += 1
            total -= bucket
            if -bucket > most:
                most, worst = -bucket, minute
            bucket = 0.0
    return Shortage(minutes, total, worst, provisioned[worst]) if minutes else None


def carries(series: Sequence[float], throughput: Throughput, reaction_minutes: int) -> Shortage | None:
    """Units of recorded traffic that a throughput does not serve; ``None`` if it serves all of it.

    Args:
        series: consumed units per minute; NaN is a gap.
        throughput: fixed units per second, or auto scaling.
        reaction_minutes: minutes from the first minute above the target to raised throughput.
    """
    return shortage(series, provisioned_by_minute(series, throughput, reaction_minutes))


__all__ = ["Shortage", "carries", "provisioned_by_minute", "shortage"]
