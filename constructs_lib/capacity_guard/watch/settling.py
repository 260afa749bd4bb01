"""Whether a change has carried load: progress of each changed dimension, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from ..capacity.dimension import Dimension
from ..capacity.evidence import MINUTE, Evidence
from .settings import WatchSettings

_HOUR = timedelta(hours=1)


class Verdict(str, Enum):
    """What the load since a change says about it."""

    SETTLED = "settled"
    OPEN = "open"
    UNPROVEN = "unproven"


@dataclass(frozen=True)
class RecordedLoad:
    """The load that a dimension has to carry again.

    Attributes:
        peak: units per second of the recorded busiest minute; ``None`` if no minute was recorded.
        busiest_hour: hour of the day (UTC) of that minute.
    """

    peak: float | None
    busiest_hour: int | None

    @staticmethod
    def of(evidence: Evidence, dimension: Dimension) -> RecordedLoad:
        """The recorded load of a dimension."""
        peak = evidence.peak(dimension)
        return RecordedLoad(None, None) if peak is None else RecordedLoad(peak.units, peak.at.hour)


@dataclass(frozen=True)
class DimensionProgress:
    """How much of its recorded load a dimension has carried since the change.

    Attributes:
        loaded_minutes: minutes with at least ``loaded_share`` of the recorded peak.
        longest_high: most minutes in a row with at least ``high_share`` of it.
        highest: units per second of the busiest minute since the change; ``None`` if none was metered.
        busiest_hour_ends: when its recorded busiest hour of the day has passed once since the change; ``None`` if unknown.
        by_time: whether its recorded peak is so low that time alone settles it.
        is_settled: whether it has carried enough.
        missing: what it still has to carry, in words; empty once it has.
    """

    loaded_minutes: int
    longest_high: int
    highest: float | None
    busiest_hour_ends: datetime | None
    by_time: bool
    is_settled: bool
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Progress:
    """How much of the recorded load a change has carried.

    Attributes:
        dimensions: progress of each changed dimension.
        shortest_ends: before this time it does not settle.
        verdict: what follows from it.
    """

    dimensions: Mapping[Dimension, DimensionProgress]
    shortest_ends: datetime
    verdict: Verdict


def progress(
    recorded: Mapping[Dimension, RecordedLoad],
    metered: Mapping[Dimension, Mapping[datetime, float]],
    *,
    changed_at: datetime,
    now: datetime,
    settings: WatchSettings,
    is_first_wave: bool,
) -> Progress:
    """How far a change is on its way to be settled.

    Args:
        recorded: the recorded load of each changed dimension.
        metered: units per second by start of the minute (UTC), of each dimension; minutes that are missing are not metered yet,
            and count for nothing. Those before the change, and those that are not over, are left out.
        changed_at: when the table had its new capacity, UTC.
        now: the time of the look, UTC.
        settings: the settings.
        is_first_wave: whether no wave has settled before this one.
    """
    shortest_ends = changed_at + settings.shortest(is_first_wave)
    dimensions = {
        dimension: _dimension(load, metered.get(dimension, {}), changed_at, now, settings)
        for dimension, load in recorded.items()
    }
    if now >= shortest_ends and all(each.is_settled for each in dimensions.values()):
        verdict = Verdict.SETTLED
    else:
        over = now >= changed_at + timedelta(days=settings.most_days)
        verdict = Verdict.UNPROVEN if over else Verdict.OPEN
    return Progress(dimensions, shortest_ends, verdict)


def _dimension(
    load: RecordedLoad,
    metered: Mapping[datetime, float],
    changed_at: datetime,
    now: datetime,
    settings: WatchSettings,
) -> DimensionProgress:
    minutes = {at: units for at, units in metered.items() if changed_at <= at and at + MINUTE <= now}
    highest = max(minutes.values(), default=None)
    if load.peak is None:
        # Nothing says what it should carry, so nothing can show that it has.
        missing: tuple[str, ...] = ("no traffic was recorded, so no load proves it",)
        return DimensionProgress(0, 0, highest, None, False, False, missing)
    if load.peak < settings.quiet_peak:
        return DimensionProgress(0, 0, highest, None, True, True, ())
    peak = load.peak
    loaded = sum(units >= settings.loaded_share * peak for units in minutes.values())
    longest = _longest_run(at for at, units in minutes.items() if units >= settings.high_share * peak)
    ends = None if load.busiest_hour is None else _end_of_hour(changed_at, load.busiest_hour)
    missing = tuple(_missing(loaded, longest, ends, now, settings))
    return DimensionProgress(loaded, longest, highest, ends, False, not missing, missing)


def _missing(
    loaded: int, longest: int, ends: datetime | None, now: datetime, settings: WatchSettings
) -> Iterator[str]:
    if loaded < settings.loaded_minutes:
        yield f"{loaded} of {settings.loaded_minutes} minutes at {settings.loaded_share:.0%} of the recorded peak"
    if longest < settings.high_minutes:
        yield f"{longest} of {settings.high_minutes} minutes in a row at {settings.high_share:.0%} of it"
    if ends is not None and now < ends:
        yield f"its busiest hour of the day passes at {ends:%a %d %b %H:%M} UTC"


def _longest_run(minutes: Iterable[datetime]) -> int:
    longest = run = 0
    before: datetime | None = None
    for at in sorted(minutes):
        run = run + 1 if before is not None and at - before == MINUTE else 1
        longest, before = max(longest, run), at
    return longest


def _end_of_hour(changed_at: datetime, hour: int) -> datetime:
    """When an hour of the day has passed whole once since a time."""
    start = changed_at.replace(minute=0, second=0, microsecond=0)
    if start < changed_at:
        start += _HOUR
    return start + timedelta(hours=(hour - start.hour) % 24) + _HOUR


__all__ = ["DimensionProgress", "Progress", "RecordedLoad", "Verdict", "progress"]
