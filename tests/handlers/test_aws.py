"""The calls to AWS: paging, failures, malformed responses, and the clients of the runtime."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.calls import ATTEMPTS
from capacity_guard.handlers.messages import (
    GateError,
)
from tests.fakes.gate_aws import NotTheGuardsBusinessError, client_error
from tests.handlers.gate_world import (
    NOW,
    ON_DEMAND,
    STACK_ID,
    TABLE,
    TABLE_NAME,
    a_plan,
    a_relief,
    an_aws,
    prepare_preflight,
)


def test_gates_when_run_need_no_call_outside_their_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    with pytest.raises(Exception, match="is not authorized to perform: dynamodb:DeleteTable"):
        aws.clients()["dynamodb"].delete_table(TableName=TABLE_NAME)
    preflight.run()
    assert {call for call, _ in aws.calls if not call.split(":")[1].startswith(("Describe", "Get"))} == {
        "dynamodb:UpdateTable"
    }


def test_fake_when_a_write_is_more_than_warm_throughput_objects() -> None:
    client = an_aws(a_plan()).clients()["dynamodb"]
    with pytest.raises(NotTheGuardsBusinessError):
        client.update_table(TableName=TABLE_NAME, BillingMode="PAY_PER_REQUEST")
    with pytest.raises(NotTheGuardsBusinessError):
        client.update_table(
            TableName=TABLE_NAME, WarmThroughput={"ReadUnitsPerSecond": 1}, BillingMode="PAY_PER_REQUEST"
        )


CALLS = [
    "dynamodb:DescribeTable",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "cloudformation:DescribeStacks",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResource",
    "cloudformation:DescribeChangeSet",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("AccessDenied", 403, "was denied"),
        ("ResourceNotFoundException", 400, "found nothing"),
        ("ValidationException", 400, "was refused as invalid"),
        ("Surprise", 418, "failed"),
    ],
)
def test_call_when_it_fails_for_good_refuses_at_once_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, call: str, code: str, status: int, words: str
) -> None:
    plan = a_plan(ON_DEMAND)
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.fail(call, client_error(call.split(":")[1], code, "the service's own words", status))
    with pytest.raises(GateError) as refused:
        preflight.run()
    text = str(refused.value)
    assert text.startswith("Preflight refused (")
    assert f"{call}" in text
    assert words in text
    assert text.endswith(f"({code}: the service's own words) [capacity-guard runbook not-read]")
    assert aws.now == NOW


TRANSIENT = [
    (client_error("X", "Throttling", "Rate exceeded"), "was throttled"),
    (client_error("X", "InternalFailure", "oops", 500), "failed inside the service"),
    (client_error("X", "Surprise", "oops", 503), "failed inside the service"),
    (ReadTimeoutError(endpoint_url="http://x"), "got no answer in time"),
    (EndpointConnectionError(endpoint_url="http://x"), "got no answer in time"),
]


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("error", "words"), TRANSIENT, ids=[str(error)[:40] for error, _ in TRANSIENT])
def test_call_when_it_fails_for_a_while_is_repeated_then_asked_again_then_refused(
    monkeypatch: pytest.MonkeyPatch, call: str, error: Exception, words: str
) -> None:
    plan = a_plan(ON_DEMAND)
    for failures, seconds in ((ATTEMPTS - 1, 0), (ATTEMPTS, 15), (3 * ATTEMPTS, 45)):
        aws, preflight = prepare_preflight(monkeypatch, plan)
        aws.fail(call, *[error] * failures)
        assert preflight.run()["Result"] == "passed"
        assert aws.now == NOW + timedelta(seconds=seconds)
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.fail(call, *[error] * 50_000)
    preflight.start()
    aws.now += timedelta(seconds=3_290)
    with pytest.raises(GateError, match=words) as refused:
        preflight.go_on()
    assert call in str(refused.value)
    assert aws.now == NOW + timedelta(seconds=3_305), "the gate's own limit"


def test_relief_when_a_call_fails_for_a_while_passes_after_two_minutes_with_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_relief()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.fail(
        "cloudwatch:GetMetricData", *[client_error("GetMetricData", "Throttling", "Rate exceeded")] * 1_000
    )
    assert "cloudwatch:GetMetricData was throttled" in preflight.run()["Warnings"]
    assert aws.now == NOW + timedelta(seconds=120)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "answer",
    [
        "no answer at all",
        {
            "Table": {
                "TableName": TABLE_NAME,
                "TableStatus": "ACTIVE",
                "GlobalSecondaryIndexes": [{"No": "name"}],
            },
            "MetricAlarms": [{"AlarmName": "without a state"}],
            "MetricDataResults": [{"Id": "m0"}],
            "Stacks": [],
            "StackEvents": [{"Timestamp": 5}],
            "StackResourceDetail": {},
            "Changes": None,
            "ScalableTargets": [{"ResourceId": f"table/{TABLE_NAME}"}],
            "ScalingPolicies": [{"TargetTrackingScalingPolicyConfiguration": {"TargetValue": "a lot"}}],
        },
    ],
    ids=["text", "cut"],
)
def test_call_when_an_answer_is_malformed_refuses(
    monkeypatch: pytest.MonkeyPatch, call: str, answer: Any
) -> None:
    plan = a_plan(ON_DEMAND)
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.fail(call, answer)
    with pytest.raises(GateError, match="was answered in a form that cannot be read"):
        preflight.run()


def test_call_when_metrics_are_incomplete_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    for results in ([], [{"Id": "m0", "StatusCode": "InternalError", "Timestamps": [], "Values": []}]):
        aws, preflight = prepare_preflight(monkeypatch, plan)
        aws.fail("cloudwatch:GetMetricData", {"MetricDataResults": results})
        assert preflight.run()["Warnings"] == ""
        assert aws.now == NOW + timedelta(seconds=15)


def test_call_when_metrics_come_in_pages_of_partial_data_joins_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(ON_DEMAND)
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.page = 3
    assert preflight.run()["Warnings"] == ""
    assert aws.count("cloudwatch:GetMetricData") >= 3


def test_call_when_a_list_never_ends_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.fail("cloudwatch:DescribeAlarms", *({"MetricAlarms": [], "NextToken": "more"} for _ in range(100)))
    with pytest.raises(GateError, match=r"more pages than are read .more than 60;"):
        preflight.run()


def test_runtime_clients_when_made_repeat_nothing_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    clients = GateAws.of_runtime()._clients
    assert sorted(clients) == [
        "application-autoscaling",
        "cloudformation",
        "cloudwatch",
        "dynamodb",
        "dynamodb-update",
    ]
    for client in clients.values():
        config: Any = client.meta.config  # type: ignore[attr-defined]
        assert config.retries == {"mode": "standard", "total_max_attempts": 1}
        assert (config.connect_timeout, config.read_timeout) == (3, 10)


def test_physical_id_when_the_stack_does_not_have_the_resource_is_none() -> None:
    fake = an_aws(a_plan())
    aws = GateAws(fake.clients())
    assert aws.physical_id(STACK_ID, TABLE) == TABLE_NAME
    assert aws.physical_id(STACK_ID, "NeverDeployed") is None
    fake.physical[TABLE] = (TABLE_NAME, "DELETE_IN_PROGRESS")
    assert aws.physical_id(STACK_ID, TABLE) is None


def test_express_mode_when_the_sdk_has_no_such_member_is_not_shown() -> None:
    clients = an_aws(a_plan()).clients()
    assert GateAws(clients).shows_express_mode()

    class Model:
        @staticmethod
        def shape_for(name: str) -> Any:
            return type("Shape", (), {"members": {"StackName": None}})

    clients["cloudformation"].meta = type("Meta", (), {"service_model": Model})
    assert not GateAws(clients).shows_express_mode()
