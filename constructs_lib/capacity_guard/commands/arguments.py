"""Arguments that several commands have in common."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..capacity.errors import InputError
from ..capacity.plain_data import shown, utc_time

if TYPE_CHECKING:
    from ..capacity.settings import ChangeWindow

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    """The subcommands of the command line; generic for type checkers only."""

Number = TypeVar("Number", int, float)

_STACK = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
"""Name of a stack (CloudFormation API: CreateStack, StackName)."""
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]+(-[a-z]+)+-[0-9]+")
"""Code of a Region (AWS General Reference: regional endpoints)."""


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


def check_place(stack: str | None, account: str | None, region: str | None) -> None:
    """Check the options that say where a stack is; ``None`` for one that is not given.

    Args:
        stack: ``--stack``.
        account: ``--account``.
        region: ``--region``.

    Raises:
        InputError: one cannot be the name of such a thing.
    """
    for option, value, form, what, example in (
        ("--stack", stack, _STACK, "a name of a stack", "orders-production"),
        ("--account", account, _ACCOUNT, "an account id", "123456789012"),
        ("--region", region, _REGION, "a Region", "eu-west-1"),
    ):
        if value is not None and not form.fullmatch(value):
            raise InputError(
                f"{option} {shown(value)}", f"is not {what}", f"Write it like {option} {example}"
            )


def whole_number(text: str) -> int:
    """The value of an option that is a whole number, for ``type=`` of argparse.

    Args:
        text: the value; digits of other scripts, which ``int`` takes, are refused.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    return _number(text, int, "a whole number")


def file_path(text: str) -> Path:
    """The value of an option, or an argument, that is a path, for ``type=`` of argparse.

    Args:
        text: the value; the variable of a shell that is not set is an empty one, and ``Path("")`` is the working directory.

    Raises:
        argparse.ArgumentTypeError: it is empty.
    """
    return Path(file_or_dash(text))


def file_or_dash(text: str) -> str:
    """The value of an option that is a file, or ``-`` for a standard stream, for ``type=`` of argparse.

    Args:
        text: the value.

    Raises:
        argparse.ArgumentTypeError: it is empty.
    """
    if not text:
        raise argparse.ArgumentTypeError("is empty; is a variable not set? Name a file or a folder")
    return text


def named_file(text: str) -> str:
    """The value of an option that is a file, or ``NAME=FILE``, for ``type=`` of argparse.

    Args:
        text: the value.

    Raises:
        argparse.ArgumentTypeError: it has no file.
    """
    file_or_dash(text.rpartition("=")[2])
    return text


def decimal_number(text: str) -> float:
    """The value of an option that is a number, for ``type=`` of argparse.

    Args:
        text: the value; digits of other scripts, which ``float`` takes, are refused.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    return _number(text, float, "a number")


def plain_text(text: str) -> str:
    """The value of an option that is kept in a file or in AWS, for ``type=`` of argparse.

    Args:
        text: the value; bytes that are no UTF-8 are surrogates in it (https://docs.python.org/3/library/sys.html#sys.argv).

    Raises:
        argparse.ArgumentTypeError: it holds some.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"{shown(text)} holds bytes that are no UTF-8") from None
    return text


def _number(text: str, convert: Callable[[bytes], Number], what: str) -> Number:
    try:
        return convert(text.encode("ascii"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{shown(text)} is not {what}") from None


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


__all__ = [
    "check_place",
    "decimal_number",
    "file_or_dash",
    "file_path",
    "named_file",
    "parse_parameters",
    "parse_time",
    "parse_window",
    "plain_text",
    "whole_number",
]
