"""A plan as printed on a terminal."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from capacity_guard.planning.plan import Plan, Unplanned
from capacity_guard.report import plan_formatting
from capacity_guard.report.plan_text import print_plan
from tests.report.plans import FINDING, plan, refused, safe, table_write, unchanged


def printed(shown: Plan, width: int = 160, *, colour: bool = False) -> str:
    out = StringIO()
    print_plan(shown, Console(file=out, width=width, force_terminal=colour, highlight=False))
    return out.getvalue()


def test_plan_when_printed_has_a_section_a_table_and_ends_with_the_headline() -> None:
    lines = printed(plan(unchanged(), safe(), refused())).splitlines()
    assert lines[0] == "Shop/Orders  stacks/shop.py:12"
    assert lines.index("Shop/Safe  stacks/shop.py:12") < lines.index("Shop/Same: nothing changes")
    assert (
        lines[-1]
        == "capacity-guard: 3 tables planned, 1 error, 0 warnings; judged at Thu 9 Jul 2026 15:40 UTC"
    )


def test_plan_when_wide_prints_one_row_a_dimension() -> None:
    lines = printed(plan(refused())).splitlines()
    (row,) = [line for line in lines if line.startswith("by_day, write  5,000")]
    assert row.split()[3:] == [
        "on-demand",
        "4,800",
        "4,000",
        "0.83",
        "(0.64",
        "of",
        "1.3x)",
        "42,000",
        "writes",
        "(30,000",
        "to",
        "50,000)",
    ]
    assert any(
        line.startswith("by_day, write: 8.6 % of the writes of an hour in 12 minutes") for line in lines
    )
    assert plan_formatting.RANGE in " ".join(" ".join(lines).split())


def test_plan_when_narrow_has_no_line_for_what_a_new_dimension_did_not_have() -> None:
    new = refused(dimensions=(table_write(deployed=""),), findings=())
    lines = printed(plan(new), 60).splitlines()
    assert lines[lines.index("table, write") + 1].startswith("  declared on-demand")


def test_plan_when_narrow_cuts_no_long_name_of_a_fact() -> None:
    file = f"baselines/{'o' * 200}.json"
    text = printed(plan(refused(baseline=file)), 60)
    assert file in text.replace(" ", "").replace("\n", "")


@pytest.mark.parametrize("width", [60, 80])
def test_plan_when_narrow_prints_lines_that_fit(width: int) -> None:
    text = printed(plan(refused(findings=())), width)
    assert max(map(len, text.splitlines())) <= width
    assert "  peak 4,800/s, serves 4,000/s, headroom 0.83" in text
    assert "throttled, beyond today: 42,000 writes (30,000" in text


def test_plan_when_narrow_never_breaks_code_to_paste() -> None:
    assert 'indexes={"by_day": OnDemand(warm=Units(write=6_240))}' in printed(plan(refused()), 30)


def test_plan_when_hours_throttle_prints_the_hours_of_the_week() -> None:
    lines = printed(plan(refused())).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("hours of the week, UTC: "))
    monday, sunday = lines[start + 2], lines[start + 8]
    assert monday.startswith("Mon   ·  ·")
    assert monday[5 + 3 * 16 :].split()[:2] == ["█", "▒"]
    assert (monday.count("·"), sunday.count("·")) == (22, 23)
    assert "hours of the week, UTC: " not in printed(plan(safe()))


def test_plan_when_printed_in_colour_marks_verdict_and_way_back() -> None:
    assert "\x1b[31mto on-demand" in printed(plan(refused()), colour=True)
    assert "\x1b[31mno units to go back with" in printed(plan(refused()), colour=True)
    assert "\x1b[32mto on-demand" in printed(plan(safe()), colour=True)
    assert "\x1b" not in printed(plan(refused()))


def test_plan_when_a_table_is_not_planned_prints_its_findings() -> None:
    text = printed(plan(unplanned=(Unplanned("Shop/Bad", (FINDING,)),)))
    assert f"Shop/Bad: not planned\n\n  {FINDING.text().splitlines()[0]}\n" in text


def test_plan_when_it_throttles_later_warns_under_the_hours() -> None:
    assert plan_formatting.later_throttling(refused()) in printed(plan(refused()))
