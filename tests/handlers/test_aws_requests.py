"""The calls of the gates: each request to the letter, its pages, its parts, and answers that cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.aws_error import AwsError
from capacity_guard.handlers.calls import Calls

START, END = datetime(2026, 7, 9, 13, tzinfo=UTC), datetime(2026, 7, 9, 16, tzinfo=UTC)


class Client:
    """Answers each call with the next of its answers, the last one again and again, and keeps the requests."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, method: str) -> Any:
        if method.startswith("_") or method == "meta":
            raise AttributeError(method)

        def call(**parameters: Any) -> dict[str, Any]:
            self.requests.append((method, parameters))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


SERVICES = ("dynamodb", "dynamodb-update", "cloudwatch", "cloudformation", "application-autoscaling")


def aws(service: str, *answers: dict[str, Any] | Exception) -> tuple[GateAws, Client]:
    """The calls with one service that answers; the others fail a test."""
    client = Client(*answers)
    others = {name: Client(AssertionError(f"{name} was called")) for name in SERVICES}
    return GateAws({**others, service: client}), client


def error_of(read: Any) -> tuple[str, str]:
    with pytest.raises(AwsError) as raised:
        read()
    return raised.value.kind, str(raised.value)


def test_table_is_described_by_its_name() -> None:
    calls, client = aws("dynamodb", {"Table": {"TableName": "orders"}})
    assert calls.describe_table("orders") == {"TableName": "orders"}
    assert client.requests == [("describe_table", {"TableName": "orders"})]
    calls, _ = aws("dynamodb", {})
    assert error_of(lambda: calls.describe_table("orders")) == (
        "malformed",
        "dynamodb:DescribeTable of orders was answered in a form that cannot be read (KeyError('Table'))",
    )


def test_warm_throughput_is_raised_alone_for_the_table_or_for_one_index() -> None:
    calls, client = aws("dynamodb-update", {})
    calls.raise_warm_throughput("orders", None, {"read": 1, "write": 2})
    calls.raise_warm_throughput("orders", "by_agent", {"write": 3})
    assert client.requests == [
        (
            "update_table",
            {"TableName": "orders", "WarmThroughput": {"ReadUnitsPerSecond": 1, "WriteUnitsPerSecond": 2}},
        ),
        (
            "update_table",
            {
                "TableName": "orders",
                "GlobalSecondaryIndexUpdates": [
                    {"Update": {"IndexName": "by_agent", "WarmThroughput": {"WriteUnitsPerSecond": 3}}}
                ],
            },
        ),
    ]
    for index, subject in ((None, "orders"), ("by_agent", "orders, index by_agent")):
        calls, client = aws("dynamodb-update", {"Answer": 1}, {"Answer": 2})
        calls._clients["dynamodb-update"].answers = [OSError("x")]  # type: ignore[attr-defined, list-item]
        with pytest.raises(OSError, match="x"):
            calls.raise_warm_throughput("orders", index, {"write": 3})
        broken = GateAws({"dynamodb-update": SimpleNamespace(update_table=lambda **_: None)})  # type: ignore[dict-item]
        with pytest.raises(AwsError) as raised:
            broken.raise_warm_throughput("orders", index, {"write": 3})
        assert str(raised.value) == (
            f"dynamodb:UpdateTable (warm throughput) of {subject} was answered in a form that cannot be read "
            "(NoneType instead of an answer)"
        )


def test_write_is_made_once_and_a_read_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    from capacity_guard.handlers import clock
    from tests.fakes.gate_aws import client_error

    pauses: list[float] = []
    monkeypatch.setattr(clock, "sleep", pauses.append)
    busy = client_error("X", "ThrottlingException", "slow down")
    calls, client = aws("dynamodb-update", busy)
    assert error_of(lambda: calls.raise_warm_throughput("orders", None, {"read": 1}))[0] == "throttled"
    assert (len(client.requests), pauses) == (1, [])
    calls, client = aws("dynamodb", busy)
    assert error_of(lambda: calls.describe_table("orders"))[0] == "throttled"
    assert (len(client.requests), pauses) == (5, [0.5, 1, 2, 4])


