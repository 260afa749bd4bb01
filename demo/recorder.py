"""Runs the commands of the demo and keeps everything raw: what they print, DescribeTable, stack events, alarm history.

It watches and writes; it changes nothing. `capacity_guard.rehearsal.report.records` says what each file holds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.report.records import ALARM_HISTORY, ALARMS, COMMANDS, STACK_EVENTS, TABLES

_LOOK = 0.1
"""Wall seconds between two looks at the table: three seconds of the rehearsal clock at 30 times."""
_FOLLOW = 0.5
"""Wall seconds between two looks at stack and alarms, which are only told here: their records name their own times."""
_GRACE = 5.0
"""Wall seconds that a command gets to end by itself when the demo is interrupted."""


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    exit_code: int
    output: str
    wall_seconds: float


class Recorder:
    """Keeps the raw records of one rehearsal. A context manager: it watches the table from enter to exit.

    Args:
        emulator: the running emulator.
        folder: where the records go; it exists and is empty.
        stack: name of the stack.
        root: folder in which commands run.
    """

    def __init__(self, emulator: Emulator, folder: Path, stack: str, root: Path) -> None:
        self._emulator = emulator
        self._folder = folder
        self._stack = stack
        self._root = root
        self._commands: list[dict[str, Any]] = []
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._watchers: list[threading.Thread] = []
        self._following = threading.Lock()
        self._known: set[str] = set()
        self._changes = 0
        self._tell_event: Callable[[dict[str, Any]], None] = _nobody
        self._tell_alarm: Callable[[dict[str, Any]], None] = _nobody
        self._error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        for watcher in self._watchers:
            watcher.join()
        for process in list(self._running):
            _end_group(process)

    def run(
        self, step: str, words: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
    ) -> Ran:
        """Run one command to its end and keep what it printed.

        Args:
            step: which step of the demo it belongs to.
            words: the command line.
            environment: its whole environment.
            folder: where it runs; none is the folder that commands run in.
        """
        started, wall = self._emulator.clock.now(), time.monotonic()
        process = subprocess.Popen(
            list(words),
            cwd=folder or self._root,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # A group of its own, so that what the command has started ends with it.
            start_new_session=True,
        )
        self._running.add(process)
        try:
            output, _ = process.communicate()
        finally:
            # Interrupted: it stays in the set and `__exit__` ends it.
            if process.poll() is not None:
                self._running.discard(process)
        ran = Ran(process.returncode, output, time.monotonic() - wall)
        with self._lock:
            name = f"{len(self._commands) + 1:02}-{step}.txt"
            (self._folder / name).write_text(output, encoding="utf-8")
            self._commands.append(
                {
                    "step": step,
                    "words": [self._shown(word) for word in words],
                    "exit_code": ran.exit_code,
                    "started": started.isoformat(),
                    "ended": self._emulator.clock.now().isoformat(),
                    "wall_seconds": round(ran.wall_seconds, 2),
                    "output": name,
                }
            )
            self._write(COMMANDS, self._commands)
        return ran

    def watch(
        self,
        table_name: str,
        table: Callable[[datetime, dict[str, Any]], None],
        event: Callable[[dict[str, Any]], None],
        alarm: Callable[[dict[str, Any]], None],
        settle: Callable[[], None],
    ) -> None:
        """Look at table, stack and alarms until the end. Every changed answer of DescribeTable is recorded.

        Args:
            table_name: the table.
            table: told each changed answer of DescribeTable and when it was seen.
            event: told each new stack event.
            alarm: told each new transition of an alarm's state.
            settle: called after each look at stack and alarms.
        """
        self._tell_event, self._tell_alarm = event, alarm
        self._known = {one["EventId"] for one in self.stack_events()}
        for work in (lambda: self._watch(table_name, table), lambda: self._follow(settle)):
            thread = threading.Thread(target=self._guarded, args=(work,), daemon=True)
            thread.start()
            self._watchers.append(thread)

    def catch_up(self) -> None:
        """Tell what stack and alarms have done until now."""
        with self._following:
            for one in reversed(self.stack_events()):
                if one["EventId"] not in self._known:
                    self._known.add(one["EventId"])
                    self._tell_event(one)
            history = self._emulator.client("cloudwatch").get_paginator("describe_alarm_history")
            found = history.paginate(
                HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
            ).build_full_result()
            for one in found["AlarmHistoryItems"][self._changes :]:
                self._tell_alarm(one)
            self._changes = len(found["AlarmHistoryItems"])

    def check(self) -> None:
        """Raise what the watcher met, if it failed: a record with a hole must not pass for a whole one."""
        if self._error is not None:
            raise self._error

    def collect(self) -> None:
        """Write stack events, alarms and alarm history as they are now."""
        self._write(STACK_EVENTS, list(reversed(self.stack_events())))
        cloudwatch = self._emulator.client("cloudwatch")
        alarms = cloudwatch.get_paginator("describe_alarms").paginate().build_full_result()
        self._write(ALARMS, alarms["MetricAlarms"])
        history = cloudwatch.get_paginator("describe_alarm_history")
        found = history.paginate(HistoryItemType="StateUpdate").build_full_result()
        self._write(ALARM_HISTORY, sorted(found["AlarmHistoryItems"], key=lambda item: item["Timestamp"]))

    def stack_events(self) -> list[dict[str, Any]]:
        """Every event of the stack, newest first, as the service lists them."""
        pages = self._emulator.client("cloudformation").get_paginator("describe_stack_events")
        found: list[dict[str, Any]] = pages.paginate(StackName=self._stack).build_full_result()["StackEvents"]
        return found

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 (kept for `check`: a thread's error is silent)
            self._error = error

    def _watch(self, table_name: str, tell: Callable[[datetime, dict[str, Any]], None]) -> None:
        database, last = self._emulator.client("dynamodb"), None
        with (self._folder / TABLES).open("a", encoding="utf-8") as file:
            while not self._end.is_set():
                at = self._emulator.clock.now()
                table = database.describe_table(TableName=table_name)["Table"]
                if table != last:
                    file.write(json.dumps({"at": at.isoformat(), "table": table}, default=_plain) + "\n")
                    file.flush()
                    last = table
                    tell(at, table)
                self._end.wait(_LOOK)

    def _follow(self, settle: Callable[[], None]) -> None:
        while not self._end.is_set():
            self.catch_up()
            settle()
            self._end.wait(_FOLLOW)

    def _shown(self, word: str) -> str:
        """A word without the folder of this machine, so that records of two machines look alike."""
        return word.replace(f"{self._root}{os.sep}", "")

    def _write(self, name: str, items: Sequence[Any]) -> None:
        (self._folder / name).write_text(json.dumps(items, indent=1, default=_plain) + "\n", encoding="utf-8")


def _nobody(_: dict[str, Any]) -> None:
    """Before `watch` nothing is told."""


def _plain(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def _end_group(process: subprocess.Popen[str]) -> None:
    """End a command with everything it started; it led its own group, so nobody else is met."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(_GRACE)
        except (ProcessLookupError, PermissionError, subprocess.TimeoutExpired):
            continue
