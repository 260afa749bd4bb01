"""Plans as text: terminal, Markdown and page say the same (``capacity_guard.report`` writes them)."""

from __future__ import annotations

import json
import re
from array import array
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from capacity_guard.planning.plan import Series, TablePlan
from capacity_guard.report import plan_formatting
from capacity_guard.report.plan_chart import series_chart
from capacity_guard.report.plan_html import plan_html
from capacity_guard.report.plan_markdown import plan_markdown
from tests.builders.cases import (
    INDEX_WRITE,
    START,
    TABLE_WRITE,
    baseline,
    flat,
    on_demand,
    provisioned,
    spike,
    traffic,
)
from tests.planning.plans import SCHEMA, document, done_right, incident, plan_of, plan_with
from tests.planning.printed import printed, texts


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> TablePlan:
    return incident(tmp_path_factory.mktemp("refused"))


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> TablePlan:
    return done_right(tmp_path_factory.mktemp("right"))


def overrun(folder: Path) -> TablePlan:
    """An index of 1,000 units with 9,000 for an hour, of which the change throttles no more than today's capacity."""
    busy = spike(flat(100), START + timedelta(days=2, hours=23, minutes=30), 60, 9_000)
    table = plan_of(folder, baseline(carried=traffic(busy)), on_demand())
    none = {"units": 0.0, "low": 0.0, "high": 0.0, "share": 0.0, "minutes": 0, "cause": None, "within": True}
    return replace(
        table,
        findings=tuple(finding for finding in table.findings if finding.rule != "CG14"),
        answers=(),
        dimensions=tuple(
            replace(dimension, replays=tuple(replace(replay, **none) for replay in dimension.replays))
            for dimension in table.dimensions
        ),
    )


@pytest.fixture(scope="module")
def overloaded(tmp_path_factory: pytest.TempPathFactory) -> TablePlan:
    return overrun(tmp_path_factory.mktemp("overrun"))


def test_texts_when_the_incident_is_planned_say_the_same(refused: TablePlan) -> None:
    table = refused
    plan, worst = plan_with(table), table.throttling[0][1]
    (other,) = [dimension.worst for dimension in table.dimensions if dimension.dimension == TABLE_WRITE]
    assert other is not None
    assert worst.started is not None
    share, started = plan_formatting.share(worst.share), plan_formatting.minute_text(worst.started)
    for text in texts(plan):
        assert (
            f"by_agent, write: {share} of the writes of an hour are throttled when the change starts "
            f"{started} (its worst start), worst 16:27 UTC: 4,711 writes/s asked, 4,000 served at most: "
            "on-demand ceiling; no way back; refused by CG4, CG7, CG14, CG15"
        ) in text
        assert (
            f"of the writes of an hour in {other.minutes} minutes, {plan_formatting.replay_text(other)}; worst "
            in text
        )
        assert "by_agent throttles, and the table with it" in text
        assert "% of an hour" not in re.sub(r"budget +0\.1 % +of an hour", "", text)
        assert text.count(plan_formatting.RANGE) == 1
        assert (
            "Whatever the start, the declared capacity throttles later: see the figures of each dimension."
            in text
        )
        assert "5 errors, 0 warnings" in text
    assert 'indexes={"by_agent": OnDemand(warm=Units(write=6_240))}' in printed(
        plan, 60
    )  # code to paste is never broken


def test_texts_when_the_change_is_safe_say_so(right: TablePlan) -> None:
    plan = plan_with(right)
    for text in texts(plan):
        assert "to on-demand; no replay throttles more than 0.1 % of an hour" in text
        assert "beyond what today's capacity does" not in text
        assert "refused" not in text
    assert '<h1 class="ok">Safe to deploy: ' in plan_html(plan)
    assert "✅" in plan_markdown(plan)


def test_texts_when_today_throttles_the_same_do_not_state_that_nothing_is_throttled(
    overloaded: TablePlan,
) -> None:
    table = overloaded
    assert table.throttling == ()
    (drawn,) = [dimension for dimension in table.dimensions if dimension.dimension == INDEX_WRITE]
    assert drawn.series is not None
    assert drawn.series.throttles
    for text in texts(plan_with(table)):
        assert "no replay throttles more than 0.1 % of an hour beyond what today's capacity does" in text
        assert "nothing more than today" in text
    assert "; today&#x27;s capacity throttles all of it too</p>" in plan_html(plan_with(table))


