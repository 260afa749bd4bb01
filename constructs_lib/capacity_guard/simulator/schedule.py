"""When a scheduled action runs: ``at(...)``, ``rate(...)`` and ``cron(...)``, read for replays.

Formats: API PutScheduledAction. A cron expression has six fields (minutes, hours, day of month, month, day of week, year)
with the syntax of EventBridge, to which the guide refers (Application Auto Scaling User Guide,
scheduled-scaling-using-cron-expressions).

The emulator of the rehearsal has a reader of its own: two readings of one text, held against each other by tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from ..capacity.scheduled_action import ScheduledAction

_EXPRESSION = re.compile(r"\s*(at|cron|rate)\s*\((.*)\)\s*")
_RATE_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_MONTH_NAMES = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAY_NAMES = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_LOOK_BACK = timedelta(days=3 * 366)
"""How far the last run before a recording is sought: a leap year's day is found in it, unless the century interferes."""


class UnreadableSchedule(ValueError):
    """A schedule that cannot be replayed; the message says why."""


@dataclass(frozen=True)
class Schedule:
    """The times at which one scheduled action runs.

    Attributes:
        once: its only time, UTC; ``None`` for one that recurs.
        every: time between two runs, counted from ``start``; ``None`` unless it is a rate.
        days: whether a cron expression runs on a local date; ``None`` unless it is one.
        hours, minutes: local hours and minutes of a cron expression, ascending.
        zone: time zone of the cron expression.
        start, end: when it begins and ends to recur, UTC. It runs at its start as well (guide: cron expressions).
    """

    once: datetime | None = None
    every: timedelta | None = None
    days: Callable[[date], bool] | None = None
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    zone: tzinfo = UTC
    start: datetime | None = None
    end: datetime | None = None

    def runs(self, first: datetime, stop: datetime) -> list[datetime]:
        """Its runs from ``first`` until before ``stop``, UTC, ascending."""
        found = {run for run in self._candidates(first, stop) if first <= run < stop}
        if self.once is None and self.start is not None:
            found = {run for run in found if run >= self.start}
            if first <= self.start < stop:
                found.add(self.start)
        if self.once is None and self.end is not None:
            found = {run for run in found if run <= self.end}
        return sorted(found)

    def last_before(self, moment: datetime) -> datetime | None:
        """Its last run before a moment, UTC; ``None`` where it ran never, or not within three years."""
        if self.every is not None:
            return next(iter(self.runs(moment - self.every, moment)[::-1]), None) or self._past_end(moment)
        span = timedelta(days=1)
        while span <= 2 * _LOOK_BACK:
            found = self.runs(moment - span, moment)
            if found:
                return found[-1]
            span *= 4
        return self.once if self.once is not None and self.once < moment else None

    def _past_end(self, moment: datetime) -> datetime | None:
        """The last run of a rate that has ended before a moment."""
        if self.end is None or self.start is None or self.every is None or self.end >= moment:
            return None
        return (
            self.start + (self.end - self.start) // self.every * self.every
            if self.end >= self.start
            else None
        )

    def _candidates(self, first: datetime, stop: datetime) -> Iterator[datetime]:
        if self.once is not None:
            yield self.once
        elif self.every is not None:
            assert self.start is not None
            run = self.start + max(0, -((self.start - first) // self.every)) * self.every
            while run < stop:
                yield run
                run += self.every
        elif self.days is not None:
            local, last = first.astimezone(self.zone).date(), stop.astimezone(self.zone).date()
            local -= timedelta(days=1)  # a local time that does not exist is moved, over midnight too
            while local <= last:
                if self.days(local):
                    for hour in self.hours:
                        for minute in self.minutes:
                            at = datetime(local.year, local.month, local.day, hour, minute, tzinfo=self.zone)
                            yield at.astimezone(UTC)
                local += timedelta(days=1)


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo  # loads for milliseconds what only an action with a time zone needs

    return ZoneInfo(name)


@lru_cache(maxsize=1024)
def read_schedule(action: ScheduledAction) -> Schedule:
    """The schedule of an action.

    A local time that a change of the clocks leaves out runs when it would have come without the change; one that it gives
    twice runs at the first. No source says what AWS does.

    Raises:
        UnreadableSchedule: the expression or its time zone is unknown or ambiguous, or a rate has no start, so that its
            phase is not known.
    """
    try:
        zone = UTC if action.timezone is None else _zone(action.timezone)
    except (ValueError, OSError, KeyError):
        raise UnreadableSchedule(f"time zone {action.timezone!r} is unknown") from None
    matched = _EXPRESSION.fullmatch(action.schedule)
    if matched is None:
        raise UnreadableSchedule(f"{action.schedule!r} is neither at(...), rate(...) nor cron(...)")
    kind, text = matched[1], matched[2].strip()
    try:
        if kind == "at":
            return Schedule(once=datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC))
        if kind == "rate":
            return Schedule(every=_rate(text), start=_start_of_rate(action), end=action.end)
        return _cron(text, zone, action)
    except UnreadableSchedule:
        raise
    except (ValueError, KeyError, OverflowError):
        raise UnreadableSchedule(f"{action.schedule!r} is not a schedule of this form") from None


def _start_of_rate(action: ScheduledAction) -> datetime:
    if action.start is None:
        raise UnreadableSchedule(f"{action.schedule!r} without a start: when it runs is not recorded")
    return action.start


def _rate(text: str) -> timedelta:
    value, unit = text.split()
    if int(value) < 1:
        raise ValueError(text)
    return int(value) * _RATE_UNITS[unit.removesuffix("s")]


def _cron(text: str, zone: tzinfo, action: ScheduledAction) -> Schedule:
    fields = text.upper().split()
    if len(fields) != 6:
        raise UnreadableSchedule(f"{action.schedule!r} has {len(fields)} fields, not 6")
    minutes, hours = _numbers(fields[0], 0, 59), _numbers(fields[1], 0, 23)
    months, years = _numbers(fields[3], 1, 12, _MONTH_NAMES), _numbers(fields[5], 1970, 2199)
    of_month, of_week = (
        _day_of_month(fields[2]),
        _day_of_week(fields[4], action, "?" in (fields[2], fields[4])),
    )

    def runs_on(day: date) -> bool:
        return day.year in years and day.month in months and of_month(day) and of_week(day)

    return Schedule(
        days=runs_on,
        hours=tuple(sorted(hours)),
        minutes=tuple(sorted(minutes)),
        zone=zone,
        start=action.start,
        end=action.end,
    )


def _numbers(field: str, low: int, high: int, names: list[str] | None = None) -> frozenset[int]:
    """The values of one field: ``*``, values, ranges and steps, separated by commas."""

    def value(word: str) -> int:
        number = names.index(word) + low if names and word in names else int(word)
        if not low <= number <= high:
            raise ValueError(word)
        return number

    found: set[int] = set()
    for part in field.split(","):
        bounds, _, step = part.partition("/")
        begin, dash, end = bounds.partition("-")
        if bounds == "*":
            first, last = low, high
        else:
            first = value(begin)
            last = value(end) if dash else (high if step else first)
        width = int(step) if step else 1
        if width < 1 or (part.endswith("/")):
            raise ValueError(part)
        if last < first:  # over the end: FRI-MON
            last += high - low + 1
        found.update((number - low) % (high - low + 1) + low for number in range(first, last + 1, width))
    return frozenset(found)


def _every_day(_: date) -> bool:
    return True


def _day_of_month(field: str) -> Callable[[date], bool]:
    if field in ("*", "?"):
        return _every_day
    if field in ("L", "LW") or (field.endswith("W") and field[:-1].isdigit()):
        number = None if field[0] == "L" else int(field[:-1])
        if number is not None and not 1 <= number <= 31:
            raise ValueError(field)

        def is_it(day: date) -> bool:
            last = _days_of(day)
            wanted = last if number is None else number
            if wanted > last:
                return False
            return day.day == (_workday_near(day.replace(day=wanted), last) if "W" in field else wanted)

        return is_it
    days = _numbers(field, 1, 31)
    return lambda day: day.day in days


def _day_of_week(field: str, action: ScheduledAction, one_is_open: bool) -> Callable[[date], bool]:
    if field in ("*", "?"):
        return _every_day
    if not one_is_open and any(character.isdigit() for character in field):
        # The guide's older text counts days from Monday and needs no "?", EventBridge counts from Sunday and does.
        raise UnreadableSchedule(
            f"{action.schedule!r}: without ? the number of its day of the week is ambiguous"
        )
    name, mark, which = field.partition("#")
    if mark:
        (wanted,) = _numbers(name, 1, 7, _DAY_NAMES)
        nth = int(which)
        if not 1 <= nth <= 5:
            raise ValueError(field)
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == nth
    if field == "L":
        return lambda day: _weekday(day) == 7
    if field.endswith("L"):
        (wanted,) = _numbers(field[:-1], 1, 7, _DAY_NAMES)
        return lambda day: _weekday(day) == wanted and day.day > _days_of(day) - 7
    days = _numbers(field, 1, 7, _DAY_NAMES)
    return lambda day: _weekday(day) in days


def _weekday(day: date) -> int:
    """1 is Sunday, as EventBridge counts."""
    return day.isoweekday() % 7 + 1


def _days_of(day: date) -> int:
    following = day.replace(day=28) + timedelta(days=4)
    return (following - timedelta(days=following.day)).day


def _workday_near(day: date, last: int) -> int:
    """The nearest day from Monday to Friday in the same month."""
    if day.isoweekday() == 6:
        return day.day - 1 if day.day > 1 else day.day + 2
    if day.isoweekday() == 7:
        return day.day + 1 if day.day < last else day.day - 2
    return day.day


__all__ = ["Schedule", "UnreadableSchedule", "read_schedule"]
