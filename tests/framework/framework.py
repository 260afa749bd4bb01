"""The CDK's provider framework, really run: its JavaScript under Node, its waiter as its state machine defines it.

What Lambda, Step Functions and CloudFormation themselves do is the least that the framework rests on, each with its source. The
user's functions are called in this process, with JSON on both sides as Lambda would.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources

from .outcome import (
    ANSWER,
    ANSWER_TOO_LARGE,
    CAUSE,
    EVENT_ATTEMPTS,
    EXECUTION_INPUT,
    RESPONSE,
    TOO_LONG,
    FrameworkDied,
    FunctionDied,
    LambdaFailure,
    Outcome,
    User,
)

DRIVER = Path(__file__).parent / "driver.js"


@cache
def runtime_folder(target: Path) -> Path:
    """The framework's code, as a synthesized app holds it."""
    app = cdk.App(outdir=str(target), analytics_reporting=False)
    stack = cdk.Stack(app, "Framework")
    code = lambda_.Code.from_inline("def handler(event, context): pass")
    functions = [
        lambda_.Function(stack, name, runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler", code=code)
        for name in ("OnEvent", "IsComplete")
    ]
    custom_resources.Provider(stack, "P", on_event_handler=functions[0], is_complete_handler=functions[1])
    app.synth()
    return next(path.parent for path in target.rglob("framework.js"))


def waiter_retries(template: Mapping[str, Any]) -> int:
    """Attempts that the waiter's state machine makes after the first one, from its definition in a template."""
    (machine,) = [
        resource
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
    ]
    parts = machine["Properties"]["DefinitionString"]["Fn::Join"][1]
    definition = json.loads("".join(part if isinstance(part, str) else "x" for part in parts))
    (retry,) = definition["States"]["framework-isComplete-task"]["Retry"]
    assert retry["ErrorEquals"] == ["States.ALL"]
    return int(retry["MaxAttempts"])


class Framework:
    """One custom resource provider.

    Args:
        node: a started driver.
        on_event, is_complete: the user's functions.
        attempts: calls that the waiter makes at most.
        each_wait: called before each further attempt, to move a test's clock.
        lost_responses: responses that do not arrive.
    """

    def __init__(
        self,
        node: subprocess.Popen[str],
        on_event: User,
        is_complete: User,
        *,
        attempts: int = 40,
        each_wait: Callable[[], None] = lambda: None,
        lost_responses: int = 0,
    ) -> None:
        self._node, self._users = node, {"OnEvent": on_event, "IsComplete": is_complete}
        self._attempts, self._each_wait, self._lost_responses = attempts, each_wait, lost_responses
        self._outcome = Outcome()
        self._started: list[str] = []

    def request(self, event: Mapping[str, Any]) -> Outcome:
        """Send a request as CloudFormation does, and follow it to its end."""
        self._outcome, self._started = Outcome(), []
        event = {
            "ResponseURL": "https://cloudformation.example/response?x",
            "RequestId": "request-1",
            **event,
        }
        self._outcome.event_bytes = len(json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode())
        for _ in range(EVENT_ATTEMPTS):
            if self._call("onEvent", event) is None:
                break
        if not self._started:
            return self._outcome
        text = self._started[-1]
        cause = ""
        for _ in range(self._attempts):
            threw = self._call("isComplete", json.loads(text))
            if threw is None:
                return self._outcome
            # What Step Functions keeps of an error of a Lambda task (Step Functions Developer Guide: concepts-error-handling).
            cause = json.dumps(
                {
                    "errorType": threw["name"],
                    "errorMessage": threw["message"],
                    "trace": threw["stack"].split("\n"),
                }
            )
            self._outcome.largest_cause = max(self._outcome.largest_cause, len(cause))
            if len(cause.encode()) > EXECUTION_INPUT:
                # States.DataLimitExceeded is not caught: the execution ends, and nobody answers.
                return self._outcome
            self._each_wait()
        self._call("onTimeout", {"Error": "Error", "Cause": cause[:CAUSE]})
        return self._outcome

    def _call(self, name: str, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """Call a handler of the framework; what it threw, ``None`` where it returned."""
        self._send({"call": name, "event": event})
        while True:
            line = self._receive()
            if "done" in line:
                return None
            if "threw" in line:
                thrown: dict[str, Any] = line["threw"]
                return thrown
            if "invoke" in line:
                self._send(self._invoke(**line["invoke"]))
            elif "wait" in line:
                self._send({})
            elif "start" in line:
                self._send(self._start(line["start"]["input"]))
            else:
                self._send({"status": self._respond(line["respond"]["body"])})

    def _invoke(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        looks = function == "IsComplete"
        self._outcome.polls += looks
        try:
            answer = self._users[function](payload)
        except FrameworkDied:
            return {"died": True}
        except LambdaFailure as error:
            self._outcome.polls -= looks
            return {"rejected": {"name": "TooManyRequestsException", "message": str(error)}}
        except FunctionDied as error:
            died = {"errorType": "Sandbox.Timedout", "errorMessage": str(error)}
            return {"error": "Unhandled", "payload": json.dumps(died)}
        except Exception as error:  # noqa: BLE001 - Lambda reports any exception of a function
            # Lambda Developer Guide: python-exceptions
            failed = {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": []}
            return {"error": "Unhandled", "payload": json.dumps(failed)}
        text = json.dumps(answer)
        if len(text.encode()) > ANSWER:
            # Lambda Developer Guide: troubleshooting-invocation
            too_large = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": ANSWER_TOO_LARGE}
            return {"error": "Unhandled", "payload": json.dumps(too_large)}
        return {"payload": text}

    def _start(self, text: str) -> dict[str, Any]:
        self._outcome.execution_input = len(text.encode())
        if self._outcome.execution_input > EXECUTION_INPUT:
            return {"rejected": {"name": "ValidationException", "message": "input is too large"}}
        self._started.append(text)
        return {}

    def _respond(self, body: str) -> int:
        """Take the response; the HTTP status of the place where CloudFormation reads it."""
        if self._lost_responses:
            self._lost_responses -= 1
            return 503
        outcome, response = self._outcome, json.loads(body)
        outcome.response_bytes = len(body.encode())
        if outcome.response_bytes > RESPONSE:
            outcome.status, outcome.reason = "FAILED", TOO_LONG
            return 200
        outcome.status, outcome.reason = response["Status"], response["Reason"].split("\n")[0]
        outcome.data, outcome.physical_id = response.get("Data") or {}, response["PhysicalResourceId"]
        return 200

    def _send(self, value: Mapping[str, Any]) -> None:
        assert self._node.stdin is not None
        self._node.stdin.write(json.dumps(value) + "\n")
        self._node.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._node.stdout is not None
        line: dict[str, Any] = json.loads(self._node.stdout.readline())
        return line


@contextmanager
def node_with(runtime: Path) -> Iterator[subprocess.Popen[str]]:
    """A Node process with the framework's code loaded."""
    node = shutil.which("node")
    assert node is not None
    process = subprocess.Popen(
        [node, str(DRIVER), str(runtime)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=20)


__all__ = ["Framework", "node_with", "runtime_folder", "waiter_retries"]
