"""Whatever a synthesis finds is shown by ``findings`` and by ``plan``, in each of their forms: the findings of every rule."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from capacity_guard.checking.check import NOT_JUDGED
from capacity_guard.commands.main import main
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.findings import Findings, JudgedTable
from capacity_guard.rules import ALL_RULES, Level
from capacity_guard.rules.model import Figure, Finding
from tests.builders.cases import NOW, TABLE_WRITE
from tests.planning.plans import CELL, synthesized

IDS = [rule.id for rule in ALL_RULES]


def of_rule(rule: str, level: Level) -> Finding:
    return Finding(
        rule,
        level,
        "Conversations",
        TABLE_WRITE,
        f"what {rule} says",
        (Figure("figure", "1", rule),),
        f"fix of {rule}",
    )


def file_with(folder: Path, rule: str, level: Level, *, is_planned: bool) -> Path:
    """The file of a synthesis whose table has one finding, and which a plan can replay or not."""
    recorded = Baseline.load(CELL)
    assert recorded.deployed is not None
    file = synthesized(
        folder, replace(recorded, recording=replace(recorded.recording, at=NOW)), recorded.deployed.live
    )
    (table,) = Findings.read(file).tables
    judged = JudgedTable(
        table.path, table.place, (of_rule(rule, level),), table.planned if is_planned else None
    )
    return Findings(NOW, (judged,)).write(folder)


@pytest.mark.sampled(every=80)
@pytest.mark.parametrize("rule", IDS)
@pytest.mark.parametrize("is_planned", [True, False])
@pytest.mark.parametrize("level", list(Level))
def test_finding_of_a_synthesis_is_shown_by_findings_and_by_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rule: str, is_planned: bool, level: Level
) -> None:
    file = str(file_with(tmp_path, rule, level, is_planned=is_planned))
    code = 1 if level is Level.ERROR else 0
    files = {name: tmp_path / f"out.{name}" for name in ("json", "markdown", "html")}
    options = [f"--{name}={path}" for name, path in files.items()]

    assert main(["plan", file, *options]) == code
    shown = {"plan": capsys.readouterr().out} | {name: path.read_text() for name, path in files.items()}
    assert main(["findings", file, *options[:2], "--github"]) == code
    shown |= {f"findings {name}": files[name].read_text() for name in ("json", "markdown")}
    shown["findings --github"] = capsys.readouterr().out
    assert main(["findings", file]) == code
    shown["findings"] = capsys.readouterr().out
    for where, text in shown.items():
        assert rule in text, where
        assert f"what {rule} says".lower() in text.lower(), where
    json.loads(shown["json"])


def test_rules_that_a_check_does_not_judge_are_those_about_the_guard() -> None:
    assert set(NOT_JUDGED) <= set(IDS)
    assert NOT_JUDGED == ("CG1", "CG8", "CG9", "CG19")
