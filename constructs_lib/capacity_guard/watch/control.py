"""The concurrent control: an unchanged cell of the app, compared with the changed one over the minutes of a veto (ADR 0019)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.dimension import ACCESSES, Dimension, index_of
from ..capacity.errors import InputError
from ..capacity.evidence import MINUTE
from ..capacity.plain_data import read_object, read_text, shown
from ..capacity.scheduled_action import ScheduledAction, read_scheduled_actions
from .settings import WatchSettings
from .vetoes import MeteredMinute, fast_veto, throttled_share

METADATA = "CapacityGuardControl"
"""Key in the metadata of a Bake: the control of its change. A resource's metadata is not a property, so no gate is called where
the control becomes another one."""
_REMEDY = "Synthesize and deploy again"
SLACK = timedelta(minutes=5)
"""Time by which the same load may reach one cell before the other, and metrics of one be counted a minute later."""


@dataclass(frozen=True)
class Control:
    """The table of an unchanged cell, as the synthesis knew it.

    Attributes:
        label: what messages call it.
        stack: name of its stack.
        logical_id: its logical id there.
        table_name: its name if the code gives one; otherwise CloudFormation is asked.
        deployed: the capacity that its template states. One that has another capacity by now has changed, too.
        peaks: units per second of its recorded busiest minute, by dimension.
        noise: throttle events a minute that do not count there (``Rollout.allowed_events``), by resource key.
        schedules: its scheduled actions, whose bounds are no change of it.
        live: its live capacity when it was recorded; ``None`` if it is not known.
    """

    label: str
    stack: str
    logical_id: str
    table_name: str | None
    deployed: Capacity
    peaks: Mapping[Dimension, float]
    noise: Mapping[str, float]
    schedules: tuple[ScheduledAction, ...] = ()
    live: Capacity | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return {
            "label": self.label,
            "stack": self.stack,
            "logical_id": self.logical_id,
            "table_name": self.table_name,
            "deployed": self.deployed.to_json(),
            "peaks": {dimension.key: units for dimension, units in self.peaks.items()},
            "noise": dict(self.noise),
            **({} if not self.schedules else {"schedules": [each.to_json() for each in self.schedules]}),
            **({} if self.live is None else {"live": self.live.to_json()}),
        }

    @staticmethod
    def from_json(value: object) -> Control:
        """Read what ``to_json`` wrote, of this version or a later one, whose further fields are left out.

        Raises:
            InputError: it is something else.
        """
        data = read_object(value, METADATA, remedy=_REMEDY)
        name, live = data.get("table_name"), data.get("live")
        if name is not None and not isinstance(name, str):
            raise InputError(f"{METADATA}.table_name", f"{shown(name)} is not a name", _REMEDY)
        return Control(
            read_text(data, "label", METADATA, remedy=_REMEDY),
            read_text(data, "stack", METADATA, remedy=_REMEDY),
            read_text(data, "logical_id", METADATA, remedy=_REMEDY),
            name,
            Capacity.from_json(data.get("deployed"), f"{METADATA}.deployed"),
            {Dimension.parse(key): units for key, units in _numbers(data, "peaks").items()},
            _numbers(data, "noise"),
            read_scheduled_actions(data.get("schedules"), f"{METADATA}.schedules"),
            None if live is None else Capacity.from_json(live, f"{METADATA}.live"),
        )


class Verdict(str, Enum):
    """What a control says about a veto."""

    ALONE = "the changed cell alone"
    BOTH = "both cells"
    UNKNOWN = "before and after only"


@dataclass(frozen=True)
class Comparison:
    """What a control says about a veto, with a sentence for people.

    Attributes:
        verdict: what.
        text: the same in words, with figures.
    """

    verdict: Verdict
    text: str


def no_control(why: str) -> Comparison:
    """The comparison without a control.

    Args:
        why: why there is none, as a clause.
    """
    return Comparison(Verdict.UNKNOWN, f"Compared is before and after only: {why}.")


@dataclass(frozen=True)
class Cell:
    """The minutes of a resource in one cell.

    Attributes:
        minutes: reads and writes together.
        demand: consumed units and throttle events per minute, by dimension.
        peaks: units per second of the recorded busiest minute, by dimension.
        noise: throttle events a minute that do not count.
    """

    minutes: Mapping[datetime, MeteredMinute]
    demand: Mapping[Dimension, Mapping[datetime, float]]
    peaks: Mapping[Dimension, float]
    noise: float


def compare(
    label: str,
    resource: str,
    changed: Cell,
    control: Cell,
    at: datetime,
    until: datetime,
    *,
    since: datetime,
    settings: WatchSettings,
) -> Comparison:
    """Compare the changed cell with the control over the minutes of a veto.

    Args:
        label: what messages call the control.
        resource: resource key of what throttles in the changed cell.
        changed: the changed cell.
        control: the control. Its throttle events have no hot key's among them.
        at: start of the first minute of the veto, UTC.
        until: the minute after the last one of the veto.
        since: when the changed cell had its new capacity; before that nothing is compared.
        settings: the settings.
    """
    before, near = max(since, at - timedelta(minutes=settings.control_minutes)), at - SLACK
    earlier = _veto(control, before, near, settings)
    if earlier is not None and _veto(changed, before, near, settings) is None:
        return no_control(
            f"{label} throttled before this cell did, from {earlier:%H:%M} UTC on, for a cause of its own"
        )
    of_control = max(
        throttled_share(control.minutes, start, end, control.noise) for start, end in _spans(at, until)
    )
    of_changed = throttled_share(changed.minutes, at, until, changed.noise)
    if (
        _veto(control, near, until + SLACK, settings) is not None
        and of_control >= settings.control_share * of_changed
    ):
        return Comparison(
            Verdict.BOTH,
            f"An unchanged cell throttled in the same minutes too: {label}, {of_control:.1%} of its demand "
            f"({of_changed:.1%} here). So the change may not be the cause.",
        )
    missing = sum(minute not in control.minutes for minute in _minutes(at, until))
    if missing:
        return no_control(f"the metrics of {label} are missing for {missing} of the minutes")
    loads = _loads(resource, changed, control, at, until)
    if loads is None:
        return no_control(f"{label} has no recorded traffic with which its load could be compared")
    here, there = loads
    if there < settings.control_share * here or there <= 0:
        return no_control(
            f"{label} had no comparable load, {there:.0%} of its recorded peak, where this cell had {here:.0%} of its own"
        )
    less = (
        f"throttled {of_control:.1%} of its demand ({of_changed:.1%} here)"
        if of_control
        else "did not throttle"
    )
    return Comparison(
        Verdict.ALONE,
        f"Compared with an unchanged cell: {label} had {there:.0%} of its recorded peak in the same minutes (this cell "
        f"{here:.0%} of its own) and {less}. So the change is the likely cause.",
    )


def _veto(cell: Cell, start: datetime, end: datetime, settings: WatchSettings) -> datetime | None:
    """Start of the first minute of throttling beyond the noise in a span; a minute at its end may be alone there."""
    inside = {at: minute for at, minute in cell.minutes.items() if start <= at < end}
    found = fast_veto(inside, noise=cell.noise, changed_at=start, settings=settings)
    return None if found is None else found.at


def _spans(at: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """The span of a veto, and the same one as many minutes earlier or later as the load of a cell may come."""
    shifts = (number * MINUTE for number in range(-int(SLACK / MINUTE), int(SLACK / MINUTE) + 1))
    return [(at + shift, until + shift) for shift in shifts]


def _loads(
    resource: str, changed: Cell, control: Cell, at: datetime, until: datetime
) -> tuple[float, float] | None:
    """Mean demand of changed cell and control as shares of their recorded peaks: of reads or writes, where the changed cell had
    more; ``None`` where a peak is unknown."""
    found = []
    for access in ACCESSES:
        dimension = Dimension(index_of(resource), access)
        shares = [_load(cell, dimension, at, until) for cell in (changed, control)]
        if shares[0] is not None and shares[1] is not None:
            found.append((shares[0], shares[1]))
    return max(found, default=None)


def _load(cell: Cell, dimension: Dimension, at: datetime, until: datetime) -> float | None:
    peak = cell.peaks.get(dimension)
    if not peak:
        return None
    minutes = list(_minutes(at, until))
    demand = cell.demand.get(dimension, {})
    return sum(demand.get(minute, 0.0) for minute in minutes) / len(minutes) / 60 / peak


def _minutes(start: datetime, end: datetime) -> list[datetime]:
    return [start + number * MINUTE for number in range(max(1, int((end - start) / MINUTE)))]


def _numbers(data: Mapping[str, Any], field: str) -> dict[str, float]:
    found = read_object(data.get(field), f"{METADATA}.{field}", remedy=_REMEDY)
    for key, number in found.items():
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not number >= 0:
            raise InputError(f"{METADATA}.{field}.{key}", f"{shown(number)} is not a number", _REMEDY)
    return found


__all__ = ["METADATA", "Cell", "Comparison", "Control", "Verdict", "compare", "no_control"]
