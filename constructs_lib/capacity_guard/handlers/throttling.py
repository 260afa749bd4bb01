"""What counts as throttling, for preflight, bake and alarm alike: M of N minutes above the noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..capacity.evidence import MINUTE
from ..capacity.gate_plan import GatePlan


@dataclass(frozen=True)
class ThrottledMinute:
    """Throttling found: the worst minute, its events, and the events a minute that are allowed."""

    minute: datetime
    events: float
    allowed: float


def allowed_events(plan: GatePlan, resource: str) -> float:
    """Throttle events per minute that a resource may show: as declared, else the baseline's noise."""
    threshold = plan.rollout.alarm_threshold
    return plan.evidence.noise(resource) if threshold is None else threshold


def find_throttling(
    plan: GatePlan, resource: str, events: Mapping[datetime, float]
) -> ThrottledMinute | None:
    """Whether some ``alarm_periods`` consecutive minutes hold ``alarm_datapoints`` above what is allowed.

    Args:
        plan: periods, datapoints and the noise.
        resource: resource key.
        events: throttle events by minute; a minute left out had none.
    """
    allowed = allowed_events(plan, resource)
    above = sorted(minute for minute, value in events.items() if value > allowed)
    needed, periods = plan.rollout.alarm_datapoints, plan.rollout.alarm_periods
    for first, last in zip(above, above[needed - 1 :], strict=False):
        if last - first < periods * MINUTE:
            worst = max((m for m in above if first <= m <= last), key=lambda m: events[m])
            return ThrottledMinute(worst, events[worst], allowed)
    return None


def quiet_since(
    plan: GatePlan, resource: str, events: Mapping[datetime, float], start: datetime, complete_until: datetime
) -> datetime | None:
    """The minute at which a resource that throttled at the start had been quiet for ``alarm_periods`` minutes.

    Args:
        plan: periods and the noise.
        resource: resource key.
        events: throttle events by minute.
        start: the first minute to look at.
        complete_until: minute after the last one whose metrics are complete.

    Returns:
        ``None`` while it has not been quiet for that long.
    """
    allowed = allowed_events(plan, resource)
    minute, quiet = start, 0
    while minute < complete_until:
        quiet = 0 if events.get(minute, 0) > allowed else quiet + 1
        minute += MINUTE
        if quiet >= plan.rollout.alarm_periods:
            return minute
    return None
