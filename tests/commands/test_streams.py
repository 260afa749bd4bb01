"""Standard streams that cannot be used: no command ends with a traceback, and exit codes stay true."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from capacity_guard.commands.main import main
from capacity_guard.commands.person import is_there
from capacity_guard.commands.streams import GuardedStream
from stacks.settings import CHANGES, INDEX
from tests.paths import ROOT
from tests.planning.plans import cell, synthesized

CELL = "stacks/baselines/production/cell-1/conversations.json"
PRINTING = {
    "rule": ["rule", "CG4"],
    "rules": ["rule"],
    "docs": ["docs", "architecture"],
    "runbook": ["runbook", "bake-throttled"],
    "findings": ["findings", "SYNTHESIS"],
    "plan": ["plan", "SYNTHESIS"],
    "plan, JSON": ["plan", "SYNTHESIS", "--json", "-"],
    "recommend": ["recommend", CELL],
    "policy": ["record", "--table", "Orders", "--print-iam-policy"],
    "help": ["plan", "--help"],
    "version": ["--version"],
}


@pytest.fixture(scope="module")
def synthesis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthesis")
    return synthesized(folder, cell(), CHANGES["incident"].for_indexes([INDEX], "capacity"))


def run(words: list[str], redirections: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    line = f'exec "$@" {redirections}'
    command = ["sh", "-c", line, "sh", sys.executable, "-m", "capacity_guard", *words]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, check=False, env={**os.environ, **variables}
    )


@pytest.mark.sampled(every=11)
@pytest.mark.parametrize(
    ("redirection", "problem"),
    [
        (">&-", "standard output: is closed"),
        ("> /dev/full", "standard output: cannot be written (No space left on device)"),
    ],
    ids=["closed", "full"],
)
@pytest.mark.parametrize("case", PRINTING)
def test_command_when_standard_output_is_unusable_expects_2_and_one_error(
    case: str, redirection: str, problem: str, synthesis: Path
) -> None:
    words = [str(synthesis) if word == "SYNTHESIS" else word for word in PRINTING[case]]
    done = run(words, redirection)
    assert done.returncode == 2
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith(f"capacity-guard: {problem}")


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize("case", ["rule", "docs", "findings", "plan", "recommend"])
def test_command_when_the_encoding_lacks_characters_expects_escapes(case: str, synthesis: Path) -> None:
    words = [str(synthesis) if word == "SYNTHESIS" else word for word in PRINTING[case]]
    usual, ascii_alone = run(words, ""), run(words, "", PYTHONIOENCODING="ascii")
    assert (ascii_alone.returncode, ascii_alone.stderr) == (usual.returncode, usual.stderr)
    assert ascii_alone.stdout.isascii()
    if case != "plan":  # whose borders are others, too
        assert (
            ascii_alone.stdout.decode() == usual.stdout.decode().encode("ascii", "backslashreplace").decode()
        )


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("redirection", ["2>&-", "2> /dev/full"])
def test_command_when_standard_error_is_unusable_keeps_its_exit_code(redirection: str) -> None:
    assert run(["rule", "CG99"], redirection).returncode == 2
    done = run(["rule"], redirection)
    assert (done.returncode, done.stdout.decode().startswith("CG1 ")) == (0, True)
    done = run(["findings", "none"], f"> /dev/null {redirection}")
    assert (done.returncode, done.stdout) == (2, b"")


def test_output_files_when_standard_output_is_full_are_not_written(synthesis: Path, tmp_path: Path) -> None:
    words = ["findings", str(synthesis), "--json", str(tmp_path / "a"), "--markdown", str(tmp_path / "b")]
    assert run(words, "> /dev/full").returncode == 2
    assert list(tmp_path.iterdir()) == []


def recording(tmp_path: Path) -> tuple[list[str], Path]:
    (tmp_path / "t.csv").write_text(
        "minute,table/read,table/write\n2026-07-09T00:00Z,6,6\n2026-07-09T00:01Z,6,6\n"
    )
    (tmp_path / "t.json").write_text(
        '{"Resources": {"Orders": {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST",'
        ' "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}}}}'
    )
    out = tmp_path / "Orders.json"
    words = ["record", "--table", "Orders", "--from-csv", str(tmp_path / "t.csv")]
    words += ["--template", str(tmp_path / "t.json"), "--out", str(out)]
    return [*words, "--recorded-at", "2026-07-09T01:00:00Z"], out


def without_reader(words: list[str], **streams: int) -> tuple[int, str]:
    """Exit code of a command whose standard output, or both streams, go into a pipe that nobody reads, and standard error."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "capacity_guard", *words],
        cwd=ROOT,
        stdout=writer,
        check=False,
        text=True,
        **{"stderr": subprocess.PIPE, **streams},  # type: ignore[call-overload]
    )
    os.close(writer)
    return done.returncode, done.stderr or ""


def test_recording_when_standard_output_is_full_is_written_with_its_exit_code(tmp_path: Path) -> None:
    words, out = recording(tmp_path)
    done = run(words, "> /dev/full")
    assert done.returncode == 0, done.stderr
    assert out.exists()
    assert done.stderr.decode().count("standard output: cannot be written") == 1


def test_recording_when_nobody_reads_its_output_is_written_with_its_exit_code(tmp_path: Path) -> None:
    words, out = recording(tmp_path)
    assert without_reader(words) == (0, "")
    out.unlink()
    assert without_reader(words, stderr=subprocess.STDOUT)[0] == 0
    assert out.exists()


@pytest.mark.parametrize("words", [["rule", "CG4"], ["--help"], ["check", "--help"], ["--version"]])
def test_command_that_only_reads_when_nobody_reads_its_output_ends_with_141(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "")  # argparse ignores what it cannot write itself
    assert without_reader(words) == (141, "")


def test_recommend_when_nobody_reads_its_output_writes_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")  # so that the first table fails
    cells = "stacks/baselines/production"
    code, problem = without_reader(["recommend", cells, "--json", str(tmp_path / "out.json")])
    assert (code, problem.count("Traceback")) == (141, 0)
    assert json.loads((tmp_path / "out.json").read_text())["tables"]


def test_standard_streams_are_as_before_when_a_command_has_ended(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    assert main(["rule"]) == 0
    assert (sys.stdout, sys.stderr) == before


def test_stream_that_fails_and_is_not_needed_loses_its_text_and_remembers_why() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    stream = GuardedStream(Full(), is_needed=False)
    stream.writelines(iter(["text"]))
    assert stream.problem is not None
    assert not stream.isatty()


def test_nobody_is_there_when_standard_input_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert not is_there()
