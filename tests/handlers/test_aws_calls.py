"""Parameters and responses of single calls to AWS, on clients that record what they are asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from capacity_guard.handlers import gate
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.aws_error import AwsError

NOON = datetime(2026, 7, 9, 12, tzinfo=UTC)


class Client:
    """Answers each call with the next of its answers, and records method and parameters."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            self.asked.append((method, parameters))
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def asking(service: str, *answers: Any) -> tuple[GateAws, Client]:
    client = Client(*answers)
    return GateAws({service: client}), client


def refused(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")


def test_raise_of_the_table_and_of_an_index_are_one_parameter_each() -> None:
    aws, client = asking("dynamodb-update", {}, {})
    aws.raise_warm_throughput("orders", None, {"read": 5})
    aws.raise_warm_throughput("orders", "by_day", {"read": 5, "write": 6})
    warm = {"ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 6}
    update = {"Update": {"IndexName": "by_day", "WarmThroughput": warm}}
    assert client.asked == [
        ("update_table", {"TableName": "orders", "WarmThroughput": {"ReadUnitsPerSecond": 5}}),
        ("update_table", {"TableName": "orders", "GlobalSecondaryIndexUpdates": [update]}),
    ]


@pytest.mark.parametrize(
    ("index", "subject"), [(None, "of orders was"), ("by_day", "of orders, index by_day was")]
)
def test_raise_that_fails_names_what_was_to_be_raised(index: str | None, subject: str) -> None:
    aws, _ = asking("dynamodb-update", refused("AccessDenied", "no"))
    with pytest.raises(AwsError, match=rf"dynamodb:UpdateTable \(warm throughput\) {subject} denied"):
        aws.raise_warm_throughput("orders", index, {"read": 5})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"ResourceStatus": "CREATE_COMPLETE", "PhysicalResourceId": "orders"}, "orders"),
        ({"ResourceStatus": "CREATE_IN_PROGRESS"}, None),
        ({"ResourceStatus": "CREATE_IN_PROGRESS", "PhysicalResourceId": ""}, None),
        ({"ResourceStatus": "DELETE_COMPLETE", "PhysicalResourceId": "orders"}, None),
        ({"ResourceStatus": "UPDATE_COMPLETE", "PhysicalResourceId": "DELETE_me"}, "DELETE_me"),
    ],
)
def test_physical_id_is_that_of_a_resource_that_exists(answer: dict[str, Any], expected: str | None) -> None:
    aws, client = asking("cloudformation", {"StackResourceDetail": answer})
    assert aws.physical_id("stack", "Table") == expected
    assert client.asked == [("describe_stack_resource", {"StackName": "stack", "LogicalResourceId": "Table"})]


def test_physical_id_that_is_no_text_is_malformed() -> None:
    aws, _ = asking(
        "cloudformation",
        {"StackResourceDetail": {"ResourceStatus": "CREATE_COMPLETE", "PhysicalResourceId": 5}},
    )
    with pytest.raises(AwsError, match="of Table was answered in a form that cannot be read") as raised:
        aws.physical_id("stack", "Table")
    assert raised.value.kind == "malformed"


@pytest.mark.parametrize(
    ("code", "message", "absent"),
    [
        ("ValidationError", "Resource Table does not exist for stack s", True),
        ("ValidationError", "Stack with id s does not exist", False),
        ("ValidationError", "Resource Table is not what it was", False),
        ("AccessDenied", "Resource Table does not exist for stack s", False),
    ],
)
def test_resource_is_absent_only_where_the_service_says_so(code: str, message: str, absent: bool) -> None:
    aws, _ = asking("cloudformation", refused(code, message))
    if absent:
        assert aws.physical_id("s", "Table") is None
    else:
        with pytest.raises(AwsError):
            aws.physical_id("s", "Table")


