"""The hours of the week to propose for a change: the quietest with people at work, and the quietest of all.

People at work can react to a change that fails. So the staffed hours come first, although the quietest hours of a
week are mostly in a night.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ..capacity.evidence import HOURS_OF_WEEK
from ..capacity.settings import ChangeWindow
from .formatting import DAYS_OF_WEEK

_LONGEST_WINDOW_HOURS = 4


@dataclass(frozen=True)
class QuietHours:
    """Windows of up to four hours of one day, as ``ChangeWindow`` reads them, in UTC.

    Attributes:
        staffed: the quietest in staffed hours; ``None`` if no staffed hour fits.
        any: the quietest of all; ``None`` if no hour fits.
    """

    staffed: str | None
    any: str | None


def quiet_hours(load_by_hour: Sequence[float | None], staffed: ChangeWindow) -> QuietHours:
    """The quietest of the longest windows that fit.

    Args:
        load_by_hour: for each hour of the week its load in any unit, ``None`` where a change does not fit, or is not known to.
        staffed: the hours in which people are at work (``Rollout.staffed_hours``).
    """
    return QuietHours(_quietest(load_by_hour, staffed.hours), _quietest(load_by_hour, range(HOURS_OF_WEEK)))


def _quietest(load_by_hour: Sequence[float | None], allowed: Collection[int]) -> str | None:
    for length in range(_LONGEST_WINDOW_HOURS, 0, -1):
        windows = list(_windows(load_by_hour, allowed, length))
        if windows:
            _, start = min(windows)
            day, hour = divmod(start, 24)
            return f"{DAYS_OF_WEEK[day]} {hour:02}-{hour + length:02}"
    return None


def _windows(
    load_by_hour: Sequence[float | None], allowed: Collection[int], length: int
) -> Iterator[tuple[float, int]]:
    """Highest load and first hour of the week of each window of ``length`` hours of one day that fits."""
    for start in range(HOURS_OF_WEEK):
        if start % 24 + length > 24 or not all(hour in allowed for hour in range(start, start + length)):
            continue
        loads = [load for load in load_by_hour[start : start + length] if load is not None]
        if len(loads) == length:
            yield max(loads), start


__all__ = ["QuietHours", "quiet_hours"]
