"""The entry points: what they answer, and that nothing of the guard can block the way back."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from typing import Any

import pytest

from capacity_guard.capacity.errors import InputError
from capacity_guard.handlers import clock, gate
from capacity_guard.handlers.messages import REASON_CHARACTERS, GateError, number, reason
from tests.fakes.gate_aws import NotTheGuardsBusinessError, client_error
from tests.handlers.gate_world import (
    INDEX,
    ON_DEMAND,
    STACK_ID,
    TABLE_NAME,
    Framework,
    a_plan,
    an_aws,
    use,
)

HOSTILE: list[Any] = [
    None,
    {},
    {"Gate": "preflight", "Plan": "{not json"},
    {"Gate": "bake", "Plan": {"a": 1}},
    {"Gate": "unknown", "Plan": "\x00" * 10_000},
    "no properties at all",
]


@pytest.mark.parametrize("request_type", ["Update", "Delete", "Something", None])
@pytest.mark.parametrize("properties", HOSTILE)
def test_on_event_when_it_is_no_create_answers_at_once_whatever_the_plan(
    monkeypatch: pytest.MonkeyPatch, request_type: str | None, properties: Any
) -> None:
    def never() -> Any:
        raise AssertionError("asked AWS")

    monkeypatch.setattr(gate, "_aws", never)
    monkeypatch.setattr(gate, "_plan", lambda properties: never())
    event = {
        "RequestType": request_type,
        "PhysicalResourceId": "preflight-abc",
        "ResourceProperties": properties,
    }
    assert gate.on_event(event) == {"PhysicalResourceId": "preflight-abc"}
    assert gate.is_complete(event) == {"IsComplete": True}


def test_on_event_when_a_delete_names_no_resource_answers_at_once() -> None:
    assert gate.on_event({"RequestType": "Delete"}) == {}


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_way_back_when_every_other_module_is_broken_still_succeeds(request_type: str) -> None:
    code = f"""
        import builtins, sys
        real = builtins.__import__
        def broken(name, globals=None, locals=None, fromlist=(), level=0):
            if level or name.split(".")[0] in ("boto3", "botocore"):
                raise ImportError(name)
            return real(name, globals, locals, fromlist, level)
        from capacity_guard.handlers import gate
        builtins.__import__ = broken
        print(gate.on_event({{"RequestType": {request_type!r}, "PhysicalResourceId": "x"}}))
        print(gate.is_complete({{"RequestType": {request_type!r}}}))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["{'PhysicalResourceId': 'x'}", "{'IsComplete': True}"]


