"""The in-memory fake as a system of the rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.conformance.runner import NO_MEMBERS, Refused
from tests.fakes.account import Account
from tests.fakes.dynamodb_seconds import BETWEEN, Seconds
from tests.fakes.models import Refusal

START = datetime(2026, 7, 9, 9, 0, tzinfo=UTC)


class FakeSystem:
    """One account of the fake.

    seconds: how long DynamoDB's changes take.
    """

    def __init__(self, seconds: Seconds = BETWEEN) -> None:
        self.fake = Account(START)
        self.fake.dynamodb.seconds = seconds
        self.fake.dynamodb.raise_seconds = seconds.rise

    @property
    def region(self) -> str:
        return self.fake.region

    @property
    def account(self) -> str:
        return self.fake.account

    def now(self) -> float:
        return self.fake.now.timestamp()

    def forward(self, seconds: float) -> None:
        self.fake.forward(seconds)

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return self.fake.call(service, operation, parameters)
        except Refusal as refusal:
            raise Refused(refusal.code, refusal.message) from refusal

    def make_stack(
        self, name: str, resources: Mapping[str, Mapping[str, Any]], *, ends: str = "CREATE_COMPLETE"
    ) -> None:
        assert ends == "CREATE_COMPLETE", "the fake's creations all succeed"
        self.fake.cloudformation.make(name, resources)

    def update_stack(
        self,
        stack: str,
        resources: Mapping[str, Mapping[str, Any]],
        *,
        ends: str = "UPDATE_COMPLETE",
        request: Mapping[str, Any] = NO_MEMBERS,
    ) -> None:
        assert (ends, request) == ("UPDATE_COMPLETE", NO_MEMBERS), "the fake's updates all succeed"
        self.fake.cloudformation.update(stack, resources)

    def make_change_set(
        self, stack: str, name: str, resources: Mapping[str, Mapping[str, Any]], *, execute: bool
    ) -> None:
        self.fake.cloudformation.make_change_set(stack, name, resources, execute=execute)

    def make_evaluation(self, alarm: str, state: str) -> None:
        self.fake.cloudwatch.fail_evaluation(alarm, state)
