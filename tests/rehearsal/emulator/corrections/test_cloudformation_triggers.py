"""Rollback triggers: which of a request, and when one fires. That they roll back is in rows of tests/conformance."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections.cloudformation_triggers import (
    ON_AT_START_VARIABLE,
    firing,
    requested_triggers,
)

PREFIX = "RollbackConfiguration.RollbackTriggers"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, None),
        ({"RollbackConfiguration.MonitoringTimeInMinutes": ["5"]}, None),
        ({PREFIX: [""]}, []),
        ({f"{PREFIX}.member.1.Arn": ["one"], f"{PREFIX}.member.2.Arn": ["two"]}, ["one", "two"]),
    ],
)
def test_triggers_of_a_request_are_a_list_or_those_of_before(
    parameters: dict[str, Any], expected: list[str] | None
) -> None:
    assert requested_triggers(parameters) == expected


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (None, "Rollback trigger arn does not exist"),
        ("ALARM", "Rollback trigger arn is in ALARM"),
        ("OK", None),
        ("INSUFFICIENT_DATA", None),
    ],
)
def test_trigger_fires_when_missing_or_in_alarm(state: str | None, reason: str | None) -> None:
    assert firing({"arn": state}, {"arn": "OK"}) == reason


@pytest.mark.parametrize(("setting", "fires"), [("", True), ("ignored", False)])
def test_trigger_that_was_in_alarm_at_the_start_counts_by_a_setting(
    monkeypatch: pytest.MonkeyPatch, setting: str, fires: bool
) -> None:
    monkeypatch.setenv(ON_AT_START_VARIABLE, setting)

    assert (firing({"arn": "ALARM"}, {"arn": "ALARM"}) is not None) is fires
    assert firing({"arn": "ALARM"}, {}) is not None
