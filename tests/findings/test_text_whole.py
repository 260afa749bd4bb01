"""Findings as text for a terminal: the whole text."""

from __future__ import annotations

from capacity_guard.findings import Findings, JudgedTable, SourceLocation, text
from tests.builders.findings import FOUND, NOW, STALE


def test_text_is_printed_exactly() -> None:
    assert text(FOUND) == (
        "Stack/Conversations  stacks/conversations.py:12\n"
        "\n"
        "CG4  ERROR  Conversations / by_agent, write: after the switch it serves less than its recorded peak\n"
        "  recorded peak  4,800 writes/s  Sat 4 Jul 1998 16:31 UTC\n"
        "  with margin    6,240 writes/s\n"
        '  fix            indexes={"by_agent": Units(write=6_300)}\n'
        "  why            capacity-guard rule CG4\n"
        "\n"
        "CG2  WARN   Conversations: is 100% stale\n"
        "  fix  record it again\n"
        "       or wait\n"
        "  why  capacity-guard rule CG2\n"
        "\n"
        "Stack/Orders\n"
        "\n"
        "CG4  WARN   Orders: is accepted\n"
        "  fix           nothing\n"
        "  acknowledged  load test of 8 July\n"
        "  why           capacity-guard rule CG4\n"
        "\n"
        "capacity-guard: 1 error, 2 warnings; 3 tables judged at 2026-07-09 15:40 UTC"
    )


def test_path_and_line_of_a_table_are_safe_on_a_terminal() -> None:
    found = Findings(NOW, (JudgedTable("S/\x1b[2J", SourceLocation("a\nb.py", 1), (STALE,)),))
    assert text(found).startswith("S/\\x1b[2J  a\\nb.py:1\n\n")
