"""The files that a command writes: kept apart from its inputs, checked before its work, and written all or none."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from capacity_guard.capacity.errors import InputError
from capacity_guard.commands.main import main
from capacity_guard.commands.outputs import Outputs
from capacity_guard.evidence.baseline import Baseline
from stacks.settings import CHANGES, INDEX
from tests.paths import ROOT
from tests.planning.plans import cell, synthesized

CELL = "stacks/baselines/production/cell-1/conversations.json"

TEMPLATE = {
    "Resources": {
        "Orders": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
        }
    }
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthesis with its baseline, and a template with its settings."""
    folder = tmp_path_factory.mktemp("inputs")
    synthesized(folder, cell(), CHANGES["incident"].for_indexes([INDEX], "capacity"))
    (folder / "t.json").write_text(json.dumps(TEMPLATE))
    (folder / "s.json").write_text("{}")
    (folder / "out").mkdir()
    for name in ("cdk.out", "manifest.json", "S.template.json"):
        (folder / "out" / name).write_text("{}")
    shutil.copytree(Path("stacks/baselines/production/cell-1"), folder / "cell")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    # The synthesis states the path of its baseline.
    file = Path("capacity-guard.json")
    file.write_text(file.read_text().replace(str(made), str(Path.cwd())))
    return Path.cwd()


