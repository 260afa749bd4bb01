"""A time in a response of a service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def response_time(value: Any) -> datetime | None:
    """A time from a response, in UTC; ``None`` if the response has none.

    Raises:
        TypeError: the value is not a time.
    """
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is not a moment")
    return value.astimezone(UTC)


__all__ = ["response_time"]
