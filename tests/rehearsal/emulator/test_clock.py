"""The rehearsal clock: one time for this process, Python and Node, faster than the wall, able to jump."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from capacity_guard.rehearsal.emulator import Clock
from capacity_guard.rehearsal.emulator.clock import CLOCK_VARIABLE
from tests.paths import ROOT

START = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)
INJECT = ROOT / "constructs_lib" / "capacity_guard" / "rehearsal" / "emulator" / "inject"
DAY = 86_400.0

PYTHON = """
import datetime, json, logging, pickle, time, email.utils
early = datetime.datetime(2026, 1, 1)
print(json.dumps({
    "time": time.time(), "ns": time.time_ns() / 1e9, "now": datetime.datetime.now(datetime.UTC).timestamp(),
    "today": datetime.date.today().isoformat(), "gmtime": time.strftime("%Y-%m-%d", time.gmtime()),
    "instance": isinstance(early, datetime.datetime) and isinstance(early, datetime.date),
    "subclass": issubclass(datetime.datetime, datetime.date), "pickled": pickle.loads(pickle.dumps(early)) == early,
    "logged": logging.Formatter("%(asctime)s").format(logging.makeLogRecord({}))[:10],
    "naive": (early + datetime.timedelta(days=1)).isoformat(),
}))
"""
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


def run(clock: Clock, *command: str, **variables: str) -> subprocess.Popen[str]:
    environment = {"PATH": str(Path(sys.executable).parent), CLOCK_VARIABLE: str(clock.path), **variables}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def output(process: subprocess.Popen[str]) -> dict[str, object]:
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return json.loads(text)


def close(value: object, clock: Clock) -> bool:
    """Whether `value` (seconds since 1970) was read from the clock while a process ran."""
    return isinstance(value, float | int) and START.timestamp() <= value <= clock.seconds()


def test_clock_when_made_starts_where_it_is_told(clock: Clock) -> None:
    assert START <= clock.now() < START + timedelta(hours=1)
    assert clock.speed == 60


def test_clock_when_it_jumps_moves_every_reader_forward(clock: Clock) -> None:
    other = Clock.from_env({CLOCK_VARIABLE: str(clock.path)})
    clock.jump(10 * DAY)
    assert other.now() >= START + timedelta(days=10)


def test_clock_when_the_speed_changes_does_not_leap(clock: Clock) -> None:
    before = clock.seconds()
    clock.set_speed(1)
    assert before <= clock.seconds() < before + 3_600
    assert clock.speed == 1


@pytest.mark.parametrize("speed", [0, 0.5, 61, -1])
def test_clock_when_the_speed_is_out_of_range_is_refused(tmp_path: Path, speed: float) -> None:
    with pytest.raises(ValueError, match="between 1 and 60"):
        Clock.create(tmp_path / "clock", speed=speed)


def test_clock_when_the_start_has_no_time_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        Clock.create(tmp_path / "clock", speed=30, start=START.replace(tzinfo=None))


def test_clock_when_told_to_go_back_refuses(clock: Clock) -> None:
    with pytest.raises(ValueError, match="never goes back"):
        clock.jump(-1)


def test_clock_when_no_file_is_named_is_the_wall_clock_and_cannot_jump() -> None:
    clock = Clock.from_env({})
    assert clock.speed == 1
    with pytest.raises(RuntimeError, match=CLOCK_VARIABLE):
        clock.jump(1)


def test_sleep_when_the_clock_has_passed_its_end_returns(clock: Clock) -> None:
    clock.sleep(-1)
    clock.sleep_until(START)
    assert clock.now() >= START


def test_python_when_injected_shows_rehearsal_time_everywhere(clock: Clock) -> None:
    seen = output(run(clock, sys.executable, "-c", PYTHON, PYTHONPATH=str(INJECT), TZ="UTC"))
    assert all(close(seen[name], clock) for name in ("time", "ns", "now"))
    assert seen["today"] == seen["gmtime"] == seen["logged"] == "2026-07-09"
    assert seen["instance"] is seen["subclass"] is seen["pickled"] is True
    assert seen["naive"] == "2026-01-02T00:00:00"


def test_python_when_the_clock_jumps_wakes_from_its_sleep(clock: Clock) -> None:
    code = f"import time; print('{{}}', flush=True); time.sleep({DAY})"
    sleeper = run(clock, sys.executable, "-c", code, PYTHONPATH=str(INJECT))
    assert sleeper.stdout is not None
    assert sleeper.stdout.readline() == "{}\n"
    # The sleep began after the line was printed: two days pass its end whenever that was.
    clock.jump(2 * DAY)
    clock.set_speed(60)
    for _ in range(30):
        if sleeper.poll() is not None:
            break
        clock.jump(2 * DAY)
        clock.sleep(60)
    assert sleeper.wait(timeout=60) == 0


def test_python_when_it_is_a_function_measures_deadlines_on_the_clock(clock: Clock) -> None:
    code = (
        "import sys, time; first = time.monotonic(); print('{}', flush=True); sys.stdin.readline();"
        "print(time.monotonic() - first)"
    )
    environment = {
        CLOCK_VARIABLE: str(clock.path),
        "PYTHONPATH": str(INJECT),
        "AWS_LAMBDA_FUNCTION_NAME": "gate",
    }
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        clock.jump(DAY)
        text, _ = process.communicate("\n", timeout=60)
    assert float(text) >= DAY


@pytest.mark.skipif(shutil.which("node", path=str(Path(sys.executable).parent)) is None, reason="no Node")
def test_node_when_injected_shows_rehearsal_time(clock: Clock) -> None:
    options = f"--require {INJECT / 'clock.js'}"
    seen = output(run(clock, "node", "-e", NODE, NODE_OPTIONS=options))
    assert close(seen["now"], clock)
    assert close(seen["made"], clock)
    assert seen["text"] == "string"
    assert seen["given"] is True
    assert seen["utc"] == seen["parsed"] == datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000
