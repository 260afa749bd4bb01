"""Processes on a rehearsal clock."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from capacity_guard.rehearsal.emulator import Clock
from capacity_guard.rehearsal.emulator.clock import CLOCK_VARIABLE
from tests.paths import ROOT

START = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)
INJECT = ROOT / "constructs_lib" / "capacity_guard" / "rehearsal" / "emulator" / "inject"


def run(clock: Clock, *command: str, **variables: str) -> subprocess.Popen[str]:
    """Start a process whose environment names the clock and nothing else of this machine."""
    environment = {"PATH": str(Path(sys.executable).parent), CLOCK_VARIABLE: str(clock.path), **variables}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def output(process: subprocess.Popen[str]) -> dict[str, object]:
    """The JSON that a process prints."""
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return json.loads(text)


def close(value: object, clock: Clock) -> bool:
    """Whether `value` (seconds since 1970) was read from the clock while a process ran."""
    return isinstance(value, float | int) and START.timestamp() <= value <= clock.seconds()
