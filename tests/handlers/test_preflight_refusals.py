"""The opening of a refusal: the number of reasons where there are several, and what was changed until then."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from capacity_guard.handlers.calls import ATTEMPTS
from capacity_guard.handlers.messages import GateError
from tests.fakes.gate_aws import client_error
from tests.handlers import wrong_states
from tests.handlers.gate_world import ALARM_NAMES, Framework, a_plan, at, prepare_preflight, set_alarm_state


def refusal(framework: Framework) -> str:
    with pytest.raises(GateError) as refused:
        framework.run()
    return str(refused.value)


def test_refusal_for_one_reason_and_for_two_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    wrong_states.rollback_disabled(aws)
    assert refusal(preflight).startswith("Preflight refused (nothing was changed): rollback is disabled")
    wrong_states.table_reads_throttled(aws)
    assert refusal(preflight).startswith(
        "Preflight refused (2 reasons; nothing was changed): rollback is disabled"
    )


def test_refusal_right_before_the_change_is_logged_with_its_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    preflight.start()
    assert preflight.poll() is None
    aws.now += timedelta(seconds=90)
    set_alarm_state(aws, ALARM_NAMES["table"], "ALARM", at(0))
    with pytest.raises(GateError, match="warm throughput is raised, the table was not changed"):
        preflight.go_on()
    for line in map(json.loads, capsys.readouterr().out.splitlines()):
        assert line["table"] == plan.table, line


def test_look_that_is_asked_again_is_logged_with_what_could_not_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    preflight.start()
    capsys.readouterr()
    error = client_error("DescribeTable", "ThrottlingException", "slow down")
    aws.fail("dynamodb:DescribeTable", *[error] * ATTEMPTS)
    assert preflight.poll() is None
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["gate"], line["decision"], line["table"]) == ("preflight", "asked again", plan.table)
    assert "slow down" in str(line["why"])
