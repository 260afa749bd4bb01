"""What counts as throttling, in Preflight, in Bake and for the alarms: M of N minutes above the noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..capacity.evidence import MINUTE
from ..capacity.gate_plan import GatePlan, allowed_events


@dataclass(frozen=True)
class ThrottledMinute:
    """The worst minute of throttling.

    Attributes:
        minute: the minute, UTC.
        events: its throttle events.
        allowed: throttle events per minute that are allowed.
    """

    minute: datetime
    events: float
    allowed: float


def find_throttling(
    plan: GatePlan, resource: str, events: Mapping[datetime, float]
) -> ThrottledMinute | None:
    """Find the first ``alarm_periods`` consecutive minutes with ``alarm_datapoints`` above what is allowed.

    Args:
        plan: has periods, data points and noise.
        resource: resource key.
        events: throttle events by minute; a minute left out had none.

    Returns:
        The worst of these minutes, ``None`` if there is no throttling.
    """
    allowed = allowed_events(plan, resource)
    above = sorted(minute for minute, value in events.items() if value > allowed)
    needed, periods = plan.rollout.alarm_datapoints, plan.rollout.alarm_periods
    for first, last in zip(above, above[needed - 1 :], strict=False):
        if last - first < periods * MINUTE:
            worst = max(
                (minute for minute in above if first <= minute <= last), key=lambda minute: events[minute]
            )
            return ThrottledMinute(worst, events[worst], allowed)
    return None


def quiet_since(
    plan: GatePlan, resource: str, events: Mapping[datetime, float], start: datetime, complete_until: datetime
) -> datetime | None:
    """The minute after which a resource has not throttled for ``alarm_periods`` minutes.

    Args:
        plan: has periods and noise.
        resource: resource key.
        events: throttle events by minute.
        start: the first minute to look at.
        complete_until: the minute after the last one whose metrics are complete.

    Returns:
        The minute that follows the quiet ones; ``None`` if there were not that many in a row yet.
    """
    allowed = allowed_events(plan, resource)
    minute, quiet = start, 0
    while minute < complete_until:
        quiet = 0 if events.get(minute, 0) > allowed else quiet + 1
        minute += MINUTE
        if quiet >= plan.rollout.alarm_periods:
            return minute
    return None


__all__ = ["ThrottledMinute", "find_throttling", "quiet_since"]