def test_stack_is_described_by_its_id() -> None:
    calls, client = aws("cloudformation", {"Stacks": [{"StackName": "S", "DeploymentConfig": {"Mode": "x"}}]})
    assert calls.describe_stack("arn:s") == {"StackName": "S", "DeploymentConfig": {"Mode": "x"}}
    assert client.requests == [("describe_stacks", {"StackName": "arn:s"})]
    for config in (None, {}):
        calls, _ = aws("cloudformation", {"Stacks": [{"DeploymentConfig": config}]})
        assert calls.describe_stack("s") == {"DeploymentConfig": config}
    calls, _ = aws("cloudformation", {"Stacks": [{"DeploymentConfig": "x"}]})
    assert error_of(lambda: calls.describe_stack("s")) == (
        "malformed",
        "cloudformation:DescribeStacks was answered in a form that cannot be read (TypeError(\"DeploymentConfig 'x'\"))",
    )
    calls, _ = aws("cloudformation", {"Stacks": []})
    assert error_of(lambda: calls.describe_stack("s"))[0] == "malformed"


@pytest.mark.parametrize(
    ("detail", "physical"),
    [
        ({"ResourceStatus": "CREATE_COMPLETE", "PhysicalResourceId": "orders"}, "orders"),
        ({"ResourceStatus": "DELETE_COMPLETE", "PhysicalResourceId": "orders"}, None),
        ({"ResourceStatus": "DELETE_FAILED", "PhysicalResourceId": "orders"}, None),
        ({"ResourceStatus": "CREATE_IN_PROGRESS"}, None),
        ({"ResourceStatus": "CREATE_IN_PROGRESS", "PhysicalResourceId": ""}, None),
    ],
)
def test_physical_id_is_that_of_a_resource_that_is_there(
    detail: dict[str, Any], physical: str | None
) -> None:
    calls, client = aws("cloudformation", {"StackResourceDetail": detail})
    assert calls.physical_id("arn:s", "Orders") == physical
    asked = {"StackName": "arn:s", "LogicalResourceId": "Orders"}
    assert client.requests == [("describe_stack_resource", asked)]


@pytest.mark.parametrize(
    ("message", "is_missing"),
    [
        ("Resource Orders does not exist for stack S", True),
        ("resource Orders does not exist", True),
        ("Stack with id S does not exist", False),
        ("Resource Orders is odd", False),
    ],
)
def test_resource_that_the_stack_does_not_have_is_none_and_a_missing_stack_an_error(
    message: str, is_missing: bool
) -> None:
    from tests.fakes.gate_aws import client_error

    calls, _ = aws("cloudformation", client_error("X", "ValidationError", message))
    if is_missing:
        assert calls.physical_id("s", "Orders") is None
    else:
        assert error_of(lambda: calls.physical_id("s", "Orders")) == (
            "invalid",
            f"cloudformation:DescribeStackResource of Orders was refused as invalid (ValidationError: {message})",
        )
    calls, _ = aws("cloudformation", client_error("X", "AccessDenied", "Resource does not exist"))
    assert error_of(lambda: calls.physical_id("s", "Orders"))[0] == "denied"


@pytest.mark.parametrize("detail", [{}, {"ResourceStatus": "x", "PhysicalResourceId": 7}])
def test_physical_id_that_cannot_be_read_is_an_error(detail: dict[str, Any]) -> None:
    calls, _ = aws("cloudformation", {"StackResourceDetail": detail})
    kind, said = error_of(lambda: calls.physical_id("s", "Orders"))
    assert kind == "malformed"
    assert ("PhysicalResourceId 7" in said) is ("PhysicalResourceId" in detail)


def event(hours: float, logical_id: str = "Orders", **more: Any) -> dict[str, Any]:
    return {"LogicalResourceId": logical_id, "Timestamp": END - timedelta(hours=hours), **more}


WITH = {"ResourceProperties": "{}"}


def test_events_of_a_resource_are_read_back_to_the_one_before_the_time() -> None:
    pages = [
        {"StackEvents": [event(0), event(1, "Other"), event(2)], "NextToken": "1"},
        {"StackEvents": [event(3, **WITH), event(4), event(5, **WITH), event(6, **WITH)], "NextToken": "2"},
    ]
    calls, client = aws("cloudformation", *pages)
    since = END - timedelta(hours=3)
    found = calls.stack_events("arn:s", "Orders", since)
    assert [END - one["Timestamp"] for one in found] == [timedelta(hours=hours) for hours in (5, 4, 3, 2, 0)]
    assert client.requests == [
        ("describe_stack_events", {"StackName": "arn:s"}),
        ("describe_stack_events", {"StackName": "arn:s", "NextToken": "1"}),
    ]


