"""The plan: from a synthesis and its recordings, as data, text, Markdown and a page; and what it says of bad input."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from html import unescape
from importlib import resources
from io import StringIO
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from capacity_guard.capacity import AutoScaling, Capacity, ChangeWindow, InputError, Margins, Rollout, Units
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline, NewTable
from capacity_guard.findings import Findings, JudgedTable, PlanInput, SourceLocation
from capacity_guard.nag.pack import _planned
from capacity_guard.planning.build import build_plan
from capacity_guard.planning.plan import Plan, Series, TablePlan
from capacity_guard.report import plan_words as words
from capacity_guard.report.plan_chart import series_chart
from capacity_guard.report.plan_html import plan_html
from capacity_guard.report.plan_markdown import plan_markdown
from capacity_guard.report.plan_text import print_plan
from capacity_guard.rules import Case, evaluate
from stacks.settings import CHANGES, INDEX
from tests.builders.cases import (
    END,
    INDEX_WRITE,
    NOW,
    START,
    TABLE_READ,
    TABLE_WRITE,
    baseline,
    case,
    deployed,
    flat,
    on_demand,
    provisioned,
    spike,
    traffic,
)
from tests.paths import ROOT

CELL = ROOT / "stacks" / "baselines" / "production" / "cell-1" / "conversations.json"
SCHEMA = json.loads((resources.files("capacity_guard.planning") / "plan-1.schema.json").read_text())


def synthesized(
    folder: Path, recorded: Baseline, declared: Capacity, rollout: Rollout | None = None, **margins: float
) -> Path:
    """What a synthesis leaves: ``capacity-guard.json`` beside the baseline, with the findings of all rules."""
    given, rollout = Margins(**margins), rollout or Rollout()  # type: ignore[arg-type]
    file = folder / "baseline.json"
    recorded.save(file)
    judged: Case = case(declared, Baseline.load(file), rollout=rollout, margins=given)
    assert judged.transition is not None
    planned = PlanInput(
        "Conversations", declared, str(file), judged.transition.fingerprint, rollout, given, "eu-west-1"
    )
    findings = tuple(evaluate(judged))
    return Findings(
        NOW, (JudgedTable("Chat/Conversations", SourceLocation("stacks/chat.py", 12), findings, planned),)
    ).write(folder)


def plan_of(folder: Path, recorded: Baseline, declared: Capacity, **given: object) -> TablePlan:
    (table,) = build_plan(synthesized(folder, recorded, declared, **given)).tables  # type: ignore[arg-type]
    return table


def cell(was: Capacity | None = None) -> Baseline:
    """The cell of the incident; with another capacity deployed, recorded right after that deployment."""
    recorded = Baseline.load(CELL)
    assert recorded.deployed is not None
    if was is None:
        return recorded
    names = [*recorded.deployed.live.indexes]
    armed = was.for_indexes(names, "capacity")
    return replace(recorded, deployed=replace(recorded.deployed, template=armed, live=armed, units={}))


def incident(folder: Path) -> TablePlan:
    return plan_of(folder, cell(), CHANGES["incident"].for_indexes([INDEX], "capacity"))


def done_right(folder: Path) -> TablePlan:
    return plan_of(
        folder,
        cell(CHANGES["fixed"]),
        CHANGES["switch"].for_indexes([INDEX], "capacity"),
        rollout=Rollout(change_window=ChangeWindow("Sun 06-10")),
    )


def test_plan_when_the_incident_is_declared_names_the_index_the_minute_and_the_reason(tmp_path: Path) -> None:
    """Both to on-demand, nothing prepared: the index carries more than it would serve, at a busy hour."""
    table = incident(tmp_path)
    dimension, worst = table.throttling[0]
    assert dimension.dimension == INDEX_WRITE
    assert worst.replay == "start"
    assert worst.cause == "on-demand ceiling"
    assert (worst.limit, round(worst.asked)) == (4_000, 4_710)
    assert f"{worst.worst:%Y-%m-%d %H:%M}" == "2026-06-29 16:27"
    assert worst.low < worst.units < worst.high
    assert table.way_back is not None
    assert not table.way_back.possible
    assert {f.rule for f in table.findings} >= {"CG4", "CG7", "CG14", "CG15"}


def test_plan_when_the_same_change_is_done_right_finds_nothing(tmp_path: Path) -> None:
    """On a raised floor, with seeds, pre-warmed, at a quiet hour: no replay throttles, and the way back carries it."""
    table = done_right(tmp_path)
    assert table.throttling == ()
    assert table.way_back is not None
    assert table.way_back.possible
    assert table.way_back.units == 0
    assert [stage.name for stage in table.stages] == ["preflight", "pre-warm", "change", "bake"]
    assert table.money is not None
    assert table.money.warm.units == {INDEX_WRITE: 6_240 - 3_840}
    assert table.money.warm.price is None  # no source has it


def test_plan_when_an_hour_throttles_shows_it_in_the_hours_of_the_week(tmp_path: Path) -> None:
    at = START + timedelta(days=2, hours=5)  # Saturday 05:00
    series = spike(flat(500), at, 60, 3_000)
    was = deployed(provisioned(AutoScaling(100, 5_000, seed=3_000)))
    table = plan_of(tmp_path, baseline(was, traffic(series)), on_demand())
    assert len(table.hours) == 168
    busy = {hour for hour, share in enumerate(table.hours) if share is not None and share > table.budget}
    assert busy == {5 * 24 + 5}


def test_plan_when_nothing_changes_replays_nothing(tmp_path: Path) -> None:
    table = plan_of(tmp_path, baseline(), provisioned())
    assert table.transition == "nothing changes"
    assert table.stages == table.hours == table.throttling == ()
    assert table.way_back is None
    assert all(one.replays == () for one in table.dimensions)


def test_plan_when_provisioned_mode_has_no_seed_replays_what_it_can(tmp_path: Path) -> None:
    table = plan_of(tmp_path, baseline(deployed(on_demand())), provisioned(AutoScaling(100, 3_000)))
    assert {one.replay for d in table.dimensions for one in d.replays} == {"recorded", "headroom"}
    assert table.hours == ()


def test_plan_when_minutes_are_missing_draws_no_value_for_them(tmp_path: Path) -> None:
    series = spike(
        spike(flat(500), START + timedelta(hours=3), 20, 3_000),
        START + timedelta(hours=3, minutes=30),
        5,
        float("nan"),
    )
    was = deployed(provisioned(AutoScaling(100, 5_000, seed=3_000)))
    table = plan_of(tmp_path, baseline(was, traffic(series)), on_demand())
    (drawn,) = [d.series for d in table.dimensions if d.dimension == INDEX_WRITE]
    assert drawn is not None
    assert sum(v != v for v in drawn.demand) == 5
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(document(table))))
    assert "not recorded" in plan_html(plan_with(table))


def plan_with(*tables: TablePlan) -> Plan:
    return Plan(NOW, tables, ())


def document(*tables: TablePlan) -> Mapping[str, object]:
    return plan_with(*tables).to_json()


def test_schema_when_it_judges_plans_accepts_them_and_refuses_one_without_a_field(tmp_path: Path) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA)
    for name, make in (("a", incident), ("b", done_right)):
        (tmp_path / name).mkdir()
        data = json.loads(json.dumps(document(make(tmp_path / name)), allow_nan=False))
        validator.validate(data)
        for field in data["tables"][0]:
            cut = {k: v for k, v in data["tables"][0].items() if k != field}
            assert not validator.is_valid({**data, "tables": [cut]}), field


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> TablePlan:
    return incident(tmp_path_factory.mktemp("refused"))


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> TablePlan:
    return done_right(tmp_path_factory.mktemp("right"))


def printed(plan: Plan, width: int = 160, *, colour: bool = False) -> str:
    out = StringIO()
    print_plan(plan, Console(file=out, width=width, force_terminal=colour, highlight=False))
    return out.getvalue()


def texts(plan: Plan) -> list[str]:
    """What a plan says on a terminal, in Markdown and on a page, without their marks."""
    said = (
        printed(plan),
        plan_markdown(plan).replace("\\_", "_"),
        unescape(re.sub("<[^>]+>", "", plan_html(plan))),
    )
    return [" ".join(text.split()) for text in said]


def test_texts_when_the_incident_is_planned_say_the_same(refused: TablePlan) -> None:
    table = refused
    plan, worst = plan_with(table), table.throttling[0][1]
    (other,) = [d.worst for d in table.dimensions if d.dimension == TABLE_WRITE]
    assert other is not None
    assert worst.started is not None
    for said in texts(plan):
        assert (
            f"by_agent, write: {words.share(worst.share)} of the writes of an hour are throttled when the change starts "
            f"{words.moment(worst.started)} (its worst start), worst 16:27 UTC: 4,711 writes/s asked, 4,000 served at most: "
            "on-demand ceiling; no way back; refused by CG4, CG7, CG14, CG15"
        ) in said
        assert f"of the writes of an hour in {other.minutes} minutes, {words.when(other)}; worst " in said
        assert "by_agent throttles, and the table with it" in said
        assert "% of an hour" not in re.sub(r"budget +0.1% +of an hour", "", said)
        assert said.count(words.RANGE) == 1
        assert "Whatever the start, the declared capacity throttles later: see the table." in said
        assert "5 errors, 0 warnings" in said
    assert 'indexes={"by_agent": Units(write=6_240)}' in printed(plan, 60)  # code to paste is never broken


def test_texts_when_the_change_is_safe_say_so(right: TablePlan) -> None:
    plan = plan_with(right)
    for said in texts(plan):
        assert "to on-demand; no replay throttles more than 0.1 % of an hour" in said
        assert "beyond what today's capacity does" not in said
        assert "refused" not in said
    assert '<p class="verdict ok">' in plan_html(plan)
    assert "✅" in plan_markdown(plan)


def overrun(folder: Path) -> TablePlan:
    """An index of 1,000 units that meets 9,000 for an hour, of which the change throttles no more than today's capacity."""
    busy = spike(flat(100), START + timedelta(days=2, hours=23, minutes=30), 60, 9_000)
    table = plan_of(folder, baseline(carried=traffic(busy)), on_demand())
    none = {"units": 0.0, "low": 0.0, "high": 0.0, "share": 0.0, "minutes": 0, "cause": None, "within": True}
    return replace(
        table,
        findings=tuple(f for f in table.findings if f.rule != "CG14"),
        dimensions=tuple(
            replace(each, replays=tuple(replace(one, **none) for one in each.replays))
            for each in table.dimensions
        ),
    )


