"""When a scheduled action of Application Auto Scaling runs: ``at(...)``, ``rate(...)`` and ``cron(...)``.

The formats are those of PutScheduledAction
(https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html). A cron expression has six fields:
minutes, hours, day of month, month, day of week, year. The guide refers to EventBridge for their syntax
(https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html): ``, - * /`` in each
field, ``?``, ``L`` and ``W`` for days of the month, ``?``, ``L`` and ``#`` for days of the week, names of months and days.

No source says what becomes of a local time that does not exist, or exists twice, when the clocks change: here the first runs at
the moment that it would have been without the change, and the second runs once.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

_FORM = re.compile(r"(at|rate|cron)\((.*)\)", re.DOTALL)
_RATE = re.compile(r"([1-9]\d*) (minute|hour|day)s?")
_UNIT_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if number}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_LONGEST_DAYS = 800
"""Days of the past that are searched for runs: a clock that jumps further has missed those before."""


class ScheduleError(ValueError):
    """A schedule or a time zone that the service does not know."""


@dataclass(frozen=True)
class Cron:
    """The fields of a cron expression. ``days`` and ``weekdays`` stay text: what they mean differs from month to month.

    weekday_of_one: day of the week with the number 1, counted from Monday, 0 to 6.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: str
    months: frozenset[int]
    weekdays: str
    years: frozenset[int]
    weekday_of_one: int

    def has(self, day: date) -> bool:
        """Whether it runs on a day."""
        return (
            day.year in self.years
            and day.month in self.months
            and self._has_day(day)
            and self._has_weekday(day)
        )

    def _has_day(self, day: date) -> bool:
        length = calendar.monthrange(day.year, day.month)[1]
        if self.days in ("*", "?"):
            return True
        if self.days in ("L", "LW") or re.fullmatch(r"\d+W", self.days):
            wanted = length if self.days.startswith("L") else int(self.days[:-1])
            if wanted > length:
                return False
            if self.days.endswith("W"):
                wanted = _nearest_workday(day.replace(day=wanted), length)
            return day.day == wanted
        return day.day in _values(self.days, 1, 31)

    def _has_weekday(self, day: date) -> bool:
        if self.weekdays in ("*", "?"):
            return True
        number = (day.weekday() - self.weekday_of_one) % 7 + 1
        nth = re.fullmatch(r"(\w+)#([1-5])", self.weekdays)
        if nth is not None:
            return number == _number(nth[1], 1, 7, _DAYS) and (day.day - 1) // 7 + 1 == int(nth[2])
        last = re.fullmatch(r"(\w+?)L", self.weekdays)
        if last is not None:
            length = calendar.monthrange(day.year, day.month)[1]
            return number == _number(last[1], 1, 7, _DAYS) and day.day > length - 7
        wanted = self.weekdays if self.weekdays != "L" else "SAT"
        return number in _values(wanted, 1, 7, _DAYS)