def test_events_are_looked_for_on_ten_pages_before_the_time() -> None:
    early = {"StackEvents": [event(9, "Other")], "NextToken": "n"}
    calls, client = aws("cloudformation", {"StackEvents": [event(0)], "NextToken": "n"}, early)
    assert len(calls.stack_events("s", "Orders", END - timedelta(hours=3))) == 1
    assert len(client.requests) == 12
    late = {"StackEvents": [event(1, "Other")], "NextToken": "n"}
    calls, client = aws("cloudformation", *[late] * 30, {"StackEvents": []})
    assert calls.stack_events("s", "Orders", END - timedelta(hours=3)) == []
    assert len(client.requests) == 31
    at_the_time = {"StackEvents": [event(3, "Other")], "NextToken": "n"}
    calls, client = aws("cloudformation", *[at_the_time] * 30, {"StackEvents": []})
    assert calls.stack_events("s", "Orders", END - timedelta(hours=3)) == []
    assert len(client.requests) == 31
    calls, _ = aws("cloudformation", {"StackEvents": [{}]})
    assert error_of(lambda: calls.stack_events("s", "Orders", END))[0] == "malformed"


def test_list_without_an_end_is_an_error_after_sixty_pages() -> None:
    calls, client = aws("cloudformation", {"StackEvents": [], "NextToken": "n"})
    assert error_of(lambda: calls.stack_events("s", "Orders", END)) == (
        "endless",
        "cloudformation:DescribeStackEvents was answered with more pages than are read (more than 60; the stack has too many "
        "events: move what is deployed often to another stack, or try again tomorrow)",
    )
    assert len(client.requests) == 60


def test_change_set_is_read_from_every_page_with_a_target_in_each_detail() -> None:
    change = {
        "ResourceChange": {"Action": "Modify", "Details": [{"Target": None}, {"Target": {"Name": "x"}}]}
    }
    pages = [
        {"ExecutionStatus": "x", "Changes": [change, {"HookInvocationCount": 1}], "NextToken": "1"},
        {"ExecutionStatus": "y", "Changes": [{"ResourceChange": {"Action": "Add"}}]},
    ]
    calls, client = aws("cloudformation", *pages)
    fields, changes = calls.change_set("arn:c", "arn:s")
    assert fields == {"ExecutionStatus": "x", "NextToken": "1"}
    assert changes == [
        {"Action": "Modify", "Details": [{"Target": {}}, {"Target": {"Name": "x"}}]},
        {"Action": "Add", "Details": []},
    ]
    asked = {"ChangeSetName": "arn:c", "StackName": "arn:s", "IncludePropertyValues": True}
    assert client.requests == [
        ("describe_change_set", asked),
        ("describe_change_set", {**asked, "NextToken": "1"}),
    ]
    calls, _ = aws("cloudformation", {"Changes": [{"ResourceChange": {"Details": [7]}}]})
    assert error_of(lambda: calls.change_set("c", "s"))[0] == "malformed"


def model(**members: tuple[str, ...]) -> GateAws:
    """Calls whose SDK has these members of shapes."""
    client = Client({"Changes": []})
    service_model = SimpleNamespace(shape_for=lambda shape: SimpleNamespace(members=members.get(shape, ())))
    client.meta = SimpleNamespace(service_model=service_model)  # type: ignore[attr-defined]
    return GateAws({"cloudformation": client})


def test_sdk_is_asked_what_it_knows() -> None:
    old = model()
    assert (old.shows_express_mode(), old.shows_drift()) == (False, False)
    old.change_set("c", "s")
    client: Any = old._clients["cloudformation"]
    assert client.requests == [("describe_change_set", {"ChangeSetName": "c", "StackName": "s"})]
    assert model(Stack=("DeploymentConfig",)).shows_express_mode()
    assert not model(Stack=("DeploymentConfig",)).shows_drift()
    assert model(DescribeChangeSetOutput=("DeploymentMode",)).shows_drift()
    known = model(DescribeChangeSetInput=("IncludePropertyValues",))
    known.change_set("c", "s")
    client = known._clients["cloudformation"]
    assert client.requests[0][1]["IncludePropertyValues"] is True
    without_a_model, _ = aws("cloudformation", {})
    assert without_a_model.shows_express_mode()
    assert without_a_model.shows_drift()