@pytest.fixture(scope="module")
def overloaded(tmp_path_factory: pytest.TempPathFactory) -> TablePlan:
    return overrun(tmp_path_factory.mktemp("overrun"))


def test_texts_when_today_throttles_the_same_do_not_say_that_nothing_is_throttled(
    overloaded: TablePlan,
) -> None:
    table = overloaded
    assert table.throttling == ()
    (drawn,) = [one for one in table.dimensions if one.dimension == INDEX_WRITE]
    assert drawn.series is not None
    assert drawn.series.throttles
    for said in texts(plan_with(table)):
        assert "no replay throttles more than 0.1 % of an hour beyond what today's capacity does" in said
        assert "nothing more than today" in said
    assert "; the red is throttled today as well</p>" in plan_html(plan_with(table))


def test_texts_when_rules_alone_refuse_show_it_as_refused(overloaded: TablePlan) -> None:
    table = overloaded
    plan = plan_with(table)
    assert table.refused
    assert document(table)["tables"][0]["refused"]  # type: ignore[index]
    for said in texts(plan):
        assert "capacity does; refused by CG4, CG7, CG15" in said
    assert '<p class="verdict no">' in plan_html(plan)
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
    accepted = replace(none, findings=(), dimensions=tuple(replace(d, replays=()) for d in none.dimensions))
    assert words.tone(accepted) == "warn"  # nobody refuses it, and still it has no way back


