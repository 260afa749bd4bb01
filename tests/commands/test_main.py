"""The command line: unusable arguments, interruption, and the module."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from capacity_guard.commands import main as cli
from capacity_guard.findings import Findings
from capacity_guard.recording import aws
from stacks.settings import CHANGES, INDEX
from tests.paths import ROOT
from tests.planning.plans import cell, synthesized

RECORD = ["record", "--table", "Orders"]


UNUSABLE: dict[str, tuple[list[str], str]] = {
    "no command": ([], "COMMAND"),
    "unknown command": (["remember"], "invalid choice"),
    "days no number": ([*RECORD, "--out", "x.json", "--days", "many"], "--days"),
    "unknown option": ([*RECORD, "--out", "x.json", "--tabel", "y"], "--tabel"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_cli_when_arguments_are_unusable_exits_with_two(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    argv, expected = UNUSABLE[case]
    with pytest.raises(SystemExit) as raised:
        cli.main(argv)
    assert raised.value.code == 2
    assert expected in capsys.readouterr().err


def test_cli_when_interrupted_exits_with_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupt(region: str | None, endpoint_url: str | None) -> aws.RecordingAws:
        raise KeyboardInterrupt

    monkeypatch.setattr(aws.RecordingAws, "connect", staticmethod(interrupt))
    assert cli.main([*RECORD, "--out", str(tmp_path / "x.json")]) == 130
    assert "interrupted; run the same command again to continue" in capsys.readouterr().err


def test_cli_when_run_as_a_module_gives_help_and_exit_codes() -> None:
    command = [sys.executable, "-m", "capacity_guard"]
    helped = subprocess.run([*command, "record", "--help"], capture_output=True, text=True, check=False)
    assert helped.returncode == 0
    assert "--from-csv" in helped.stdout
    bad = subprocess.run([*command, *RECORD, "--out", "x.txt"], capture_output=True, text=True, check=False)
    assert (bad.returncode, bad.stderr.count("\n")) == (2, 1)


def test_cli_lists_its_commands_and_each_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    commands = ("record", "findings", "recommend", "plan", "rule")
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    listed = capsys.readouterr().out
    for command in commands:
        assert f"\n    {command}" in listed
        with pytest.raises(SystemExit, match="0"):
            cli.main([command, "--help"])
        assert f"usage: capacity-guard {command} " in capsys.readouterr().out


CELL = "stacks/baselines/production/cell-1/conversations.json"
BEFORE_ITS_READER: dict[str, tuple[list[str], int]] = {
    "version": (["--version"], 141),
    "help": (["--help"], 0),
    "help of a command": (["record", "--help"], 0),
    "rules": (["rule"], 141),
    "rule": (["rule", "CG4"], 141),
    "recommend": (["recommend", CELL], 141),
    "recommend, JSON": (["recommend", CELL, "--json", "-"], 141),
    "plan": (["plan", "SYNTHESIS"], 141),
    "plan, JSON": (["plan", "SYNTHESIS", "--json", "-"], 141),
    "plan, Markdown": (["plan", "SYNTHESIS", "--markdown", "-"], 141),
    "findings": (["findings", "SYNTHESIS"], 141),
    "findings, JSON": (["findings", "SYNTHESIS", "--json", "-"], 141),
    "bad input": (["findings", "nothing-here"], 2),
    "unusable arguments": (["remember"], 2),
}


@pytest.fixture(scope="module")
def synthesis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthesis")
    return synthesized(folder, cell(), CHANGES["incident"].for_indexes([INDEX], "capacity"))


@pytest.mark.sampled(every=14)
@pytest.mark.parametrize("case", BEFORE_ITS_READER)
def test_cli_when_its_reader_ends_first_ends_without_a_traceback(case: str, synthesis: Path) -> None:
    arguments, code = BEFORE_ITS_READER[case]
    words = [str(synthesis) if word == "SYNTHESIS" else word for word in arguments]
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "capacity_guard", *words]
    done = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    # `2>&1 | head`: nothing can be printed anywhere
    both = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=writing, check=False)
    os.close(writing)
    assert both.returncode in (code, 141)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("capacity-guard re", {"recommend", "record", "retry"}),
        ("capacity-guard plan --m", {"--markdown"}),
        ("capacity-guard plan --h", {"--help", "--html"}),
        ("capacity-guard rule CG1", {f"CG{number}" for number in (1, *range(10, 20))}),
        ("capacity-guard runbook bake-thr", {"bake-throttled"}),
        ("capacity-guard docs exit", {"exit-codes"}),
    ],
)
def test_cli_when_a_shell_asks_for_completions_lists_them(line: str, found: set[str], tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    answer.touch()
    environment = {
        **os.environ,
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    subprocess.run([sys.executable, "-m", "capacity_guard"], env=environment, check=True)
    assert {word.strip() for word in answer.read_text().split("\n")} - {""} == found


def test_cli_when_asked_for_its_version_prints_that_of_the_installation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as raised:
        cli.main(["--version"])
    assert raised.value.code == 0
    assert capsys.readouterr().out == f"capacity-guard {metadata.version('capacity-guard')}\n"


def test_cli_when_another_command_is_interrupted_says_nothing_of_going_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(path: object) -> Findings:
        raise KeyboardInterrupt

    monkeypatch.setattr(Findings, "read", staticmethod(interrupt))
    assert cli.main(["findings"]) == 130
    assert capsys.readouterr().err == "capacity-guard: interrupted\n"


def test_cli_when_it_starts_loads_no_cdk_no_aws_client_and_no_planning() -> None:
    program = (
        "import sys\nfrom capacity_guard.commands import main\n"
        "heavy = ['aws_cdk', 'boto3', 'rich', 'capacity_guard.planning', 'capacity_guard.report']\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("words", [["deploy", "--yes"], ["findings", "cdk.out"], ["plan", "cdk.out"]])
def test_command_in_a_folder_that_was_deleted_says_so(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert cli.main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1
