"""Findings as text for a terminal."""

from __future__ import annotations

from capacity_guard.findings import text
from tests.builders.findings import CALM, FOUND


def test_text_when_printed_holds_each_table_with_its_line_errors_first() -> None:
    said = text(FOUND)
    assert "Stack/Conversations  stacks/conversations.py:12\n\nCG4  ERROR" in said
    assert said.count("Stack/Conversations") == 1
    assert "Stack/Calm" not in said
    assert said.endswith("capacity-guard: 1 error, 2 warnings; 3 tables judged at 2026-07-09 15:40 UTC")


def test_text_when_nothing_was_found_is_one_line() -> None:
    assert text(CALM) == "capacity-guard: nothing found; 1 table judged at 2026-07-09 15:40 UTC"
