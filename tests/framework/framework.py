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
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources

DRIVER = Path(__file__).parent / "driver.js"
EXECUTION_INPUT = 262_144
"""Bytes of an execution's input (Step Functions Developer Guide: service-quotas)."""
CAUSE = 32_768
"""Characters of an error's cause that Step Functions keeps (Step Functions API: TaskFailedEventDetails)."""
RESPONSE = 4_096
"""Bytes of a custom resource's response (CloudFormation User Guide: crpg-ref-responses)."""


class LambdaFailure(Exception):
    """The invocation failed outside the function: it was throttled, or could not be reached."""


class FunctionDied(Exception):
    """The function ended without an answer: a time-out, an exit, no memory."""


@dataclass
class Outcome:
    """How CloudFormation sees a request end.

    Attributes:
        status: ``SUCCESS`` or ``FAILED``; ``None`` where no response came, which CloudFormation notices after ServiceTimeout.
        reason: the first line of the response's reason.
        data: attributes for Fn::GetAtt.
        physical_id: physical id of the resource.
        polls: calls of ``is_complete``.
        execution_input: bytes of the waiter's input.
        largest_cause: characters of the longest cause of a retry, before Step Functions cuts it.
        response_bytes: bytes of the response.
    """

    status: str | None = None
    reason: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    physical_id: str = ""
    polls: int = 0
    execution_input: int = 0
    largest_cause: int = 0
    response_bytes: int = 0


User = Callable[[dict[str, Any]], Mapping[str, Any] | None]


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
    """

    def __init__(
        self,
        node: subprocess.Popen[str],
        on_event: User,
        is_complete: User,
        *,
        attempts: int = 40,
        each_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._node, self._users = node, {"OnEvent": on_event, "IsComplete": is_complete}
        self._attempts, self._each_wait = attempts, each_wait
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
        threw = self._call("onEvent", event)
        if threw is not None or self._outcome.status is not None:
            return self._outcome
        (text,) = self._started
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
            elif "start" in line:
                self._send(self._start(line["start"]["input"]))
            else:
                self._respond(line["respond"]["body"])
                self._send({})

    def _invoke(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        if function == "IsComplete":
            self._outcome.polls += 1
        try:
            answer = self._users[function](payload)
        except LambdaFailure as error:
            return {"rejected": {"name": "TooManyRequestsException", "message": str(error)}}
        except FunctionDied as error:
            died = {"errorType": "Sandbox.Timedout", "errorMessage": str(error)}
            return {"error": "Unhandled", "payload": json.dumps(died)}
        except Exception as error:  # noqa: BLE001 - Lambda reports any exception of a function
            # Lambda Developer Guide: python-exceptions
            failed = {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": []}
            return {"error": "Unhandled", "payload": json.dumps(failed)}
        return {"payload": json.dumps(answer)}

    def _start(self, text: str) -> dict[str, Any]:
        self._outcome.execution_input = len(text.encode())
        if self._outcome.execution_input > EXECUTION_INPUT:
            return {"rejected": {"name": "ValidationException", "message": "input is too large"}}
        self._started.append(text)
        return {}

    def _respond(self, body: str) -> None:
        outcome, response = self._outcome, json.loads(body)
        outcome.response_bytes = len(body.encode())
        if outcome.response_bytes > RESPONSE:
            outcome.status, outcome.reason = "FAILED", "Response object is too long."
            return
        outcome.status, outcome.reason = response["Status"], response["Reason"].split("\n")[0]
        outcome.data, outcome.physical_id = response.get("Data") or {}, response["PhysicalResourceId"]

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


__all__ = [
    "CAUSE",
    "EXECUTION_INPUT",
    "RESPONSE",
    "Framework",
    "FunctionDied",
    "LambdaFailure",
    "Outcome",
    "node_with",
    "runtime_folder",
    "waiter_retries",
]
