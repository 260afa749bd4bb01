"""An in-memory AWS of just the calls that the gates may make: strict about requests, answers and permissions.

Requests and answers are checked against botocore's own models, so neither a gate nor this fake can invent a field.
Messages are those of the live service where a public source records them (docs/api-quirks of
aws-controllers-k8s/dynamodb-controller).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

ALLOWED = (
    "dynamodb:DescribeTable",
    "dynamodb:UpdateTable",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "cloudformation:DescribeStacks",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResource",
    "cloudformation:DescribeChangeSet",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
)
"""What the guard's role grants. Anything else is denied, as IAM would."""

Dimensions = tuple[tuple[str, str], ...]


class NotTheGuardsBusinessError(AssertionError):
    """A gate tried to write something else than warm throughput."""


def client_error(operation: str, code: str, message: str, status: int = 400) -> ClientError:
    """The error that botocore raises for a refused request."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, operation)


@cache
def _models(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def _check(value: Any, shape: Any, what: str) -> None:
    report = ParamValidator().validate(value, shape).generate_report()
    # the models give answers the bounds of requests: a table without decreases today answers 0, "valid min value: 1"
    errors = [line for line in report.splitlines() if "valid min value" not in line]
    assert not errors, f"{what}: {errors}"


@dataclass
class FakeResource:
    """The table itself or an index. Units are per second."""

    units: dict[str, int] = field(default_factory=lambda: {"read": 0, "write": 0})
    warm: dict[str, int] = field(default_factory=lambda: {"read": 12_000, "write": 4_000})
    maximum: dict[str, int] = field(default_factory=dict)
    status: str = "ACTIVE"
    warm_status: str = "ACTIVE"
    decreases: int = 0
    last_decrease: datetime | None = None
    rising_to: dict[str, int] | None = None
    warm_at: datetime | None = None

    def show(self, now: datetime, status: str) -> dict[str, Any]:
        if self.rising_to is not None and self.warm_at is not None and now >= self.warm_at:
            self.warm.update(self.rising_to)
            self.rising_to, self.warm_status = None, "ACTIVE"
        throughput: dict[str, Any] = {
            "ReadCapacityUnits": self.units["read"],
            "WriteCapacityUnits": self.units["write"],
            "NumberOfDecreasesToday": self.decreases,
        }
        if self.last_decrease is not None:
            throughput["LastDecreaseDateTime"] = self.last_decrease
        shown: dict[str, Any] = {
            status: self.status,
            "ProvisionedThroughput": throughput,
            "WarmThroughput": {
                "ReadUnitsPerSecond": self.warm["read"],
                "WriteUnitsPerSecond": self.warm["write"],
                "Status": self.warm_status,
            },
        }
        if self.maximum:
            shown["OnDemandThroughput"] = {
                f"Max{access.capitalize()}RequestUnits": units for access, units in self.maximum.items()
            }
        return shown


@dataclass
class FakeAws:
    """One account and Region with one stack and one table.

    Attributes:
        now: its clock; tests move it.
        calls: every call made, ``service:Operation`` and parameters.
        failures: per ``service:Operation``, what its next calls raise or answer (one entry a call).
        raise_seconds: how long a raise of warm throughput takes.
        page: entries a page of every paged answer.
    """

    now: datetime
    stack_id: str
    name: str
    mode: str = "PROVISIONED"
    last_switch: datetime | None = None
    resources: dict[str, FakeResource] = field(default_factory=dict)
    targets: list[dict[str, Any]] = field(default_factory=list)
    policies: list[dict[str, Any]] = field(default_factory=list)
    physical: dict[str, tuple[str, str]] = field(default_factory=dict)
    alarms: dict[str, dict[str, Any]] = field(default_factory=dict)
    metrics: dict[tuple[str, Dimensions], dict[datetime, float]] = field(default_factory=dict)
    stack: dict[str, Any] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    failures: dict[str, list[Any]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    raise_seconds: float = 400
    page: int = 100

    def clients(self) -> dict[str, FakeClient]:
        services = ("dynamodb", "cloudwatch", "cloudformation", "application-autoscaling")
        clients = {name: FakeClient(self, name) for name in services}
        return {**clients, "dynamodb-update": clients["dynamodb"]}

    def fail(self, call: str, *answers: Any) -> None:
        """Let the next calls raise (an exception) or answer (anything else) this instead."""
        self.failures.setdefault(call, []).extend(answers)

    def count(self, call: str) -> int:
        return sum(1 for made, _ in self.calls if made == call)

    def writes(self) -> list[dict[str, Any]]:
        return [parameters for made, parameters in self.calls if made == "dynamodb:UpdateTable"]

    def put(self, metric: str, key: str, minute: datetime, value: float) -> None:
        """A point of a metric of the table or an index."""
        where = {"TableName": self.name}
        if key != "table":
            where["GlobalSecondaryIndexName"] = key.removeprefix("index/")
        self.metrics.setdefault((metric, tuple(sorted(where.items()))), {})[minute] = value

    # each method below is one operation: parameters in, answer out

    def describe_table(self, p: Mapping[str, Any]) -> dict[str, Any]:
        if p["TableName"] != self.name:
            raise client_error(
                "DescribeTable",
                "ResourceNotFoundException",
                f"Requested resource not found: Table: {p['TableName']} not found",
            )
        table: dict[str, Any] = {
            "TableName": self.name,
            **self.resources["table"].show(self.now, "TableStatus"),
        }
        indexes = [
            {"IndexName": key.removeprefix("index/"), **one.show(self.now, "IndexStatus")}
            for key, one in self.resources.items()
            if key != "table"
        ]
        if indexes:
            table["GlobalSecondaryIndexes"] = indexes
        if self.mode == "PAY_PER_REQUEST" or self.last_switch is not None:
            table["BillingModeSummary"] = {"BillingMode": self.mode}
            if self.last_switch is not None:
                table["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = self.last_switch
        return {"Table": table}

    def update_table(self, p: Mapping[str, Any]) -> dict[str, Any]:
        given = set(p) - {"TableName"}
        warm, key = p.get("WarmThroughput"), "table"
        if given == {"GlobalSecondaryIndexUpdates"} and len(p["GlobalSecondaryIndexUpdates"]) == 1:
            update = p["GlobalSecondaryIndexUpdates"][0].get("Update", {})
            if set(update) == {"IndexName", "WarmThroughput"}:
                warm, key = update["WarmThroughput"], f"index/{update['IndexName']}"
        elif given != {"WarmThroughput"}:
            warm = None
        if not warm:
            raise NotTheGuardsBusinessError(f"UpdateTable of {sorted(given)}")
        one = self.resources[key]
        target = {a: warm[f"{a.capitalize()}UnitsPerSecond"] for a in ("read", "write") if _has(warm, a)}
        for access, units in target.items():
            if units < one.warm[access]:
                raise client_error(
                    "UpdateTable",
                    "ValidationException",
                    f"One or more parameter values were invalid: Requested {access.capitalize()}UnitsPerSecond for "
                    "WarmThroughput for table is lower than current WarmThroughput, decreasing WarmThroughput is not "
                    "supported",
                )
            if units > 40_000:
                raise client_error(
                    "UpdateTable",
                    "LimitExceededException",
                    f"Subscriber limit exceeded: Requested {access.capitalize()}UnitsPerSecond for WarmThroughput "
                    f"exceeds TableMax{access.capitalize()}CapacityUnits of the account in region eu-west-1",
                )
        one.rising_to, one.warm_status = target, "UPDATING"
        one.warm_at = self.now + timedelta(seconds=self.raise_seconds)
        return {"TableDescription": {"TableName": self.name}}

    def describe_alarms(self, p: Mapping[str, Any]) -> dict[str, Any]:
        assert set(p["AlarmTypes"]) == {"MetricAlarm", "CompositeAlarm"}, "composite alarms must be asked for"
        found = [self.alarms[name] for name in p["AlarmNames"] if name in self.alarms]
        part, token = self._page(found, p)
        plain = [{k: v for k, v in one.items() if k != "Composite"} for one in part]
        return {
            "MetricAlarms": [a for a, one in zip(plain, part, strict=True) if not one.get("Composite")],
            "CompositeAlarms": [a for a, one in zip(plain, part, strict=True) if one.get("Composite")],
            **token,
        }

    def get_metric_data(self, p: Mapping[str, Any]) -> dict[str, Any]:
        for name in ("StartTime", "EndTime"):
            assert p[name].tzinfo is not None, f"{name} is naive"
            assert not p[name].second, f"{name} must be a whole minute"
        results = []
        for query in p["MetricDataQueries"]:
            stat = query["MetricStat"]
            assert (stat["Metric"]["Namespace"], stat["Period"], stat["Stat"]) == ("AWS/DynamoDB", 60, "Sum")
            where = tuple(sorted((d["Name"], d["Value"]) for d in stat["Metric"]["Dimensions"]))
            series = self.metrics.get((stat["Metric"]["MetricName"], where), {})
            minutes = sorted(m for m in series if p["StartTime"] <= m < p["EndTime"])
            results.append(
                {
                    "Id": query["Id"],
                    "Label": "m",
                    "StatusCode": "Complete",
                    "Timestamps": minutes,
                    "Values": [series[m] for m in minutes],
                }
            )
        part, token = self._page(results, p)
        return {"MetricDataResults": part, **token}

    def describe_stacks(self, p: Mapping[str, Any]) -> dict[str, Any]:
        self._stack(p["StackName"], "DescribeStacks")
        return {"Stacks": [copy.deepcopy(self.stack)]}

    def describe_stack_resource(self, p: Mapping[str, Any]) -> dict[str, Any]:
        self._stack(p["StackName"], "DescribeStackResource")
        logical = p["LogicalResourceId"]
        if logical not in self.physical:
            raise client_error(
                "DescribeStackResource",
                "ValidationError",
                f"Resource {logical} does not exist for stack {self.stack_id}",
            )
        physical, status = self.physical[logical]
        detail = {
            "LogicalResourceId": logical,
            "PhysicalResourceId": physical,
            "ResourceType": "AWS::CloudWatch::Alarm",
            "ResourceStatus": status,
            "LastUpdatedTimestamp": self.now,
        }
        return {"StackResourceDetail": detail}

    def describe_stack_events(self, p: Mapping[str, Any]) -> dict[str, Any]:
        self._stack(p["StackName"], "DescribeStackEvents")
        newest_first = sorted(self.events, key=lambda e: e["Timestamp"], reverse=True)
        part, token = self._page(newest_first, p)
        return {"StackEvents": part, **token}

    def describe_change_set(self, p: Mapping[str, Any]) -> dict[str, Any]:
        if p["ChangeSetName"] != self.stack.get("ChangeSetId"):
            raise client_error(
                "DescribeChangeSet", "ChangeSetNotFound", f"ChangeSet [{p['ChangeSetName']}] does not exist"
            )
        part, token = self._page(self.changes, p)
        return {"Changes": [{"Type": "Resource", "ResourceChange": one} for one in part], **token}

    def describe_scalable_targets(self, p: Mapping[str, Any]) -> dict[str, Any]:
        assert p["ServiceNamespace"] == "dynamodb"
        found = [one for one in self.targets if one["ResourceId"] in p["ResourceIds"]]
        part, token = self._page(found, p)
        return {"ScalableTargets": part, **token}

    def describe_scaling_policies(self, p: Mapping[str, Any]) -> dict[str, Any]:
        assert p["ServiceNamespace"] == "dynamodb"
        found = [one for one in self.policies if one["ResourceId"] == p["ResourceId"]]
        part, token = self._page(found, p)
        return {"ScalingPolicies": part, **token}

    def _stack(self, name: str, operation: str) -> None:
        if name != self.stack_id:
            raise client_error(operation, "ValidationError", f"Stack with id {name} does not exist")

    def _page(self, entries: list[Any], p: Mapping[str, Any]) -> tuple[list[Any], dict[str, str]]:
        start = int(p.get("NextToken", "0"))
        end = start + self.page
        return entries[start:end], ({"NextToken": str(end)} if end < len(entries) else {})


def _has(warm: Mapping[str, Any], access: str) -> bool:
    return f"{access.capitalize()}UnitsPerSecond" in warm


class FakeClient:
    """One boto3 client of the fake."""

    def __init__(self, aws: FakeAws, service: str) -> None:
        self._aws = aws
        self._service = service
        self.meta = type("Meta", (), {"service_model": _models(service)})

    def __getattr__(self, method: str) -> Callable[..., Any]:
        model = _models(self._service)
        operation = next((name for name in model.operation_names if xform_name(name) == method), None)
        if operation is None:
            raise AttributeError(method)

        def call(**parameters: Any) -> Any:
            action = f"{self._service}:{operation}"
            _check(parameters, model.operation_model(operation).input_shape, action)
            if action not in ALLOWED:
                raise client_error(
                    operation, "AccessDeniedException", f"is not authorized to perform: {action}"
                )
            self._aws.calls.append((action, copy.deepcopy(parameters)))
            waiting = self._aws.failures.get(action)
            if waiting:
                failure = waiting.pop(0)
                if isinstance(failure, BaseException):
                    raise failure
                return failure
            answer = getattr(self._aws, method)(parameters)
            _check(answer, model.operation_model(operation).output_shape, f"{action} answer")
            return answer

        return call


def utc(text: str) -> datetime:
    """A moment from ISO text, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
