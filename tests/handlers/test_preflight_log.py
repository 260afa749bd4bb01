"""Preflight: the whole log and the whole answer, look by look."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.capacity.limits import PREFLIGHT_SECONDS
from capacity_guard.handlers.preflight import FIRST_SECONDS, RELIEF_SECONDS
from tests.fakes.gate_aws import FakeAws, client_error
from tests.handlers import wrong_states
from tests.handlers.gate_log import Line, run_to_its_end
from tests.handlers.gate_world import (
    ALARM_NAMES,
    INDEX,
    NOW,
    ON_DEMAND,
    a_plan,
    a_relief,
    at,
    prepare_preflight,
    set_alarm_state,
    throttle,
)


def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    plan: GatePlan,
    change: Callable[[FakeAws], object] | None = None,
    interval: float = 15,
) -> tuple[list[Line], list[str] | str, timedelta]:
    """Lines of the log, the answer or the reason, and the time that it took."""
    return run_to_its_end("preflight", prepare_preflight(monkeypatch, plan), capsys, change, interval)


def accepted(judged: str = "change", *warnings: str) -> Line:
    return {"decision": "accepted", "judged": judged, "warnings": [*warnings]}


def passed(
    judged: str = "change", *warnings: str, at: Any = NOW, resources: Any = (), alarms: Any = ()
) -> Line:
    loud = {"at": at.isoformat(), "resources": [*resources], "alarms": [*alarms]}
    return {
        "decision": "passed",
        "judged": judged,
        "warnings": [*warnings],
        "loud": json.dumps(loud, separators=(",", ":")),
    }


BELOW = "index by_agent, write 4,000 to 6,240"


def waiting(*rising: str) -> Line:
    return {"decision": "waiting for warm throughput", "below": [BELOW], "rising": [*rising]}


def test_raise_of_warm_throughput_is_judged_for_a_minute_then_awaited_and_judged_at_its_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, said, took = run(monkeypatch, capsys, a_plan())
    first = [accepted(), {"decision": "raising warm throughput", "what": BELOW}, waiting()]
    again = [accepted(), waiting(INDEX)] * 4
    last = [accepted(), passed(at=NOW + took)]
    awaited = [waiting(INDEX)] * (len(lines) - len(first) - len(again) - len(last))
    assert lines == [*first, *again, *awaited, *last]
    assert len(awaited) == took / timedelta(seconds=15) - 5
    assert said == ["passed", "change", ""]
    assert (FIRST_SECONDS, RELIEF_SECONDS) == (60, 120)


@pytest.mark.parametrize(("plan", "judged"), [(a_plan(ON_DEMAND), "change"), (a_relief(), "relief")])
def test_change_without_a_raise_passes_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], plan: GatePlan, judged: str
) -> None:
    lines, said, took = run(monkeypatch, capsys, plan)
    assert lines == [accepted(judged), passed(judged)]
    assert (said, took) == (["passed", judged, ""], timedelta(0))


NO_ROLLBACK = "rollback is disabled for this operation: deploy without --no-rollback"


def test_refusal_is_logged_with_its_reasons_and_warned_of_in_a_relief(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, said, took = run(monkeypatch, capsys, a_plan(ON_DEMAND), wrong_states.rollback_disabled)
    assert lines == [{"decision": "refused", "judged": "change", "refusals": [NO_ROLLBACK], "warnings": []}]
    assert (said, took) == (f"Preflight refused (nothing was changed): {NO_ROLLBACK}", timedelta(0))
    lines, said, _ = run(monkeypatch, capsys, a_relief(), wrong_states.rollback_disabled)
    assert lines == [accepted("relief", NO_ROLLBACK), passed("relief", NO_ROLLBACK)]
    assert said == ["passed", "relief", NO_ROLLBACK]


def test_what_is_loud_before_a_relief_is_handed_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def loud(aws: FakeAws) -> None:
        throttle(aws, INDEX, at(-4), 900)
        throttle(aws, "table", at(-9), 900)
        set_alarm_state(aws, ALARM_NAMES["table"], "ALARM", at(-8))

    lines, _, _ = run(monkeypatch, capsys, a_relief(), loud)
    warnings = lines[0]["warnings"]
    assert lines[-1] == passed("relief", *warnings, resources=[INDEX], alarms=[ALARM_NAMES["table"]])


def busy(aws: FakeAws) -> None:
    error = client_error("DescribeTable", "ResourceInUseException", "no")
    aws.fail("dynamodb:DescribeTable", *[error] * 999)


BUSY = "dynamodb:DescribeTable of Conversations-XYZ met a resource that is being changed (ResourceInUseException: no)"


def test_read_that_fails_for_a_while_is_asked_again_until_the_end_or_for_two_minutes_of_a_relief(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, said, took = run(monkeypatch, capsys, a_plan(ON_DEMAND), busy, interval=60)
    asked = {"decision": "asked again", "why": [BUSY]}
    assert lines[:-1] == [asked] * (len(lines) - 1)
    assert lines[-1] == {"decision": "refused", "judged": "change", "refusals": [BUSY], "warnings": []}
    assert said == f"Preflight refused (nothing was changed): {BUSY}"
    assert timedelta(0) < took - timedelta(seconds=PREFLIGHT_SECONDS.value) <= timedelta(seconds=60)
    lines, said, took = run(monkeypatch, capsys, a_relief(), busy, interval=60)
    assert lines == [asked, asked, accepted("relief", BUSY), passed("relief", BUSY, at=NOW + took)]
    assert (said, took) == (["passed", "relief", BUSY], timedelta(seconds=120))


def test_read_that_is_denied_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = client_error("DescribeTable", "AccessDenied", "no")
    _, said, took = run(
        monkeypatch, capsys, a_plan(ON_DEMAND), lambda aws: aws.fail("dynamodb:DescribeTable", error)
    )
    assert str(said).startswith("Preflight refused (nothing was changed): dynamodb:DescribeTable of")
    assert took == timedelta(0)


def test_alarm_that_has_no_state_yet_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = ALARM_NAMES["table"]

    def new(aws: FakeAws) -> None:
        set_alarm_state(aws, name, "INSUFFICIENT_DATA", NOW)
        aws.alarms[name]["AlarmConfigurationUpdatedTimestamp"] = NOW

    lines, said, took = run(monkeypatch, capsys, a_plan(ON_DEMAND), new, interval=300)
    assert lines[:2] == [{"decision": "waiting for new alarms", "alarms": [name]}] * 2
    assert str(said).endswith(f"alarm {name} is INSUFFICIENT_DATA, not OK: it has no data to judge by")
    assert took == timedelta(seconds=600)
    lines, said, took = run(monkeypatch, capsys, a_relief(), new)
    assert took == timedelta(0), "a relief waits for no alarm"


def test_raise_that_is_refused_ends_a_change_and_one_that_fails_is_repeated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = client_error("UpdateTable", "ValidationException", "no")
    call = "dynamodb:UpdateTable (warm throughput) of Conversations-XYZ, index by_agent"
    lines, said, _ = run(monkeypatch, capsys, a_plan(), lambda aws: aws.fail("dynamodb:UpdateTable", refused))
    assert lines == [accepted()]
    assert said == (
        f"Preflight refused (the table was not changed): {call} was refused as invalid (ValidationException: no)"
    )
    limited = client_error("UpdateTable", "ThrottlingException", "no")
    lines, said, _ = run(monkeypatch, capsys, a_plan(), lambda aws: aws.fail("dynamodb:UpdateTable", limited))
    why = f"{call} was throttled, also when repeated (ThrottlingException: no)"
    assert lines[:3] == [
        accepted(),
        {"decision": "raise to be repeated", "what": BELOW, "why": why},
        waiting(),
    ]
    assert lines[3:5] == [accepted(), {"decision": "raising warm throughput", "what": BELOW}]
    assert said == ["passed", "change", ""]
