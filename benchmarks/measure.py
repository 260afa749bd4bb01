"""Runs whole `cdk synth` processes in turn and times them."""

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
"""Seconds after which a synthesis counts as hung."""


class BenchmarkError(Exception):
    """The benchmark could not run, or would not have measured what it says."""


@dataclass(frozen=True)
class App:
    """One side of the comparison.

    Attributes:
        name: ``guarded`` or ``plain``.
        arguments: what Python runs: a script, or ``-m`` and a module.
        context: context values, given to the CDK CLI as ``-c key=value``.
        output: folder of the cloud assembly.
    """

    name: str
    arguments: tuple[str, ...]
    context: tuple[str, ...]
    output: Path

    def command(self) -> list[str]:
        """The CDK CLI, as a person calls it."""
        app = " ".join([sys.executable, *self.arguments])
        context = [word for value in self.context for word in ("-c", value)]
        return [str(CDK), "synth", "--quiet", "--app", app, "--output", str(self.output), *context]


@dataclass(frozen=True)
class Seconds:
    """What one ``cdk synth`` took.

    Attributes:
        wall: from its start to its end, as a person waits.
        cpu: of all its processes, which a busy machine stretches less.
    """

    wall: float
    cpu: float


def synth_seconds(app: App) -> Seconds:
    """Seconds of one whole ``cdk synth`` process of ``app``: CLI, Python, jsii, validation, assets, files.

    Raises:
        BenchmarkError: the CLI failed; with its last lines.
    """
    shutil.rmtree(app.output, ignore_errors=True)
    # The built-in validation takes part on both sides, whatever the caller's shell says.
    environment = {name: value for name, value in os.environ.items() if name != "CDK_VALIDATION"}
    used = _cpu_of_ended_children()
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
    seconds = Seconds(time.perf_counter() - started, _cpu_of_ended_children() - used)
    if result.returncode:
        tail = "\n".join((result.stdout + result.stderr).splitlines()[-30:])
        raise BenchmarkError(f"{app.name}: `cdk synth` ended with {result.returncode}:\n{tail}")
    return seconds


def _cpu_of_ended_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def in_pairs(apps: Sequence[App], pairs: int, least: int, budget: float) -> dict[str, list[Seconds]]:
    """Seconds of each app, measured in turn, so that a slow minute of the machine meets both.

    The order changes from pair to pair. One run of each comes first and is not counted: it fills the caches that a
    developer's machine has filled too.

    Args:
        apps: the two sides.
        pairs: runs of each that count.
        least: pairs without which there is no result.
        budget: seconds after which no further pair begins.

    Raises:
        BenchmarkError: a run failed, or the budget ended before ``least`` pairs were measured.
    """
    started = time.perf_counter()
    for app in apps:
        synth_seconds(app)
    seconds: dict[str, list[Seconds]] = {app.name: [] for app in apps}
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
            f"pair {pair + 1}/{pairs}: " + ", ".join(f"{n} {s[-1].wall:.2f} s" for n, s in seconds.items()),
            flush=True,
        )
    return seconds
