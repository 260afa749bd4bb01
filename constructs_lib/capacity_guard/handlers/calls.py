"""How a call to AWS is made: within the deadline of a look, and repeated while that may help."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ..capacity.limits import CALL_SECONDS, LOOK_SECONDS
from . import clock
from .aws_error import AwsError, ErrorKind, kind_of

ATTEMPTS = 5
"""Attempts of a read. Ordinary accounts reach the account-wide limit of DescribeAlarms (9 calls a second, CloudWatch Guide:
cloudwatch_limits)."""
FIRST_PAUSE = 0.5
"""Seconds before the second attempt; each later pause is twice as long."""
_REPEATED: tuple[ErrorKind, ...] = ("throttled", "silent", "unavailable")

Run = Callable[[Callable[[], Any], float], Any]


class Unfinished(Exception):
    """A call did not end within its seconds."""


def run_here(call: Callable[[], Any], seconds: float) -> Any:
    """Make a call in this thread, for clients that keep their time themselves."""
    del seconds
    return call()


def run_in_thread(call: Callable[[], Any], seconds: float) -> Any:
    """Make a call that is left alone after a number of seconds.

    The time-outs of botocore do not bound a call: each address of a host has its own for the connection, the resolver has none,
    and a response that comes drop by drop starts the one for reading again with each drop.

    Raises:
        Unfinished: the call did not end in time. Its thread ends with the function.
        BaseException: whatever the call raises.
    """
    ended: list[tuple[Any, BaseException | None]] = []

    def body() -> None:
        try:
            ended.append((call(), None))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            ended.append((None, error))

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join(seconds)
    if not ended:
        raise Unfinished
    result, error = ended[0]
    if error is not None:
        raise error
    return result


@dataclass(frozen=True)
class Calls:
    """Makes calls until a deadline.

    Attributes:
        run: makes one call that may take a number of seconds.
        deadline: reading of ``clock.monotonic`` after which no call is made, ``None`` for none.
    """

    run: Run = run_here
    deadline: float | None = None

    def from_now(self) -> Calls:
        """The same, with the deadline of a look that starts now."""
        return replace(self, deadline=clock.monotonic() + LOOK_SECONDS.value)

    def make(self, call: str, attempt: Callable[[], Any], *, repeats: bool) -> dict[str, Any]:
        """Make a call, and repeat it after a growing pause where that may help.

        Args:
            call: name of the call, for the sentence of an error.
            attempt: makes the call once.
            repeats: whether to repeat it; a write is repeated by the next look.

        Raises:
            AwsError: it failed, or there was no time for it.
        """
        pause = FIRST_PAUSE
        for left in reversed(range(ATTEMPTS if repeats else 1)):
            try:
                return self._attempt(call, attempt)
            except AwsError as error:
                remaining = self._remaining()
                if not left or error.kind not in _REPEATED or pause >= remaining:
                    raise
            clock.sleep(pause)
            pause *= 2
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _remaining(self) -> float:
        return float("inf") if self.deadline is None else self.deadline - clock.monotonic()

    def _attempt(self, call: str, attempt: Callable[[], Any]) -> dict[str, Any]:
        from botocore import exceptions

        remaining = self._remaining()
        if remaining <= 0:
            raise AwsError(call, "late", f"{LOOK_SECONDS.value} seconds")
        try:
            answer = self.run(attempt, min(remaining, CALL_SECONDS.value))
        except Unfinished as error:
            raise AwsError(call, "silent", "not ended") from error
        except exceptions.ClientError as error:
            body = error.response.get("Error", {})
            code, message = str(body.get("Code", "")), str(body.get("Message", ""))
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
            raise AwsError(call, kind_of(code, status), f"{code}: {message}") from error
        except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
            raise AwsError(call, "silent", type(error).__name__) from error
        except exceptions.BotoCoreError as error:
            raise AwsError(call, "failed", f"{type(error).__name__}: {error}") from error
        if not isinstance(answer, dict):
            raise AwsError(call, "malformed", f"{type(answer).__name__} instead of an answer")
        return answer


__all__ = ["ATTEMPTS", "FIRST_PAUSE", "Calls", "Unfinished", "run_here", "run_in_thread"]
