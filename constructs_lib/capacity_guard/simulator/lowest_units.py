"""The lowest number of units that is enough, by halving the interval in which it is."""

from __future__ import annotations

from collections.abc import Callable

_SHARE = 200
"""The search ends where the interval is this part of its upper end, half a percent: each trial is a replay."""


def lowest_units(low: int, high: int, enough: Callable[[int], bool]) -> int:
    """The lowest number of units per second that is enough, to half a percent.

    Args:
        low: fewest units to try.
        high: units that are enough; they are not tried.
        enough: whether a number of units is enough.
    """
    if enough(low):
        return low
    while high - low > max(1, high // _SHARE):
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


__all__ = ["lowest_units"]
