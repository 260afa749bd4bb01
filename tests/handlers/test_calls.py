"""Calls within the deadline of a look, whatever the services do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from capacity_guard.capacity.limits import CALL_SECONDS, LOOK_SECONDS
from capacity_guard.cdk.provider.provider import FUNCTION_SECONDS
from capacity_guard.handlers import clock
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.aws_error import AwsError
from capacity_guard.handlers.calls import ATTEMPTS, Calls, Unfinished, run_in_thread
from tests.fakes.gate_aws import client_error
from tests.handlers.gate_world import STACK_ID, TABLE_NAME, a_plan, an_aws

THROTTLED = client_error("DescribeTable", "ThrottlingException", "Rate exceeded")


class Time:
    """A clock that moves by pauses and by calls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds, self.pauses = 1_000.0, list[float]()
        monkeypatch.setattr(clock, "monotonic", lambda: self.seconds)
        monkeypatch.setattr(clock, "sleep", self.pause)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds

    def call(self, seconds: float, answer: Any) -> Callable[[], Any]:
        """A call that takes its time, or all that it is given."""

        def make() -> Any:
            self.seconds += seconds
            if isinstance(answer, Exception):
                raise answer
            return answer

        return make


@pytest.fixture
def time_(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


def test_deadline_is_far_below_the_functions_time_out() -> None:
    assert LOOK_SECONDS.value + CALL_SECONDS.value <= FUNCTION_SECONDS / 2


def test_call_that_is_throttled_is_repeated_with_growing_pauses(time_: Time) -> None:
    answers = [THROTTLED, THROTTLED, {"ok": 1}]

    def attempt() -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert Calls().from_now().make("a call", attempt, repeats=True) == {"ok": 1}
    assert time_.pauses == [0.5, 1]


@pytest.mark.parametrize(("repeats", "attempts"), [(True, ATTEMPTS), (False, 1)])
def test_call_that_stays_throttled_ends_after_its_attempts(time_: Time, repeats: bool, attempts: int) -> None:
    made = []

    def attempt() -> Any:
        made.append(1)
        raise THROTTLED

    with pytest.raises(AwsError, match="was throttled"):
        Calls().from_now().make("a call", attempt, repeats=repeats)
    assert len(made) == attempts
    assert len(time_.pauses) == attempts - 1


def test_call_that_is_denied_is_not_repeated(time_: Time) -> None:
    denied = client_error("X", "AccessDenied", "no")
    with pytest.raises(AwsError, match="was denied"):
        Calls().from_now().make("a call", time_.call(0, denied), repeats=True)
    assert time_.pauses == []


def test_calls_of_a_look_never_begin_or_pause_after_its_deadline(time_: Time) -> None:
    """Two silent services took 109 of a function's 120 seconds."""
    begun = time_.seconds
    calls = Calls().from_now()
    for _ in range(40):
        with pytest.raises(AwsError) as failed:
            calls.make("a call", time_.call(10, ReadTimeoutError(endpoint_url="x")), repeats=True)
        assert failed.value.is_transient
    assert failed.value.kind == "late"
    assert time_.seconds - begun < LOOK_SECONDS.value + CALL_SECONDS.value


def test_pages_without_an_end_stop_at_the_deadline(time_: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = an_aws(a_plan())
    clients = aws.clients()

    class Slow:
        def describe_change_set(self, **parameters: Any) -> Any:
            time_.seconds += 4
            return {"Changes": [], "NextToken": "more"}

    look = GateAws({**clients, "cloudformation": Slow()}).look()
    begun = time_.seconds
    with pytest.raises(AwsError) as failed:
        look.change_set("change-set", STACK_ID)
    assert failed.value.kind == "late"
    assert time_.seconds - begun <= LOOK_SECONDS.value + 4


def test_each_look_has_a_deadline_of_its_own(time_: Time) -> None:
    aws = GateAws(an_aws(a_plan()).clients())
    first = aws.look()
    time_.seconds += LOOK_SECONDS.value + 1
    with pytest.raises(AwsError, match="was not made, since the time of this look is over"):
        first.describe_table(TABLE_NAME)
    assert aws.look().describe_table(TABLE_NAME)


def test_call_in_a_thread_returns_raises_and_is_left_alone() -> None:
    assert run_in_thread(lambda: 7, 10) == 7
    with pytest.raises(KeyError):
        run_in_thread(lambda: {}["x"], 10)
    over = threading.Event()
    with pytest.raises(Unfinished):
        run_in_thread(over.wait, 0.01)
    over.set()


@pytest.fixture
def dripping() -> Any:
    """A service that sends a byte of its answer now and then, so that no time-out for reading ends the call."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not over.wait(0.05):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}"
    over.set()
    thread.join(5)
    server.close()


def test_answer_that_comes_drop_by_drop_is_not_awaited(
    dripping: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("AWS_ENDPOINT_URL", dripping),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
    ):
        monkeypatch.setenv(name, value)
    runtime = GateAws.of_runtime()
    begun = time.monotonic()
    nearly_over = Calls(run_in_thread, deadline=clock.monotonic() + 0.3)
    with pytest.raises(AwsError, match=r"got no answer in time \(not ended\)"):
        GateAws(runtime._clients, nearly_over).sums_per_minute(
            {"m": ("ReadThrottleEvents", {"TableName": "t"})},
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2026, 1, 2, tzinfo=UTC),
        )
    assert time.monotonic() - begun < CALL_SECONDS.value


@pytest.mark.parametrize(
    ("error", "is_repeated"),
    [
        (client_error("X", "ThrottlingException", "no"), True),
        (client_error("X", "InternalServerError", "no"), True),
        (client_error("X", "ServiceUnavailable", "no"), True),
        (ReadTimeoutError(endpoint_url="x"), True),
        (client_error("X", "ResourceInUseException", "no"), False),
        (client_error("X", "LimitExceededException", "no"), False),
        (client_error("X", "ValidationException", "no"), False),
    ],
)
def test_call_is_repeated_where_the_same_call_may_succeed_at_once(
    time_: Time, error: Exception, is_repeated: bool
) -> None:
    with pytest.raises(AwsError):
        Calls().make("a call", time_.call(0, error), repeats=True)
    assert len(time_.pauses) == (ATTEMPTS - 1 if is_repeated else 0)