@dataclass(frozen=True)
class Schedule:
    """A schedule that was read.

    at: seconds since 1970 of its one time, ``None`` for one that recurs.
    every: seconds between two runs, ``None`` unless it is a rate.
    cron: its fields, ``None`` unless it is a cron expression.
    zone: time zone of the cron expression.
    """

    at: float | None = None
    every: float | None = None
    cron: Cron | None = None
    zone: tzinfo = UTC

    def runs(
        self,
        after: float,
        until: float,
        *,
        start: float | None = None,
        end: float | None = None,
        made: float = 0.0,
        first_at_once: bool = False,
    ) -> list[float]:
        """The times at which it runs in (after, until], seconds since 1970, ascending.

        after, until: the span, seconds since 1970.
        start, end: when it begins and ends to recur. It runs at its start too, whatever the recurrence.
        made: when the action was put; a rate without a start counts from then.
        first_at_once: whether such a rate runs for the first time when it is made, and not after its first interval.
        """
        if self.at is not None:
            return [self.at] if after < self.at <= until else []
        found = set(self._recurring(after, until, start, made, first_at_once))
        if start is not None:
            found = {run for run in found if run >= start} | {start}
        return sorted(run for run in found if after < run <= until and (end is None or run <= end))

    def _recurring(
        self, after: float, until: float, start: float | None, made: float, first_at_once: bool
    ) -> Iterator[float]:
        after = max(after, until - _LONGEST_DAYS * 86_400)
        if self.every is not None:
            base = made if start is None else start
            first = 0 if first_at_once or start is not None else 1
            number = max(first, int((after - base) // self.every))
            while base + number * self.every <= until:
                yield base + number * self.every
                number += 1
        if self.cron is not None:
            day = datetime.fromtimestamp(after, self.zone).date()
            last = datetime.fromtimestamp(until, self.zone).date()
            while day <= last:
                if self.cron.has(day):
                    yield from self._on(day)
                day += timedelta(days=1)

    def _on(self, day: date) -> Iterator[float]:
        assert self.cron is not None
        for hour in self.cron.hours:
            for minute in self.cron.minutes:
                yield datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone).timestamp()


def read_schedule(text: str, timezone: str | None = None, *, both_days: bool = False) -> Schedule:
    """Read a schedule.

    text: ``at(...)``, ``rate(...)`` or ``cron(...)``.
    timezone: IANA name, ``None`` for UTC.
    both_days: the reading of the guide's older text: neither field of days has to be ``?``, and 1 is Monday.
    Raises ScheduleError.
    """
    try:
        zone: tzinfo = UTC if timezone is None else ZoneInfo(timezone)
    except (ValueError, OSError, KeyError):
        raise ScheduleError(f"Invalid timezone: {timezone}") from None
    form = _FORM.fullmatch(text)
    kind, inner = (form[1], form[2]) if form is not None else ("", "")
    try:
        if kind == "at":
            return Schedule(at=datetime.strptime(inner, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=zone).timestamp())
        rate = _RATE.fullmatch(inner) if kind == "rate" else None
        if rate is not None:
            return Schedule(every=float(int(rate[1]) * _UNIT_SECONDS[rate[2]]))
        if kind == "cron":
            return Schedule(cron=_read_cron(inner.split(), both_days), zone=zone)
    except ValueError:
        pass
    raise ScheduleError(f"Invalid schedule expression: {text}")


def _read_cron(fields: list[str], both_days: bool) -> Cron:
    minutes, hours, days, months, weekdays, years = fields
    if not both_days and "?" not in (days, weekdays):
        raise ValueError("one of the fields of days is ?")
    cron = Cron(
        _values(minutes, 0, 59),
        _values(hours, 0, 23),
        days.upper(),
        _values(months, 1, 12, _MONTHS),
        weekdays.upper(),
        _values(years, 1970, 2199),
        0 if both_days else 6,
    )
    for number in range(1, 8):  # a wrong field of days is found now, not at its time
        cron._has_day(date(2026, 1, number))
        cron._has_weekday(date(2026, 1, number))
    return cron


def _values(text: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
    """The numbers that a field of a cron expression means."""
    found: set[int] = set()
    for part in text.upper().split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            begin, end = low, high
        else:
            begin = _number(first, low, high, names)
            end = _number(last, low, high, names) if dash else (high if slash else begin)
        width = int(step) if slash else 1
        if width < 1:
            raise ValueError(part)
        if end < begin:  # FRI-MON
            found.update(range(begin, high + 1, width))
            begin = low
        found.update(range(begin, end + 1, width))
    return frozenset(found)


def _number(text: str, low: int, high: int, names: dict[str, int] | None) -> int:
    number = (names or {}).get(text.upper()) or int(text)
    if not low <= number <= high:
        raise ValueError(text)
    return number


def _nearest_workday(day: date, length: int) -> int:
    """The day of Monday to Friday that is nearest, in the same month."""
    if day.weekday() == calendar.SATURDAY:
        return day.day - 1 if day.day > 1 else day.day + 2
    if day.weekday() == calendar.SUNDAY:
        return day.day + 1 if day.day < length else day.day - 2
    return day.day


__all__ = ["Cron", "Schedule", "ScheduleError", "read_schedule"]
