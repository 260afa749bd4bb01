"""The plan: from a synthesis and its recordings, as data, text, Markdown and a page; and what it says of bad input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from io import StringIO
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from constructs_lib import cli
from constructs_lib.capacity import AutoScaling, Capacity, ChangeWindow, InputError, Margins, Rollout
from constructs_lib.capacity.baseline import Baseline
from constructs_lib.capacity.rules import Case, evaluate
from constructs_lib.findings import Findings, Place, Planned, Seen
from constructs_lib.planning.build import build_plan
from constructs_lib.planning.plan import Plan, TablePlan
from constructs_lib.report.plan_html import plan_html
from constructs_lib.report.plan_markdown import plan_markdown
from constructs_lib.report.plan_text import print_plan
from stacks.settings import CHANGES, INDEX
from tests.rules.builders import (
    INDEX_WRITE,
    NOW,
    START,
    baseline,
    case,
    deployed,
    flat,
    on_demand,
    provisioned,
    spike,
    traffic,
)

ROOT = Path(__file__).resolve().parents[2]
CELL = ROOT / "stacks" / "baselines" / "production" / "cell-1" / "conversations.json"
SCHEMA = json.loads((resources.files("constructs_lib.planning") / "plan-1.schema.json").read_text())


def synthesized(
    folder: Path, recorded: Baseline, declared: Capacity, rollout: Rollout | None = None, **margins: float
) -> Path:
    """What a synthesis leaves: ``capacity-guard.json`` beside the baseline, with the findings of all rules."""
    given, rollout = Margins(**margins), rollout or Rollout()  # type: ignore[arg-type]
    file = folder / "baseline.json"
    recorded.save(file)
    judged: Case = case(declared, Baseline.load(file), rollout=rollout, margins=given)
    assert judged.transition is not None
    planned = Planned(
        "Conversations", declared, str(file), judged.transition.fingerprint, rollout, given, "eu-west-1"
    )
    findings = tuple(evaluate(judged))
    return Findings(NOW, (Seen("Chat/Conversations", Place("stacks/chat.py", 12), findings, planned),)).write(
        folder
    )


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


def printed(plan: Plan, width: int = 160) -> str:
    out = StringIO()
    print_plan(plan, Console(file=out, width=width))
    return out.getvalue()


def test_texts_when_the_incident_is_planned_say_the_same(tmp_path: Path) -> None:
    plan = plan_with(incident(tmp_path))
    for text in (printed(plan), plan_markdown(plan).replace("\\_", "_"), plan_html(plan)):
        said = " ".join(text.split())
        assert "8.6 % of an hour is throttled in the change at its worst start" in said
        assert "Mon 29 Jun 2026 16:27 UTC" in said
        assert "4,711 writes/s asked, 4,000 served at most" in said
        assert "5 errors, 0 warnings" in said
    assert 'indexes={"by_agent": Units(write=6_240)}' in printed(plan, 60)  # code to paste is never broken


def test_texts_when_the_change_is_safe_say_so(tmp_path: Path) -> None:
    plan = plan_with(done_right(tmp_path))
    for text in (printed(plan), plan_markdown(plan), plan_html(plan)):
        assert "no replay throttles more than 0.1 % of an hour" in " ".join(text.split())


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
    Findings(NOW, (Seen("Chat/Orders", None, (finding,)),)).write(tmp_path)
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