def test_texts_when_nothing_was_recorded_give_no_all_clear(tmp_path: Path) -> None:
    missing = flat(float("nan"))
    table = plan_of(tmp_path, baseline(carried=traffic(missing, missing, missing)), on_demand())
    plan = plan_with(table)
    for said in texts(plan):
        assert "nothing was recorded, so nothing was replayed" in said
        assert said.count("not recorded") >= 4
        assert "after, USD" not in said
        assert "0 of 0" not in said
        assert words.RANGE not in said
    data = document(table)["tables"][0]  # type: ignore[index]
    assert data["cost"] is None
    assert all(one["replays"] == [] and one["series"] is None for one in data["dimensions"])
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(document(table))))
    assert words.tone(replace(table, findings=())) == "warn"


def test_texts_when_no_traffic_was_recorded_say_so(tmp_path: Path) -> None:
    idle = flat(0)
    table = plan_of(tmp_path, baseline(carried=traffic(idle, idle, idle)), on_demand())
    for said in texts(plan_with(table)):
        assert "to on-demand; no traffic was recorded" in said
    assert words.tone(table) == "warn"
    assert "<figure" not in plan_html(plan_with(table)).split("When the switch itself fits")[0]


def test_texts_of_several_tables_begin_with_what_is_refused(
    tmp_path: Path, refused: TablePlan, right: TablePlan
) -> None:
    """Findings follow the verdict, each said once, and what does not change is one line."""
    tables = {
        "Chat/Same": replace(plan_of(tmp_path, baseline(), provisioned()), findings=()),
        "Chat/Right": right,
        "Chat/Refused": refused,
    }
    plan = plan_with(*[replace(table, path=path) for path, table in tables.items()])
    title = "after the switch it serves less than it has carried"
    for said in texts(plan):
        # The verdict, its findings, and only then what else there is to know.
        assert said.index("Chat/Refused") < said.index(title) < said.index("preflight 0-1")
        assert said.index("Chat/Refused") < said.index("Chat/Right") < said.index("Chat/Same")
        assert said.count(title) == 1
    assert [line for line in printed(plan).splitlines() if "Chat/Same" in line] == [
        "Chat/Same: nothing changes"
    ]
    assert re.search(r"</h1>\s*<h2>Chat/Refused", plan_html(plan))
    assert '  ```python\n  indexes={"by_agent": Units(write=6_240)}\n  ```\n' in plan_markdown(plan)


