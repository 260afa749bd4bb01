"""Findings as text for a terminal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.findings import Findings, JudgedTable, text
from tests.builders.findings import CALM, FOUND, NOW, PLANNED


def test_text_when_printed_holds_each_table_with_its_line_errors_first() -> None:
    said = text(FOUND)
    assert "Stack/Conversations  stacks/conversations.py:12\n\nCG4  ERROR" in said
    assert said.count("Stack/Conversations") == 1
    assert "Stack/Calm" not in said
    assert said.endswith("capacity-guard: 1 error, 2 warnings; 3 tables judged at 2026-07-09 15:40 UTC")


def test_text_when_nothing_was_found_is_one_line() -> None:
    assert text(CALM) == "capacity-guard: nothing found; 1 table judged at 2026-07-09 15:40 UTC"


def judged_by(*ages: timedelta) -> Findings:
    tables = [
        JudgedTable(f"Stack/T{number}", None, (), replace(PLANNED, recorded_at=NOW - age))
        for number, age in enumerate(ages)
    ]
    return Findings(NOW, (*tables, JudgedTable("Stack/Bare", None, ())))


@pytest.mark.parametrize(
    ("ages", "said"),
    [
        ([timedelta(hours=20)], "a baseline 20 hours old"),
        ([timedelta(days=9, hours=12)], "a baseline 9.5 days old"),
        ([timedelta(days=9), timedelta(hours=1)], "baselines 1 hour to 9 days old"),
        ([timedelta(days=9), timedelta(days=9)], "baselines 9 days old"),
    ],
)
def test_text_states_the_age_of_the_recordings_at_the_judgment(
    ages: list[timedelta], said: str, tmp_path: Path
) -> None:
    written = judged_by(*ages).write(tmp_path)
    assert text(Findings.read(written)).endswith(
        f"tables judged, {len(ages)} of them with {said}, at 2026-07-09 15:40 UTC"
    )


def test_recording_time_that_is_none_is_refused(tmp_path: Path) -> None:
    file = judged_by(timedelta(hours=1)).write(tmp_path)
    file.write_text(file.read_text().replace("2026-07-09T14:40:00Z", "yesterday"))
    with pytest.raises(InputError, match="recorded_at"):
        Findings.read(file)
