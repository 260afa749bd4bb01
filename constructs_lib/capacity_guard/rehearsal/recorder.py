"""Runs the commands of a rehearsal and writes its raw records: command output, DescribeTable, stack events, alarms.

The recorder only reads AWS and writes files. ``report.records`` describes each file.
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

from ..capacity.hold import is_journals
from ..evidence.files import write_whole
from .emulator import Emulator
from .report.records import ALARM_HISTORY, ALARMS, COMMANDS, JOURNAL, STACK_EVENTS, TABLES

_TABLE_POLL_SECONDS = 0.1
"""Wall seconds between two DescribeTable calls: three seconds of the rehearsal clock at 30 times."""
_EVENT_POLL_SECONDS = 0.5
"""Wall seconds between two reads of stack events and alarm history. Both have their own timestamps."""
_TERMINATION_SECONDS = 5.0
"""Wall seconds that a command has to end after SIGTERM."""


@dataclass(frozen=True)
class CommandResult:
    """How a command ended.

    Attributes:
        exit_code: its exit code.
        output: standard output and standard error together.
        wall_seconds: how long it ran, on the wall clock.
    """

    exit_code: int
    output: str
    wall_seconds: float


class Recorder:
    """Writes the raw records of one rehearsal. On exit it stops its threads and ends commands that still run.

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
        self._commands_lock = threading.Lock()
        self._end = threading.Event()
        self._threads: list[threading.Thread] = []
        self._report_lock = threading.Lock()
        self._reported_event_ids: set[str] = set()
        self._reported_alarm_changes = 0
        self._on_event: Callable[[dict[str, Any]], None] = _ignore
        self._on_alarm: Callable[[dict[str, Any]], None] = _ignore
        self._error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()
        for process in list(self._running):
            _end_process_group(process)

    def run(
        self, step: str, words: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
    ) -> CommandResult:
        """Run one command to its end and record what it printed.

        Args:
            step: the step of the rehearsal that the command belongs to.
            words: the command line.
            environment: all environment variables of the command.
            folder: where the command runs; ``None`` is the recorder's ``root``.
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
            # A process group of its own, so that the processes that the command starts can be ended with it.
            start_new_session=True,
        )
        self._running.add(process)
        try:
            output, _ = process.communicate()
        finally:
            # After an interruption the process stays in the set, and `__exit__` ends it.
            if process.poll() is not None:
                self._running.discard(process)
        result = CommandResult(process.returncode, output, time.monotonic() - wall)
        with self._commands_lock:
            name = f"{len(self._commands) + 1:02}-{step}.txt"
            write_whole(self._folder / name, output)
            self._commands.append(
                {
                    "step": step,
                    "words": [self._without_root(word) for word in words],
                    "exit_code": result.exit_code,
                    "started": started.isoformat(),
                    "ended": self._emulator.clock.now().isoformat(),
                    "wall_seconds": round(result.wall_seconds, 2),
                    "output": name,
                }
            )
            self._write(COMMANDS, self._commands)
        return result

    def watch(
        self,
        table_name: str,
        *,
        on_table: Callable[[datetime, dict[str, Any]], None],
        on_event: Callable[[dict[str, Any]], None],
        on_alarm: Callable[[dict[str, Any]], None],
        on_polled: Callable[[], None],
    ) -> None:
        """Poll the table, the stack and the alarms in two threads until exit. Record each changed DescribeTable answer.

        Args:
            table_name: name of the table.
            on_table: called with the rehearsal time and the answer, for each changed answer of DescribeTable.
            on_event: called with each new stack event.
            on_alarm: called with each new state transition of an alarm.
            on_polled: called after each read of stack and alarms.
        """
        self._on_event, self._on_alarm = on_event, on_alarm
        self._reported_event_ids = {event["EventId"] for event in self.stack_events()}
        for work in (
            lambda: self._poll_table(table_name, on_table),
            lambda: self._poll_stack_and_alarms(on_polled),
        ):
            thread = threading.Thread(target=self._run_thread, args=(work,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def report_new_events(self) -> None:
        """Pass stack events and alarm transitions that were not reported yet to the callbacks of ``watch``."""
        with self._report_lock:
            for event in reversed(self.stack_events()):
                if event["EventId"] not in self._reported_event_ids:
                    self._reported_event_ids.add(event["EventId"])
                    self._on_event(event)
            history = self._emulator.client("cloudwatch").get_paginator("describe_alarm_history")
            answer = history.paginate(
                HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
            ).build_full_result()
            for change in answer["AlarmHistoryItems"][self._reported_alarm_changes :]:
                self._on_alarm(change)
            self._reported_alarm_changes = len(answer["AlarmHistoryItems"])

    def check(self) -> None:
        """Raise the exception that ended a thread of ``watch``, if one ended so: the records would be incomplete."""
        if self._error is not None:
            raise self._error

    def collect(self) -> None:
        """Write the stack events, alarms, alarm history and journal of the watch that exist now."""
        self._write(JOURNAL, self.journal())
        self._write(STACK_EVENTS, list(reversed(self.stack_events())))
        cloudwatch = self._emulator.client("cloudwatch")
        alarms = cloudwatch.get_paginator("describe_alarms").paginate().build_full_result()
        self._write(ALARMS, alarms["MetricAlarms"])
        history = cloudwatch.get_paginator("describe_alarm_history")
        answer = history.paginate(HistoryItemType="StateUpdate").build_full_result()
        self._write(ALARM_HISTORY, sorted(answer["AlarmHistoryItems"], key=lambda item: item["Timestamp"]))

    def stack_events(self) -> list[dict[str, Any]]:
        """Every event of the stack, newest first, in the order of DescribeStackEvents."""
        pages = self._emulator.client("cloudformation").get_paginator("describe_stack_events")
        events: list[dict[str, Any]] = pages.paginate(StackName=self._stack).build_full_result()[
            "StackEvents"
        ]
        return events

    def journal(self) -> list[dict[str, Any]]:
        """The entries of the journal of the watch, oldest first; empty without a watch, or before its first look."""
        dynamodb = self._emulator.client("dynamodb")
        tables = [name for name in dynamodb.list_tables()["TableNames"] if is_journals(name)]
        items = [item for name in tables for item in dynamodb.scan(TableName=name)["Items"]]
        return [entry for item in items for entry in json.loads(item["journal"]["S"])["entries"]]

    def _run_thread(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 (`check` raises it: a thread's own exception is not seen)
            self._error = error

    def _poll_table(self, table_name: str, on_table: Callable[[datetime, dict[str, Any]], None]) -> None:
        dynamodb, last = self._emulator.client("dynamodb"), None
        with (self._folder / TABLES).open("a", encoding="utf-8") as file:
            while not self._end.is_set():
                at = self._emulator.clock.now()
                table = dynamodb.describe_table(TableName=table_name)["Table"]
                if table != last:
                    file.write(json.dumps({"at": at.isoformat(), "table": table}, default=_json_text) + "\n")
                    file.flush()
                    last = table
                    on_table(at, table)
                self._end.wait(_TABLE_POLL_SECONDS)

    def _poll_stack_and_alarms(self, on_polled: Callable[[], None]) -> None:
        while not self._end.is_set():
            self.report_new_events()
            on_polled()
            self._end.wait(_EVENT_POLL_SECONDS)

    def _without_root(self, word: str) -> str:
        """A word of a command line without the root folder, so that records of two machines are alike."""
        return word.replace(f"{self._root}{os.sep}", "")

    def _write(self, name: str, items: Sequence[Any]) -> None:
        text = json.dumps(items, indent=1, default=_json_text) + "\n"
        write_whole(self._folder / name, text)


def _ignore(_: dict[str, Any]) -> None:
    """The callback before ``watch`` sets one."""


def _json_text(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def _end_process_group(process: subprocess.Popen[str]) -> None:
    """End a command and every process that it started. The command leads its group, which holds nothing else."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(_TERMINATION_SECONDS)
        except (ProcessLookupError, PermissionError, subprocess.TimeoutExpired):
            continue


__all__ = ["CommandResult", "Recorder"]