def test_words_of_a_replay_name_it_and_never_contradict_themselves(refused: TablePlan) -> None:
    table = refused
    (index,) = [one for one in table.dimensions if one.dimension == INDEX_WRITE]
    start, recorded, headroom = index.replays
    assert words.when(recorded) == "after the change"
    assert words.when(headroom) == "after the change at 1.3 times the traffic"
    assert words.caption(table, index).startswith("throttled when the change starts Mon 29 Jun 2026")
    below = replace(start, asked=3_000.0)
    assert words.because(table, index, below).endswith("ceiling; single seconds and retries exceed it")
    assert words.because(table, index, replace(below, replay="headroom")).endswith(
        "ceiling; retries exceed it"
    )
    # Nothing by default, something where what is unknown is harsh: cell and caption say both.
    quiet = replace(start, units=0.0, low=0.0, high=73.0, share=0.0, cause=None, within=True)
    series = Series("start", START, array("d", [1.0]), array("d", [1.0]), array("d", [9.0]), [("before", 0)])
    calm = replace(index, replays=(quiet,), series=series)
    said = "nothing (up to 73 writes if what is unknown is harsh)"
    assert words.lost(calm) == said
    assert words.caption(table, calm).endswith(f": {said}")


@pytest.mark.parametrize(
    ("units", "said"), [(0, "0"), (0.4, "0.4"), (0.01, "0.1"), (7, "7"), (9.96, "10"), (4_710.2, "4,711")]
)
def test_rate_when_small_has_one_decimal(units: float, said: str) -> None:
    assert words.rate(units) == said


