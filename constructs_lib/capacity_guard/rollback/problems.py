"""What a look could not do: errors in words for people, and the error with which the look ends."""

from __future__ import annotations

import traceback

from ..capacity.errors import InputError
from ..handlers.aws_error import AwsError


class NotLookedError(Exception):
    """A look could not read something, or could not send a message. It did everything else before.

    Lambda counts it as an error of the function, which the alarm on the function shows also where no message arrives (Lambda
    Developer Guide: monitoring-metrics-types).
    """


def problem_of(error: Exception) -> str:
    """Why something cannot be read, in words for people.

    Args:
        error: the error.
    """
    if isinstance(error, (AwsError, InputError)):
        return str(error)
    return f"{type(error).__name__}: {error} (a defect, or data that this version does not know: the function's log has more)"


def trace_of(error: Exception) -> list[str]:
    """The trace of an error, for the log; empty for one whose text says it all.

    Args:
        error: the error.
    """
    if isinstance(error, (AwsError, InputError)):
        return []
    return "".join(traceback.format_exception(error)).splitlines()


__all__ = ["NotLookedError", "problem_of", "trace_of"]
