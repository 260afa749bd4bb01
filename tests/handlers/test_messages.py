"""Texts of the gates: numbers, times, reasons, answers and lines of the log."""

from __future__ import annotations

import json
from datetime import timedelta, timezone

import pytest

from capacity_guard.handlers.messages import (
    REASON_CHARACTERS,
    WARNINGS_BYTES,
    format_minute,
    format_number,
    format_resource,
    join_reasons,
    log_decision,
    passed_data,
    shorten,
)
from tests.handlers.gate_world import (
    NOW,
)


def test_reason_when_one_part_is_endless_is_cut() -> None:
    assert len(join_reasons("Preflight refused", ["x" * 5_000])) <= REASON_CHARACTERS
    text = join_reasons("Preflight refused", ["short", "y" * 5_000, "z"])
    assert len(text) <= REASON_CHARACTERS
    assert text == "Preflight refused: short; and 2 more, see the function's log"


def test_reason_names_the_log_group_of_the_function_and_stays_within_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_GROUP_NAME", "Orders-CapacityGuardLog-1ABC")
    log = " (log: Orders-CapacityGuardLog-1ABC)"
    assert join_reasons("Bake vetoed", ["a"]) == f"Bake vetoed: a{log}"
    for reasons in (["x" * 5_000], ["short", "y" * 5_000, "z"]):
        text = join_reasons("Bake vetoed", reasons)
        assert text.endswith(log)
        assert len(text) <= REASON_CHARACTERS


@pytest.mark.parametrize(
    ("value", "text"), [(5120, "5,120"), (0, "0"), (0.5, "0.5"), (12.34, "12.3"), (4_215.4, "4,215")]
)
def test_number_when_shown_has_thousands_and_few_digits(value: float, text: str) -> None:
    assert format_number(value) == text


def test_minute_and_resource_when_shown_are_short() -> None:
    assert format_minute(NOW.astimezone(timezone(timedelta(hours=2)))) == "16:00 UTC"
    assert format_resource("table") == "table"
    assert format_resource("index/by_agent") == "index by_agent"


def test_text_when_it_is_too_long_is_cut_with_an_ellipsis() -> None:
    assert shorten("exactly", 7) == "exactly"
    assert shorten("one more", 7) == "one mo\u2026"
    assert shorten("one more", 5) == "one\u2026"


def test_data_when_a_gate_passes_joins_its_warnings() -> None:
    assert passed_data("relief", ["a", "b"]) == {"Result": "passed", "Judged": "relief", "Warnings": "a; b"}
    assert len(passed_data("change", ["x" * 600, "y" * 600])["Warnings"]) <= WARNINGS_BYTES


@pytest.mark.parametrize("letter", ["x", "ß", "\u20ac", "\U0001f680", '"', "\\"])
def test_data_when_its_warnings_are_long_takes_at_most_the_bytes_that_a_response_has_for_them(
    letter: str,
) -> None:
    warnings = passed_data("change", [letter * 3_000])["Warnings"]
    assert WARNINGS_BYTES - 90 <= len(json.dumps(warnings, ensure_ascii=False).encode()) <= WARNINGS_BYTES


def test_log_when_a_decision_is_written_is_one_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    log_decision("bake", "started", table="Orders", now=NOW)
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert json.loads(line) == {
        "gate": "bake",
        "decision": "started",
        "table": "Orders",
        "now": "2026-07-09 16:00:20+00:00",
    }
