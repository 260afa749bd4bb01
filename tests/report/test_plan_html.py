"""A plan as a page."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from capacity_guard.planning.plan import TablePlan, Unplanned, WayBack
from capacity_guard.pricing.cost import Between
from capacity_guard.report import plan_formatting, plan_summary
from capacity_guard.report.plan_html import plan_html
from tests.report.plans import (
    FINDING,
    index_write,
    money,
    page_text,
    plan,
    refused,
    safe,
    series,
    throttling,
    unchanged,
)


def data(page: str) -> list[dict[str, object]]:
    (text,) = re.findall(r'id="data">(.*?)</script>', page)
    found: list[dict[str, object]] = json.loads(text)
    return found


def test_page_holds_verdict_facts_dimensions_and_findings() -> None:
    page = plan_html(plan(unchanged(), safe(), refused()))
    text = page_text(page)
    assert f"<h1>{plan_summary.fleet_sentence(plan(unchanged(), safe(), refused()))}</h1>" in page
    assert "3 tables planned, 1 error, 0 warnings" in page
    assert '<h2 id="table-1">Shop/Orders <code>stacks/shop.py:12</code></h2>' in page
    assert f'<p class="verdict no">{plan_summary.sentence(refused())}</p>' in page
    assert plan_formatting.verdict(refused()) in text
    assert '<p class="verdict ok">' in page
    assert '<span class="no">no units to go back with</span>' in page
    assert '<span class="no">42,000 writes (30,000 to 50,000)</span>' in page
    assert "Unchanged Shop/Same <" not in text
    assert "Unchanged Shop/Same stacks/shop.py:12: nothing changes" in text
    assert "Judged at Thu 9 Jul 2026 15:40 UTC. Times are UTC." in text


def test_page_of_one_table_is_in_the_order_in_which_it_is_read() -> None:
    page = plan_html(plan(refused()))
    headings = re.findall(r"<h[12][^>]*>(.*?)</h[12]>", page)
    assert headings == [
        plan_summary.sentence(refused()),
        "What to deploy next",
        "Cost a month",
        "Stages: 5-17 minutes",
        "When the switch itself fits",
        "The worst hour: by_day, write",
        "Findings",
        "Figures",
        "Rules",
    ]


def test_page_when_nothing_changes_says_so_in_one_line() -> None:
    text = page_text(plan_html(plan(unchanged())))
    assert text.count("othing changes") == 3  # in the title, as headline, and with the name of the table
    assert "Cost" not in text
    assert "<figure" not in plan_html(plan(unchanged()))


def test_page_draws_each_dimension_and_the_hours_for_wide_and_narrow_screens() -> None:
    page = plan_html(plan(refused()))
    assert page.count("<figure ") == 2
    assert page.count("<svg ") == 4
    hours, chart = data(page)
    start = (series().start.timestamp() * 1000, len(series().demand))
    assert (chart["start"], len(chart["demand"])) == start  # type: ignore[arg-type]
    assert len(hours["hours"]) == 168  # type: ignore[arg-type]
    assert f"<b>{plan_formatting.later_throttling(refused())}</b>" in page


def test_page_draws_the_worst_dimension_first() -> None:
    worse = index_write(replays=(throttling(share=0.5),), dimension=refused().dimensions[0].dimension)
    page = plan_html(plan(refused(dimensions=(index_write(), worse))))
    assert f"<h2>The worst hour: {worse.dimension.label}</h2>" in page
    assert "<summary>The other dimensions: by_day, write</summary><h3>by_day, write</h3>" in page


def test_page_of_a_table_without_traffic_draws_no_chart() -> None:
    page = plan_html(plan(safe(dimensions=(index_write(peak=None, replays=()),), hours=())))
    assert "<figure" not in page
    assert data(page) == []


def test_page_when_names_are_hostile_escapes_them() -> None:
    hostile = "<script>alert(1)</script>"
    page = plan_html(
        plan(
            refused(path=hostile, baseline=hostile, window=hostile),
            unplanned=(Unplanned(hostile, (FINDING,)),),
        )
    )
    assert "<script>alert(1)" not in page
    assert "it serves less than &lt;its&gt; peak" in page
    assert "http" not in page


def test_page_of_a_table_that_is_not_planned_holds_its_findings() -> None:
    page = plan_html(plan(judged_at=None, unplanned=(Unplanned("Shop/Bad", (FINDING,)),)))
    assert '<h2 id="unplanned-1">Shop/Bad: not planned</h2>\n<details' in page
    assert '<a href="#unplanned-1">Shop/Bad</a>' in page
    assert "ERROR CG4 Orders / by_day, write: it serves less than <its> peak" in page_text(page)
    assert "Judged at" not in page


def test_overview_lists_each_table_that_the_headline_counts_also_those_without_a_plan() -> None:
    silent = Unplanned("Shop/Silent", ())
    page = plan_html(plan(safe(), unplanned=(Unplanned("Shop/Bad", (FINDING,)), silent)))
    assert "2 not planned" in page
    rows = re.findall(r"<tr>(.*?)</tr>", page[: page.index("</table>")])
    shown = [page_text(row) for row in rows[1:]]
    assert len(shown) == 3
    assert "Shop/Bad" in shown[1]
    assert "not planned" in shown[1]
    assert f"{FINDING.rule}: {FINDING.title}" in shown[1]
    assert "it has no guard, or no baseline that can be read; its findings are acknowledged" in shown[2]


def fleet(count: int) -> list[TablePlan]:
    return [replace(refused(), path=f"Shop/Table{number}") for number in range(count)]


def test_page_of_several_tables_begins_with_an_overview_by_risk_and_then_by_money() -> None:
    dearer = money(after=Between(3.0, 3.0))
    half = index_write(replays=(throttling(share=0.5),))
    tables = [
        safe(path="Shop/Cheaper"),
        safe(path="Shop/Dearer", money=dearer),
        refused(path="Shop/Some"),
        refused(path="Shop/Most", dimensions=(half,)),
        safe(path="Shop/Doubtful", way_back=WayBack(False, {}, 0.0, "no")),
    ]
    assert refused().worst_share == refused().throttling[0][1].share
    page = plan_html(plan(*tables))
    links = re.findall(
        r'<a href="#(table-\d)">Shop/(\w+)</a></td><td[^>]*><span class="\w+">([\w ]+)</span>', page
    )
    assert links == [
        ("table-1", "Most", "refused"),
        ("table-2", "Some", "refused"),
        ("table-3", "Doubtful", "needs a look"),
        ("table-4", "Dearer", "fits"),
        ("table-5", "Cheaper", "fits"),
    ]
    assert all(page.count(f'<h2 id="{anchor}">') == 1 for anchor, *_ in links)
    text = page_text(page)
    assert "50.0 %" in text.split("Shop/Some")[0]
    assert "+1,460.00 USD" in text
    assert text.startswith(
        "capacity-guard plan: 2 of 5 changed tables are refused; about 0.00 to +730.00 USD a month."
    )
    assert "#table-" not in plan_html(plan(refused()))


@pytest.mark.slow
def test_page_of_200_tables_is_below_five_megabytes_and_draws_the_first() -> None:
    """Series of eight hours, as the plan of a switch has them: all charts would be some 30 MB."""
    long = index_write(series=series(minutes=480))
    tables = [replace(table, dimensions=(long, long, long, long)) for table in fleet(200)]
    page = plan_html(plan(*tables))
    assert len(page.encode()) < 5_000_000
    assert page.count("<h2 id=") == 200
    drawn = page.count("<figure ")
    assert drawn == len(data(page)) > 20
    left_out = page.count("Its charts have no room on this page")
    assert 0 < left_out < 200
    assert drawn == 5 * (200 - left_out)


def test_page_that_has_no_room_for_a_section_counts_it() -> None:
    page = plan_html(plan(*fleet(30)), most_bytes=60_000)
    shown = page.count("<h2 id=")
    assert 0 < shown < 30
    assert f"{30 - shown} more have no room on this page" in page
    assert page.count('href="#table-') == 30
