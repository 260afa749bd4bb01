"""Faulty calls: a fault at a position in the sequence of all calls of a gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from tests.fakes.gate_aws import FakeAws, FakeClient, client_error
from tests.fakes.models import operation_of

METRIC_LAG = timedelta(minutes=3)
"""How far a stale response of GetMetricData is behind."""


class Killed(BaseException):
    """The function was killed."""


@dataclass(frozen=True)
class Fault:
    """A fault of one call, or of all calls of an operation from one call on.

    Attributes:
        kind: one of ``KINDS``.
        at: position of the call among all calls of the gate, from 0.
        lasting: whether every later call of the same operation fails in the same way.
    """

    kind: str
    at: int
    lasting: bool = False


KILLED = ("killed before", "killed after")
ERRORS = ("denied", "throttled", "unavailable", "timeout before", "timeout after", "malformed")
"""Faults that the gate receives as errors."""
KINDS = (*ERRORS, "stale", *KILLED)


@dataclass
class FaultyAws:
    """The clients of a fake AWS, with faults.

    Attributes:
        aws: the fake AWS.
        before: makes the same AWS in an earlier state, which gives the stale responses.
        faults: the faults.
        answering: changes a response: ``(position, action, response)`` to a response.
        turn: called before each call.
        made: every call, ``service:Operation``.
        refused: messages of the services' refusals.
    """

    aws: FakeAws
    before: Callable[[], FakeAws] | None = None
    faults: tuple[Fault, ...] = ()
    answering: Callable[[int, str, Any], Any] = lambda position, action, answer: answer
    turn: Callable[[], None] = lambda: None
    made: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def clients(self) -> dict[str, Any]:
        found = self.aws.clients()
        return {
            name: _FaultyClient(self, client, name.removesuffix("-update")) for name, client in found.items()
        }

    def call(self, client: FakeClient, service: str, method: str, parameters: dict[str, Any]) -> Any:
        self.turn()
        position, action = len(self.made), f"{service}:{operation_of(service, method)}"
        self.made.append(action)
        kind = self._kind(position, action)
        if kind == "killed before":
            raise Killed
        if kind == "denied":
            raise client_error(action, "AccessDeniedException", f"is not authorized to perform: {action}")
        if kind == "throttled":
            raise client_error(action, "ThrottlingException", "Rate exceeded")
        if kind == "unavailable":
            raise client_error(action, "InternalServerError", "Internal server error", 500)
        if kind == "timeout before":
            raise ConnectTimeoutError(endpoint_url=f"https://{service}")
        try:
            answer = getattr(client, method)(**parameters)
        except ClientError as error:
            self.refused.append(str(error))
            raise
        if kind == "killed after":
            raise Killed
        if kind == "timeout after":
            raise ReadTimeoutError(endpoint_url=f"https://{service}")
        if kind == "malformed":
            return {"ResponseMetadata": {}}
        if kind == "stale":
            answer = self._stale(service, method, parameters, answer)
        return self.answering(position, action, answer)

    def _kind(self, position: int, action: str) -> str:
        for fault in self.faults:
            if fault.at == position:
                return fault.kind
            if fault.lasting and fault.at < position and self.made[fault.at] == action:
                return fault.kind
        return ""

    def _stale(self, service: str, method: str, parameters: dict[str, Any], answer: Any) -> Any:
        if method == "update_table" or self.before is None:
            return answer
        older = self.before()
        older.now = self.aws.now
        old = getattr(older.clients()[service], method)(**parameters)
        for result in old.get("MetricDataResults", ()):
            known = [
                (at, value)
                for at, value in zip(result["Timestamps"], result["Values"], strict=True)
                if at < self.aws.now - METRIC_LAG
            ]
            result["Timestamps"], result["Values"] = [at for at, _ in known], [value for _, value in known]
        return old


class _FaultyClient:
    def __init__(self, faulty: FaultyAws, client: FakeClient, service: str) -> None:
        self._faulty, self._client, self._service = faulty, client, service
        self.meta = client.meta

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda **parameters: self._faulty.call(self._client, self._service, method, parameters)


def written(aws: FakeAws) -> Mapping[str, Any]:
    """Everything that a call can write, without warm throughput."""
    aws.settle()
    return {
        "mode": aws.mode,
        "units": {key: dict(resource.units) for key, resource in aws.resources.items()},
        "maximum": {key: dict(resource.maximum) for key, resource in aws.resources.items()},
        "targets": [dict(target) for target in aws.targets],
        "policies": [dict(policy) for policy in aws.policies],
        "alarms": {name: dict(alarm) for name, alarm in aws.alarms.items()},
    }


def warm(aws: FakeAws) -> dict[str, dict[str, int]]:
    """Warm throughput after every running raise has ended."""
    return {key: {**resource.warm, **(resource.rising_to or {})} for key, resource in aws.resources.items()}
