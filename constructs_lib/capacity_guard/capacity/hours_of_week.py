"""Hours of the week as text, in UTC and in a time zone: ``Tue 08-12``, ``Tue 08-12 Europe/Berlin``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from .errors import InputError
from .evidence import HOURS_OF_WEEK

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d{2})-(\d{2})")
_ZONE = re.compile(r"(.*\d) +([A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*)")
_REMEDY = "Write it like 'Tue 08-12', or 'Tue 08-12 Europe/Berlin'"


def read_hours(text: str, name: str) -> tuple[frozenset[int], str]:
    """The hours of the week that a text names, and the text that names them in UTC.

    Of hours in a time zone those count that are named at every offset that the zone has this year and the next: a window
    must not move into busy hours when the clocks change.

    Args:
        text: spans separated by commas, with or without a time zone of the IANA database at the end.
        name: what the text is, for errors.

    Returns:
        Hours, 0 is Monday 00:00 UTC; a text without a zone is returned as it is.

    Raises:
        InputError: a span or the zone cannot be read, or no hour of it is the same all year.
    """
    zoned = _ZONE.fullmatch(text.strip())
    if zoned is None:
        return _hours(text, name), text
    local = _hours(zoned[1], name)
    shifts = _offsets(zoned[2], name)
    hours = frozenset(
        hour for hour in range(HOURS_OF_WEEK) if all(covered <= local for covered in _local(hour, shifts))
    )
    if not hours:
        raise InputError(name, f"{text!r} has no hour that is in it all year", "Give an hour or two more")
    return hours, hours_text(hours)


def _local(hour: int, shifts: frozenset[timedelta]) -> Iterator[frozenset[int]]:
    """The local hours of the week that an hour in UTC is in, at each offset; two where the offset is not a whole hour."""
    for shift in shifts:
        minutes = hour * 60 + round(shift.total_seconds() / 60)
        yield frozenset({minutes // 60 % HOURS_OF_WEEK, (minutes + 59) // 60 % HOURS_OF_WEEK})


def _offsets(zone: str, name: str) -> frozenset[timedelta]:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # the gates read UTC alone

    try:
        found = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            name,
            f"{zone!r} is not a time zone that is known here",
            f"{_REMEDY}; install tzdata where it is missing",
        ) from None
    first = datetime(datetime.now(UTC).year, 1, 1, tzinfo=UTC)
    offsets = (found.utcoffset((first + timedelta(days=days)).astimezone(found)) for days in range(0, 731, 5))
    return frozenset(offset for offset in offsets if offset is not None)


def _hours(text: str, name: str) -> frozenset[int]:
    hours: set[int] = set()
    for span in text.split(","):
        match = _SPAN.fullmatch(span.strip().lower())
        first, last, start, end = match.groups() if match else ("", None, "0", "0")
        last = last or first
        if first not in _DAYS or last not in _DAYS or not 0 <= int(start) < int(end) <= 24:
            raise InputError(name, f"{span.strip()!r} is not a span of hours", _REMEDY)
        days = (_DAYS.index(last) - _DAYS.index(first)) % 7
        for day in range(_DAYS.index(first), _DAYS.index(first) + days + 1):
            hours.update(day % 7 * 24 + hour for hour in range(int(start), int(end)))
    return frozenset(hours)


def hours_text(hours: frozenset[int]) -> str:
    """The spans of hours of the week in UTC, day by day, as ``read_hours`` reads them."""
    spans = []
    for day, label in enumerate(_DAYS):
        start: int | None = None
        for hour in range(25):
            inside = hour < 24 and day * 24 + hour in hours
            if inside and start is None:
                start = hour
            elif not inside and start is not None:
                spans.append(f"{label.title()} {start:02}-{hour:02}")
                start = None
    return ", ".join(spans)


__all__ = ["hours_text", "read_hours"]
