"""Runs `cdk synth` processes one after the other and measures their time."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CDK = ROOT / "node_modules" / ".bin" / "cdk"

LONGEST_SYNTH = 120.0
"""Timeout of one synthesis, seconds."""


class BenchmarkError(Exception):
    """The benchmark could not run, or its two sides cannot be compared."""


@dataclass(frozen=True)
class BenchmarkApp:
    """One side of the comparison.

    Attributes:
        name: ``guarded`` or ``plain``.
        arguments: arguments of Python: a script, or ``-m`` and a module.
        context: context values, given to the CDK CLI as ``-c key=value``.
        output: folder of the cloud assembly.
    """

    name: str
    arguments: tuple[str, ...]
    context: tuple[str, ...]
    output: Path

    def command(self) -> list[str]:
        """The command line of the CDK CLI, as a user types it."""
        app = " ".join([sys.executable, *self.arguments])
        context = [word for value in self.context for word in ("-c", value)]
        return [str(CDK), "synth", "--quiet", "--app", app, "--output", str(self.output), *context]


@dataclass(frozen=True)
class SynthSeconds:
    """Duration of one ``cdk synth``.

    Attributes:
        wall: seconds from its start to its end.
        cpu: processor seconds of all its processes. The load of the machine changes them less.
    """

    wall: float
    cpu: float


_UNSET = ("CDK_VALIDATION", "PYTHONDONTWRITEBYTECODE")
"""Variables of a shell that are not passed on: the CDK validates on both sides, and Python keeps its bytecode, as by default."""


def synth_seconds(app: BenchmarkApp) -> SynthSeconds:
    """Run ``cdk synth`` of an app once and measure all of it: CLI, Python, jsii, validation, assets, files.

    Raises:
        BenchmarkError: the CLI failed; the message has its last lines.
    """
    shutil.rmtree(app.output, ignore_errors=True)
    environment = {name: value for name, value in os.environ.items() if name not in _UNSET}
    cpu_before = _cpu_of_ended_children()
    started = time.perf_counter()
    try:
        result = subprocess.run(
            app.command(),
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_SYNTH,
        )
    except FileNotFoundError:
        raise BenchmarkError(f"{CDK.relative_to(ROOT)} is missing: run `make setup`") from None
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"{app.name}: no end after {LONGEST_SYNTH:.0f} seconds") from None
    seconds = SynthSeconds(time.perf_counter() - started, _cpu_of_ended_children() - cpu_before)
    if result.returncode:
        tail = "\n".join((result.stdout + result.stderr).splitlines()[-30:])
        raise BenchmarkError(f"{app.name}: `cdk synth` ended with {result.returncode}:\n{tail}")
    return seconds


def _cpu_of_ended_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure_in_pairs(
    apps: Sequence[BenchmarkApp], pairs: int, least: int, budget: float
) -> dict[str, list[SynthSeconds]]:
    """Measure the apps alternately, so that a slow minute of the machine affects both.

    The order changes with every pair. The first run of each app is not counted: it fills the caches, which are filled on
    a developer's machine too.

    Args:
        apps: the two sides.
        pairs: counted runs of each app.
        least: lowest number of pairs for a result.
        budget: seconds after which no further pair starts.

    Raises:
        BenchmarkError: a run failed, or the budget ended before ``least`` pairs were measured.
    """
    started = time.perf_counter()
    for app in apps:
        synth_seconds(app)
    seconds: dict[str, list[SynthSeconds]] = {app.name: [] for app in apps}
    for pair in range(pairs):
        if time.perf_counter() - started > budget:
            if pair >= least:
                break
            raise BenchmarkError(
                f"{pair} of {least} pairs after {budget:.0f} seconds: the machine is too slow or busy"
            )
        for app in apps if pair % 2 == 0 else reversed(apps):
            seconds[app.name].append(synth_seconds(app))
        print(
            f"pair {pair + 1}/{pairs}: "
            + ", ".join(f"{name} {runs[-1].wall:.2f} s" for name, runs in seconds.items()),
            flush=True,
        )
    return seconds
