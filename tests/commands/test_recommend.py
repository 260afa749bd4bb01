"""``capacity-guard recommend``: which files it reads, and where it writes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from capacity_guard.commands import main as cli
from capacity_guard.planning import spread
from tests.builders.cases import baseline, deployed, flat, on_demand, traffic

NOW = ["--now", "2026-07-10T00:00:00Z"]


def test_recommend_of_a_folder_leaves_out_hidden_folders_and_other_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline().save(tmp_path / "deep" / "orders.json")
    baseline().save(tmp_path / ".journal" / "draft.json")
    (tmp_path / "package.json").write_text("{}")
    output = tmp_path / "out"
    assert cli.main(["recommend", str(tmp_path), *NOW, "--json", str(output)]) == 1
    document = json.loads(output.read_text())
    assert len(document["tables"]) == 1
    assert document["at"] == "2026-07-10T00:00:00Z"
    assert capsys.readouterr().out.startswith("conversations: ")


def test_recommend_of_a_folder_reports_a_damaged_file_and_stops_at_no_pipe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline().save(tmp_path / "deep" / "orders.json")
    os.mkfifo(tmp_path / "deep" / "pipe.json")
    (tmp_path / "broken.json").write_text("{")
    assert cli.main(["recommend", str(tmp_path), *NOW]) == 3
    output = capsys.readouterr()
    (error,) = output.err.splitlines()
    assert error.startswith(f"capacity-guard: {tmp_path / 'broken.json'}: is not JSON")
    assert output.out.startswith("conversations (")


def test_recommend_of_a_folder_with_nothing_but_a_damaged_file_exits_with_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.json").write_text("{")
    assert cli.main(["recommend", str(tmp_path), *NOW]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith(f"capacity-guard: {tmp_path / 'broken.json'}: is not JSON")


@pytest.mark.slow
def test_recommend_of_several_tables_exits_with_one_whichever_of_them_is_to_change(tmp_path: Path) -> None:
    baseline().save(tmp_path / "change.json")
    baseline(deployed(on_demand()), traffic(flat(1), flat(1), flat(1))).save(tmp_path / "keep.json")
    files = [str(tmp_path / name) for name in ("change.json", "keep.json")]
    assert cli.main(["recommend", *files, *NOW]) == 1
    assert cli.main(["recommend", *reversed(files), *NOW]) == 1
    assert cli.main(["recommend", files[1], *NOW]) == 0


def test_recommend_when_every_file_fails_exits_with_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text('{"schema": "capacity-guard/baseline"')
    assert cli.main(["recommend", str(tmp_path), *NOW]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--margin", "inf"], "--margin: inf is not a number of at least 1"),
        (["--threshold", "-0.1"], "--threshold: -0.1 is not a number of at least 0"),
    ],
)
def test_recommend_when_a_number_is_out_of_range_names_the_option(
    options: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["recommend", "none.json", *options]) == 2
    assert problem in capsys.readouterr().err


def test_recommend_on_a_machine_with_many_cores_uses_as_many_processes_as_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread, "cores", lambda: 500)
    baseline().save(tmp_path / "orders.json")
    assert cli.main(["recommend", str(tmp_path), *NOW]) == 1
