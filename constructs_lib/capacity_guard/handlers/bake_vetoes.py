"""The vetoes of Bake: alarms in ALARM, and throttling that no alarm has reported yet.

While the billing mode switches to on-demand, the table serves the units that were provisioned before (Guide:
bp-switching-capacity-modes). Throttling in these minutes is a warning: the capacity before served them, and a rollback is a
second switch. An alarm reaches ALARM up to minutes after its data, so the minutes decide, and not when the alarm changed.

For a relief, only what was quiet before the table changed can veto, or what became quiet since. What began between the change
and the start of the bake was caused by the change, so it vetoes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..capacity.evidence import MINUTE
from ..capacity.gate_plan import GatePlan, allowed_events
from ..capacity.reasons import Reason
from .handover import Loud
from .live_alarms import LiveAlarm
from .live_traffic import LIVE_MINUTES, LiveTraffic, floor_minute
from .messages import format_minute, format_number, format_resource, shorten
from .stack_names import StackNames
from .throttling import find_throttling, quiet_since


@dataclass(frozen=True)
class Veto:
    """A veto of Bake.

    Attributes:
        text: what it saw.
        reason: the same as a code.
    """

    text: str
    reason: Reason


@dataclass(frozen=True)
class BakeStart:
    """The state at the start of the bake.

    Attributes:
        cure: whether the transition is a relief.
        loud: what throttled, and which alarms were in ALARM, when Preflight looked; ``None`` if it did not say.
        started: time of the start, from which everything was ACTIVE, UTC.
        changed: when the change of the table began, UTC; the start of the bake where that is not known.
    """

    cure: bool
    loud: Loud | None
    started: datetime
    changed: datetime

    def had_alarm(self, name: str | None) -> bool:
        """Whether an alarm was in ALARM before the change."""
        return self.loud is not None and name is not None and self.loud.has_alarm(name)

    def had_throttling(self, key: str) -> bool:
        """Whether a table or an index throttled before the change."""
        return self.loud is not None and self.loud.has_resource(key)


def find_vetoes(
    plan: GatePlan,
    names: StackNames,
    alarms: Mapping[str, LiveAlarm],
    traffic: LiveTraffic,
    bake_start: BakeStart,
    *,
    over: bool = False,
) -> list[Veto]:
    """The vetoes: first the guard's own alarms, then the user's, then throttling without an alarm.

    Args:
        plan: the plan of the gate.
        names: names found in the stack.
        alarms: the alarms, by name.
        traffic: throttle events from ``LIVE_MINUTES`` before the change of the table on.
        bake_start: the state at the start of the bake.
        over: whether the bake time is over.
    """
    return list(_find_vetoes(plan, names, alarms, traffic, bake_start, over))


def find_frozen_throttling(plan: GatePlan, traffic: LiveTraffic, bake_start: BakeStart) -> list[str]:
    """Texts about throttling while the billing mode switched to on-demand, for a warning.

    Args:
        plan: the plan of the gate.
        traffic: throttle events from the change of the table on.
        bake_start: the state at the start of the bake.
    """
    if not plan.transition.switches_to_on_demand:
        return []
    texts = []
    for key in traffic.resources:
        first, end = floor_minute(bake_start.changed), _first_whole_minute(bake_start.started)
        events = {minute: value for minute, value in traffic.events(key, first).items() if minute < end}
        found = find_throttling(plan, key, events)
        if found is not None:
            details = _throttling_details(plan, key, traffic, found.minute, found.events)
            texts.append(f"throttled while the billing mode switched: {details}")
    return texts


def _find_vetoes(
    plan: GatePlan,
    names: StackNames,
    alarms: Mapping[str, LiveAlarm],
    traffic: LiveTraffic,
    bake_start: BakeStart,
    over: bool,
) -> Iterator[Veto]:
    judged_from = {
        key: _judged_from(plan, key, traffic, bake_start, names.alarms.get(key)) for key in traffic.resources
    }
    was_frozen = bool(find_frozen_throttling(plan, traffic, bake_start))
    reported = set()
    for key, name in names.alarms.items():
        alarm = alarms.get(name)
        if alarm is None or alarm.state != "ALARM":
            continue
        first = judged_from.get(key)
        if plan.transition.switches_to_on_demand:
            counts = first is not None and find_throttling(plan, key, traffic.events(key, first)) is not None
        else:
            counts = _counts(alarm, bake_start, first)
        if counts:
            reported.add(key)
            details = _alarm_details(plan, key, traffic, bake_start.started, alarm)
            yield Veto(f"alarm {name} is in ALARM: {details}", Reason.BAKE_THROTTLED)
    for name in plan.rollout.alarms:
        alarm = alarms.get(name)
        if alarm is None or alarm.state != "ALARM":
            continue
        if was_frozen and not over and alarm.since is not None and alarm.since <= bake_start.started:
            continue  # the frozen minutes may be its reason: it has the bake time to leave ALARM
        if _counts(alarm, bake_start, bake_start.changed):
            since = "" if alarm.since is None else f" since {format_minute(alarm.since)}"
            yield Veto(f"alarm {name} is in ALARM{since}: {shorten(alarm.reason, 200)}", Reason.BAKE_ALARM)
    for key, first in judged_from.items():
        if key in reported or first is None:
            continue
        found = find_throttling(plan, key, traffic.events(key, first))
        if found is not None:
            text = _throttling_details(plan, key, traffic, found.minute, found.events)
            yield Veto(text, Reason.BAKE_THROTTLED)


def _judged_from(
    plan: GatePlan, key: str, traffic: LiveTraffic, bake_start: BakeStart, alarm_name: str | None
) -> datetime | None:
    """The minute from which throttling of a resource counts; ``None`` if it does not count yet.

    In a cure, throttling of a resource that throttled before the change counts once the resource has been quiet.
    """
    is_frozen = plan.transition.switches_to_on_demand
    start = _first_whole_minute(bake_start.started) if is_frozen else floor_minute(bake_start.started)
    if not bake_start.cure:
        return start
    first = start if is_frozen else floor_minute(bake_start.changed)
    allowed = allowed_events(plan, key)
    events = traffic.events(key, first - timedelta(minutes=LIVE_MINUTES))
    was_loud = bake_start.had_alarm(alarm_name) or bake_start.had_throttling(key)
    if not was_loud and not any(value > allowed for minute, value in events.items() if minute <= first):
        return first
    return quiet_since(plan, key, events, first + timedelta(minutes=1), traffic.complete_until)


def _first_whole_minute(time: datetime) -> datetime:
    floor = floor_minute(time)
    return floor if floor == time else floor + MINUTE


def _counts(alarm: LiveAlarm, bake_start: BakeStart, judged_from: datetime | None) -> bool:
    """Whether an alarm in ALARM is a veto: in a cure only if it was quiet, or changed to ALARM again."""
    if not bake_start.cure:
        return True
    if bake_start.had_alarm(alarm.name):
        return alarm.since is not None and alarm.since > bake_start.changed
    # an alarm changes its state minutes later, so it may be about throttling before the cure; the metrics show that
    return judged_from is not None and (
        judged_from <= bake_start.changed or alarm.since is None or alarm.since > judged_from
    )


def _alarm_details(
    plan: GatePlan, key: str, traffic: LiveTraffic, started: datetime, alarm: LiveAlarm
) -> str:
    """The worst throttled minute; the alarm's own reason if no minute is above what is allowed."""
    events = traffic.events(key, floor_minute(started) - timedelta(minutes=LIVE_MINUTES))
    worst = max(events, key=lambda minute: (events[minute], minute), default=None)
    if worst is None or events[worst] <= allowed_events(plan, key):
        return f"{format_resource(key)}, {shorten(alarm.reason, 200)}"
    return _throttling_details(plan, key, traffic, worst, events[worst])


def _throttling_details(
    plan: GatePlan, key: str, traffic: LiveTraffic, minute: datetime, events: float
) -> str:
    return (
        f"{format_resource(key)}, {traffic.most_throttled_access(key, minute)}, {format_number(events)} throttle "
        f"events in the minute {format_minute(minute)}, {format_number(allowed_events(plan, key))} allowed"
    )


__all__ = ["BakeStart", "Veto", "find_frozen_throttling", "find_vetoes"]
