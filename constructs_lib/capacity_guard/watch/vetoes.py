"""What vetoes a change after its deployment: throttling at once, throttling over hours, and metrics that are missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..capacity.evidence import MINUTE
from .settings import WatchSettings


@dataclass(frozen=True)
class MeteredMinute:
    """One complete minute of a table or an index, reads and writes together.

    Attributes:
        throttled: throttle events. CloudWatch has no point where nothing was throttled: that is 0 once the consumed units of the
            minute are there, which CloudWatch fills with zeros.
        consumed: consumed units.
    """

    throttled: float
    consumed: float


@dataclass(frozen=True)
class FastVeto:
    """Throttling that vetoes at once.

    Attributes:
        at: start of the first minute with it, UTC.
        events: throttle events of each minute that counts.
    """

    at: datetime
    events: tuple[float, ...]


@dataclass(frozen=True)
class SlowVeto:
    """Throttling that vetoes over hours.

    Attributes:
        share: share of the demand that was throttled over the hours, 0 to 1.
        last_share: the same over their last minutes.
        allowed: the share from which it vetoes.
    """

    share: float
    last_share: float
    allowed: float


def fast_veto(
    minutes: Mapping[datetime, MeteredMinute],
    *,
    noise: float,
    changed_at: datetime,
    settings: WatchSettings,
) -> FastVeto | None:
    """The first throttling since the change that is beyond the noise in enough of some minutes in a row.

    Every minute since the change may be given, however late: a look that did not happen delays a veto and does not lose it.

    Args:
        minutes: complete minutes of a table or an index, by their start (UTC). A minute that is missing counts for nothing.
        noise: throttle events a minute that do not count (``gate_plan.allowed_events``).
        changed_at: when the table had its new capacity; minutes that began before it are left out.
        settings: the settings.
    """
    bad = sorted(at for at, minute in minutes.items() if at >= changed_at and minute.throttled > noise)
    span = (settings.fast_of_minutes - 1) * MINUTE
    for position, first in enumerate(bad):
        window = bad[position : position + settings.fast_minutes]
        if len(window) == settings.fast_minutes and window[-1] - first <= span:
            return FastVeto(first, tuple(minutes[at].throttled for at in window))
    return None


def slow_veto(
    minutes: Mapping[datetime, MeteredMinute],
    *,
    noise: float,
    throttle_budget: float,
    changed_at: datetime,
    now: datetime,
    settings: WatchSettings,
) -> SlowVeto | None:
    """Throttling of many times the budget over hours, and over their last minutes alone.

    Demand is consumed units and throttle events together: CloudWatch has no metric of the units that were throttled, and an event
    means half a unit at least (Guide: metrics-dimensions).

    Args:
        minutes: complete minutes of a table or an index, by their start (UTC).
        noise: throttle events a minute that do not count; they are taken off each minute.
        throttle_budget: share of the units that may be throttled, 0 to 1 (``Margins.throttle_budget``).
        changed_at: when the table had its new capacity.
        now: the time of the look, UTC. Before ``slow_last_minutes`` after the change there is no verdict.
        settings: the settings.
    """
    last = timedelta(minutes=settings.slow_last_minutes)
    if now - changed_at < last:
        return None
    allowed = settings.slow_times * throttle_budget
    start = max(changed_at, now - timedelta(hours=settings.slow_hours))
    share = throttled_share(minutes, start, now, noise)
    last_share = throttled_share(minutes, now - last, now, noise)
    if min(share, last_share) <= 0 or min(share, last_share) < allowed:
        return None
    return SlowVeto(share, last_share, allowed)


def throttled_share(
    minutes: Mapping[datetime, MeteredMinute], start: datetime, end: datetime, noise: float
) -> float:
    """Share of the demand that was throttled beyond the noise, 0 to 1; 0 without demand.

    Args:
        minutes: complete minutes of a table or an index, by their start (UTC).
        start: start of the first minute, UTC.
        end: the minute after the last one.
        noise: throttle events a minute that do not count; they are taken off each minute.
    """
    inside = [minute for at, minute in minutes.items() if start <= at and at + MINUTE <= end]
    throttled = sum(max(0.0, minute.throttled - noise) for minute in inside)
    demand = throttled + sum(minute.consumed for minute in inside)
    return 0.0 if demand <= 0 else throttled / demand


def blind_looks(before: int, *, sees: bool) -> int:
    """Looks in a row without metrics, after one more look.

    Args:
        before: how many there were.
        sees: whether this look found a new complete minute of every table and index that it watches.
    """
    return 0 if sees else before + 1


def is_inconclusive(looks: int, settings: WatchSettings) -> bool:
    """Whether the watch cannot see: it says so, and never rolls back for it."""
    return looks >= settings.blind_looks


__all__ = [
    "FastVeto",
    "MeteredMinute",
    "SlowVeto",
    "blind_looks",
    "fast_veto",
    "is_inconclusive",
    "slow_veto",
    "throttled_share",
]
