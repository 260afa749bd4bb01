"""A plan as Markdown."""

from __future__ import annotations

from dataclasses import replace

from capacity_guard.planning.plan import Unplanned
from capacity_guard.report import plan_formatting
from capacity_guard.report.plan_markdown import plan_markdown
from tests.report.plans import FINDING, WARNING, plan, refused, safe, unchanged


def test_markdown_begins_with_the_headline_and_one_line_a_table() -> None:
    lines = plan_markdown(plan(unchanged(), safe(), refused())).splitlines()
    assert (
        lines[0]
        == "## capacity-guard plan: 3 tables planned, 1 error, 0 warnings; judged at Thu 9 Jul 2026 15:40 UTC"
    )
    assert lines[2:4] == ["| Table | Plan |", "| --- | --- |"]
    assert lines[4].startswith("| `Shop/Orders` | ⛔ to on-demand; by\\_day, write: 8.6 %")
    assert lines[5].startswith("| `Shop/Safe` | ✅ to on-demand; no replay")
    assert lines[6] == "| `Shop/Same` | ✅ nothing changes |"


def test_markdown_of_a_table_holds_findings_facts_and_dimensions() -> None:
    text = plan_markdown(plan(refused()))
    assert "\n### `Shop/Orders` `stacks/shop.py:12`\n" in text
    assert "- **ERROR CG4** Orders / by\\_day, write: it serves less than &lt;its&gt; peak\n" in text
    assert "- way back: ⛔ no units to go back with\n" in text
    assert (
        "| Dimension | Deployed | Declared | Peak/s | Serves/s | Headroom | Throttled, beyond today |" in text
    )
    assert (
        "| by\\_day, write | 5,000 | on-demand | 4,800 | 4,000 | 0.83 (0.64 of 1.3x) | 42,000 writes" in text
    )
    assert text.count(plan_formatting.RANGE) == 1


def test_markdown_of_a_fix_has_a_fence_longer_than_any_in_the_code() -> None:
    text = plan_markdown(plan(refused()))
    assert f"  ````python\n  {FINDING.fix.splitlines()[0]}\n" in text
    assert "  ````\n" in text


def test_markdown_of_a_warning_has_no_code() -> None:
    assert "```" not in plan_markdown(plan(refused(findings=(WARNING,))))


def test_markdown_of_a_table_that_is_not_planned_holds_its_findings() -> None:
    text = plan_markdown(plan(unplanned=(Unplanned("Shop/Bad", (FINDING,)),)))
    assert "| `Shop/Bad` | ⚠️ not planned: CG4: it serves less than" in text
    assert "### `Shop/Bad`: not planned\n\n- **ERROR CG4**" in text


def test_markdown_when_it_would_be_too_long_counts_the_sections_left_out() -> None:
    shown = plan(*[replace(refused(), path=f"Shop/{number}") for number in range(9)])
    text = plan_markdown(shown, longest=9_000)
    assert len(text.encode()) <= 9_000
    sections = text.count("\n### ")
    assert 0 < sections < 9
    assert f"\n{9 - sections} more: `capacity-guard plan` prints them.\n" in text
    assert "more: `capacity-guard plan`" not in plan_markdown(shown)
