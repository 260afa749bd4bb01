"""What the provider framework does with each end of a user's function: the ground on which the gates stand."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from tests.framework.framework import Framework, FunctionDied, LambdaFailure

CREATE = {
    "RequestType": "Create",
    "StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/Chat/1",
    "LogicalResourceId": "Gate",
    "ResourceProperties": {"Gate": "preflight"},
}


def answering(*answers: Mapping[str, Any] | Exception) -> Any:
    """A function that gives these answers, the last one again and again."""
    left = list(answers)

    def function(event: dict[str, Any]) -> Mapping[str, Any]:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return function


BEGUN = answering({"PhysicalResourceId": "gate-1", "Data": {"First": "1"}})


def test_create_when_the_second_look_is_complete_succeeds_with_the_data_of_both_functions(
    node: subprocess.Popen[str],
) -> None:
    looks = answering({"IsComplete": False}, {"IsComplete": True, "Data": {"Second": "2"}})
    outcome = Framework(node, BEGUN, looks).request(CREATE)
    assert (outcome.status, outcome.physical_id, outcome.polls) == ("SUCCESS", "gate-1", 2)
    assert outcome.data == {"First": "1", "Second": "2"}


def test_create_when_it_is_never_complete_fails_after_the_last_attempt(node: subprocess.Popen[str]) -> None:
    outcome = Framework(node, BEGUN, answering({"IsComplete": False}), attempts=3).request(CREATE)
    assert (outcome.status, outcome.reason, outcome.polls) == ("FAILED", "Operation timed out", 3)


@pytest.mark.parametrize(
    ("death", "reason"),
    [
        (FunctionDied("Task timed out after 120.00 seconds"), "Task timed out after 120.00 seconds"),
        (LambdaFailure("Rate Exceeded."), "Rate Exceeded."),
        (ValueError("no table"), "no table"),
    ],
)
def test_create_when_one_look_dies_fails_at_once(
    node: subprocess.Popen[str], death: Exception, reason: str
) -> None:
    """Only the framework's own Retry is asked again: a function that may not fail a gate may not die."""
    outcome = Framework(node, BEGUN, answering({"IsComplete": False}, death)).request(CREATE)
    assert (outcome.status, outcome.polls) == ("FAILED", 2)
    assert reason in outcome.reason


def test_create_when_its_cause_is_longer_than_step_functions_keeps_gets_no_answer_at_the_end(
    node: subprocess.Popen[str],
) -> None:
    """The time-out handler parses the cause, which holds the event twice: CloudFormation would wait for ServiceTimeout."""
    large = {**CREATE, "ResourceProperties": {"Plan": "x" * 20_000}}
    outcome = Framework(node, BEGUN, answering({"IsComplete": False}), attempts=2).request(large)
    assert outcome.status is None
    assert outcome.largest_cause > 40_000


def test_create_when_the_input_of_the_waiter_is_too_large_fails(node: subprocess.Popen[str]) -> None:
    large = {**CREATE, "ResourceProperties": {"Plan": "x" * 262_144}}
    outcome = Framework(node, BEGUN, answering({"IsComplete": True})).request(large)
    assert (outcome.status, outcome.polls) == ("FAILED", 0)


def test_create_when_the_response_is_too_large_fails(node: subprocess.Popen[str]) -> None:
    done = answering({"IsComplete": True, "Data": {"Warnings": "x" * 4_096}})
    assert Framework(node, BEGUN, done).request(CREATE).status == "FAILED"


def test_delete_when_the_create_had_failed_asks_no_function(node: subprocess.Popen[str]) -> None:
    framework = Framework(node, answering(ValueError("refused")), BEGUN)
    failed = framework.request(CREATE)
    assert failed.physical_id == "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"
    framework = Framework(node, answering(AssertionError("asked")), answering(AssertionError("asked")))
    deleted = framework.request({**CREATE, "RequestType": "Delete", "PhysicalResourceId": failed.physical_id})
    assert deleted.status == "SUCCESS"
