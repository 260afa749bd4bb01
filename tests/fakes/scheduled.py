"""Scheduled actions of the fake Application Auto Scaling: put, shown, deleted, and run at their times.

Its cron expressions have ``, - * ? /`` and names alone: it walks through the minutes and looks at each field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.fakes.models import Refusal

_UNITS = {"minute": 60, "minutes": 60, "hour": 3_600, "hours": 3_600, "day": 86_400, "days": 86_400}
_LOWEST = (0, 0, 1, 1, 1, 1970)
_HIGHEST = (59, 23, 31, 12, 7, 2199)
_NAMES = {
    3: dict(
        zip(
            ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
            range(1, 13),
            strict=True,
        )
    ),
    4: dict(zip(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], range(1, 8), strict=True)),
}
MOST = 200
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f:/|]|^ | $")


def _matches(text: str, position: int, value: int) -> bool:
    """Whether a field of a cron expression has a value. Raises ValueError for a field that is wrong."""
    low, high, names = _LOWEST[position], _HIGHEST[position], _NAMES.get(position, {})
    if text == "?" and position in (2, 4):
        return True
    found = False
    for part in text.split(","):
        span, _, step = part.partition("/")
        ends = span.split("-")
        numbers = [low, high] if span == "*" else [names.get(end) or int(end) for end in ends]
        if not all(low <= number <= high for number in numbers) or len(numbers) > 2:
            raise ValueError(part)
        begin, end = numbers[0], numbers[-1] if len(numbers) == 2 or not step else high
        if begin > end:  # around the end of the week
            found = found or value >= begin or value <= end
        found = found or (begin <= value <= end and (value - begin) % int(step or 1) == 0)
    return found


@dataclass
class Action:
    """One action. ``put``: when it was put, ``seen``: until when its runs were carried out, UTC."""

    members: dict[str, Any]
    put: datetime
    seen: datetime

    def _schedule(self) -> tuple[str, str]:
        kind, _, rest = str(self.members["Schedule"]).partition("(")
        if not rest.endswith(")"):
            raise ValueError(rest)
        return kind, rest[:-1]

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.members.get("Timezone", "UTC"))

    def check(self) -> None:
        """Raise ValueError or KeyError for a schedule or a time zone that is wrong."""
        kind, inner = self._schedule()
        self._zone()
        if kind == "at":
            datetime.strptime(inner, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
        elif kind == "rate":
            value, unit = inner.split(" ")
            if int(value) * _UNITS[unit] < 1:
                raise ValueError(inner)
        elif kind == "cron":
            fields = inner.split()
            if len(fields) != 6 or "?" not in (fields[2], fields[4]):
                raise ValueError(inner)
            for position, text in enumerate(fields):
                _matches(text, position, _LOWEST[position])
        else:
            raise ValueError(kind)

    def runs(self, now: datetime) -> Iterator[datetime]:
        """Its times after those that were carried out, until now."""
        kind, inner = self._schedule()
        start, end = self.members.get("StartTime"), self.members.get("EndTime")
        if kind == "at":
            at = datetime.strptime(inner, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=self._zone())
            if self.seen < at <= now:
                yield at
            return
        times = {start} if start is not None else set()
        if kind == "rate":
            value, unit = inner.split(" ")
            every = timedelta(seconds=int(value) * _UNITS[unit])
            time = start if start is not None else self.put + every
            while time <= now:
                times.add(time)
                time += every
        else:
            fields = inner.split()
            minute = self.seen.replace(second=0, microsecond=0)
            while minute <= now:
                local = minute.astimezone(self._zone())
                values = (
                    *(local.minute, local.hour, local.day, local.month, local.isoweekday() % 7 + 1),
                    local.year,
                )
                if all(_matches(text, n, values[n]) for n, text in enumerate(fields)):
                    times.add(minute)
                minute += timedelta(minutes=1)
        for time in sorted(times):
            in_time = (start is None or time >= start) and (end is None or time <= end)
            if self.seen < time <= now and in_time:
                yield time


def put_action(actions: dict[str, Action], p: Mapping[str, Any], now: datetime, arn: str) -> None:
    """PutScheduledAction for the actions of one target, by name."""
    name = p["ScheduledActionName"]
    old = actions.get(name)
    members: dict[str, Any] = {"ScheduledActionARN": arn, "CreationTime": now}
    if old is not None:
        members = {k: v for k, v in old.members.items() if k not in ("StartTime", "EndTime")}
    members.update(p)
    for time in ("StartTime", "EndTime"):
        if isinstance(members.get(time), int | float):
            members[time] = datetime.fromtimestamp(members[time], UTC)
    bounds = members.get("ScalableTargetAction") or {}
    low, high = bounds.get("MinCapacity"), bounds.get("MaxCapacity")
    if _FORBIDDEN.search(name):
        raise Refusal("ValidationException", "the name of a scheduled action has no :, / or |")
    if "Schedule" not in members or not bounds:
        raise Refusal("ValidationException", "a new scheduled action has a schedule and a bound")
    if min(low or high, high or low) < 1 or (low and high and high < low):
        raise Refusal("ValidationException", "Maximum capacity cannot be less than minimum capacity")
    if members.get("StartTime") and members.get("EndTime") and members["EndTime"] < members["StartTime"]:
        raise Refusal("ValidationException", "the end is before the start")
    action = Action(members, now, now)
    try:
        action.check()
    except (ValueError, KeyError, OSError):
        raise Refusal("ValidationException", f"Invalid schedule: {members['Schedule']}") from None
    if old is None and len(actions) >= MOST:
        raise Refusal("LimitExceededException", "a target has 200 scheduled actions")
    actions[name] = action