def test_texts_when_rules_alone_refuse_show_it_as_refused(overloaded: TablePlan) -> None:
    table = overloaded
    plan = plan_with(table)
    assert table.refused
    assert document(table)["tables"][0]["refused"]  # type: ignore[index]
    for text in texts(plan):
        assert "capacity does; refused by CG4, CG15" in text
    assert '<h1 class="no">Refused: ' in plan_html(plan)
    assert "⛔ to on-demand" in plan_markdown(plan)
    assert "✅" not in plan_markdown(plan)
    assert "\x1b[31mto on-demand" in printed(plan, colour=True)


def test_texts_when_the_way_back_is_not_safe_mark_it(refused: TablePlan, overloaded: TablePlan) -> None:
    none, lossy = refused, overloaded
    assert lossy.way_back is not None
    assert lossy.way_back.units > 1
    assert '<span class="no">no units to go back with' in plan_html(plan_with(none))
    assert "way back: ⛔ no units" in plan_markdown(plan_with(none))
    assert "\x1b[31mno units to go back with" in printed(plan_with(none), colour=True)
    assert '<span class="warn">vetoed' in plan_html(plan_with(lossy))
    assert "way back: ⚠️ vetoed" in plan_markdown(plan_with(lossy))
    assert "\x1b[33mvetoed" in printed(plan_with(lossy), colour=True)
    accepted = replace(
        none,
        findings=(),
        answers=(),
        dimensions=tuple(replace(dimension, replays=()) for dimension in none.dimensions),
    )
    assert plan_formatting.tone(accepted) == "warn"  # no rule refuses it, and it has no way back


def test_texts_when_nothing_was_recorded_give_no_all_clear(tmp_path: Path) -> None:
    missing = flat(float("nan"))
    table = plan_of(tmp_path, baseline(carried=traffic(missing, missing, missing)), on_demand())
    plan = plan_with(table)
    for text in texts(plan):
        assert "nothing was recorded, so nothing was replayed" in text
        assert text.count("not recorded") >= 4
        assert "after, USD" not in text
        assert "0 of 0" not in text
        assert plan_formatting.RANGE not in text
    data = document(table)["tables"][0]  # type: ignore[index]
    assert data["cost"] is None
    assert all(dimension["replays"] == [] and dimension["series"] is None for dimension in data["dimensions"])
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(document(table))))
    assert plan_formatting.tone(replace(table, findings=(), answers=())) == "warn"


def test_texts_when_no_traffic_was_recorded_say_so(tmp_path: Path) -> None:
    idle = flat(0)
    table = plan_of(tmp_path, baseline(carried=traffic(idle, idle, idle)), on_demand())
    for text in texts(plan_with(table)):
        assert "to on-demand; no traffic was recorded" in text
    assert plan_formatting.tone(table) == "warn"
    assert "<figure" not in plan_html(plan_with(table)).split("When the switch itself fits")[0]


def test_texts_of_several_tables_begin_with_what_is_refused(
    tmp_path: Path, refused: TablePlan, right: TablePlan
) -> None:
    """Findings follow the verdict, each once, and a table that does not change has one line."""
    tables = {
        "Chat/Same": replace(plan_of(tmp_path, baseline(), provisioned()), findings=(), answers=()),
        "Chat/Right": right,
        "Chat/Refused": refused,
    }
    plan = plan_with(*[replace(table, path=path) for path, table in tables.items()])
    title = "after the switch it serves less than its recorded peak"
    for text in texts(plan):
        assert text.index("Chat/Refused") < text.index(title)
        assert text.index("Chat/Refused") < text.index("Chat/Right") < text.index("Chat/Same")
        # On the page also in the line of the fold, and in the example of the rule's page.
        assert text.split("Rules CG4")[0].count(title) == (2 if "Rules CG4" in text else 1)
    assert [line for line in printed(plan).splitlines() if "Chat/Same" in line] == [
        "Chat/Same: nothing changes"
    ]
    assert re.search(r'</h1>\s*<table.*</table>\s*<h2 id="table-1">Chat/Refused', plan_html(plan))
    fix = '```python\ncapacity=Capacity.on_demand(indexes={"by_agent": OnDemand(warm=Units(write=6_240))}),\n'
    assert fix in plan_markdown(plan)


