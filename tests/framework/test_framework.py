"""What the provider framework does with each end of a user's function, in its own code and in the fast one: the same."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.framework.fast import CREATE_FAILED, FastFramework
from tests.framework.framework import Framework
from tests.framework.outcome import (
    ANSWER,
    EVENT_ATTEMPTS,
    EXECUTION_INPUT,
    RESPONSE,
    FrameworkDied,
    FunctionDied,
    LambdaFailure,
    Outcome,
)

Answer = Mapping[str, Any] | Exception | None

CREATE: Mapping[str, Any] = {
    "RequestType": "Create",
    "StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/Chat/1",
    "LogicalResourceId": "Gate",
    "ResourceProperties": {"Gate": "preflight"},
}
UPDATE = {**CREATE, "RequestType": "Update", "PhysicalResourceId": "gate-1", "OldResourceProperties": {}}
DELETE = {**CREATE, "RequestType": "Delete", "PhysicalResourceId": "gate-1"}
BEGUN: Answer = {"PhysicalResourceId": "gate-1"}
AGAIN, DONE = {"IsComplete": False}, {"IsComplete": True}
CUT_OFF = FunctionDied("2026-07-09T16:02:00Z 1b2c Task timed out after 120.00 seconds")
KILLED = FunctionDied("RequestId: 1b2c Error: Runtime exited with error: signal: killed")
THROTTLED = LambdaFailure("Rate Exceeded.")


@dataclass(frozen=True)
class Row:
    """One request, and how it ends.

    Attributes:
        name: what the row is about.
        status: as CloudFormation gets it, ``None`` without a response.
        reason: words of the response's reason.
        looks: answers of ``is_complete``, the last one again and again.
        begun: answers of ``on_event``, the last one again and again.
        request: what CloudFormation sends.
        data: attributes of the resource.
        physical_id: of the resource.
        polls: times that ``is_complete`` runs.
        attempts: calls that the waiter makes at most.
    """

    name: str
    status: str | None
    reason: str
    looks: tuple[Answer, ...] = (AssertionError("not asked"),)
    begun: tuple[Answer, ...] = (BEGUN,)
    request: Mapping[str, Any] = field(default_factory=lambda: CREATE)
    data: Mapping[str, Any] = field(default_factory=dict)
    physical_id: str = "gate-1"
    polls: int = 1
    attempts: int = 4


def sized(properties: int) -> dict[str, Any]:
    """A Create with so many characters in one property."""
    return {**CREATE, "ResourceProperties": {"Plan": "x" * properties}}


OF_BOTH = ({"PhysicalResourceId": "gate-1", "Data": {"First": "1", "Both": "1"}},)
ROWS = (
    Row("complete in the first look", "SUCCESS", "SUCCESS", (DONE,)),
    Row("complete in the third look", "SUCCESS", "SUCCESS", (AGAIN, AGAIN, DONE), polls=3),
    Row("complete in the last look", "SUCCESS", "SUCCESS", (AGAIN, AGAIN, AGAIN, DONE), polls=4),
    Row(
        "data of both functions",
        "SUCCESS",
        "SUCCESS",
        ({**DONE, "Data": {"Second": "2", "Both": "2"}},),
        OF_BOTH,
        data={"First": "1", "Second": "2", "Both": "2"},
    ),
    Row("data of on_event alone", "SUCCESS", "SUCCESS", (DONE,), OF_BOTH, data={"First": "1", "Both": "1"}),
    Row("never complete", "FAILED", "Operation timed out", (AGAIN,), polls=4),
    Row("never complete, one attempt", "FAILED", "Operation timed out", (AGAIN,), attempts=1),
    Row(
        "never complete, with data of on_event",
        "FAILED",
        "Operation timed out",
        (AGAIN,),
        OF_BOTH,
        polls=4,
        data={"First": "1", "Both": "1"},
    ),
    Row("no IsComplete is not complete", "SUCCESS", "SUCCESS", ({}, DONE), polls=2),
    Row(
        "not complete, with data",
        "FAILED",
        '"Data" is not allowed',
        (AGAIN, {**AGAIN, "Data": {"A": "1"}}),
        polls=2,
    ),
    Row("not complete, with empty data", "SUCCESS", "SUCCESS", ({**AGAIN, "Data": {}}, DONE), polls=2),
    Row("a look without an answer", "FAILED", "Cannot read properties of null", (None,)),
    Row("a look that raises", "FAILED", "no table", (AGAIN, ValueError("no table"), DONE), polls=2),
    Row(
        "a look that is cut off",
        "FAILED",
        "Task timed out after 120.00 seconds",
        (AGAIN, CUT_OFF, DONE),
        polls=2,
    ),
    Row("a first look that is cut off", "FAILED", "Task timed out after 120.00 seconds", (CUT_OFF, DONE)),
    Row("a look that is killed", "FAILED", "signal: killed", (AGAIN, KILLED, DONE), polls=2),
    Row("a look that Lambda throttles once", "SUCCESS", "SUCCESS", (THROTTLED, DONE)),
    Row(
        "a look that Lambda throttles twice", "FAILED", "Rate Exceeded.", (AGAIN, THROTTLED, THROTTLED, DONE)
    ),
    Row(
        "a framework that dies in a look",
        "SUCCESS",
        "SUCCESS",
        (FrameworkDied(), AGAIN, FrameworkDied(), DONE),
        polls=4,
    ),
    Row(
        "a framework that dies in the last look",
        None,
        "",
        (AGAIN, AGAIN, AGAIN, FrameworkDied()),
        polls=4,
        physical_id="",
    ),
    Row(
        "an answer too large for Lambda",
        "FAILED",
        "Response payload size exceeded",
        ({**DONE, "Data": {"A": "x" * ANSWER}},),
    ),
    Row(
        "a response too large",
        "FAILED",
        "Response object is too long",
        ({**DONE, "Data": {"A": "x" * RESPONSE}},),
        physical_id="",
    ),
    Row(
        "a response that just fits",
        "SUCCESS",
        "SUCCESS",
        ({**DONE, "Data": {"A": "x" * 3_800}},),
        data={"A": "x" * 3_800},
    ),
    Row(
        "a reason too large",
        "FAILED",
        "Response object is too long",
        (ValueError("x" * RESPONSE),),
        physical_id="",
    ),
    Row(
        "a waiter's input too large",
        "FAILED",
        "input is too large",
        (DONE,),
        request=sized(EXECUTION_INPUT),
        polls=0,
        physical_id=CREATE_FAILED,
    ),
    Row(
        "a waiter's input that just fits",
        "SUCCESS",
        "SUCCESS",
        (DONE,),
        request=sized(EXECUTION_INPUT - 1_000),
    ),
    Row(
        "a cause too long for Step Functions",
        None,
        "",
        (AGAIN,),
        request=sized(20_000),
        polls=4,
        physical_id="",
    ),
    Row(
        "an error of a look that Step Functions does not take",
        None,
        "",
        (AGAIN, DONE),
        request=sized(140_000),
        physical_id="",
    ),
    Row(
        "a look before its end with an error that fits",
        "SUCCESS",
        "SUCCESS",
        (AGAIN, DONE),
        request=sized(120_000),
        polls=2,
    ),
    Row("a cause that fits", "FAILED", "Operation timed out", (AGAIN,), request=sized(14_000), polls=4),
    Row(
        "an event that raises",
        "FAILED",
        "no plan",
        begun=(ValueError("no plan"),),
        polls=0,
        physical_id=CREATE_FAILED,
    ),
    Row(
        "an event that is cut off",
        "FAILED",
        "Task timed out",
        begun=(CUT_OFF,),
        polls=0,
        physical_id=CREATE_FAILED,
    ),
    Row(
        "an event that Lambda throttles",
        "FAILED",
        "Rate Exceeded.",
        begun=(THROTTLED,),
        polls=0,
        physical_id=CREATE_FAILED,
    ),
    Row("an event that Lambda throttles once", "SUCCESS", "SUCCESS", (DONE,), (THROTTLED, BEGUN)),
    Row(
        "a framework that dies in the event",
        "SUCCESS",
        "SUCCESS",
        (DONE,),
        (*[FrameworkDied()] * (EVENT_ATTEMPTS - 1), BEGUN),
    ),
    Row("a framework that dies in each event", None, "", begun=(FrameworkDied(),), polls=0, physical_id=""),
    Row("an event without an answer", "SUCCESS", "SUCCESS", (DONE,), (None,), physical_id="request-1"),
    Row("an update", "SUCCESS", "SUCCESS", ({**DONE, "Data": {"A": "2"}},), request=UPDATE, data={"A": "2"}),
    Row("an update without data", "SUCCESS", "SUCCESS", (DONE,), ({},), request=UPDATE),
    Row(
        "an update with another physical id",
        "SUCCESS",
        "SUCCESS",
        (DONE,),
        ({"PhysicalResourceId": "gate-2"},),
        request=UPDATE,
        physical_id="gate-2",
    ),
    Row(
        "an update that raises", "FAILED", "no plan", begun=(ValueError("no plan"),), request=UPDATE, polls=0
    ),
    Row("an update whose look is cut off", "FAILED", "Task timed out", (CUT_OFF,), request=UPDATE),
    Row("a delete", "SUCCESS", "SUCCESS", (DONE,), ({},), request=DELETE),
    Row("a delete that raises", "FAILED", "no plan", begun=(ValueError("no plan"),), request=DELETE, polls=0),
    Row(
        "a delete with another physical id",
        "FAILED",
        "DELETE: cannot change the physical resource ID",
        begun=({"PhysicalResourceId": "gate-2"},),
        request=DELETE,
        polls=0,
    ),
    Row(
        "a delete after a create that failed",
        "SUCCESS",
        "SUCCESS",
        begun=(AssertionError("asked"),),
        request={**DELETE, "PhysicalResourceId": CREATE_FAILED},
        polls=0,
        physical_id=CREATE_FAILED,
    ),
)


def answering(answers: tuple[Answer, ...], seen: list[dict[str, Any]]) -> Any:
    """A function that gives these answers, the last one again and again, and notes its events."""
    left = list(answers)

    def function(event: dict[str, Any]) -> Mapping[str, Any] | None:
        seen.append({name: value for name, value in event.items() if name != "ResponseURL"})
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return function


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_request_ends_in_both_frameworks_as_the_row_says(node: subprocess.Popen[str], row: Row) -> None:
    events: list[list[dict[str, Any]]] = []
    waits: list[int] = []
    for make in (Framework, FastFramework):
        seen: list[dict[str, Any]] = []
        users = answering(row.begun, seen), answering(row.looks, seen)
        waited: list[int] = []
        count = lambda waited=waited: waited.append(1)  # noqa: E731
        arguments = (node, *users) if make is Framework else users
        outcome: Outcome = make(*arguments, attempts=row.attempts, each_wait=count).request(row.request)
        assert outcome.status == row.status, make
        assert row.reason in outcome.reason, make
        assert outcome.polls == row.polls, make
        assert outcome.physical_id == row.physical_id, make
        assert outcome.data == row.data, make
        events.append(seen)
        waits.append(len(waited))
    assert events[0] == events[1], "each function got the same events"
    assert waits[0] == waits[1]


def test_request_when_its_response_is_lost_sends_it_again(node: subprocess.Popen[str]) -> None:
    users = answering((BEGUN,), []), answering((DONE,), [])
    assert Framework(node, *users, lost_responses=5).request(CREATE).status == "SUCCESS"