@pytest.mark.parametrize("width", [60, 80, 160])
def test_terminal_when_narrow_breaks_no_word(refused: TablePlan, width: int) -> None:
    plan = plan_with(replace(refused, findings=(), baseline="baselines/conversations.json"))
    lines = printed(plan, width).splitlines()
    assert max(map(len, lines)) <= width
    for word in ("headroom", "1.33", "baselines/conversations.json", "Sun  "):
        assert any(word in line for line in lines), word
    assert "4,000 served at most: on-demand ceiling" in " ".join(" ".join(lines).split())
    assert len(lines) < 70  # no column of a few letters


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
        assert "↑ limit 12,000/s" in drawn  # it leaves the plot: its edge is no value
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


def test_command_when_findings_are_there_exits_with_1_and_writes_what_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = synthesized(tmp_path, cell(), CHANGES["incident"].for_indexes([INDEX], "capacity"))
    outputs = [f"--{kind}={tmp_path / 'plan'}.{kind}" for kind in ("json", "markdown", "html")]
    assert cli.main(["plan", str(file), *outputs]) == 1
    assert "capacity-guard: 1 table planned, 5 errors" in capsys.readouterr().out
    assert json.loads((tmp_path / "plan.json").read_text())["schema"] == "capacity-guard/plan"
    assert (tmp_path / "plan.html").read_text().startswith("<!doctype html>")
    assert cli.main(["plan", str(tmp_path), "--json", "-"]) == 1
    assert json.loads(capsys.readouterr().out)["version"] == 1


def test_command_when_nothing_is_found_exits_with_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = Baseline.load(CELL)
    assert recorded.deployed is not None
    file = synthesized(
        tmp_path, replace(recorded, recording=replace(recorded.recording, at=NOW)), recorded.deployed.live
    )
    assert cli.main(["plan", str(file)]) == 0
    assert "nothing changes" in capsys.readouterr().out


def test_command_when_a_table_cannot_be_planned_says_why_and_exits_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (finding,) = evaluate(case(on_demand(), InputError("b.json", "is missing", "Record it")))
    Findings(NOW, (JudgedTable("Chat/Orders", None, (finding,)),)).write(tmp_path)
    assert cli.main(["plan", str(tmp_path)]) == 1
    assert "Chat/Orders: not planned" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("no synthesis", "Run `cdk synth`"),
        ("no baseline", "Run capacity-guard plan in the directory in which the app ran"),
        ("another baseline", "was changed since the synthesis"),
        ("both printed", "cannot both be printed"),
        ("page printed", "is no file"),
        ("no folder", "Name a file in a folder that exists"),
        ("no prices", "prices.json"),
    ],
)
def test_command_when_input_is_bad_exits_with_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: str, said: str
) -> None:
    file, options = synthesized(tmp_path, baseline(), on_demand()), []
    if spoil == "no synthesis":
        file.unlink()
    elif spoil == "no baseline":
        (tmp_path / "baseline.json").unlink()
    elif spoil == "another baseline":
        baseline(deployed(provisioned(2_000))).save(tmp_path / "baseline.json")
    else:
        options = {
            "both printed": ["--json", "-", "--markdown", "-"],
            "page printed": ["--html", "-"],
            "no folder": ["--html", str(tmp_path / "none" / "plan.html")],
            "no prices": ["--prices", str(tmp_path / "prices.json")],
        }[spoil]
    assert cli.main(["plan", str(tmp_path), *options]) == 2
    seen = capsys.readouterr()
    assert said in seen.err
    assert len(seen.err.splitlines()) == 1
    assert seen.out == ""


def test_plan_when_warm_throughput_is_raised_first_draws_the_minutes_that_it_judged(tmp_path: Path) -> None:
    """The start that is judged is that of the switch: pre-warm lies before it, in the chart too."""
    series = spike(flat(500), START + timedelta(days=3, hours=10), 45, 3_000)
    was = deployed(provisioned(AutoScaling(500, 9_000, 70, seed=4_000)))
    table = plan_of(tmp_path, baseline(was, traffic(series)), on_demand(indexes={INDEX: Units(write=6_000)}))
    (one,) = [d for d in table.dimensions if d.dimension == INDEX_WRITE]
    start, drawn = one.replays[0], one.series
    assert start.units > 0
    assert start.started is not None
    assert drawn is not None
    phases = {name: drawn.start + timedelta(minutes=at) for name, at in drawn.phases}
    assert phases["switch"] == start.started
    assert phases["pre-warm"] == start.started - timedelta(minutes=9)
    lost = [d - s for d, s in zip(drawn.demand, drawn.served, strict=True)]
    worst = drawn.start + timedelta(minutes=lost.index(max(lost)))
    assert worst == start.worst


