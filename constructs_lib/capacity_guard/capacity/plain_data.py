"""Read plain data from JSON strictly: each reader raises an InputError that names the field and the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from .errors import InputError

RECORD_AGAIN = "Record the baseline again"
"""The remedy for a field of a baseline that cannot be read."""


_SHOWN_CHARACTERS = 60
_YEARS = range(1970, 9000)
"""Years of which a calculation does not leave the range of ``datetime``."""


def shown(value: object) -> str:
    """A wrong value as an error shows it: at most 60 characters.

    Python does not write a whole number of more than 4,300 digits (Python: int max str digits).
    """
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


def whole_number(value: object, location: str, maximum: int, *, remedy: str) -> int:
    """A whole number from 1 to a maximum.

    Args:
        value: the number that was given.
        location: file and field, or setting, for errors.
        maximum: the highest number.
        remedy: what to do about another value.

    Raises:
        InputError: the value is not a whole number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(location, f"{shown(value)} is not a whole number of at least 1", remedy)
    if value > maximum:
        raise InputError(location, f"{shown(value)} is more than {maximum:,}", remedy)
    return value


def number_between(value: object, location: str, low: int, high: int) -> float:
    """A number in a range; one without a fraction is whole, so that equal numbers are equal texts.

    Args:
        value: the number that was given.
        location: file and field, or setting, for errors.
        low: the lowest number.
        high: the highest number.

    Raises:
        InputError: the value is not a number, or out of range.
    """
    # Compared, never converted: a whole number may be beyond every float, and NaN is in no order.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise InputError(
            location, f"{shown(value)} is not a number from {low} to {high}", f"Choose {low} to {high}"
        )
    return int(value) if value == int(value) else value


def utc_time(text: str) -> datetime | None:
    """A text as a time in UTC; ``None`` if it is none, or is so early or late that no time could be added to it.

    Args:
        text: ISO 8601 text with a time zone.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    if time.year not in _YEARS or time.utcoffset() is None:
        return None
    return time.astimezone(UTC)


def read_object(value: object, location: str, *known: str, remedy: str = RECORD_AGAIN) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        value: the value in the file.
        location: file and field, for errors.
        known: names of the fields that the object may hold; without any, every name is accepted.
        remedy: what to do when the object is missing or has another type.

    Raises:
        InputError: the value is missing, is not an object, or has a field that is not known.
    """
    if not isinstance(value, dict):
        raise InputError(location, "is missing" if value is None else "is not an object", remedy)
    for name in value:
        if known and name not in known:
            raise InputError(f"{location}.{name}", "is not a known field", f"Use {', '.join(known)}")
    return value


def read_fields(value: object, known: Iterable[str], location: str) -> dict[str, Any]:
    """Read the JSON object of a capacity; the errors differ from those of ``read_object`` in their wording only.

    Args:
        value: the value in the file.
        known: names of the fields that the object may hold.
        location: file and field, for errors.

    Raises:
        InputError: the value is missing, is not an object, or has a field that is not known.
    """
    if not isinstance(value, dict):
        problem = "is missing" if value is None else f"is {type(value).__name__}, not an object"
        raise InputError(location, problem, RECORD_AGAIN)
    unknown = sorted(set(value) - set(known))
    if unknown:
        raise InputError(f"{location}.{unknown[0]}", "is not a known field", f"Use {', '.join(known)}")
    return value


def read_text(data: Mapping[str, Any], name: str, location: str, *, remedy: str = RECORD_AGAIN) -> str:
    """Read a text that is not blank.

    Args:
        data: the object with the field.
        name: name of the field.
        location: file and field of the object, for errors.
        remedy: what to do when the field is missing, blank or of another type.

    Raises:
        InputError: the field is missing, blank or not text.
    """
    value = data.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InputError(
            f"{location}.{name}", "is missing" if value is None else f"{shown(value)} is not text", remedy
        )
    return value


def read_time(value: object, location: str) -> datetime:
    """Read a time in UTC.

    Args:
        value: ISO 8601 text.
        location: file and field, for errors.

    Raises:
        InputError: the value is not a time in UTC.
    """
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None or time.utcoffset() != timedelta(0) or time.year not in _YEARS:
        raise InputError(
            location, f"{shown(value)} is not a moment in UTC", "Write it like 2026-07-09T06:00:00Z"
        )
    return time


def time_text(time: datetime) -> str:
    """A time as ISO 8601 text in UTC, ``2026-07-09T06:00:00Z``."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


__all__ = [
    "RECORD_AGAIN",
    "number_between",
    "read_fields",
    "read_object",
    "read_text",
    "read_time",
    "shown",
    "time_text",
    "utc_time",
    "whole_number",
]
