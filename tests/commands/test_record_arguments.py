"""Bad arguments of ``capacity-guard record``: each is refused with one line before anything is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recording.record_command import run, table_list

BAD = {
    "two ways": (["--table", "Orders", "--tag", "a=b"], "name tables in two ways"),
    "no table": ([], "--table: is missing"),
    "no tag": (["--tag", "team"], "is not KEY=VALUE"),
    "no name": (["--tables-from", "{names}"], "line 2: 'not a name' is not a table name"),
    "two values of a tag": (["--tag", "a=1", "--tag", "a=2"], "--tag a=2: contradicts a=1"),
    "no stack": (["--stack", ""], "--stack '': does not exist. Check name, Region and profile"),
    "a pattern": (["--table", "Ord*", "--out", "{folder}/one.json"], "--table: 'Ord*' is not a table name"),
    "no address": (
        ["--tag", "a=b", "--endpoint-url", "localhost:8000"],
        "--endpoint-url localhost:8000: is no",
    ),
    "a name without end": (
        ["--table", "Orders", "--out", "{folder}/" + "n" * 300 + ".json"],
        "cannot be written",
    ),
    "a folder without end": (["--tag", "a=b", "--out", "{folder}/" + "n" * 300], "cannot be written"),
    "no file": (["--tables-from", "{folder}/none.txt"], "cannot be read"),
    "a file for many": (["--tag", "a=b", "--out", "{folder}/one.json"], "is not a folder"),
    "none at a time": (["--tag", "a=b", "--parallel", "0"], "--parallel 0: is out of range"),
    "csv of many": (["--tag", "a=b", "--from-csv", "x.csv"], "Name the table that --from-csv is about"),
}


@pytest.mark.parametrize("case", BAD)
def test_record_when_arguments_are_bad_exits_with_2_and_one_line(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, expected = BAD[case]
    listed = table_list(tmp_path, "Orders", "not a name")
    arguments = [argument.format(names=listed, folder=tmp_path) for argument in given]
    if "--out" not in arguments:
        arguments += ["--out", str(tmp_path / "out")]
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert expected in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "out").exists()