def test_plan_when_an_index_is_created_reckons_its_cost_and_its_minutes(tmp_path: Path) -> None:
    carried = traffic(flat(100)).only([TABLE_READ, TABLE_WRITE])
    was = Capacity.provisioned(read=1_000, write=1_000)
    table = plan_of(tmp_path, baseline(deployed(was), carried), provisioned(1_000, 1_000))
    assert table.money is not None
    assert table.money.before is not None
    assert table.money.after.low == pytest.approx(2 * table.money.before.low)
    assert [(s.name, s.longest) for s in table.stages][1] == ("change", 16)


def test_plan_when_a_created_index_is_to_be_warm_promises_no_pre_warm(tmp_path: Path) -> None:
    carried = traffic(flat(100)).only([TABLE_READ, TABLE_WRITE])
    declared = on_demand(indexes={INDEX: Units(write=6_000)})
    table = plan_of(tmp_path, baseline(deployed(Capacity.on_demand()), carried), declared)
    assert [stage.name for stage in table.stages] == ["preflight", "change", "bake"]
    assert table.money is not None
    assert not table.money.warm.units


def test_plan_when_the_recording_ends_before_the_way_back_does_not_say_that_it_carries(
    tmp_path: Path,
) -> None:
    series = spike(flat(500), END - timedelta(minutes=20), 20, 3_000)
    was = deployed(provisioned(AutoScaling(500, 5_000, 70, seed=600)))
    table = plan_of(tmp_path, baseline(was, traffic(series)), on_demand())
    assert table.way_back is not None
    assert "not replayed" in table.way_back.why


def test_plan_when_an_index_throttles_at_the_start_tells_what_it_rejects_on_the_table(tmp_path: Path) -> None:
    table = incident(tmp_path)
    (writes,) = [d for d in table.dimensions if d.dimension == TABLE_WRITE]
    start = writes.replays[0]
    assert start.cause == "an index that throttles"
    assert 0 < start.low < start.units < start.high


@pytest.mark.parametrize("with_traffic", [False, True])
def test_plan_when_the_table_does_not_exist_yet_plans_it(tmp_path: Path, with_traffic: bool) -> None:
    judged = case(on_demand(), NewTable("Orders", traffic=CELL if with_traffic else None))
    planned = _planned(judged)
    assert planned is not None
    Findings(NOW, (JudgedTable("Chat/Orders", None, (), planned),)).write(tmp_path)
    (table,) = build_plan(tmp_path).tables
    assert table.transition == "created"
    assert table.way_back is None
    assert (table.money is not None) == with_traffic
    assert {one.replay for d in table.dimensions for one in d.replays} == (
        {"recorded", "headroom"} if with_traffic else set()
    )
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(document(table))))
    for text in (printed(plan_with(table)), plan_markdown(plan_with(table)), plan_html(plan_with(table))):
        assert "created" in text


def test_plan_when_a_key_is_hot_names_its_partition(tmp_path: Path) -> None:
    table = plan_of(
        tmp_path, baseline(deployed(provisioned(4_000)), traffic(flat(2_500))), on_demand(), hottest_share=0.6
    )
    causes = {one.cause for d, one in table.throttling if d.dimension == INDEX_WRITE}
    assert causes <= {"partition of the hottest key"}


def test_texts_tell_the_headroom_of_both_and_every_replay(tmp_path: Path) -> None:
    plan = plan_with(incident(tmp_path))
    for text in (printed(plan), plan_markdown(plan), plan_html(plan)):
        said = " ".join(text.split())
        assert "0.83 (0.64 of 1.3x)" in said
        assert "after the change 161,893 writes" in said
        assert "after the change at 1.3 times the traffic 13,917 writes" in said
