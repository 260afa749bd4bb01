"""What a test sees of a provider framework: limits of the services around it, how a function may end, how a request ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from capacity_guard.capacity.limits import CAUSE_CHARACTERS, EXECUTION_INPUT_BYTES, RESPONSE_BYTES

EXECUTION_INPUT = EXECUTION_INPUT_BYTES.value
CAUSE = CAUSE_CHARACTERS.value
RESPONSE = RESPONSE_BYTES.value
ANSWER = 6 * 1_024 * 1_024
"""Bytes of a function's answer to a call that waits for it (Lambda Developer Guide: gettingstarted-limits)."""
EVENT_ATTEMPTS = 3
"""Times that Lambda runs a function that was called by an event, such as CloudFormation's, until it does not end with an error
(Lambda Developer Guide: invocation-async-error-handling)."""
INVOKE_ATTEMPTS = 2
"""Times that the framework asks the SDK to invoke a function; the SDK repeats each itself."""


class LambdaFailure(Exception):
    """The invocation failed outside the function: it was throttled, or could not be reached."""


class FunctionDied(Exception):
    """The function ended without an answer: a time-out, an exit, no memory."""


class FrameworkDied(Exception):
    """The framework's own function ended in the middle, while it waited for the user's."""


@dataclass
class Outcome:
    """How CloudFormation sees a request end.

    Attributes:
        status: ``SUCCESS`` or ``FAILED``; ``None`` where no response came, which CloudFormation notices after ServiceTimeout.
        reason: the first line of the response's reason.
        data: attributes for Fn::GetAtt.
        physical_id: physical id of the resource.
        polls: times that ``is_complete`` ran, or began to.
        execution_input: bytes of the waiter's input.
        largest_cause: characters of the longest error of a look that was not complete, before Step Functions cuts it.
        response_bytes: bytes of the response.
        event_bytes: bytes of CloudFormation's request.
    """

    status: str | None = None
    reason: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    physical_id: str = ""
    polls: int = 0
    execution_input: int = 0
    largest_cause: int = 0
    response_bytes: int = 0
    event_bytes: int = 0


ANSWER_TOO_LARGE = f"Response payload size exceeded maximum allowed payload size ({ANSWER} bytes)."
TOO_LONG = "Response object is too long."
User = Callable[[dict[str, Any]], Mapping[str, Any] | None]

__all__ = [
    "ANSWER",
    "ANSWER_TOO_LARGE",
    "CAUSE",
    "EVENT_ATTEMPTS",
    "EXECUTION_INPUT",
    "INVOKE_ATTEMPTS",
    "RESPONSE",
    "TOO_LONG",
    "FrameworkDied",
    "FunctionDied",
    "LambdaFailure",
    "Outcome",
    "User",
]
