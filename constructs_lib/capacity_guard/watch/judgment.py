"""What the minutes since a change say about it: its progress, and whether something vetoes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..capacity.dimension import Dimension
from ..capacity.evidence import MINUTE
from ..capacity.gate_plan import GatePlan, allowed_events
from ..capacity.transition import Change
from .settings import WatchSettings
from .settling import Progress, RecordedLoad, progress
from .vetoes import FastVeto, MeteredMinute, SlowVeto, fast_veto, slow_veto

Minutes = Mapping[Dimension, Mapping[datetime, float]]
"""Sums of a metric by start of the minute (UTC), of each dimension."""


@dataclass(frozen=True)
class Judgment:
    """What the minutes since a change say about it.

    Attributes:
        progress: how much of the recorded load it has carried.
        fast: throttling that vetoes at once, by resource key.
        slow: throttling that vetoes over hours, by resource key.
        blind: resource keys of which no minute since the change is metered, although one should be by now.
        metered_until: the minute after the last one that is metered for every resource; ``None`` if there is none.
    """

    progress: Progress
    fast: Mapping[str, FastVeto]
    slow: Mapping[str, SlowVeto]
    blind: tuple[str, ...]
    metered_until: datetime | None

    @property
    def vetoed(self) -> tuple[str, ...]:
        """Resource keys of what vetoes the change."""
        return tuple(dict.fromkeys((*self.fast, *self.slow)))


def judge(
    plan: GatePlan,
    consumed: Minutes,
    throttled: Minutes,
    *,
    changed_at: datetime,
    complete_until: datetime,
    settings: WatchSettings,
    is_first_wave: bool,
) -> Judgment:
    """Judge a change by the minutes since it.

    Throttling of every table and index counts, load of the dimensions that changed.

    Args:
        plan: the plan of the change's gates, with what was recorded before it.
        consumed: consumed units per minute.
        throttled: throttle events per minute; a minute without a point had none if its consumed units are there.
        changed_at: when the table had its new capacity, UTC.
        complete_until: the minute after the last one whose metrics are complete.
        settings: the settings.
        is_first_wave: whether no wave has settled before this one.
    """
    changed = {
        change.dimension: RecordedLoad.of(plan.evidence, change.dimension)
        for change in plan.transition.changes
        if change.change is not Change.NONE
    }
    until = {"changed_at": changed_at, "now": complete_until}
    metered = {
        dimension: {at: units / 60 for at, units in minutes.items()}
        for dimension, minutes in consumed.items()
    }
    resources = list(dict.fromkeys(dimension.resource for dimension in consumed))
    fast: dict[str, FastVeto] = {}
    slow: dict[str, SlowVeto] = {}
    ends: list[datetime | None] = []
    for resource in resources:
        minutes = metered_minutes(resource, consumed, throttled, changed_at, complete_until)
        ends.append(max(minutes) + MINUTE if minutes else None)
        noise = allowed_events(plan, resource)
        at_once = fast_veto(minutes, noise=noise, changed_at=changed_at, settings=settings)
        if at_once is not None:
            fast[resource] = at_once
        over_hours = slow_veto(
            minutes,
            noise=noise,
            throttle_budget=plan.margins.throttle_budget,
            settings=settings,
            **until,
        )
        if over_hours is not None:
            slow[resource] = over_hours
    due = complete_until - changed_at >= settings.blind_looks * MINUTE
    blind = tuple(
        resource
        for resource, end in zip(resources, ends, strict=True)
        if due and _is_blind(end, complete_until, settings)
    )
    known = [end for end in ends if end is not None]
    return Judgment(
        progress(changed, metered, settings=settings, is_first_wave=is_first_wave, **until),
        fast,
        slow,
        blind,
        min(known) if known and len(known) == len(ends) else None,
    )


def _is_blind(end: datetime | None, complete_until: datetime, settings: WatchSettings) -> bool:
    """Whether the last minutes of a resource are missing, as many as there are looks before a watch is inconclusive."""
    return end is None or complete_until - end >= timedelta(minutes=settings.blind_looks)


def metered_minutes(
    resource: str, consumed: Minutes, throttled: Minutes, changed_at: datetime, complete_until: datetime
) -> dict[datetime, MeteredMinute]:
    """The complete minutes of a resource since a change: those whose consumed units, or throttle events, are there.

    Args:
        resource: its resource key.
        consumed: consumed units per minute.
        throttled: throttle events per minute.
        changed_at: the first time of interest, UTC.
        complete_until: the minute after the last one whose metrics are complete.
    """
    sums: list[dict[datetime, float]] = []
    for series in (throttled, consumed):
        total: dict[datetime, float] = {}
        for dimension, minutes in series.items():
            if dimension.resource == resource:
                for at, value in minutes.items():
                    if changed_at <= at and at + MINUTE <= complete_until:
                        total[at] = total.get(at, 0.0) + value
        sums.append(total)
    events, units = sums
    return {at: MeteredMinute(events.get(at, 0.0), units.get(at, 0.0)) for at in sorted({*events, *units})}


__all__ = ["Judgment", "Minutes", "judge", "metered_minutes"]
