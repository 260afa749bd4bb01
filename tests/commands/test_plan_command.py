"""``capacity-guard plan``: exit codes, outputs, and bad input."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.findings import Findings, JudgedTable
from capacity_guard.rules import evaluate
from capacity_guard.rules.model import Level
from capacity_guard.rules.template_facts import TemplateFacts
from stacks.settings import CHANGES, INDEX
from tests.builders.cases import (
    NOW,
    TUESDAY_EVENING,
    accepted,
    baseline,
    case,
    deployed,
    flat,
    on_demand,
    provisioned,
    spike,
    traffic,
)
from tests.planning.plans import CELL, cell, synthesized


@pytest.mark.slow
def test_command_when_findings_are_there_exits_with_1_and_writes_what_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = synthesized(tmp_path, cell(), CHANGES["incident"].for_indexes([INDEX], "capacity"))
    outputs = [f"--{name}={tmp_path / 'plan'}.{name}" for name in ("json", "markdown", "html")]
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


def test_command_when_warnings_alone_are_found_prints_them_and_exits_with_0_as_findings_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = baseline(deployed(provisioned(2_000), live=provisioned(2_000)))
    unprotected = TemplateFacts(deletion_protection=False)
    file = synthesized(tmp_path, recorded, provisioned(2_000), judged_with={"template": (unprotected,)})
    assert cli.main(["plan", str(file)]) == 0
    assert "CG12" in capsys.readouterr().out
    assert cli.main(["findings", str(file)]) == 0


def test_command_when_throttling_is_acknowledged_exits_with_1_though_findings_does_not(
    tmp_path: Path,
) -> None:
    busy = traffic(spike(flat(500), TUESDAY_EVENING, 60, 2_000))
    recorded = baseline(deployed(provisioned(3_000)), busy)
    refusing = {f.rule for f in evaluate(case(provisioned(600), recorded)) if f.level is Level.ERROR}
    assert "CG14" in refusing
    given = {"acknowledgments": tuple(each for rule in refusing for each in accepted(rule))}
    file = synthesized(tmp_path, recorded, provisioned(600), judged_with=given)
    assert cli.main(["findings", str(file)]) == 0
    assert cli.main(["plan", str(file)]) == 1


@pytest.mark.parametrize(("level", "code"), [(Level.WARN, 0), (Level.ERROR, 1)])
def test_command_when_a_table_cannot_be_planned_says_why_and_exits_as_findings_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], level: Level, code: int
) -> None:
    (finding,) = evaluate(case(on_demand(), InputError("b.json", "is missing", "Record it")))
    found = (replace(finding, level=level),)
    Findings(NOW, (JudgedTable("Chat/Orders", None, found),)).write(tmp_path)
    assert cli.main(["plan", str(tmp_path)]) == code
    assert "Chat/Orders: not planned" in capsys.readouterr().out
    assert cli.main(["findings", str(tmp_path)]) == code


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        ("no synthesis", "Run `cdk synth`"),
        ("no baseline", "Run capacity-guard plan in the directory in which the app ran"),
        ("another baseline", "was changed since the synthesis"),
        ("both printed", "cannot both be printed"),
        ("page printed", "is not a file"),
        ("no folder", "Name a file in a folder that exists"),
        ("full disk", "Make room on its disk, or name a file on another one"),
        ("no prices", "prices.json"),
    ],
)
def test_command_when_input_is_bad_exits_with_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: str, problem: str
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
            "full disk": ["--html", "/dev/full"],
            "no folder": ["--html", str(tmp_path / "none" / "plan.html")],
            "no prices": ["--prices", str(tmp_path / "prices.json")],
        }[spoil]
    assert cli.main(["plan", str(tmp_path), *options]) == 2
    printed = capsys.readouterr()
    assert problem in printed.err
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""
