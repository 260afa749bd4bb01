"""What the minutes of a dimension serve and throttle, for both billing modes.

The rate inside a minute rises evenly from ``(2 - peak_second)`` to ``peak_second`` times the minute's mean, so the units
above a limit have a closed form.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import pairwise
from struct import Struct

from .parameters import Parameters

SKIP_MARGIN = 1 - 1e-9
"""A minute that is this close to a bound is not skipped: rounding could change the result."""
_DOUBLE = Struct("d")


def above(rate: float, peak_second: float, limit: float) -> float:
    """Units of a minute that are above a limit.

    Args:
        rate: mean of the minute, units per second.
        peak_second: busiest second over the mean, 1 to 2.
        limit: units per second.
    """
    high, low = peak_second * rate, (2 - peak_second) * rate
    if high <= limit:
        return 0.0
    if low >= limit:
        return 60 * (rate - limit)
    over = high - limit
    return 60 * over * over / (2 * (high - low))


def calm_units(parameters: Parameters, partition: float, limit: float) -> float:
    """Units per minute up to which no second exceeds a limit or the partition of the hottest key.

    Args:
        parameters: assumed properties of the service.
        partition: units per second that one partition serves.
        limit: units per second.
    """
    calm = limit / parameters.peak_second
    if parameters.hottest_share:
        calm = min(calm, partition / parameters.peak_second / parameters.hottest_share)
    return 60 * calm * SKIP_MARGIN


class Results:
    """Result under construction: every minute is served in full unless the replay throttles it."""

    def __init__(self, demand: Sequence[float]) -> None:
        self.load = array("d", demand)
        self.served = array("d", self.load)
        self.throttled = array("d", [0.0]) * len(self.load)
        self.throttles = False
        self.hottest = 0.0
        self.limits: list[tuple[int, float]] = []
        """First minute of each limit, and the limit in units per second; the last entry for a minute counts."""

    def limit(self) -> array[float]:
        """Units per second served at most in each minute."""
        spans = pairwise([*self.limits, (len(self.load), 0.0)])
        return array("d", b"".join(_DOUBLE.pack(limit) * (end - at) for (at, limit), (end, _) in spans))


__all__ = ["SKIP_MARGIN", "Results", "above", "calm_units"]
