"""One fault at one call: the calls of a good run are counted, then each is made to fail in each way."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from tests.fakes.gate_aws import FakeAws, FakeClient, client_error


class Killed(BaseException):
    """The function ended here, without a word."""


@dataclass
class Fault:
    """What goes wrong.

    Attributes:
        kind: one of ``KINDS``.
        at: position of the call, counted from 0 over the whole life of the gate.
        lasting: whether every later call of the same action fails alike.
    """

    kind: str
    at: int
    lasting: bool = False
    action: str | None = None

    def hits(self, position: int, action: str) -> bool:
        if position == self.at:
            self.action = action
            return True
        return self.lasting and self.action == action and position > self.at


KINDS = (
    "denied",
    "throttled",
    "unavailable",
    "timeout before",
    "timeout after",
    "stale",
    "malformed",
    "killed before",
    "killed after",
)
KILLED = ("killed before", "killed after")


@dataclass
class FaultyAws:
    """The clients of a fake AWS, with one fault; it also keeps the service's own rule of one raise at a time."""

    aws: FakeAws
    fault: Fault | None = None
    made: list[str] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    _first: dict[str, Any] = field(default_factory=dict)

    def clients(self) -> dict[str, Any]:
        return {name: _Client(self, client) for name, client in self.aws.clients().items()}

    def call(self, client: FakeClient, method: str, parameters: dict[str, Any]) -> Any:
        position, action = len(self.made), method
        self.made.append(action)
        fault = self.fault if self.fault is not None and self.fault.hits(position, action) else None
        kind = "" if fault is None else fault.kind
        if kind == "killed before":
            raise Killed
        if kind == "denied":
            raise client_error(action, "AccessDeniedException", f"is not authorized to perform: {action}")
        if kind == "throttled":
            raise client_error(action, "ThrottlingException", "Rate exceeded")
        if kind == "unavailable":
            raise client_error(action, "InternalServerError", "Internal server error", 500)
        if kind == "timeout before":
            raise ConnectTimeoutError(endpoint_url="https://dynamodb")
        answer = self._answer(client, method, parameters)
        key = f"{method} {sorted(parameters.items(), key=lambda item: item[0])!r}"
        first = self._first.setdefault(key, copy.deepcopy(answer))
        if kind == "killed after":
            raise Killed
        if kind == "timeout after":
            raise ReadTimeoutError(endpoint_url="https://dynamodb")
        if kind == "malformed":
            return {"ResponseMetadata": {}}
        return first if kind == "stale" else answer

    def _answer(self, client: FakeClient, method: str, parameters: dict[str, Any]) -> Any:
        if method == "update_table":
            changed = parameters.get("GlobalSecondaryIndexUpdates", [{}])[0].get("Update", {})
            key = f"index/{changed['IndexName']}" if changed else "table"
            one = self.aws.resources[key]
            one.show(self.aws.now, "TableStatus")
            if one.warm_status != "ACTIVE":
                # a raise that runs cannot be changed (quirks: DDB-TABLE-186)
                raise client_error(
                    "UpdateTable",
                    "ResourceInUseException",
                    "Attempt to change a resource which is still in use",
                )
        return getattr(client, method)(**parameters)


class _Client:
    def __init__(self, faulty: FaultyAws, client: FakeClient) -> None:
        self._faulty, self._client = faulty, client
        self.meta = client.meta

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda **parameters: self._faulty.call(self._client, method, parameters)
