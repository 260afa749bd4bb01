"""What several commands make of their arguments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from ..capacity.errors import InputError


def parse_time(text: str, option: str) -> datetime:
    """A moment in UTC.

    Args:
        text: as given.
        option: which option it was given with.

    Raises:
        InputError: it is none.
    """
    try:
        found: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.utcoffset() != timedelta(0):
        raise InputError(option, f"{text!r} is no moment in UTC", "Write it like 2026-07-09T00:00:00Z")
    return found.replace(microsecond=0)


def write(option: str, file: str, content: Iterable[str]) -> None:
    """Write an output.

    Args:
        option: which option names the file.
        file: its path.
        content: its text, in parts.

    Raises:
        InputError: it cannot be written.
    """
    try:
        with Path(file).open("w", encoding="utf-8") as output:
            output.writelines(content)
    except OSError as error:
        raise InputError(
            f"{option} {file}", f"cannot be written ({error.strerror})", "Name a file in a folder that exists"
        ) from None


__all__ = ["parse_time", "write"]
