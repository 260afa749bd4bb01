"""What provisioned throughput carries of recorded traffic, minute by minute.

A small model with three parts, each stated where it acts: a bucket of 300 seconds of unused throughput (Guide:
burst-adaptive-capacity), auto scaling that follows load late (Guide: AutoScaling), and nothing else. It knows no
seconds inside a minute, no hot keys and no limit on decreases: recorded minutes hold none of them.
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
    """Recorded traffic that the model does not carry.

    Attributes:
        minutes: minutes in which something stays unserved.
        units: units unserved in all of them.
        worst: position of the minute with the most of it.
        provisioned: units per second provisioned in that minute.
    """

    minutes: int
    units: float
    worst: int
    provisioned: int


def provisioned_by_minute(
    series: Sequence[float], throughput: Throughput, reaction_minutes: int
) -> Sequence[int]:
    """Units per second provisioned in each minute, starting as if the first minute's load had lasted.

    Auto scaling raises to ``ceil(consumed / target)`` of the busiest minute seen, ``reaction_minutes`` after the
    first of two consecutive minutes above its target, and lowers after 15 consecutive minutes that are 20 points
    below it (Guide: AutoScaling, metrics-dimensions). A gap moves nothing: target tracking does not act on missing
    data (Application Auto Scaling User Guide, target tracking).

    Args:
        series: consumed units per minute; NaN is a gap.
        throughput: fixed units per second, or auto scaled.
        reaction_minutes: minutes from load to raised throughput.
    """
    if not isinstance(throughput, AutoScaling):
        return array("q", [throughput]) * len(series)
    low, high, target = throughput.minimum, throughput.maximum, throughput.target / 100
    if low == high:
        return array("q", [low]) * len(series)
    below = (throughput.target - SCALE_IN_BELOW_TARGET.value) / 100
    result = array("q")
    first = next((consumed / 60 for consumed in series if consumed == consumed), 0.0)
    units = min(high, max(low, math.ceil(first / target)))
    above, busiest = 0, 0.0  # minutes in a row above the target, and the busiest since the first of them
    due = -1  # minute at which a raise takes effect
    quiet, quiet_peak = 0, 0.0
    for minute, consumed in enumerate(series):
        if minute == due:
            units, above, busiest, due = min(high, max(units, math.ceil(busiest / target))), 0, 0.0, -1
            quiet, quiet_peak = 0, 0.0
        result.append(units)
        rate = consumed / 60
        if rate != rate:
            continue
        if rate > units * target and units < high:
            above += 1
            if above == SCALE_OUT_MINUTES.value and due < 0:
                due = max(minute + 1, minute + 1 - SCALE_OUT_MINUTES.value + reaction_minutes)
        elif due < 0:
            above, busiest = 0, 0.0
        if above:
            busiest = max(busiest, rate)
        if rate < units * below:
            quiet += 1
            quiet_peak = max(quiet_peak, rate)
            if quiet == SCALE_IN_MINUTES.value:
                units = max(low, min(units, math.ceil(quiet_peak / target)))
                quiet, quiet_peak = 0, 0.0
        else:
            quiet, quiet_peak = 0, 0.0
    return result


def shortage(series: Sequence[float], provisioned: Sequence[int]) -> Shortage | None:
    """What stays unserved of recorded traffic, ``None`` if all of it is carried.

    The bucket starts full and never holds more than 300 seconds of what is provisioned at the moment.

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
    """What a throughput leaves unserved of recorded traffic, ``None`` if it carries all of it.

    Args:
        series: consumed units per minute; NaN is a gap.
        throughput: fixed units per second, or auto scaled.
        reaction_minutes: minutes from load to raised throughput.
    """
    return shortage(series, provisioned_by_minute(series, throughput, reaction_minutes))
