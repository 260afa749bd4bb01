"""The outputs that ``findings`` and ``check`` share."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import pytest

from capacity_guard.capacity.errors import InputError
from capacity_guard.commands.findings_outputs import add_outputs, outputs_of, show
from capacity_guard.findings import Findings, markdown, text, workflow_commands
from tests.builders.findings import CALM, FOUND

CHECKED = replace(FOUND, not_judged=("CG1", "CG8", "CG9"))
SAID = "this deployment has no gates"


def given(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_outputs(parser, "the lines of the template")
    return parser.parse_args(words)


def shown(findings: Findings, *words: str) -> int:
    arguments = given(*words)
    return show(findings, arguments, outputs_of(arguments))


def test_exit_code_tells_of_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(FOUND) == 1
    assert capsys.readouterr().out == text(FOUND) + "\n"
    assert shown(CALM) == 0


def test_json_and_another_text_cannot_both_be_printed() -> None:
    outputs_of(given("--json", "-", "--markdown", "file"))
    for other in (["--github"], ["--markdown", "-"]):
        with pytest.raises(InputError, match=f"and {' '.join(other)} cannot both be printed"):
            outputs_of(given("--json", "-", *other))


def test_every_output_of_a_check_says_that_there_are_no_gates(tmp_path: Path) -> None:
    for said in (
        text(CHECKED),
        markdown(CHECKED),
        workflow_commands(CHECKED, app=tmp_path, repository=None),
        workflow_commands(replace(CALM, not_judged=("CG1",)), app=tmp_path, repository=None),
        markdown(replace(CALM, not_judged=("CG1",))),
    ):
        assert SAID in said.lower()
    for said in (text(FOUND), markdown(FOUND), workflow_commands(FOUND, app=tmp_path, repository=None)):
        assert SAID not in said.lower()


def test_rules_that_were_not_asked_are_kept_in_the_file(tmp_path: Path) -> None:
    assert Findings.read(CHECKED.write(tmp_path)) == CHECKED
    assert "not_judged" not in FOUND.to_json()
    path = tmp_path / "capacity-guard.json"
    path.write_text(path.read_text().replace('"CG8"', "8", 1))
    with pytest.raises(InputError, match="not_judged"):
        Findings.read(path)
