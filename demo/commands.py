"""The commands of the demo: the real CDK CLI and `capacity-guard record`, as a person would type them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.launcher import ACCOUNT

from .recorder import Ran, Recorder
from .terminal import Terminal

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = "production-cell-1"
STACK = f"Conversations-{ENVIRONMENT}"
REGION = "eu-west-1"

_CDK = ROOT / "node_modules" / ".bin" / "cdk"
_TAIL = 6_000
"""Characters of a failed command's output that are shown; all of it stands in the raw records."""


class DemoError(RuntimeError):
    """A step went otherwise than it must; the message says what to look at."""


@dataclass(frozen=True)
class Pending:
    """A command that runs beside others; it is shown when it is waited for."""

    shown: str
    future: Future[Ran]


class Commands:
    """Runs commands and shows them.

    Args:
        emulator: what they talk to.
        recorder: keeps what they print.
        terminal: where they are shown.
        pool: for commands that run beside others.
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
        # Away from cdk.json: beside it the CLI runs the app, which a bootstrap does not need.
        self._must(self._run(step, self._cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}"), self._out))

    def start_synth_of_all(self, step: str, change: str) -> Pending:
        """Start `cdk synth` of the whole app with a change, exactly as the README shows it."""
        return self._start(
            step, self._cdk("synth", "-c", f"change={change}", "--quiet", "--output", str(self._folder(step)))
        )

    def start_synth(self, step: str, change: str | None = None, baseline: Path | None = None) -> Pending:
        """Start `cdk synth` of the one stack: its assembly is what `deploy` deploys.

        Args:
            step: step of the demo.
            change: declared change; none deploys what the committed settings say.
            baseline: baseline to judge it by; none takes the committed one.
        """
        words = self._cdk(
            "synth", "--quiet", "-c", f"only={ENVIRONMENT}", "--output", str(self._folder(step))
        )
        words += ["-c", f"capacity-guard:now={self._emulator.clock.now():%Y-%m-%dT%H:%M:%SZ}"]
        words += ["-c", f"change={change}"] if change else []
        words += ["-c", f"baseline={baseline}"] if baseline else []
        return self._start(step, words)

    def synth(self, step: str, change: str, baseline: Path) -> None:
        """`start_synth` and wait. Raises DemoError when it is refused."""
        self.passed(self.start_synth(step, change, baseline))

    def deploy(self, step: str) -> Ran:
        """`cdk deploy` of the assembly of a step."""
        app = ["--app", str(self._folder(step))]
        return self._run(step, self._cdk("deploy", STACK, *app, "--require-approval", "never"))

    def commit(self, step: str) -> None:
        """`deploy` that must succeed. Raises DemoError when it does not."""
        self._must(self.deploy(step))

    def record(self, step: str, table: str) -> Path:
        """`capacity-guard record` of the table as it is now; the baseline's path. Raises DemoError when it fails."""
        baseline = self._out / "baselines" / f"{step}.json"
        words = [sys.executable, "-m", "capacity_guard", "record"]
        words += ["--table", table, "--stack", STACK, "--out", str(baseline)]
        self._must(self._run(step, words))
        return baseline

    def wait(self, pending: Pending) -> Ran:
        """Wait for a command that was started, and show it."""
        self._terminal.command(pending.shown)
        ran = pending.future.result()
        self._terminal.ended(ran.exit_code, ran.wall_seconds)
        return ran

    def passed(self, pending: Pending) -> None:
        """Wait for a command that must succeed. Raises DemoError when it does not."""
        self._must(self.wait(pending))

    def _start(self, step: str, words: Sequence[str]) -> Pending:
        return Pending(
            _shown(words), self._pool.submit(self._recorder.run, step, words, self._environment(), ROOT)
        )

    def _run(self, step: str, words: Sequence[str], folder: Path = ROOT) -> Ran:
        self._terminal.command(_shown(words))
        ran = self._recorder.run(step, words, self._environment(), folder)
        self._terminal.ended(ran.exit_code, ran.wall_seconds)
        return ran

    def _cdk(self, *arguments: str) -> list[str]:
        return [str(_CDK), "--no-notices", *arguments]

    def _folder(self, step: str) -> Path:
        return self._out / f"cdk-{step}"

    def _environment(self) -> dict[str, str]:
        environment = self._emulator.env()
        # cdk.json says `python`: it must be the one with the pinned packages, wherever this was started from.
        path = (str(Path(sys.executable).parent), environment.get("PATH", os.defpath))
        environment["PATH"] = os.pathsep.join(path)
        environment["PYTHONPATH"] = os.pathsep.join((environment["PYTHONPATH"], str(ROOT)))
        # A cache of the jsii kernel saves a second a synthesis; `make` names it too.
        environment.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(ROOT / ".cache" / "jsii"))
        return environment

    def _must(self, ran: Ran) -> None:
        if ran.exit_code != 0:
            self._terminal.quote(ran.output[-_TAIL:])
            raise DemoError(f"a command failed that must not; all it said is in {self._out / 'raw'}")


def _shown(words: Sequence[str]) -> str:
    """A command line as a person would type it in the repository's folder."""
    text = " ".join(words).replace(f"{ROOT}{os.sep}", "")
    text = text.replace(
        f"{sys.executable.replace(f'{ROOT}{os.sep}', '')} -m capacity_guard", "capacity-guard"
    )
    return text.replace("node_modules/.bin/cdk --no-notices", "cdk")