def state(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


B = "cell/conversations.json"
REPLACING: dict[str, tuple[list[str], str]] = {
    "recommend, its baseline": (["recommend", B, "--json", B], "--json"),
    "recommend, a baseline of its folder": (["recommend", "cell", "--json", B], "--json"),
    "recommend, its traffic": (["recommend", B, "--json", "cell/conversations.csv.gz"], "--json"),
    "recommend, its prices": (["recommend", B, "--prices", "s.json", "--json", "s.json"], "--json"),
    "check, its template": (["check", "t.json", "--json", "t.json"], "--json"),
    "check, by another name": (["check", "t.json", "--json", "cell/../t.json"], "--json"),
    "check, its settings": (["check", "t.json", "--settings", "s.json", "--json", "s.json"], "--json"),
    "check, its baseline": (["check", "t.json", "--baseline", f"Orders={B}", "--json", B], "--json"),
    "findings, their file": (["findings", ".", "--markdown", "capacity-guard.json"], "--markdown"),
    "findings, a baseline": (["findings", ".", "--markdown", B], "--markdown"),
    "plan, the findings": (["plan", ".", "--html", "capacity-guard.json"], "--html"),
    "plan, its baseline": (["plan", ".", "--json", "BASELINE"], "--json"),
    "plan, its traffic": (["plan", ".", "--markdown", "TRAFFIC"], "--markdown"),
    "findings, traffic": (["findings", ".", "--markdown", "cell/conversations.csv.gz"], "--markdown"),
    "findings, the manifest": (["findings", ".", "--json", "out/manifest.json"], "--json"),
    "findings, a template": (["findings", ".", "--json", "out/S.template.json"], "--json"),
    "one file for two": (["findings", ".", "--json", "f", "--markdown", "./f"], "--markdown"),
    "one file for two of a plan": (["plan", ".", "--json", "f", "--html", "f"], "--html"),
}


def planned_baseline() -> Path:
    document = json.loads(Path("capacity-guard.json").read_text())
    return Path(document["tables"][0]["plan"]["baseline"])


@pytest.mark.parametrize("case", REPLACING)
def test_command_when_an_output_is_an_input_or_another_output_expects_2_and_nothing_written(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, option = REPLACING[case]
    baseline = planned_baseline()
    named = {"BASELINE": str(baseline), "TRAFFIC": str(baseline.with_suffix(".csv.gz"))}
    before = state(folder)
    assert main([named.get(word, word) for word in words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"capacity-guard: {option} ")
    assert state(folder) == before


def test_command_when_another_process_has_read_the_traffic_expects_2(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(8):
        shutil.copytree("cell", f"cells/{number}")
    before = state(folder)
    output = "cells/7/conversations.csv.gz"
    assert main(["recommend", "cells", "--parallel", "2", "--json", output]) == 2
    assert (
        capsys.readouterr().err.splitlines()[-1].startswith(f"capacity-guard: --json {output}: would replace")
    )
    assert state(folder) == before


UNWRITABLE = [
    ["plan", ".", "--json", "a.json", "--markdown", "c.md", "--html", "none/b"],
    ["findings", ".", "--json", "a.json", "--markdown", "none/b"],
    ["check", "t.json", "--json", "a.json", "--markdown", "cell"],
    ["recommend", B, "--json", "t.json/b"],
    ["recommend", "cell/none.json", "s.json", "--json", "a.json"],
]


@pytest.mark.parametrize("words", UNWRITABLE, ids=lambda words: words[0])
def test_command_when_an_output_cannot_be_written_expects_2_and_none_of_the_others(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.json").write_text("old")
    before = state(folder)
    assert main(words) == 2
    assert capsys.readouterr().out == ""
    assert state(folder) == before


def test_command_when_a_folder_is_closed_expects_2_before_its_work(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("closed").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    assert main(["recommend", "missing.json", "--json", "closed/a"]) == 2
    assert "--json closed/a: cannot be written (Permission denied)" in capsys.readouterr().err


def of(**files: str) -> Outputs:
    return Outputs(argparse.Namespace(**files), *files)


def test_outputs_are_written_in_parts_as_utf_8_when_the_text_was_printed(tmp_path: Path) -> None:
    outputs = of(json=str(tmp_path / "out"))
    with outputs.written({"json": (part for part in ("1 ", "→ 2\n"))}):
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out").read_bytes() == "1 → 2\n".encode()
    assert len(list(tmp_path.iterdir())) == 1


def test_output_into_the_summary_of_a_step_comes_after_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary, other = tmp_path / "summary", tmp_path / "other"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.chdir(tmp_path)
    for file in (str(summary), "summary", str(other), str(other)):
        with of(markdown=file).written({"markdown": ["## one ", "→\n"]}):
            pass
    assert summary.read_text(encoding="utf-8") == "## one →\n\n## one →\n"
    assert other.read_text(encoding="utf-8") == "## one →\n"
    summary.write_text("")
    with of(markdown=str(summary)).written({"markdown": ["1\n"]}):
        pass
    assert summary.read_text() == "1\n"


@pytest.mark.parametrize(("error", "left"), [(BrokenPipeError, "new"), (InputError, "old")])
def test_outputs_when_printing_fails_are_written_only_where_the_reader_had_enough(
    error: Callable[..., Exception], left: str, tmp_path: Path
) -> None:
    file = tmp_path / "out"
    file.write_text("old")
    with pytest.raises((BrokenPipeError, InputError)), of(json=str(file)).written({"json": ["new"]}):
        raise error("standard output", "is full", "Free space")
    assert file.read_text() == left
    assert list(tmp_path.iterdir()) == [file]


def test_outputs_when_the_second_cannot_take_its_name_restore_the_first(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("old")
    outputs = of(json=str(first), markdown=str(second))
    with (
        pytest.raises(InputError, match=r"--markdown .*second: cannot be written"),
        outputs.written({"json": ["new"], "markdown": ["new"]}),
    ):
        second.mkdir()  # by another process, after the check
    assert first.read_text() == "old"
    assert sorted(tmp_path.iterdir()) == [first, second]


@pytest.mark.parametrize("redirected", ["stdout", "stderr"])
def test_output_that_is_the_file_of_a_standard_stream_is_refused(redirected: str, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("earlier\n")
    words = [sys.executable, "-m", "capacity_guard", "recommend", str(ROOT / CELL), "--json", str(log)]
    with log.open("a") as stream:
        done = subprocess.run(words, check=False, cwd=ROOT, **{redirected: stream})  # type: ignore[call-overload]
    assert done.returncode == 2
    assert log.read_text().startswith("earlier\n")


def test_output_whose_links_go_in_a_circle_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle = tmp_path / "a"
    circle.symlink_to("a")
    for file in (circle, circle / "x"):
        with pytest.raises(InputError, match=r"cannot be written \(Too many levels of symbolic links"):
            of(json=str(file))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(circle))
    with of(markdown=str(tmp_path / "out")).written({"markdown": ["1"]}):
        pass
    assert (tmp_path / "out").read_text() == "1"


def test_outputs_that_are_devices_may_be_the_same() -> None:
    with of(json="/dev/null", markdown="/dev/null").written({"json": ["1"], "markdown": ["2"]}):
        pass


WRITING: dict[str, list[str]] = {
    "recommend": ["recommend", B, "--json"],
    "check": ["check", "t.json", "--json"],
    "check, summary": ["check", "t.json", "--markdown"],
    "findings": ["findings", ".", "--json"],
    "findings, summary": ["findings", ".", "--markdown"],
    "plan": ["plan", ".", "--json"],
    "plan, summary": ["plan", ".", "--markdown"],
    "plan, page": ["plan", ".", "--html"],
}


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("case", WRITING)
def test_command_that_writes_a_file_says_so_on_standard_error_only(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([*WRITING[case][:-1]])
    without = capsys.readouterr()
    main([*WRITING[case], "new"])
    printed = capsys.readouterr()
    assert printed.out == without.out
    assert printed.err == f"{without.err}wrote new\n"


def test_outputs_that_are_written_are_named_once_each_when_all_are_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b\n.md"
    with of(json=str(first), markdown=str(second)).written({"json": ["1"], "markdown": ["2"]}):
        assert capsys.readouterr().err == ""
    assert capsys.readouterr().err == f"wrote {first}\nwrote {tmp_path}/b\\n.md\n"


def test_outputs_on_standard_output_on_a_device_and_refused_ones_are_not_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with of(json="-", markdown="/dev/null").written({"json": ["1"], "markdown": ["2"]}):
        pass
    first, second = tmp_path / "a", tmp_path / "b"
    with (
        pytest.raises(InputError),
        of(json=str(first), markdown=str(second)).written({"json": ["1"], "markdown": ["2"]}),
    ):
        second.mkdir()  # by another process, after the check
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_output_may_replace_an_older_output(folder: Path) -> None:
    Path("manifest.json").write_text("{}")  # of something else than an assembly
    for _ in range(2):
        assert main(["findings", ".", "--json", "manifest.json", "--markdown", "out/m.json"]) in (0, 1)
        assert main(["findings", ".", "--json", "out.json", "--markdown", "out.md"]) in (0, 1)
        assert main(["recommend", B, "--json", "plan"]) in (0, 1)
        assert main(["plan", ".", "--json", "plan"]) in (0, 1)
    assert isinstance(Baseline.load(folder / B), Baseline)
