"""A Node process with the injected file is on the rehearsal clock."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from capacity_guard.rehearsal.emulator import Clock
from tests.builders.clocked_process import INJECT, START, close, output, run

NODE = """
const timers = require("timers/promises");
console.log(JSON.stringify({
  now: Date.now() / 1000, made: new Date().getTime() / 1000, text: typeof Date(),
  given: new Date(2026, 0, 1) instanceof Date, utc: Date.UTC(2026, 0, 1), parsed: Date.parse("2026-01-01T00:00:00Z"),
  kind: typeof timers.setTimeout,
}));
"""


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock.create(tmp_path / "clock", speed=60, start=START)


@pytest.mark.skipif(shutil.which("node", path=str(Path(sys.executable).parent)) is None, reason="no Node")
def test_node_when_injected_shows_rehearsal_time(clock: Clock) -> None:
    options = f"--require {INJECT / 'clock.js'}"
    seen = output(run(clock, "node", "-e", NODE, NODE_OPTIONS=options))
    assert close(seen["now"], clock)
    assert close(seen["made"], clock)
    assert seen["text"] == "string"
    assert seen["given"] is True
    assert seen["utc"] == seen["parsed"] == datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000
