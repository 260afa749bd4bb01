"""Calls to AWS: retries, pages, the journal, and one line for every failure."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions
from botocore.awsrequest import AWSResponse

from capacity_guard.capacity import InputError
from capacity_guard.recording.aws import CallFailed, RecordingAws, time_in_utc
from capacity_guard.recording.journal import Journal
from tests.fakes.recording_aws import NAME, NOW, Failure, Services


def test_call_when_it_is_stopped_calls_no_service_and_waits_no_longer(services: Services) -> None:
    calls = services.aws()
    calls.stop.set()
    with pytest.raises(KeyboardInterrupt):
        calls.call("dynamodb", "describe_table", TableName=NAME)
    assert services.calls == []
    waiting = RecordingAws(lambda _: None)
    waiting.stop.set()
    waiting.pause(3_600)


def test_connection_when_many_tables_are_read_looks_for_credentials_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import boto3

    sessions: list[Any] = []
    session = boto3.Session

    def counted(**given: Any) -> Any:
        sessions.append(session("a", "b", **given))
        return sessions[-1]

    monkeypatch.setattr(boto3, "Session", counted)
    calls = RecordingAws.connect("us-west-2", "http://127.0.0.1:9")
    clients = [
        calls.with_journal(Journal(tmp_path / name, {"out": name}, NOW), lambda _: None)._client("dynamodb")
        for name in ("a", "b")
    ]
    assert clients[0] is clients[1]
    assert len(sessions) == 1
    assert clients[0].meta.region_name == sessions[0].region_name == "us-west-2"
    assert calls.target == {"region": "us-west-2", "endpoint": "http://127.0.0.1:9"}


def test_times_of_a_response_are_in_utc_whatever_the_zone_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    client = RecordingAws.connect("eu-west-1", "http://127.0.0.1:9")._client("dynamodb")

    def respond(**_: Any) -> AWSResponse:
        raw = io.BytesIO(b'{"Table": {"CreationDateTime": 1783563780.5}}')
        raw.stream = lambda *_, **__: iter([raw.getvalue()])  # type: ignore[attr-defined]
        return AWSResponse("http://127.0.0.1:9", 200, {}, raw)

    client.meta.events.register("before-send.dynamodb", respond)
    created = client.describe_table(TableName=NAME)["Table"]["CreationDateTime"]
    assert created.isoformat() == "2026-07-09T02:23:00.500000+00:00"


@pytest.mark.parametrize(
    "given", [1783563780, 1783563780.0, "2026-07-09T02:23:00Z", "2026-07-09T04:23:00+02:00"]
)
def test_time_is_read_as_the_service_wrote_it(given: object) -> None:
    assert time_in_utc(given).isoformat() == "2026-07-09T02:23:00+00:00"


def test_time_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="soon"):
        time_in_utc("soon")


def describe(services: Services) -> dict[str, Any]:
    return services.aws().call("dynamodb", "describe_table", TableName=NAME)


def failing(error: Exception) -> Services:
    """Services whose DescribeTable raises an error of the SDK."""
    services = Services()

    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise error

    services.answers["DescribeTable"] = answer
    return services


def test_call_when_it_is_throttled_waits_longer_each_time_and_tries_five_times() -> None:
    services = Services()
    services.failures["DescribeTable"] = [Failure("ThrottlingException")] * 4
    assert describe(services)["Table"]["TableName"] == NAME
    assert services.pauses == [1.0, 2.0, 4.0, 8.0]
    services.failures["DescribeTable"] = [Failure("ThrottlingException")] * 5
    with pytest.raises(CallFailed, match="is still throttled after five tries"):
        describe(services)


@pytest.mark.parametrize(
    ("code", "expected", "retryable", "affects_every_call"),
    [
        ("ExpiredToken", "the credentials have expired. Sign in again", True, True),
        ("UnrecognizedClientException", "the credentials are not accepted", False, True),
        ("AccessDeniedException", r"dynamodb:DescribeTable: is denied \(said so\)", False, False),
        ("RequestLimitExceeded", "is still throttled", True, False),
        (
            "ServiceUnavailable",
            "failed: ServiceUnavailable said so. Record again in a few minutes",
            True,
            False,
        ),
        ("503", "failed: 503 said so. Record again in a few minutes", True, False),
        ("InvalidNextToken", "failed: InvalidNextToken said so. Record again", False, False),
        (
            "ValidationException",
            "failed: ValidationException said so. See `capacity-guard docs recording`",
            False,
            False,
        ),
    ],
)
def test_call_when_the_service_returns_an_error_says_what_helps(
    code: str, expected: str, retryable: bool, affects_every_call: bool
) -> None:
    services = Services()
    services.failures["DescribeTable"] = [Failure(code)] * 9
    with pytest.raises(CallFailed, match=expected) as caught:
        describe(services)
    assert (caught.value.code, caught.value.text) == (code, "said so")
    assert (caught.value.retryable, caught.value.affects_every_call) == (retryable, affects_every_call)


@pytest.mark.parametrize(
    ("error", "expected", "retryable", "affects_every_call"),
    [
        (exceptions.NoRegionError(), "Region: is not known", False, True),
        (exceptions.ProfileNotFound(profile="x"), "credentials: .* Set AWS_PROFILE", False, True),
        (exceptions.NoCredentialsError(), "credentials: .* Sign in, for example", True, True),
        (exceptions.UnauthorizedSSOTokenError(), "credentials: have expired", True, True),
        (
            exceptions.EndpointConnectionError(endpoint_url="x"),
            "Check Region, endpoint and network",
            True,
            False,
        ),
        (exceptions.DataNotFoundError(data_path="x"), "Check Region, endpoint and network", False, False),
        (
            FileNotFoundError(2, "No such file"),
            "boto3: .* Check the profile, the files it names",
            False,
            True,
        ),
        (ValueError("Invalid endpoint"), "boto3: Invalid endpoint. Check the profile", False, True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_call_when_the_sdk_fails_says_what_helps(
    error: Exception, expected: str, retryable: bool, affects_every_call: bool
) -> None:
    with pytest.raises(CallFailed, match=expected) as caught:
        describe(failing(error))
    assert caught.value.code == type(error).__name__
    assert (caught.value.retryable, caught.value.affects_every_call) == (retryable, affects_every_call)


def test_call_when_something_else_than_aws_answers_says_so() -> None:
    empty = Services()
    empty.answers["DescribeTable"] = lambda _: {}
    for services in (empty, failing(KeyError("an error of a parser"))):
        with pytest.raises(InputError, match="dynamodb:DescribeTable: answered something else than AWS does"):
            describe(services)


def test_pages_are_read_until_there_is_no_token() -> None:
    services = Services()
    for number in range(3):
        services.scale(f"table/{NAME}", f"dynamodb:{number}", 1, 2, 70.0)
    pages = services.aws().pages(
        "application-autoscaling",
        "describe_scalable_targets",
        ServiceNamespace="dynamodb",
        ResourceIds=[f"table/{NAME}"],
    )
    assert [len(page["ScalableTargets"]) for page in pages] == [1, 1, 1]
    assert [call.get("NextToken") for call in services.operations("DescribeScalableTargets")] == [
        None,
        "1",
        "2",
    ]


def test_pages_when_a_token_comes_twice_end_with_an_error() -> None:
    services = Services()
    services.answers["ListStackResources"] = lambda _: {"StackResourceSummaries": [], "NextToken": "a"}
    with pytest.raises(InputError, match="gave the same page token twice"):
        list(services.aws().pages("cloudformation", "list_stack_resources", StackName="x"))


def test_call_with_a_journal_asks_each_question_once_and_reports_it_once(tmp_path: Path) -> None:
    services = Services()
    made: list[str] = []
    for _ in range(2):
        journal = Journal(tmp_path / "j", {"out": "x"}, NOW)
        calls = services.aws().with_journal(journal, made.append)
        assert calls.call("dynamodb", "describe_table", TableName=NAME)["Table"] == services.table
    assert made == ["dynamodb:DescribeTable"]
    assert len(services.calls) == 1
    calls.call("dynamodb", "describe_table", TableName="Other")
    assert len(services.calls) == 2
