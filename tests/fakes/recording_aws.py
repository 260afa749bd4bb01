"""The AWS services that recording reads, in memory.

The boto3 clients are real and have dummy credentials: botocore checks every parameter against the service's model, then the
answer comes from here instead of the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from capacity_guard.recording.aws import RecordingAws

NOW = datetime(2026, 7, 9, 6, 0, 30, tzinfo=UTC)
END = datetime(2026, 7, 9, 5, 57, tzinfo=UTC)
"""End of the last complete minute: three minutes before NOW, without seconds."""
REGION = "eu-west-1"
ACCOUNT = "123456789012"
NAME = "Orders"
STACK = "orders-stack"
GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"

_SESSION = boto3.Session("test", "test", region_name=REGION)
"""One session for all tests: it keeps the services' models, which take longest to load."""


class FixedClock(datetime):
    """A datetime whose current time is NOW."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return NOW


class RecordingKilled(BaseException):
    """The process ends here, as by SIGKILL: no code catches it."""


class Failure(Exception):
    """An error answer of a service."""

    def __init__(self, code: str, message: str = "said so") -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def throughput(read: int, write: int, decreases: int = 0) -> dict[str, Any]:
    """ProvisionedThroughput as DescribeTable shows it."""
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write, "NumberOfDecreasesToday": decreases}


def warm(read: int, write: int) -> dict[str, Any]:
    """WarmThroughput as DescribeTable shows it."""
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": "ACTIVE"}


def provisioned_table() -> dict[str, Any]:
    """A provisioned table with one index."""
    return {
        "TableName": NAME,
        "TableArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{NAME}",
        "TableStatus": "ACTIVE",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in (("id", "S"), ("day", "N"))
        ],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "ProvisionedThroughput": throughput(100, 200, 1),
        "WarmThroughput": warm(100, 250),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by_day",
                "IndexStatus": "ACTIVE",
                "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": throughput(30, 40, 2),
                "WarmThroughput": warm(30, 40),
            }
        ],
    }


def on_demand_table() -> dict[str, Any]:
    """An on-demand table with one index and maxima."""
    table = provisioned_table()
    switched = datetime(2026, 7, 1, 12, 0, 1, 250_000, tzinfo=UTC)
    table["BillingModeSummary"] = {
        "BillingMode": "PAY_PER_REQUEST",
        "LastUpdateToPayPerRequestDateTime": switched,
    }
    for resource in (table, table["GlobalSecondaryIndexes"][0]):
        resource["ProvisionedThroughput"] = throughput(0, 0)
        resource["WarmThroughput"] = warm(12_000, 4_000)
    table["OnDemandThroughput"] = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 9_000}
    table["GlobalSecondaryIndexes"][0]["OnDemandThroughput"] = {
        "MaxReadRequestUnits": 700,
        "MaxWriteRequestUnits": 800,
    }
    return table


def declared_table(writes: int) -> dict[str, Any]:
    """Properties of a global table that declare `provisioned_table` with auto-scaled writes, as TableV2 does."""

    def scaled(units: int) -> dict[str, Any]:
        settings = {
            "MinCapacity": units,
            "MaxCapacity": 900,
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70},
        }
        return {"WriteProvisionedThroughputSettings": {"WriteCapacityAutoScalingSettings": settings}}

    reads = {"ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 100}}
    return {
        **scaled(writes),
        "GlobalSecondaryIndexes": [{"IndexName": "by_day", **scaled(40), **reads}],
        "Replicas": [{"Region": REGION, **reads}],
    }


Answer = Callable[[dict[str, Any]], dict[str, Any]]


class Services:
    """The services. A test changes the attributes, or puts a callable into ``answers``, before it records."""

    def __init__(self) -> None:
        self.table: dict[str, Any] = provisioned_table()
        self.targets: list[dict[str, Any]] = []
        self.policies: list[dict[str, Any]] = []
        self.scheduled: list[dict[str, Any]] = []
        self.template: Any = None
        self.stack_resources: list[dict[str, Any]] = []
        self.parameters: list[dict[str, str]] = []
        self.series: dict[tuple[str, str | None], Mapping[datetime, float]] = {}
        self.points_a_page = 1_000_000
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.pauses: list[float] = []
        self.answers: dict[str, Answer] = {}
        self.failures: dict[str, list[Failure]] = {}
        """Errors that an operation gives, in this order, before it answers."""

    def scale(self, resource: str, dimension: str, low: int, high: int, target: float) -> None:
        """Register a scaling target with its policy."""
        common = {"ServiceNamespace": "dynamodb", "ResourceId": resource, "ScalableDimension": dimension}
        self.targets.append(
            {
                **common,
                "MinCapacity": low,
                "MaxCapacity": high,
                "RoleARN": "arn:aws:iam::1:role/x",
                "CreationTime": NOW,
            }
        )
        self.policies.append(
            {
                **common,
                "PolicyARN": "arn",
                "PolicyName": "p",
                "PolicyType": "TargetTrackingScaling",
                "CreationTime": NOW,
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": target},
            }
        )

    def own(self, kind: str, properties: dict[str, Any], **template: Any) -> None:
        """Let a stack own the table."""
        resources = {"Table": {"Type": kind, "Properties": properties}, **template.pop("Resources", {})}
        self.template = {**template, "Resources": resources}
        self.stack_resources = [
            {
                "StackName": STACK,
                "LogicalResourceId": "Table",
                "PhysicalResourceId": NAME,
                "ResourceType": kind,
                "ResourceStatus": "UPDATE_COMPLETE",
                "Timestamp": NOW,
            }
        ]

    def load(self, days: int = 1, value: float = 600.0) -> None:
        """Give every consumed metric a value in every minute."""
        minutes = [END - timedelta(minutes=number) for number in range(days * 1440, 0, -1)]
        indexes = self.table.get("GlobalSecondaryIndexes", [])
        for index in (None, *(index["IndexName"] for index in indexes)):
            for metric in ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"):
                self.series[metric, index] = dict.fromkeys(minutes, value)

    def load_throttle_events(self) -> None:
        """Give the table's writes 20 minutes of throttle events, and their causes."""
        minutes = [END - timedelta(minutes=number) for number in range(40, 20, -1)]
        self.series["WriteThrottleEvents", None] = dict.fromkeys(minutes, 6.0)
        self.series["WriteProvisionedThroughputThrottleEvents", None] = dict.fromkeys(minutes, 4.0)
        self.series["WriteKeyRangeThroughputThrottleEvents", None] = dict.fromkeys(minutes, 2.0)

    @contextmanager
    def killed_after(self, calls: int) -> Iterator[None]:
        """Let the call after so many calls raise `RecordingKilled`, which ends the block."""
        respond, left = self.respond, calls

        def respond_or_kill(operation: str, parameters: dict[str, Any]) -> tuple[int, dict[str, Any]]:
            nonlocal left
            if left == 0:
                raise RecordingKilled
            left -= 1
            return respond(operation, parameters)

        self.respond = respond_or_kill  # type: ignore[method-assign]
        killed = False
        try:
            yield
        except RecordingKilled:
            killed = True
        finally:
            self.respond = respond  # type: ignore[method-assign]
        assert killed, f"the recording ended within {calls} calls"

    def aws(self) -> RecordingAws:
        """Calls that these services answer."""
        return RecordingAws(self._client, self.pauses.append)

    def operations(self, name: str) -> list[dict[str, Any]]:
        """Parameters of every call of an operation."""
        return [parameters for operation, parameters in self.calls if operation == name]

    def _client(self, service: str) -> Any:
        client = _SESSION.client(service)
        given: dict[str, Any] = {}

        def remember(params: dict[str, Any], **_: Any) -> None:
            given.clear()
            given.update(params)

        def send(model: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
            self.calls.append((model.name, dict(given)))
            status, parsed = self.respond(model.name, dict(given))
            return AWSResponse("http://127.0.0.1", status, HTTPHeaders(), None), parsed

        client.meta.events.register("before-parameter-build.*.*", remember)
        client.meta.events.register("before-call.*.*", send)
        return client

    def respond(self, operation: str, parameters: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and parsed answer of a call."""
        try:
            if self.failures.get(operation):
                raise self.failures[operation].pop(0)
            answer = self.answers[operation] if operation in self.answers else getattr(self, f"_{operation}")
            return 200, {"ResponseMetadata": {}, **answer(parameters)}
        except Failure as failure:
            return 400, {"Error": {"Code": failure.code, "Message": failure.message}, "ResponseMetadata": {}}

    def _DescribeTable(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"Table": self.table}

    def _DescribeScalableTargets(self, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = [target for target in self.targets if target["ResourceId"] in parameters["ResourceIds"]]
        return _page(found, "ScalableTargets", parameters)

    def _DescribeScalingPolicies(self, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = [policy for policy in self.policies if policy["ResourceId"] == parameters["ResourceId"]]
        return _page(found, "ScalingPolicies", parameters)

    def _DescribeScheduledActions(self, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = [action for action in self.scheduled if action["ResourceId"] == parameters["ResourceId"]]
        return _page(found, "ScheduledActions", parameters)

    def _DescribeStackResources(self, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if parameters["PhysicalResourceId"] not in [
            resource["PhysicalResourceId"] for resource in self.stack_resources
        ]:
            raise Failure("ValidationError", f"Stack for {parameters['PhysicalResourceId']} does not exist")
        return {"StackResources": self.stack_resources}

    def _ListStackResources(self, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if parameters["StackName"] != STACK:
            raise Failure("ValidationError", f"Stack with id {parameters['StackName']} does not exist")
        return _page(self.stack_resources, "StackResourceSummaries", parameters)

    def _GetTemplate(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"TemplateBody": self.template}

    def _DescribeStacks(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"Stacks": [{"StackName": STACK, "StackId": "arn:stack", "Parameters": self.parameters}]}

    def _GetMetricData(self, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self.metric_data(parameters)

    def metric_data(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """A page of GetMetricData: all series one after the other, cut into pages of ``points_a_page`` points."""
        points = []
        for query in parameters["MetricDataQueries"]:
            metric = query["MetricStat"]["Metric"]
            dimensions = {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}
            assert (dimensions["TableName"], query["MetricStat"]["Period"], query["MetricStat"]["Stat"]) == (
                NAME,
                60,
                "Sum",
            )
            series = self.series.get((metric["MetricName"], dimensions.get("GlobalSecondaryIndexName")), {})
            minutes = sorted(t for t in series if parameters["StartTime"] <= t < parameters["EndTime"])
            points += [(query["Id"], minute, series[minute]) for minute in minutes]
        first = int(parameters.get("NextToken", 0))
        here, rest = points[first : first + self.points_a_page], points[first + self.points_a_page :]
        waiting = {identifier for identifier, _, _ in rest}
        results = [
            {
                "Id": query["Id"],
                "Label": query["Id"],
                "Timestamps": [minute for identifier, minute, _ in here if identifier == query["Id"]],
                "Values": [value for identifier, _, value in here if identifier == query["Id"]],
                "StatusCode": "PartialData" if query["Id"] in waiting else "Complete",
            }
            for query in parameters["MetricDataQueries"]
        ]
        token = {"NextToken": str(first + self.points_a_page)} if rest else {}
        return {"MetricDataResults": results, **token}


def _page(found: list[dict[str, Any]], key: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """A page with one entry, so that every test reads several pages."""
    number = int(parameters.get("NextToken", 0))
    token = {"NextToken": str(number + 1)} if number + 1 < len(found) else {}
    return {key: found[number : number + 1], **token}
