"""The AWS of the gates' tests: one account with one stack and one table, and the clients of the functions.

Its services are those of ``account.py``, which passes the rows of ``tests/conformance``. A call that the guard's role does
not grant fails the test.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.fakes import models, policy
from tests.fakes.account import Account
from tests.fakes.cloudformation import FakeStack
from tests.fakes.cloudwatch import Metric
from tests.fakes.cloudwatch_math import Series
from tests.fakes.dynamodb_state import FakeResource, FakeTable
from tests.fakes.models import Refusal, client_error
from tests.fakes.policy import NotTheGuardsBusinessError, OutsidePolicyError

SERVICES = ("dynamodb", "cloudwatch", "cloudformation", "application-autoscaling", "ssm")


class FakeAws(Account):
    """One account and Region with one stack and one table.

    Its properties are attributes of the services under short names. Tests read and set them.

    Args:
        now: time at the start, UTC.
        stack_id: ARN of the stack.
        name: name of the table.

    Attributes:
        guarded: name of the table in the guard's role, or its pattern.
        calls: every call: ``service:Operation`` and its parameters.
        failures: by ``service:Operation``: the exceptions or answers of its next calls, one for each call.
    """

    def __init__(self, now: datetime, stack_id: str, name: str) -> None:
        super().__init__(now)
        self.stack_id, self.name, self.guarded = stack_id, name, name
        self.dynamodb.new_table(name)
        self.cloudformation.stacks[stack_id] = FakeStack({})
        self.failures: dict[str, list[Any]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    # --- the table

    @property
    def table(self) -> FakeTable:
        return self.dynamodb.tables[self.name]

    @property
    def mode(self) -> str:
        return self.table.mode

    @mode.setter
    def mode(self, mode: str) -> None:
        self.table.mode = mode

    @property
    def last_switch(self) -> datetime | None:
        return self.table.last_switch

    @last_switch.setter
    def last_switch(self, time: datetime | None) -> None:
        self.table.last_switch = time

    @property
    def resources(self) -> dict[str, FakeResource]:
        """The table and its indexes by resource key."""
        self.settle()
        return self.table.resources

    @resources.setter
    def resources(self, resources: dict[str, FakeResource]) -> None:
        self.table.resources = resources

    @property
    def raise_seconds(self) -> float:
        """How long a first raise of warm throughput takes."""
        return self.dynamodb.raise_seconds

    @raise_seconds.setter
    def raise_seconds(self, seconds: float) -> None:
        self.dynamodb.raise_seconds = seconds

    # --- scaling, alarms, metrics and the stack

    @property
    def targets(self) -> list[dict[str, Any]]:
        return self.autoscaling.targets

    @targets.setter
    def targets(self, targets: list[dict[str, Any]]) -> None:
        self.autoscaling.targets = targets

    @property
    def policies(self) -> list[dict[str, Any]]:
        return self.autoscaling.policies

    @policies.setter
    def policies(self, policies: list[dict[str, Any]]) -> None:
        self.autoscaling.policies = policies

    @property
    def alarms(self) -> dict[str, dict[str, Any]]:
        """Entries of DescribeAlarms by name; alarms that a test puts here keep their state."""
        return self.cloudwatch.alarms

    @property
    def metrics(self) -> dict[Metric, Series]:
        return self.cloudwatch.metrics

    @metrics.setter
    def metrics(self, metrics: dict[Metric, Series]) -> None:
        self.cloudwatch.metrics = metrics

    @property
    def _stack(self) -> FakeStack:
        return self.cloudformation.stacks[self.stack_id]

    @property
    def stack(self) -> dict[str, Any]:
        """The entry of the stack in DescribeStacks."""
        return self._stack.described

    @stack.setter
    def stack(self, described: dict[str, Any]) -> None:
        self._stack.described = described

    @property
    def physical(self) -> dict[str, tuple[str, str]]:
        """Physical id and status by logical id."""
        return self._stack.physical

    @property
    def changes(self) -> list[dict[str, Any]]:
        """Changes of the operation's change set."""
        return self._stack.changes

    @changes.setter
    def changes(self, changes: list[dict[str, Any]]) -> None:
        self._stack.changes = changes

    @property
    def change_set(self) -> dict[str, Any]:
        """The other fields of the operation's change set."""
        return self._stack.executed

    @change_set.setter
    def change_set(self, fields: dict[str, Any]) -> None:
        self._stack.executed = fields

    @property
    def events(self) -> list[dict[str, Any]]:
        return self._stack.events

    @events.setter
    def events(self, events: list[dict[str, Any]]) -> None:
        self._stack.events = events

    @property
    def page(self) -> int:
        """Entries in one page of every paged answer."""
        return self.cloudwatch.page

    @page.setter
    def page(self, entries: int) -> None:
        for service in (self.cloudwatch, self.cloudformation, self.autoscaling):
            service.page = entries

    # --- calls

    def clients(self) -> dict[str, FakeClient]:
        clients = {name: FakeClient(self, name) for name in SERVICES}
        return {**clients, "dynamodb-update": clients["dynamodb"]}

    def fail(self, call: str, *answers: Any) -> None:
        """Set what the next calls raise (an exception) or return (anything else)."""
        self.failures.setdefault(call, []).extend(answers)

    def count(self, call: str) -> int:
        return sum(1 for made, _ in self.calls if made == call)

    def writes(self) -> list[dict[str, Any]]:
        return [parameters for made, parameters in self.calls if made == "dynamodb:UpdateTable"]

    def series(self, metric: str, key: str) -> Series:
        """A metric of the table or an index, by minute."""
        dimensions = {"TableName": self.name}
        if key != "table":
            dimensions["GlobalSecondaryIndexName"] = key.removeprefix("index/")
        return self.metrics.setdefault((metric, tuple(sorted(dimensions.items())), "AWS/DynamoDB"), {})

    def put(self, metric: str, key: str, time: datetime, value: float) -> None:
        """Set the point of the minute of a time."""
        self.series(metric, key)[time.replace(second=0, microsecond=0)] = value


class FakeClient:
    """One boto3 client of the fake."""

    def __init__(self, aws: FakeAws, service: str) -> None:
        self._aws = aws
        self._service = service
        self.meta = type("Meta", (), {"service_model": models.model(service)})

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = models.operation_of(self._service, method)
        if operation is None:
            raise AttributeError(method)

        def call(**parameters: Any) -> Any:
            action = f"{self._service}:{operation}"
            models.check_request(self._service, operation, parameters)
            policy.check(action, parameters, self._aws.stack_id, self._aws.guarded)
            self._aws.calls.append((action, models.copied(parameters)))
            failures = self._aws.failures.get(action)
            if failures:
                failure = failures.pop(0)
                if isinstance(failure, BaseException):
                    raise failure
                return failure
            try:
                return self._aws.call(self._service, operation, parameters, checked=True)
            except Refusal as refusal:
                raise client_error(operation, refusal.code, refusal.message, refusal.status) from refusal

        return call


def utc(text: str) -> datetime:
    """A time from ISO text, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


__all__ = [
    "FakeAws",
    "FakeClient",
    "FakeResource",
    "NotTheGuardsBusinessError",
    "OutsidePolicyError",
    "client_error",
    "utc",
]
