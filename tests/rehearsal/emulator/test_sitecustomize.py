"""A Python process with the injected module is on the rehearsal clock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from capacity_guard.rehearsal.emulator import Clock
from capacity_guard.rehearsal.emulator.clock import CLOCK_VARIABLE
from tests.builders.clocked_process import INJECT, START, close, output, run

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


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock.create(tmp_path / "clock", speed=60, start=START)


def test_python_when_injected_shows_rehearsal_time_everywhere(clock: Clock) -> None:
    seen = output(run(clock, sys.executable, "-c", PYTHON, PYTHONPATH=str(INJECT), TZ="UTC"))
    assert all(close(seen[name], clock) for name in ("time", "ns", "now"))
    assert seen["today"] == seen["gmtime"] == seen["logged"] == "2026-07-09"
    assert seen["instance"] is seen["subclass"] is seen["pickled"] is True
    assert seen["naive"] == "2026-01-02T00:00:00"


@pytest.mark.slow
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
