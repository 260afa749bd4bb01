"""Arguments that several commands have in common."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from ..capacity.plain_data import shown, utc_time

if TYPE_CHECKING:
    import argparse

    from ..capacity.settings import ChangeWindow

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    """The subcommands of the command line; generic for type checkers only."""


def parse_time(text: str, option: str) -> datetime:
    """Parse a time in UTC, to the second.

    Args:
        text: ISO 8601 text.
        option: the option, for errors.

    Raises:
        InputError: the text is not a time in UTC.
    """
    time = utc_time(text)
    if time is None or datetime.fromisoformat(text).utcoffset() != timedelta(0):
        raise InputError(
            option, f"{shown(text)} is not a moment in UTC", "Write it like 2026-07-09T00:00:00Z"
        )
    return time.replace(microsecond=0)


def parse_window(text: str, option: str) -> ChangeWindow:
    """Parse hours of the week, in UTC or with a time zone.

    Args:
        text: as ``ChangeWindow`` reads it.
        option: the option, for errors.

    Raises:
        InputError: the text names no hours.
    """
    from ..capacity.settings import ChangeWindow

    try:
        return ChangeWindow(text)
    except InputError as error:
        raise InputError(option, error.problem, error.remedy) from None


def parse_parameters(texts: Iterable[str]) -> dict[str, str]:
    """Parse values of parameters of a template.

    Args:
        texts: each ``NAME=VALUE``.

    Raises:
        InputError: one is not, or is given twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InputError(f"--parameter {text}", "is not NAME=VALUE", "Write it like --parameter Units=40")
        if name in found:
            raise InputError(f"--parameter {text}", "is given twice", "Give each parameter once")
        found[name] = value
    return found


__all__ = ["parse_parameters", "parse_time", "parse_window"]