def test_alarms_are_described_a_hundred_at_a_time() -> None:
    names = [f"a{number}" for number in range(201)]
    calls, client = aws(
        "cloudwatch",
        {"MetricAlarms": [{"AlarmName": "a1"}], "NextToken": "1"},
        {"MetricAlarms": [], "CompositeAlarms": [{"AlarmName": "a2", "x": 1}]},
        {"CompositeAlarms": [{"AlarmName": "a3"}]},
        {"MetricAlarms": [{"AlarmName": "a200"}]},
    )
    assert calls.describe_alarms(names) == {
        "a1": {"AlarmName": "a1"},
        "a2": {"AlarmName": "a2", "x": 1},
        "a3": {"AlarmName": "a3"},
        "a200": {"AlarmName": "a200"},
    }
    types = {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
    assert client.requests == [
        ("describe_alarms", {"AlarmNames": names[:100], **types}),
        ("describe_alarms", {"AlarmNames": names[:100], **types, "NextToken": "1"}),
        ("describe_alarms", {"AlarmNames": names[100:200], **types}),
        ("describe_alarms", {"AlarmNames": names[200:], **types}),
    ]
    calls, client = aws("cloudwatch", {"MetricAlarms": []})
    assert calls.describe_alarms(names[:100]) == {}
    assert len(client.requests) == 1


def test_alarms_without_a_list_are_an_error() -> None:
    calls, _ = aws("cloudwatch", {"Other": 1})
    assert error_of(lambda: calls.describe_alarms(["a"])) == (
        "malformed",
        "cloudwatch:DescribeAlarms was answered in a form that cannot be read (no list of alarms)",
    )
    calls, _ = aws("cloudwatch", {"MetricAlarms": [{}]})
    assert error_of(lambda: calls.describe_alarms(["a"]))[0] == "malformed"


def result(id_: str, *values: float, **more: Any) -> dict[str, Any]:
    stamps = [
        START.astimezone(timezone(timedelta(hours=2))) + timedelta(minutes=i) for i in range(len(values))
    ]
    return {"Id": id_, "Timestamps": stamps, "Values": list(values), **more}


def test_sums_are_asked_for_each_minute_of_each_metric() -> None:
    calls, client = aws(
        "cloudwatch",
        {"MetricDataResults": [result("m0", 1, 2, StatusCode="PartialData")], "NextToken": "1"},
        {"MetricDataResults": [result("m1", 3, StatusCode="Complete"), result("m0")]},
    )
    metrics = {
        "consumed": ("ConsumedReadCapacityUnits", {"TableName": "orders"}),
        "throttled": ("ReadThrottleEvents", {"TableName": "orders", "GlobalSecondaryIndexName": "a"}),
    }
    found = calls.sums_per_minute(metrics, START, END)
    assert found == {
        "consumed": {START: 1.0, START + timedelta(minutes=1): 2.0},
        "throttled": {START: 3.0},
    }
    assert all(isinstance(value, float) for series in found.values() for value in series.values())
    assert {minute.tzinfo for series in found.values() for minute in series} == {UTC}

    def query(id_: str, metric: str, *dimensions: tuple[str, str]) -> dict[str, Any]:
        return {
            "Id": id_,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/DynamoDB",
                    "MetricName": metric,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
                },
                "Period": 60,
                "Stat": "Sum",
            },
            "ReturnData": True,
        }

    table = ("TableName", "orders")
    asked = {
        "MetricDataQueries": [
            query("m0", "ConsumedReadCapacityUnits", table),
            query("m1", "ReadThrottleEvents", table, ("GlobalSecondaryIndexName", "a")),
        ],
        "StartTime": START,
        "EndTime": END,
        "ScanBy": "TimestampAscending",
    }
    assert client.requests == [
        ("get_metric_data", asked),
        ("get_metric_data", {**asked, "NextToken": "1"}),
    ]


def test_sums_are_asked_for_in_parts_of_500_metrics() -> None:
    keys = [f"k{number}" for number in range(1001)]
    metrics = {key: ("M", {"TableName": key}) for key in keys}
    ids = [f"m{number}" for number in range(1001)]
    answers = [
        {"MetricDataResults": [result(id_, number) for number, id_ in enumerate(part)]}
        for part in (ids[:500], ids[500:1000], ids[1000:])
    ]
    calls, client = aws("cloudwatch", *answers)
    found = calls.sums_per_minute(metrics, START, END)
    assert list(found) == keys
    assert (found["k499"], found["k500"], found["k1000"]) == ({START: 499.0}, {START: 0.0}, {START: 0.0})
    parts = [[query["Id"] for query in asked["MetricDataQueries"]] for _, asked in client.requests]
    assert parts == [ids[:500], ids[500:1000], ids[1000:]]
    assert client.requests[2][1]["MetricDataQueries"][0]["MetricStat"]["Metric"]["Dimensions"] == [
        {"Name": "TableName", "Value": "k1000"}
    ]


