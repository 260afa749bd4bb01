"""The provider framework in Python, for tests that need it often: no process, and a test may stop between two looks.

``test_framework.py`` runs each of its rows here and in the framework's own code, and demands the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .outcome import (
    ANSWER,
    ANSWER_TOO_LARGE,
    CAUSE,
    EVENT_ATTEMPTS,
    EXECUTION_INPUT,
    INVOKE_ATTEMPTS,
    RESPONSE,
    TOO_LONG,
    FrameworkDied,
    LambdaFailure,
    Outcome,
    User,
)

CREATE_FAILED = "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"


class FrameworkError(Exception):
    """The framework refuses what a function answered."""


def _size(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def _copied(value: Any) -> Any:
    """A value after its way as JSON."""
    return json.loads(json.dumps(value))


class FastFramework:
    """One custom resource provider.

    ``start`` and ``look`` raise what the user's functions raise. ``request`` follows a request to its end.

    Args:
        on_event, is_complete: the user's functions.
        attempts: calls that the waiter makes at most.
        each_wait: called before each further attempt, to move a test's clock.
    """

    def __init__(
        self,
        on_event: User,
        is_complete: User,
        *,
        attempts: int = 40,
        each_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_event, self._is_complete = on_event, is_complete
        self._attempts, self._each_wait = attempts, each_wait
        self._polls = 0

    def start(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Call ``on_event``; the event of each look.

        Raises:
            FrameworkError: the framework refuses the answer.
        """
        request = {"ResourceProperties": {}, **request}
        answer = self._invoke(self._on_event, request) or {}
        former = request.get("PhysicalResourceId")
        default = request.get("RequestId") if request["RequestType"] == "Create" else former
        physical_id = answer.get("PhysicalResourceId") or default
        if request["RequestType"] == "Delete" and physical_id != former:
            raise FrameworkError("DELETE: cannot change the physical resource ID")
        event = {**request, **answer, "PhysicalResourceId": physical_id}
        if _size(event) > EXECUTION_INPUT:
            raise FrameworkError("input is too large")
        return event

    def look(self, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """Call ``is_complete`` once; all attributes of the resource if it is complete, ``None`` to be asked again.

        Raises:
            FrameworkError: the framework refuses the answer.
        """
        answer = self._invoke(self._is_complete, event, looks=True)
        if answer is None:
            raise FrameworkError("Cannot read properties of null (reading 'IsComplete')")
        if not answer.get("IsComplete"):
            if answer.get("Data"):
                raise FrameworkError('"Data" is not allowed if "IsComplete" is "False"')
            return None
        return {**(event.get("Data") or {}), **(answer.get("Data") or {})}

    def request(self, event: Mapping[str, Any]) -> Outcome:
        """Send a request as CloudFormation does, and follow it to its end."""
        self._polls = 0
        event = {"RequestId": "request-1", **event}
        if event["RequestType"] == "Delete" and event.get("PhysicalResourceId") == CREATE_FAILED:
            return self._response(event, "SUCCESS")
        for _ in range(EVENT_ATTEMPTS):
            try:
                begun = self.start(event)
                break
            except FrameworkDied:
                continue
            except Exception as error:  # noqa: BLE001 - any error of the function fails the resource
                return self._response({"PhysicalResourceId": CREATE_FAILED, **event}, "FAILED", str(error))
        else:
            return Outcome()
        can_answer = False
        for _ in range(self._attempts):
            try:
                data = self.look(begun)
            except FrameworkDied:
                can_answer = False
            except Exception as error:  # noqa: BLE001 - any error of the function fails the resource
                return self._response(begun, "FAILED", str(error))
            else:
                if data is not None:
                    return self._response({**begun, "Data": data}, "SUCCESS")
                # the cause of the last attempt holds the event as text in text, twice: as the message and in the trace
                text = json.dumps(json.dumps(begun, separators=(",", ":"), ensure_ascii=False))
                can_answer = 2 * len(text) < CAUSE
                if 2 * len(text.encode()) > EXECUTION_INPUT:
                    return Outcome(polls=self._polls)  # States.DataLimitExceeded is not caught
            self._each_wait()
        return (
            self._response(begun, "FAILED", "Operation timed out")
            if can_answer
            else Outcome(polls=self._polls)
        )

    def _invoke(self, user: User, event: Mapping[str, Any], *, looks: bool = False) -> dict[str, Any] | None:
        for left in reversed(range(INVOKE_ATTEMPTS)):
            self._polls += looks
            try:
                answer: dict[str, Any] | None = _copied(user(_copied(event)))
            except LambdaFailure:
                self._polls -= looks
                if not left:
                    raise
            else:
                if len(json.dumps(answer).encode()) > ANSWER:
                    raise FrameworkError(ANSWER_TOO_LARGE)
                return answer
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _response(self, event: Mapping[str, Any], status: str, reason: str = "") -> Outcome:
        body = {
            key: event.get(key) for key in ("StackId", "RequestId", "PhysicalResourceId", "LogicalResourceId")
        }
        data = event.get("Data")
        size = _size({"Status": status, "Reason": reason or status, **body, "Data": data})
        if size > RESPONSE:
            return Outcome("FAILED", TOO_LONG, polls=self._polls)
        return Outcome(status, reason or status, data or {}, str(event["PhysicalResourceId"]), self._polls)


__all__ = ["CREATE_FAILED", "FastFramework", "FrameworkError"]
