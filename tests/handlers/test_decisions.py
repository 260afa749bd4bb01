"""The log of the gates: each decision is one line with the table and what it is based on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from capacity_guard.handlers.messages import GateError
from tests.fakes.gate_aws import FakeAws, client_error
from tests.handlers import wrong_states
from tests.handlers.gate_world import (
    ALARM_NAMES,
    INDEX,
    ON_DEMAND,
    Framework,
    a_plan,
    an_aws,
    at,
    prepare_bake,
    prepare_preflight,
    replace_aws,
    run_preflight,
    set_alarm_state,
    throttle,
)
from tests.handlers.unread_plans import PROBLEM, a_plan_unread


def decisions(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines of the log."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def only(lines: list[dict[str, Any]], decision: str) -> dict[str, Any]:
    """The first line with a decision; each line names gate, table and decision."""
    assert all({"gate", "decision", "table"} <= set(line) for line in lines)
    return next(line for line in lines if line["decision"] == decision)


def test_preflight_when_it_passes_writes_what_it_accepted_raised_and_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = a_plan()
    run_preflight(monkeypatch, plan, an_aws(plan))
    lines = decisions(capsys)
    assert {(line["gate"], line["table"]) for line in lines} == {("preflight", plan.table)}
    accepted = only(lines, "accepted")
    assert (accepted["judged"], accepted["warnings"]) == ("change", [])
    assert "by_agent" in str(
        [line["what"] for line in lines if line["decision"] == "raising warm throughput"]
    )
    waiting = only(lines, "waiting for warm throughput")
    assert "by_agent" in str(waiting["below"])
    assert [line["rising"] for line in lines if line["decision"] == waiting["decision"]][-1] == [INDEX]
    passed = only(lines, "passed")
    assert (passed["judged"], passed["warnings"]) == ("change", [])


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (wrong_states.rollback_disabled, "rollback is disabled"),
        (wrong_states.table_reads_throttled, "throttling"),
    ],
)
def test_preflight_when_it_refuses_writes_every_reason(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wrong: Callable[[FakeAws], None],
    reason: str,
) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    wrong(aws)
    with pytest.raises(GateError):
        preflight.run()
    refused = only(decisions(capsys), "refused")
    assert (refused["gate"], refused["table"]) == ("preflight", plan.table)
    assert reason in str(refused["refusals"])


def test_preflight_when_it_refuses_after_the_raise_writes_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    preflight.start()
    preflight.poll()
    capsys.readouterr()
    set_alarm_state(aws, ALARM_NAMES["table"], "ALARM", at(0))
    with pytest.raises(GateError):
        preflight.go_on()
    refused = only(decisions(capsys), "refused")
    assert refused["table"] == plan.table
    assert ALARM_NAMES["table"] in str(refused["refusals"])


def test_bake_writes_what_it_watched_and_passed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = a_plan()
    _, bake = prepare_bake(monkeypatch, plan)
    bake.run()
    lines = decisions(capsys)
    assert {(line["gate"], line["table"]) for line in lines} == {("bake", plan.table)}
    watching = only(lines, "watching")
    assert (watching["judged"], watching["minutes"]) == ("change", plan.rollout.bake_minutes)
    assert watching["loud"] is None
    assert watching["since"]
    assert (watching["moving"], watching["different"]) == ([], [])
    assert only(lines, "passed")["judged"] == "change"


def test_bake_when_it_vetoes_or_differs_writes_what_it_saw(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = a_plan()
    aws, bake = prepare_bake(monkeypatch, plan)
    with pytest.raises(GateError):
        bake.run(lambda: throttle(aws, INDEX, at(1), 900, 900, 900))
    assert "by_agent" in str(only(decisions(capsys), "vetoed")["vetoes"])
    aws, bake = prepare_bake(monkeypatch, a_plan(ON_DEMAND))
    aws.mode = "PROVISIONED"
    with pytest.raises(GateError):
        bake.run()
    lines = decisions(capsys)
    assert "billing mode is PROVISIONED" in str(only(lines, "watching")["different"])
    assert "billing mode is PROVISIONED" in str(only(lines, "failed")["different"])


def test_bake_when_an_index_is_being_changed_writes_what_it_waits_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aws, bake = prepare_bake(monkeypatch, a_plan())
    bake.start()
    wrong_states.index_not_active(aws)
    bake.poll()
    assert "index by_agent is" in str(only(decisions(capsys), "watching")["moving"])


def test_unread_writes_what_it_refused_and_what_it_passed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aws = an_aws(a_plan())
    replace_aws(monkeypatch, aws)
    plan = a_plan_unread()
    Framework(aws, "unread", plan).run()
    (passed,) = decisions(capsys)
    assert passed == {
        "gate": "unread",
        "decision": "passed",
        "table": plan.table,
        "judged": "change",
        "warnings": [f"the baseline cannot be used: {PROBLEM}"],
    }
    with pytest.raises(GateError):
        Framework(aws, "unread", a_plan_unread(ON_DEMAND)).run()
    (refused,) = decisions(capsys)
    assert (refused["gate"], refused["decision"], refused["table"]) == ("unread", "refused", plan.table)
    assert refused["refusals"] == ["billing mode is PROVISIONED, not PAY_PER_REQUEST"]


def test_raise_that_the_service_cannot_take_now_is_written_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.fail("dynamodb:UpdateTable", client_error("UpdateTable", "ThrottlingException", "slow down"))
    preflight.start()
    preflight.poll()
    repeated = only(decisions(capsys), "raise to be repeated")
    assert repeated["what"]
    assert "slow down" in repeated["why"]
