"""A run leaves nothing: no process and no file, however the process that started the emulator ends."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from tests.paths import ROOT

# A starter with a function that has run, so that there are worker processes and their folders.
STARTER = """
import io, sys, zipfile
from capacity_guard.rehearsal.emulator import Emulator
emulator = Emulator(speed=60).start()
code = io.BytesIO()
with zipfile.ZipFile(code, "w") as file:
    file.writestr("index.py", "import os\\ndef handler(event, context):\\n    return os.getpid()\\n")
functions = emulator.client("lambda")
functions.create_function(FunctionName="f", Runtime="python3.12", Handler="index.handler",
    Role="arn:aws:iam::000000000000:role/r", Code={"ZipFile": code.getvalue()})
worker = functions.invoke(FunctionName="f")["Payload"].read().decode()
print(emulator.pid, worker, emulator.endpoint.rpartition(":")[2], emulator.folder.name, flush=True)
sys.stdin.read()
"""
LONGEST_SECONDS = 30


class Started:
    """The starter and what it started."""

    def __init__(self, temporary: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", STARTER],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        emulator, worker, port, self.folder = self.process.stdout.readline().split()
        self.emulator, self.worker, self.port = int(emulator), int(worker), int(port)
        self.handles = [os.pidfd_open(pid) for pid in (self.emulator, self.worker)]

    def wait_for_ends(self) -> bool:
        """Wait until the emulator and its function have ended; whether they did in time."""
        for handle in self.handles:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            if not poll.poll(LONGEST_SECONDS * 1_000):
                return False
        return True


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    starter = Started(tmp_path)
    yield starter
    starter.process.kill()
    starter.process.communicate()
    for handle in starter.handles:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        os.close(handle)


@pytest.mark.slow
def test_emulator_when_its_starter_is_killed_ends_with_its_functions_and_its_folder(
    started: Started, tmp_path: Path
) -> None:
    assert [path.name for path in tmp_path.iterdir()] == [started.folder]
    assert any((tmp_path / started.folder / "tmp").iterdir()), "the function's folder is in that of the run"
    os.kill(started.process.pid, signal.SIGKILL)
    assert started.wait_for_ends()
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", started.port)) != 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_emulator_when_it_crashes_leaves_no_function_and_no_folder_at_the_end_of_its_starter(
    started: Started, tmp_path: Path
) -> None:
    os.kill(started.emulator, signal.SIGKILL)
    started.process.communicate("")
    assert started.wait_for_ends()
    assert list(tmp_path.iterdir()) == []


def test_emulator_when_its_starter_ends_in_order_leaves_nothing(started: Started, tmp_path: Path) -> None:
    started.process.communicate("")
    assert started.process.returncode == 0
    assert started.wait_for_ends()
    assert list(tmp_path.iterdir()) == []


def test_env_when_asked_puts_temporary_files_of_a_command_into_the_folder_of_the_run() -> None:
    with Emulator(speed=60) as emulator:
        folder = emulator.env({"TMPDIR": "/elsewhere"})["TMPDIR"]
        made = subprocess.run(
            [sys.executable, "-c", "import tempfile; print(tempfile.mkdtemp())"],
            env=emulator.env(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        assert Path(folder).is_relative_to(emulator.folder)
        assert Path(made).is_relative_to(folder)
    assert not Path(made).exists()
