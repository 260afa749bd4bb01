"""A plan as a page."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from capacity_guard.planning.plan import TablePlan
from capacity_guard.report import plan_formatting
from capacity_guard.report.plan_html import plan_html
from tests.report.plans import (
    FINDING,
    index_write,
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
    assert "<h1>capacity-guard plan: 3 tables planned, 1 error, 0 warnings</h1>" in page
    assert "<h2>Shop/Orders <code>stacks/shop.py:12</code></h2>" in page
    assert f'<p class="verdict no">{plan_formatting.verdict(refused())}.</p>' in page.replace("&#x27;", "'")
    assert '<p class="verdict ok">' in page
    assert '<span class="no">no units to go back with</span>' in page
    assert '<span class="no">42,000 writes (30,000 to 50,000)</span>' in page
    assert "Unchanged Shop/Same <" not in text
    assert "Unchanged Shop/Same stacks/shop.py:12: nothing changes" in text
    assert "Judged at Thu 9 Jul 2026 15:40 UTC. Times are UTC." in text


def test_page_draws_each_dimension_and_the_hours_for_wide_and_narrow_screens() -> None:
    page = plan_html(plan(refused()))
    assert page.count("<figure ") == 2
    assert page.count("<svg ") == 4
    chart, hours = data(page)
    start = (series().start.timestamp() * 1000, len(series().demand))
    assert (chart["start"], len(chart["demand"])) == start  # type: ignore[arg-type]
    assert len(hours["hours"]) == 168  # type: ignore[arg-type]
    assert f"<b>{plan_formatting.later_throttling(refused())}</b>" in page


def test_page_draws_the_worst_dimension_first() -> None:
    worse = index_write(replays=(throttling(share=0.5),), dimension=refused().dimensions[0].dimension)
    page = plan_html(plan(refused(dimensions=(index_write(), worse))))
    labels = re.findall(r"<h3>([\w, ]+)</h3>", page)
    assert labels[:2] == [worse.dimension.label, "by_day, write"]


def test_page_of_a_table_without_traffic_draws_no_chart() -> None:
    page = plan_html(plan(safe(dimensions=(index_write(peak=None, replays=()),), hours=())))
    assert "<figure" not in page
    assert data(page) == []


def test_page_when_names_are_hostile_escapes_them() -> None:
    hostile = "<script>alert(1)</script>"
    page = plan_html(
        plan(
            refused(path=hostile, baseline=hostile, window=hostile),
            unplanned=((hostile, (FINDING,)),),
        )
    )
    assert "<script>alert(1)" not in page
    assert "it serves less than &lt;its&gt; peak" in page
    assert "http" not in page


def test_page_of_a_table_that_is_not_planned_holds_its_findings() -> None:
    page = plan_html(plan(judged_at=None, unplanned=(("Shop/Bad", (FINDING,)),)))
    assert (
        '<h2>Shop/Bad: not planned</h2>\n<h3 class="no">CG4 ERROR Orders / by_day, write: it serves' in page
    )
    assert "Judged at" not in page


def fleet(count: int) -> list[TablePlan]:
    return [replace(refused(), path=f"Shop/Table{number}") for number in range(count)]


def test_page_of_several_tables_begins_with_an_index_of_links() -> None:
    page = plan_html(plan(*fleet(3)))
    links = re.findall(r'<a href="#(table-\d)">Shop/Table(\d)</a> <span class="no">refused</span>', page)
    assert links == [("table-1", "0"), ("table-2", "1"), ("table-3", "2")]
    assert all(page.count(f'<a id="{anchor}"></a>') == 1 for anchor, _ in links)
    assert page.index("<ol>") < page.index("<h2>")
    assert "<ol>" not in plan_html(plan(refused()))


def test_page_of_200_tables_is_below_five_megabytes_and_draws_the_first() -> None:
    """Series of eight hours, as the plan of a switch has them: all charts would be some 30 MB."""
    long = index_write(series=series(minutes=480))
    tables = [replace(table, dimensions=(long, long, long, long)) for table in fleet(200)]
    page = plan_html(plan(*tables))
    assert len(page.encode()) < 5_000_000
    assert page.count("<h2>Shop/Table") == 200
    drawn = page.count("<figure ")
    assert drawn == len(data(page)) > 20
    left_out = page.count("Its charts have no room on this page")
    assert 0 < left_out < 200
    assert drawn == 5 * (200 - left_out)


def test_page_that_has_no_room_for_a_section_counts_it() -> None:
    page = plan_html(plan(*fleet(30)), most_bytes=60_000)
    shown = page.count("<h2>Shop/Table")
    assert 0 < shown < 30
    assert f"{30 - shown} more have no room on this page" in page
    assert page.count("<li>") == 30