def test_import_when_the_cdk_is_blocked_works() -> None:
    code = """
        import sys
        class Block:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in ("aws_cdk", "constructs", "jsii", "cdk_nag", "numpy"):
                    raise ImportError(f"{name} is blocked")
        sys.meta_path.insert(0, Block())
        try:
            import aws_cdk
        except ImportError:
            pass
        else:
            raise SystemExit("the block does not block")
        import pkgutil, importlib
        import capacity_guard.handlers as handlers
        names = [m.name for m in pkgutil.iter_modules(handlers.__path__)]
        for name in names:
            importlib.import_module(f"capacity_guard.handlers.{name}")
        from capacity_guard.handlers.gate import on_event, is_complete
        print(sorted(names))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "preflight" in done.stdout


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"Gate": "preflight"}, "gate: Plan: is missing"),
        ({"Gate": "preflight", "Plan": "{not json"}, "gate: Plan: cannot be read"),
        ({"Gate": "preflight", "Plan": "{}"}, "gate: Plan: cannot be read"),
        ({"Gate": "other", "Plan": "{}"}, "gate: Gate: 'other' is unknown"),
        ({}, "gate: Gate: None is unknown"),
    ],
)
def test_on_event_when_a_create_has_a_malformed_plan_fails_closed(
    monkeypatch: pytest.MonkeyPatch, properties: dict[str, str], expected: str
) -> None:
    use(monkeypatch, an_aws(a_plan()))
    with pytest.raises(InputError, match=expected):
        gate.on_event({"RequestType": "Create", "StackId": STACK_ID, "ResourceProperties": properties})


def test_on_event_when_created_names_gate_and_fingerprint_and_the_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan()
    aws = an_aws(plan)
    use(monkeypatch, aws)
    result = Framework(aws, "preflight", plan).start()
    assert result["PhysicalResourceId"] == f"preflight-{plan.transition.fingerprint}"
    assert datetime.fromisoformat(result["StartedAt"]) == aws.now
    assert "Data" not in result


def test_gates_when_run_need_no_call_outside_their_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan()
    aws = an_aws(plan)
    with pytest.raises(Exception, match="is not authorized to perform: dynamodb:DeleteTable"):
        aws.clients()["dynamodb"].delete_table(TableName=TABLE_NAME)
    use(monkeypatch, aws)
    Framework(aws, "preflight", plan).run()
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
        ("Throttling", 400, "was throttled"),
        ("ResourceNotFoundException", 400, "found nothing"),
        ("ValidationException", 400, "was refused as invalid"),
        ("InternalFailure", 500, "failed inside the service"),
        ("Surprise", 503, "failed inside the service"),
        ("Surprise", 418, "failed"),
    ],
)
def test_preflight_when_a_call_fails_refuses_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, call: str, code: str, status: int, words: str
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.fail(call, client_error(call.split(":")[1], code, "the service's own words", status))
    use(monkeypatch, aws)
    with pytest.raises(GateError) as refused:
        Framework(aws, "preflight", plan).run()
    text = str(refused.value)
    assert text.startswith("Preflight refused (")
    assert f"{call}" in text
    assert words in text
    assert text.endswith(f"({code}: the service's own words)")


@pytest.mark.parametrize("call", CALLS)
def test_preflight_when_a_call_gets_no_answer_in_time_refuses(
    monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

    for error in (
        ReadTimeoutError(endpoint_url="http://x"),
        EndpointConnectionError(endpoint_url="http://x"),
    ):
        plan = a_plan(ON_DEMAND)
        aws = an_aws(plan)
        aws.fail(call, error)
        use(monkeypatch, aws)
        with pytest.raises(GateError, match="got no answer in time"):
            Framework(aws, "preflight", plan).run()


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
def test_preflight_when_an_answer_is_malformed_refuses(
    monkeypatch: pytest.MonkeyPatch, call: str, answer: Any
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.fail(call, answer)
    use(monkeypatch, aws)
    with pytest.raises(GateError, match="was answered in a form that cannot be read"):
        Framework(aws, "preflight", plan).run()


def test_preflight_when_metrics_are_incomplete_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    for results in ([], [{"Id": "m0", "StatusCode": "InternalError", "Timestamps": [], "Values": []}]):
        aws = an_aws(plan)
        aws.fail("cloudwatch:GetMetricData", {"MetricDataResults": results})
        use(monkeypatch, aws)
        with pytest.raises(GateError, match="cloudwatch:GetMetricData failed inside the service"):
            Framework(aws, "preflight", plan).run()


def test_preflight_when_metrics_come_in_pages_of_partial_data_joins_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.page = 3
    use(monkeypatch, aws)
    assert Framework(aws, "preflight", plan).run()["Warnings"] == ""
    assert aws.count("cloudwatch:GetMetricData") >= 3


def test_preflight_when_a_list_never_ends_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.fail("cloudwatch:DescribeAlarms", *({"MetricAlarms": [], "NextToken": "more"} for _ in range(100)))
    use(monkeypatch, aws)
    with pytest.raises(GateError, match="more than 60 pages"):
        Framework(aws, "preflight", plan).run()


def test_preflight_when_the_table_is_gone_refuses_by_its_logical_id(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.physical.clear()
    use(monkeypatch, aws)
    with pytest.raises(GateError, match="does not have ConversationsTable9A1B, TableAlarm1, IndexAlarm2 yet"):
        Framework(aws, "preflight", plan).run()


def test_runtime_clients_when_made_retry_reads_and_never_the_write(monkeypatch: pytest.MonkeyPatch) -> None:
    from capacity_guard.handlers.aws import GateAws

    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    clients = GateAws.of_runtime()._clients
    assert sorted(clients) == [
        "application-autoscaling",
        "cloudformation",
        "cloudwatch",
        "dynamodb",
        "dynamodb-update",
    ]
    for name, client in clients.items():
        config: Any = client.meta.config  # type: ignore[attr-defined]
        assert config.retries == {
            "mode": "standard",
            "total_max_attempts": 1 if name == "dynamodb-update" else 5,
        }
        assert (config.connect_timeout, config.read_timeout) == (3, 10)


def test_log_when_a_gate_decides_is_one_json_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = a_plan()
    aws = an_aws(plan)
    aws.resources[INDEX].warm["write"] = 6_240
    use(monkeypatch, aws)
    Framework(aws, "preflight", plan).run()
    decisions = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(d["gate"], d["decision"]) for d in decisions] == [
        ("preflight", "accepted"),
        ("preflight", "passed"),
    ]


def test_clock_when_asked_takes_the_time_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_783_612_800.0)
    assert clock.now() == datetime(2026, 7, 9, 16, 0, tzinfo=UTC)


def test_reason_when_one_part_is_endless_is_cut() -> None:
    assert len(reason("Preflight refused", ["x" * 5_000])) <= REASON_CHARACTERS
    text = reason("Preflight refused", ["short", "y" * 5_000, "z"])
    assert len(text) <= REASON_CHARACTERS
    assert text == "Preflight refused: short; and 2 more, see the function's log"


@pytest.mark.parametrize(
    ("value", "text"), [(5120, "5,120"), (0, "0"), (0.5, "0.5"), (12.34, "12.3"), (4_215.4, "4,215")]
)
def test_number_when_shown_has_thousands_and_few_digits(value: float, text: str) -> None:
    assert number(value) == text