def test_failures_of_a_call_name_the_call_the_kind_and_the_detail() -> None:
    aws, _ = asking("dynamodb", ParamValidationError(report="too long"))
    with pytest.raises(AwsError) as raised:
        aws.describe_table("orders")
    assert raised.value.kind == "failed"
    assert str(raised.value).startswith(
        "dynamodb:DescribeTable of orders failed (ParamValidationError: Parameter validation failed"
    )
    aws, _ = asking("dynamodb", ClientError({}, "DescribeTable"))
    with pytest.raises(AwsError) as raised:
        aws.describe_table("orders")
    assert (raised.value.kind, raised.value.detail) == ("failed", ": ")
    aws, _ = asking("dynamodb", ["a list"])
    with pytest.raises(AwsError, match="list instead of an answer") as raised:
        aws.describe_table("orders")
    assert raised.value.kind == "malformed"


def event(minutes: int, logical_id: str = "Table", **more: Any) -> dict[str, Any]:
    return {"LogicalResourceId": logical_id, "Timestamp": NOON + timedelta(minutes=minutes), **more}


def test_events_are_those_of_the_resource_since_a_time_and_the_newest_before_it_oldest_first() -> None:
    pages = (
        {"StackEvents": [event(5), event(4, "Other"), event(0)], "NextToken": "t1"},
        {"StackEvents": [event(-1), event(-2, ResourceProperties="{}"), event(-3)], "NextToken": "t2"},
    )
    aws, client = asking("cloudformation", *pages)
    found = aws.stack_events("stack", "Table", NOON)
    minutes = [(one["Timestamp"] - NOON) / timedelta(minutes=1) for one in found]
    assert minutes == [-2, -1, 0, 5]
    assert [parameters for _, parameters in client.asked] == [
        {"StackName": "stack"},
        {"StackName": "stack", "NextToken": "t1"},
    ]


def test_event_at_the_time_itself_is_since_it() -> None:
    aws, _ = asking(
        "cloudformation",
        {"StackEvents": [event(0, ResourceProperties="{}"), event(-1, ResourceProperties="{}"), event(-2)]},
    )
    assert len(aws.stack_events("stack", "Table", NOON)) == 2


def test_changes_come_from_every_page_with_details_that_have_a_target() -> None:
    aws, client = asking(
        "cloudformation",
        {
            "ExecutionStatus": "EXECUTE_IN_PROGRESS",
            "Changes": [{"ResourceChange": {"LogicalResourceId": "A"}}, {"Type": "Hook"}],
            "NextToken": "t",
        },
        {"Changes": [{"ResourceChange": {"LogicalResourceId": "B", "Details": [{"Target": None}, {}]}}]},
    )
    fields, changes = aws.change_set("change-set", "stack")
    assert fields == {"ExecutionStatus": "EXECUTE_IN_PROGRESS", "NextToken": "t"}
    assert changes == [
        {"LogicalResourceId": "A", "Details": []},
        {"LogicalResourceId": "B", "Details": [{"Target": {}}, {"Target": {}}]},
    ]
    asked = {"ChangeSetName": "change-set", "StackName": "stack", "IncludePropertyValues": True}
    assert [parameters for _, parameters in client.asked] == [asked, {**asked, "NextToken": "t"}]


def test_alarms_of_many_names_are_asked_for_by_the_hundred() -> None:
    names = [f"alarm-{number}" for number in range(201)]
    aws, client = asking(
        "cloudwatch",
        {"MetricAlarms": [{"AlarmName": "alarm-0"}]},
        {"CompositeAlarms": [{"AlarmName": "alarm-100"}]},
        {"MetricAlarms": [], "CompositeAlarms": []},
    )
    assert list(aws.describe_alarms(names)) == ["alarm-0", "alarm-100"]
    assert [len(parameters["AlarmNames"]) for _, parameters in client.asked] == [100, 100, 1]
    assert all(
        parameters["AlarmTypes"] == ["MetricAlarm", "CompositeAlarm"] for _, parameters in client.asked
    )


