"""``capacity-guard plan``: its outputs and what it refuses before it reads anything."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from capacity_guard.commands import main as cli
from capacity_guard.findings import Findings
from capacity_guard.planning import spread


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    """A cloud assembly without tables."""
    Findings(None, ()).write(tmp_path)
    return tmp_path


def test_plan_when_json_is_printed_prints_nothing_else_and_writes_the_other_outputs(
    assembly: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    markdown = assembly / "plan.md"
    assert cli.main(["plan", str(assembly), "--json", "-", "--markdown", str(markdown)]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "capacity-guard/plan"
    assert markdown.read_text().startswith("#")


def test_plan_on_a_machine_with_many_cores_uses_as_many_processes_as_it_may(
    assembly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread, "cores", lambda: 500)
    assert cli.main(["plan", str(assembly)]) == 0


def test_plan_without_rich_prints_markdown_and_says_what_to_install(
    assembly: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["plan", str(assembly), "--markdown", "-"]) == 0
    expected = capsys.readouterr().out
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert cli.main(["plan", str(assembly)]) == 0
    printed = capsys.readouterr()
    assert printed.out.strip() == expected.strip()
    assert "pip install rich" in printed.err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--json", "-", "--markdown", "-"], "--markdown -: and --json - cannot both be printed"),
        (["--html", "-"], "--html -: is not a file"),
        (["--parallel", "0"], "--parallel 0: is out of range"),
        (["--parallel", "65"], "--parallel 65: is out of range"),
    ],
)
def test_plan_when_options_are_wrong_exits_with_two_and_names_one(
    options: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["plan", "no/such/assembly", *options]) == 2
    assert problem in capsys.readouterr().err
