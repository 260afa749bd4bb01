"""A pipe, a device or an endless file as an input: each command ends at once with one error."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from capacity_guard.commands.main import main
from tests.builders.cases import baseline


@pytest.fixture(params=["pipe", "endless"])
def bad(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Path]:
    """Makes an input that has no end, in place of what is there."""

    def make(name: str) -> Path:
        path = tmp_path / name
        path.unlink(missing_ok=True)
        if request.param == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to("/dev/zero")
        return path

    return make


ARGUMENTS = {
    "x.json": ["recommend", "{}"],
    "prices.json": ["recommend", "good.json", "--prices", "{}"],
    "capacity-guard.json": ["findings", "{}"],
    "plan.json": ["plan", "{}"],
    "traffic.csv": [
        "record",
        "--table",
        "t",
        "--out",
        "o.json",
        "--capacity",
        "good.json",
        "--from-csv",
        "{}",
    ],
    "capacity.json": [
        "record",
        "--table",
        "t",
        "--out",
        "o.json",
        "--from-csv",
        "good.json",
        "--capacity",
        "{}",
    ],
    "tables.txt": ["record", "--out", "out", "--region", "eu-west-1", "--tables-from", "{}"],
    "o.csv.gz": ["record", "--table", "t", "--out", "o.json", "--from-csv", "t.csv", "--capacity", "c.json"],
    "good.csv.gz": ["recommend", "good.json"],
    "good.json": ["recommend", "good.json"],
}


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("name", ARGUMENTS)
def test_command_when_an_input_has_no_end_expects_exit_code_2_and_one_line(
    name: str,
    bad: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    baseline().save(tmp_path / "good.json")
    bad(name)
    assert main([argument.replace("{}", name) for argument in ARGUMENTS[name]]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len([line for line in lines if line.startswith("capacity-guard: ")]) == 1, lines


def test_journal_when_it_is_a_pipe_is_not_used(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from capacity_guard.recording.journal import Journal

    os.mkfifo(tmp_path / "journal")
    assert Journal(tmp_path / "journal", {"out": "o"}, datetime.now(UTC)).resumed == 0
