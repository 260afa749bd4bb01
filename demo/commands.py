"""The commands of the demo: the CDK CLI and `capacity-guard record`, as a user types them."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.launcher import ACCOUNT
from capacity_guard.rehearsal.recorder import CommandResult, Recorder

from .terminal import Terminal

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = "production-cell-1"
STACK = f"Conversations-{ENVIRONMENT}"
REGION = "eu-west-1"

_CDK = ROOT / "node_modules" / ".bin" / "cdk"
_SHOWN_CHARACTERS = 6_000
"""Characters of a failed command's output that are shown, from its end. The raw records have all of it."""


class DemoError(RuntimeError):
    """A step of the demo had an unexpected result. The message says where its output is."""


@dataclass(frozen=True)
class Pending:
    """A command that runs in the background. It is shown when the demo waits for it.

    Attributes:
        text: the command line as it is shown.
        future: its result.
    """

    text: str
    future: Future[CommandResult]


class Commands:
    """Runs commands and shows them.

    Args:
        emulator: the emulator that the commands use as AWS.
        recorder: runs the commands and records their output.
        terminal: shows the commands.
        pool: threads for commands that run in the background.
        out: folder of the demo; assemblies and baselines go there.
    """

    def __init__(
        self, emulator: Emulator, recorder: Recorder, terminal: Terminal, pool: Executor, out: Path
    ) -> None:
        self._emulator = emulator
        self._recorder = recorder
        self._terminal = terminal
        self._pool = pool
        self._out = out

    def bootstrap(self, step: str) -> None:
        """Prepare the emulated account for the CDK. Raises DemoError when it fails."""
        # In a folder without cdk.json: with one the CLI runs the app, which a bootstrap does not need.
        self._require_success(self._run(step, self._cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}"), self._out))

    def start_synth_of_all(self, step: str, change: str) -> Pending:
        """Start `cdk synth` of every stack with a change; the command is the one in the README."""
        return self._start(
            step, self._cdk("synth", "-c", f"change={change}", "--quiet", "--output", str(self._folder(step)))
        )

    def start_synth(
        self, step: str, change: str | None = None, baseline: Path | None = None, *, watched: bool = False
    ) -> Pending:
        """Start `cdk synth` of one stack. `deploy` of the same step deploys its assembly.

        Args:
            step: step of the demo.
            change: declared change; ``None`` declares the committed settings.
            baseline: baseline for the rules; ``None`` is the committed one.
            watched: whether the guard watches a change after its deployment.
        """
        words = self._cdk(
            "synth", "--quiet", "-c", f"only={ENVIRONMENT}", "--output", str(self._folder(step))
        )
        words += ["-c", f"capacity-guard:now={self._emulator.clock.now():%Y-%m-%dT%H:%M:%SZ}"]
        words += ["-c", f"change={change}"] if change else []
        words += ["-c", f"baseline={baseline}"] if baseline else []
        words += ["-c", "watch=yes"] if watched else []
        return self._start(step, words)

    def synth(self, step: str, change: str, baseline: Path) -> None:
        """Run `cdk synth` and wait for it. Raises DemoError when the synthesis is refused."""
        self.wait_for_success(self.start_synth(step, change, baseline))

    def deploy(self, step: str) -> CommandResult:
        """Run `cdk deploy` with the assembly of a step."""
        app = ["--app", str(self._folder(step))]
        return self._run(step, self._cdk("deploy", STACK, *app, "--require-approval", "never"))

    def commit(self, step: str) -> None:
        """Run `deploy`. Raises DemoError when it fails."""
        self._require_success(self.deploy(step))

    def record(self, step: str, table: str) -> Path:
        """Record the table with `capacity-guard record`; return the path of the baseline. Raises DemoError when it fails."""
        baseline = self._out / "baselines" / f"{step}.json"
        words = [sys.executable, "-m", "capacity_guard", "record"]
        words += ["--table", table, "--stack", STACK, "--out", str(baseline)]
        self._require_success(self._run(step, words))
        return baseline

    def wait(self, pending: Pending) -> CommandResult:
        """Wait for a command in the background, and show it."""
        self._terminal.command(pending.text)
        result = pending.future.result()
        self._terminal.ended(result.exit_code, result.wall_seconds)
        return result

    def wait_for_success(self, pending: Pending) -> None:
        """Wait for a command in the background. Raises DemoError when it fails."""
        self._require_success(self.wait(pending))

    def _start(self, step: str, words: Sequence[str]) -> Pending:
        return Pending(
            _command_text(words),
            self._pool.submit(self._recorder.run, step, words, self._environment(), ROOT),
        )

    def _run(self, step: str, words: Sequence[str], folder: Path = ROOT) -> CommandResult:
        self._terminal.command(_command_text(words))
        result = self._recorder.run(step, words, self._environment(), folder)
        self._terminal.ended(result.exit_code, result.wall_seconds)
        return result

    def _cdk(self, *arguments: str) -> list[str]:
        return [str(_CDK), "--no-notices", *arguments]

    def _folder(self, step: str) -> Path:
        return self._out / f"cdk-{step}"

    def _environment(self) -> dict[str, str]:
        environment = self._emulator.env()
        # cdk.json runs `python`: it must be the interpreter with the pinned packages.
        path = (str(Path(sys.executable).parent), environment.get("PATH", os.defpath))
        environment["PATH"] = os.pathsep.join(path)
        environment["PYTHONPATH"] = os.pathsep.join((environment["PYTHONPATH"], str(ROOT)))
        # A cache of the jsii kernel saves a second for each synthesis; the Makefile sets the same folder.
        environment.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(ROOT / ".cache" / "jsii"))
        return environment

    def _require_success(self, result: CommandResult) -> None:
        if result.exit_code != 0:
            self._terminal.quote(result.output[-_SHOWN_CHARACTERS:])
            raise DemoError(f"a command failed that must not; all it said is in {self._out / 'raw'}")


def _command_text(words: Sequence[str]) -> str:
    """A command line as a user types it in the folder of the repository."""
    text = shlex.join(words).replace(f"{ROOT}{os.sep}", "")
    text = text.replace(
        f"{sys.executable.replace(f'{ROOT}{os.sep}', '')} -m capacity_guard", "capacity-guard"
    )
    return text.replace("node_modules/.bin/cdk --no-notices", "cdk")