@pytest.mark.parametrize(
    ("results", "why"),
    [
        ([result("m0", StatusCode="InternalError")], "InternalError"),
        (
            [result("m0", StatusCode="PartialData"), result("m1", StatusCode="InternalError")],
            "InternalError, PartialData",
        ),
        ([result("m0")], "metrics missing in the answer"),
        ([], "metrics missing in the answer"),
    ],
)
def test_sums_that_are_incomplete_are_an_error(results: list[Any], why: str) -> None:
    calls, _ = aws("cloudwatch", {"MetricDataResults": results})
    metrics = {key: ("M", {}) for key in (("a",) if "Internal" in why and "," not in why else ("a", "b"))}
    assert error_of(lambda: calls.sums_per_minute(metrics, START, END)) == (
        "unavailable",
        f"cloudwatch:GetMetricData failed inside the service (incomplete: {why})",
    )


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"MetricDataResults": [{}]},
        {"MetricDataResults": [{"Id": "m0", "Timestamps": [START], "Values": []}]},
        *(
            {"MetricDataResults": [{"Id": "m0", "Timestamps": [START], "Values": [value]}]}
            for value in (float("nan"), float("inf"), -1.0)
        ),
    ],
)
def test_sums_that_cannot_be_read_are_an_error(broken: dict[str, Any]) -> None:
    calls, _ = aws("cloudwatch", broken)
    assert error_of(lambda: calls.sums_per_minute({"a": ("M", {})}, START, END))[0] == "malformed"


def test_scaling_targets_are_described_fifty_at_a_time() -> None:
    ids = [f"table/t{number}" for number in range(101)]
    calls, client = aws(
        "application-autoscaling",
        {"ScalableTargets": [{"n": 1}], "NextToken": "1"},
        {"ScalableTargets": [{"n": 2}]},
        {"ScalableTargets": []},
        {"ScalableTargets": [{"n": 3}]},
    )
    assert calls.scalable_targets(ids) == [{"n": 1}, {"n": 2}, {"n": 3}]
    of = {"ServiceNamespace": "dynamodb"}
    assert client.requests == [
        ("describe_scalable_targets", {**of, "ResourceIds": ids[:50]}),
        ("describe_scalable_targets", {**of, "ResourceIds": ids[:50], "NextToken": "1"}),
        ("describe_scalable_targets", {**of, "ResourceIds": ids[50:100]}),
        ("describe_scalable_targets", {**of, "ResourceIds": ids[100:]}),
    ]
    calls, _ = aws("application-autoscaling", {})
    kind, said = error_of(lambda: calls.scalable_targets(ids))
    assert (kind, said.partition(" ")[0]) == ("malformed", "application-autoscaling:DescribeScalableTargets")


def test_scaling_policies_are_described_for_one_resource() -> None:
    calls, client = aws(
        "application-autoscaling",
        {"ScalingPolicies": [{"n": 1}], "NextToken": "1"},
        {"ScalingPolicies": [{"n": 2}]},
    )
    assert calls.scaling_policies("table/orders") == [{"n": 1}, {"n": 2}]
    of = {"ServiceNamespace": "dynamodb", "ResourceId": "table/orders"}
    assert client.requests == [
        ("describe_scaling_policies", of),
        ("describe_scaling_policies", {**of, "NextToken": "1"}),
    ]
    calls, _ = aws("application-autoscaling", {})
    _, said = error_of(lambda: calls.scaling_policies("table/orders"))
    assert said.startswith("application-autoscaling:DescribeScalingPolicies of table/orders was answered")


def test_look_has_the_same_clients_and_a_deadline_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from capacity_guard.capacity.limits import LOOK_SECONDS
    from capacity_guard.handlers import clock

    monkeypatch.setattr(clock, "monotonic", lambda: 1_000.0)
    calls, client = aws("dynamodb", {"Table": {}})
    look = calls.look()
    assert look._calls == Calls(deadline=1_000.0 + LOOK_SECONDS.value)
    assert look.describe_table("orders") == {}
    monkeypatch.setattr(clock, "monotonic", lambda: 1_000.0 + LOOK_SECONDS.value)
    assert error_of(lambda: look.describe_table("orders"))[0] == "late"
    assert calls.describe_table("orders") == {}
    assert len(client.requests) == 2
