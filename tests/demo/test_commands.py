"""The commands of the demo: how they are shown, and which tools they run."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.rehearsal.recorder import CommandResult
from demo.commands import Commands, DemoError
from demo.terminal import Terminal
from tests.fakes.emulator import FakeEmulator


class FakeRecorder:
    """Runs nothing: every command ends with one exit code."""

    def __init__(self, exit_code: int) -> None:
        self.exit_code = exit_code
        self.commands: list[tuple[str, list[str], dict[str, str]]] = []

    def run(self, step: str, words: list[str], environment: dict[str, str], folder: Path) -> Any:
        self.commands.append((step, list(words), environment))
        return CommandResult(self.exit_code, "what it said", 1.0)


@pytest.fixture
def emulator() -> FakeEmulator:
    return FakeEmulator()


def commands_with(
    emulator: FakeEmulator, recorder: FakeRecorder, pool: ThreadPoolExecutor, out: Path
) -> Commands:
    return Commands(emulator, recorder, Terminal(), pool, out)  # type: ignore[arg-type]


def test_commands_when_run_are_shown_as_typed_and_use_the_pinned_tools(
    emulator: FakeEmulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder = FakeRecorder(0)
    with ThreadPoolExecutor(1) as pool:
        commands = commands_with(emulator, recorder, pool, tmp_path)
        baseline = commands.record("floor", "T")
        commands.synth("floor", "fixed", baseline)
        commands.deploy("floor")
    (_, record, _), (_, synth, environment), (_, deploy, _) = recorder.commands
    assert record[0] == sys.executable
    assert record[-1] == str(baseline)
    assert {"change=fixed", f"baseline={baseline}", "capacity-guard:now=2026-07-09T16:00:00Z"} <= set(synth)
    assert synth[synth.index("--output") + 1] == deploy[deploy.index("--app") + 1]
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert environment["PYTHONPATH"].split(os.pathsep)[0] == "injected"
    shown = [line.strip() for line in capsys.readouterr().out.splitlines() if "$" in line]
    assert shown[0].startswith("$ capacity-guard record --table T")
    assert shown[1].startswith("$ cdk synth ")
    assert shown[2].startswith("$ cdk deploy Conversations-production-cell-1 ")


def test_commands_when_one_fails_that_must_not_shows_its_output_and_ends(
    emulator: FakeEmulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ThreadPoolExecutor(1) as pool:
        commands = commands_with(emulator, FakeRecorder(1), pool, tmp_path)
        with pytest.raises(DemoError, match="must not"):
            commands.commit("floor")
        assert commands.wait(commands.start_synth_of_all("refused", "incident")).exit_code == 1
    assert "| what it said" in capsys.readouterr().out


def test_synth_when_a_change_is_watched_declares_it(emulator: FakeEmulator, tmp_path: Path) -> None:
    recorder = FakeRecorder(0)
    with ThreadPoolExecutor(1) as pool:
        commands = commands_with(emulator, recorder, pool, tmp_path)
        commands.wait_for_success(commands.start_synth("watched", "quiet", tmp_path / "b.json", watched=True))
        commands.synth("floor", "fixed", tmp_path / "b.json")
    assert ["watch=yes" in words for _, words, _ in recorder.commands] == [True, False]
