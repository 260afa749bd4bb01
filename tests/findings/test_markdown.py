"""Findings as Markdown."""

from __future__ import annotations

import re

import pytest

from capacity_guard.findings import Findings, JudgedTable, SourceLocation, markdown
from capacity_guard.findings.markdown import code, plain, row
from capacity_guard.rules import Figure, Finding, Level
from tests.builders.findings import CALM, FOUND, INDEX, NOW


def test_markdown_when_written_holds_a_table_then_figures_and_fixes() -> None:
    said = markdown(FOUND)
    assert said.startswith(
        "## capacity-guard: 1 error, 2 warnings\n\n3 tables judged at 2026-07-09 15:40 UTC.\n"
    )
    row = (
        "| ERROR | CG4 | Conversations / by\\_agent, write | after the switch it serves less than its recorded peak | "
        "`Stack/Conversations` | `stacks/conversations.py:12` |"
    )
    assert row in said
    assert "| recorded peak | 4,800 writes/s | Sat 4 Jul 1998 16:31 UTC |" in said
    assert '```python\nindexes={"by_agent": OnDemand(warm=Units(write=6_300))}\n```' in said
    assert "Acknowledged: load test of 8 July" in said
    assert said.index("ERROR CG4") < said.index("WARN CG2")
    assert markdown(CALM) == "## capacity-guard: nothing found\n\n1 table judged at 2026-07-09 15:40 UTC.\n"


def test_markdown_when_text_is_awkward_breaks_neither_the_table_nor_the_block() -> None:
    finding = Finding(
        "CG4", Level.ERROR, "a|b", None, "is <b>\nbold</b>", (Figure("x|y", "1", "_z_"),), "```\nrm\n```"
    )
    said = markdown(Findings(NOW, (JudgedTable("S|T", SourceLocation("a|b.py", 1), (finding,)),)))
    rows = [line for line in said.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {7, 4}
    assert "<b>" not in said
    assert "````text\n```\nrm\n```\n````" in said


def test_markdown_when_it_is_too_long_for_a_summary_leaves_out_details_and_counts_them() -> None:
    many = Findings(NOW, (JudgedTable("S/T", None, (INDEX,) * 30),))
    whole, short = markdown(many), markdown(many, longest=8_000)
    assert len(whole.encode()) > 8_000 >= len(short.encode())
    assert short.count("\n| ERROR |") == 30
    shown = short.count("### ERROR")
    assert 0 < shown < 30
    assert f"Details of {30 - shown} more" in short


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", "`a`"), ("a|b", "`a\\|b`"), ("a`b", "`` a`b ``"), ("``", "``` `` ```")],
)
def test_code_is_fenced_longer_than_any_fence_in_it_and_has_no_bar(text: str, expected: str) -> None:
    assert code(text) == expected


def test_text_is_escaped_onto_one_line() -> None:
    assert plain("by_agent\n*x*  <b>&") == "by\\_agent \\*x\\* &lt;b&gt;&amp;"
    assert row("a", "b") == ["| a | b |"]
