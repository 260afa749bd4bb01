"""``capacity-guard findings``: outputs and exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard.commands import main as cli
from capacity_guard.findings import FILE_NAME, Findings, markdown, text
from tests.builders.findings import CALM, FOUND, NOW


def findings(*arguments: str) -> int:
    return cli.main(["findings", *arguments])


def test_command_when_asked_prints_text_and_its_exit_code_tells_of_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    FOUND.write(tmp_path)
    assert findings(str(tmp_path)) == 1
    assert capsys.readouterr().out == text(FOUND) + "\n"
    CALM.write(tmp_path)
    assert findings(str(tmp_path / FILE_NAME)) == 0
    warned = Findings(NOW, FOUND.tables[2:])
    (tmp_path / "cdk.out").mkdir()
    warned.write(tmp_path / "cdk.out")
    monkeypatch.chdir(tmp_path)
    assert findings() == 0
    assert "0 errors, 1 warning" in capsys.readouterr().out


def test_command_when_asked_for_a_workflow_prints_commands_and_writes_the_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    FOUND.write(tmp_path)
    (tmp_path / "infra").mkdir()
    monkeypatch.chdir(tmp_path / "infra")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    summary = tmp_path / "summary.md"
    assert findings("..", "--github", "--markdown", str(summary)) == 1
    said = capsys.readouterr().out
    assert said.startswith("::error file=infra/stacks/conversations.py,line=12,")
    assert "##" not in said
    assert summary.read_text() == markdown(FOUND)
    assert findings("..", "--markdown", "-") == 1
    assert capsys.readouterr().out == markdown(FOUND) + "\n"
    monkeypatch.delenv("GITHUB_WORKSPACE")
    assert findings("..", "--github", "--markdown", "-") == 1
    said = capsys.readouterr().out
    assert said.startswith("::error file=stacks/conversations.py,line=12,")
    assert said.index("::warning") < said.index("## capacity-guard")


def test_command_when_there_are_no_findings_to_read_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert findings(str(tmp_path)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "capacity-guard.json: is missing. Run `cdk synth`" in said.err
    assert "CapacityGuardChecks" in said.err


def test_command_when_the_summary_cannot_be_written_expects_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FOUND.write(tmp_path)
    assert findings(str(tmp_path), "--github", "--markdown", str(tmp_path / "no" / "where.md")) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "--markdown" in said.err
    assert "No such file" in said.err


def test_command_when_asked_for_json_prints_or_writes_the_file_of_the_synthesis(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = FOUND.write(tmp_path).read_text()
    assert findings(str(tmp_path), "--json", "-") == 1
    assert capsys.readouterr().out == written
    assert findings(str(tmp_path), "--json", str(tmp_path / "copy.json")) == 1
    assert capsys.readouterr().out == text(FOUND) + "\n"
    assert (tmp_path / "copy.json").read_text() == written


@pytest.mark.parametrize(
    ("options", "other"), [(["--github"], "--github"), (["--markdown", "-"], "--markdown -")]
)
def test_command_when_json_and_another_text_are_to_be_printed_expects_bad_input(
    options: list[str], other: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FOUND.write(tmp_path)
    assert findings(str(tmp_path), "--json", "-", *options) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"--json -: and {other} cannot both be printed" in printed.err