def test_words_of_a_replay_name_it_and_never_contradict_themselves(refused: TablePlan) -> None:
    table = refused
    (index,) = [dimension for dimension in table.dimensions if dimension.dimension == INDEX_WRITE]
    start, admitted, recorded, headroom = index.replays
    assert plan_formatting.replay_text(admitted) == (
        "when the change starts Wed 8 Jul 2026 20:22 UTC at 1.2 times the traffic (the most that Preflight admits)"
    )
    assert plan_formatting.replay_text(recorded) == "after the change"
    assert plan_formatting.replay_text(headroom) == "after the change at 1.3 times the traffic"
    assert plan_formatting.caption(table, index).startswith(
        "1,266,230 writes throttled (red) when the change starts Mon 29 Jun 2026"
    )
    below = replace(start, asked=3_000.0)
    assert plan_formatting.cause_text(table, index, below).endswith(
        "ceiling; single seconds and retries exceed it"
    )
    assert plan_formatting.cause_text(table, index, replace(below, replay="headroom")).endswith(
        "ceiling; retries exceed it"
    )
    # Nothing by default, some units in the worst case: cell and caption state both.
    quiet = replace(start, units=0.0, low=0.0, high=73.0, share=0.0, cause=None, within=True)
    series = Series("start", START, array("d", [1.0]), array("d", [1.0]), array("d", [9.0]), [("before", 0)])
    calm = replace(index, replays=(quiet,), series=series)
    said = "nothing (up to 73 writes in the worst case)"
    assert plan_formatting.throttled_units(calm) == said
    assert plan_formatting.caption(table, calm).startswith("no writes throttled ")
    assert plan_formatting.caption(table, calm).endswith("; best case to worst case 0 to 73")


@pytest.mark.parametrize(
    ("units", "said"), [(0, "0"), (0.4, "0.4"), (0.01, "0.1"), (7, "7"), (9.96, "10"), (4_710.2, "4,711")]
)
def test_rate_when_small_has_one_decimal(units: float, said: str) -> None:
    assert plan_formatting.rate(units) == said


@pytest.mark.parametrize("width", [60, 80, 160])
def test_terminal_when_narrow_breaks_no_word(refused: TablePlan, width: int) -> None:
    plan = plan_with(replace(refused, findings=(), answers=(), baseline="baselines/conversations.json"))
    lines = printed(plan, width).splitlines()
    assert max(map(len, lines)) <= width
    for word in ("headroom", "1.33", "baselines/conversations.json", "Sun  "):
        assert any(word in line for line in lines), word
    assert "4,000 served at most: on-demand ceiling" in " ".join(" ".join(lines).split())
    assert len(lines) < 84  # no column of a few letters


def test_chart_when_it_crosses_midnight_names_both_days() -> None:
    minutes = array("d", [100.0] * 240)
    at = START + timedelta(hours=22)
    series = Series(
        "start", at, minutes, minutes, array("d", [12_000.0] * 240), [("before", 0), ("switch", 120)]
    )
    wide = series_chart(series, 1040, 230, access="write", label="")
    narrow = series_chart(series, 400, 200, access="write", label="")
    assert "Thursday 25 June 2026 to Friday 26 June 2026, UTC" in wide
    assert "Thursday 25 June 2026 to Fri 26, UTC" in narrow
    for drawn in (wide, narrow):
        assert "↑ limit 12,000/s" in drawn  # the line leaves the plot: the edge of the plot is not its value
    day = series_chart(replace(series, start=START), 1040, 230, access="write", label="")
    assert ">Thursday 25 June 2026, UTC<" in day


def test_markdown_when_it_grows_too_long_counts_what_is_left_out(tmp_path: Path) -> None:
    table = done_right(tmp_path)
    said = plan_markdown(plan_with(*[table] * 30), longest=12_000)
    assert len(said.encode()) <= 12_000
    assert "more: `capacity-guard plan` prints them." in said


def test_page_when_names_are_hostile_escapes_them(tmp_path: Path) -> None:
    table = replace(done_right(tmp_path), path="<script>alert(1)</script>")
    page = plan_html(plan_with(table))
    assert "<script>alert(1)" not in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_texts_have_the_headroom_of_both_and_every_replay(tmp_path: Path) -> None:
    plan = plan_with(incident(tmp_path))
    for text in (printed(plan), plan_markdown(plan), plan_html(plan)):
        said = " ".join(text.split())
        assert "0.83 (0.64 of 1.3x)" in said
        assert "after the change 161,893 writes" in said
        assert "after the change at 1.3 times the traffic 13,917 writes" in said