def test_sums_of_more_metrics_than_a_call_takes_are_asked_for_in_parts() -> None:
    metrics = {f"key-{number}": (f"Metric{number}", {"TableName": "orders"}) for number in range(501)}

    def results(*numbers: int, **more: Any) -> dict[str, Any]:
        return {
            "MetricDataResults": [
                {"Id": f"m{number}", "Timestamps": [NOON], "Values": [number], **more} for number in numbers
            ]
        }

    aws, client = asking("cloudwatch", results(*range(500)), results(500, StatusCode="Complete"))
    sums = aws.sums_per_minute(metrics, NOON, NOON + timedelta(minutes=1))
    assert [len(parameters["MetricDataQueries"]) for _, parameters in client.asked] == [500, 1]
    assert sums["key-499"] == {NOON: 499}
    assert sums["key-500"] == {NOON: 500}
    query = client.asked[1][1]["MetricDataQueries"][0]["MetricStat"]
    assert query == {
        "Metric": {
            "Namespace": "AWS/DynamoDB",
            "MetricName": "Metric500",
            "Dimensions": [{"Name": "TableName", "Value": "orders"}],
        },
        "Period": 60,
        "Stat": "Sum",
    }
    assert client.asked[0][1]["StartTime"] == NOON
    assert client.asked[0][1]["EndTime"] == NOON + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (
            [{"Id": "m0", "Timestamps": [], "Values": [], "StatusCode": "InternalError"}],
            "incomplete: InternalError",
        ),
        (
            [{"Id": "m0", "Timestamps": [], "Values": [], "StatusCode": "PartialData"}],
            "incomplete: PartialData",
        ),
        ([], "incomplete: metrics missing in the answer"),
    ],
)
def test_sums_that_are_incomplete_are_no_sums(answer: list[dict[str, Any]], detail: str) -> None:
    aws, _ = asking("cloudwatch", {"MetricDataResults": answer})
    with pytest.raises(AwsError) as raised:
        aws.sums_per_minute({"key": ("Metric", {})}, NOON, NOON)
    assert (raised.value.kind, raised.value.detail) == ("unavailable", detail)


def test_scaling_targets_of_many_resources_are_asked_for_by_fifty() -> None:
    aws, client = asking(
        "application-autoscaling",
        {"ScalableTargets": [1]},
        {"ScalableTargets": [2]},
        {"ScalableTargets": [3]},
    )
    assert aws.scalable_targets([str(number) for number in range(101)]) == [1, 2, 3]
    assert [len(parameters["ResourceIds"]) for _, parameters in client.asked] == [50, 50, 1]
    assert {parameters["ServiceNamespace"] for _, parameters in client.asked} == {"dynamodb"}


def test_scaling_policies_are_those_of_one_resource() -> None:
    aws, client = asking("application-autoscaling", {"ScalingPolicies": [1]})
    assert aws.scaling_policies("table/orders") == [1]
    assert client.asked == [
        ("describe_scaling_policies", {"ServiceNamespace": "dynamodb", "ResourceId": "table/orders"})
    ]


def test_clients_of_the_runtime_repeat_nothing_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    made: dict[tuple[str, int], Any] = {}

    def client(service: str, config: Any) -> Any:
        made[service, config.retries["total_max_attempts"]] = config
        return Client({"Table": {"TableName": "orders"}})

    monkeypatch.setattr(boto3, "client", client)
    gate._aws.cache_clear()
    try:
        aws = gate._aws()
        assert aws.describe_table("orders") == {"TableName": "orders"}
        assert gate._aws() is aws, "one set of clients for all calls of the function"
    finally:
        gate._aws.cache_clear()
    assert set(made) == {
        (service, 1) for service in ("dynamodb", "cloudwatch", "cloudformation", "application-autoscaling")
    }
    assert {config.retries["mode"] for config in made.values()} == {"standard"}
