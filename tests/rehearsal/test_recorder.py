"""The recorder keeps what commands print and what the table, the stack and the alarms answer, completely."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from capacity_guard.rehearsal.recorder import Recorder
from tests.builders.rehearsal_records import entry, event, table
from tests.fakes.emulator import NOW, FakeEmulator

TIMEOUT = 30.0
"""Seconds after which a thread that does not answer fails the test."""


@pytest.fixture
def emulator() -> FakeEmulator:
    return FakeEmulator()


@pytest.fixture
def recorder(emulator: FakeEmulator, tmp_path: Path) -> Iterator[Recorder]:
    raw = tmp_path / "raw"
    raw.mkdir()
    with Recorder(emulator, raw, "Stack", tmp_path) as recorder:  # type: ignore[arg-type]
        yield recorder


def test_run_when_a_command_fails_keeps_its_words_code_and_whole_output(
    recorder: Recorder, tmp_path: Path
) -> None:
    script = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    result = recorder.run("refused", [sys.executable, "-c", script, str(tmp_path / "x")], {})
    assert result.exit_code == 3
    assert sorted(result.output.split()) == ["err", "out"]
    commands = json.loads((tmp_path / "raw" / "commands.json").read_text())
    assert commands[0]["exit_code"] == 3
    assert commands[0]["step"] == "refused"
    assert commands[0]["words"][-1] == "x"
    assert commands[0]["started"] == NOW.isoformat()
    assert (tmp_path / "raw" / commands[0]["output"]).read_text() == result.output


def test_exit_when_a_command_still_runs_ends_it_with_what_it_started(
    emulator: FakeEmulator, tmp_path: Path
) -> None:
    (tmp_path / "raw").mkdir()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # The command and its child hold the pipe open: its end is reached when both have ended.
    script = "import subprocess, sys; f = open(sys.argv[1], 'wb', 0); p = subprocess.Popen(['sleep', '60'], stdout=f);"
    words = [sys.executable, "-c", script + "f.write(b'up'); p.wait()", str(pipe)]
    with ThreadPoolExecutor(1) as pool:
        with Recorder(emulator, tmp_path / "raw", "Stack", tmp_path) as recorder:  # type: ignore[arg-type]
            running = pool.submit(recorder.run, "start", words, dict(os.environ))
            reader = pipe.open("rb")
            assert reader.read(2) == b"up"
        assert reader.read() == b""
        reader.close()
        assert running.result().exit_code != 0


def test_watch_when_the_table_changes_records_each_answer_once(
    emulator: FakeEmulator, recorder: Recorder, tmp_path: Path
) -> None:
    answers: SimpleQueue[dict[str, Any]] = SimpleQueue()
    polled = threading.Event()
    recorder.watch(
        "T",
        on_table=lambda _, answer: answers.put(answer),
        on_event=_ignore,
        on_alarm=_ignore,
        on_polled=polled.set,
    )
    assert answers.get(timeout=TIMEOUT) == table("PROVISIONED", 3840)
    emulator.table = table("PROVISIONED", 4800)
    assert answers.get(timeout=TIMEOUT) == table("PROVISIONED", 4800)
    assert polled.wait(TIMEOUT)
    recorder.__exit__(None, None, None)
    assert answers.empty()
    lines = [json.loads(line) for line in (tmp_path / "raw" / "tables.jsonl").read_text().splitlines()]
    assert [line["table"]["ProvisionedThroughput"]["WriteCapacityUnits"] for line in lines] == [3840, 4800]
    assert all(line["at"] == NOW.isoformat() for line in lines)


def test_check_when_a_thread_of_watch_failed_raises_its_error(
    emulator: FakeEmulator, recorder: Recorder
) -> None:
    emulator.fails = True
    recorder.watch(
        "T", on_table=lambda _, __: None, on_event=_ignore, on_alarm=_ignore, on_polled=lambda: None
    )
    assert emulator.failed.wait(TIMEOUT)
    recorder.__exit__(None, None, None)
    with pytest.raises(RuntimeError, match="no answer"):
        recorder.check()


def test_report_new_events_when_events_were_reported_reports_only_new_ones(
    emulator: FakeEmulator, recorder: Recorder
) -> None:
    emulator.events = [{**event(0, "stack", "UPDATE_IN_PROGRESS"), "EventId": "1"}]
    event_ids: list[str] = []
    alarms: list[str] = []
    recorder.watch(
        "T",
        on_table=lambda _, __: None,
        on_event=lambda stack_event: event_ids.append(stack_event["EventId"]),
        on_alarm=lambda change: alarms.append(change["AlarmName"]),
        on_polled=lambda: None,
    )
    emulator.events.append({**event(1, "table", "UPDATE_COMPLETE"), "EventId": "2"})
    emulator.history = [{"AlarmName": "a", "Timestamp": NOW}]
    recorder.report_new_events()
    recorder.report_new_events()
    assert event_ids == ["2"]
    assert alarms == ["a"]


def test_collect_when_called_writes_events_oldest_first(
    emulator: FakeEmulator, recorder: Recorder, tmp_path: Path
) -> None:
    emulator.events = [event(0, "stack", "UPDATE_IN_PROGRESS"), event(1, "stack", "UPDATE_COMPLETE")]
    recorder.collect()
    events = json.loads((tmp_path / "raw" / "stack-events.json").read_text())
    assert [stack_event["ResourceStatus"] for stack_event in events] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE",
    ]


def test_collect_when_a_watch_keeps_a_journal_writes_its_entries(
    emulator: FakeEmulator, recorder: Recorder, tmp_path: Path
) -> None:
    journal = tmp_path / "raw" / "journal.json"
    recorder.collect()
    assert json.loads(journal.read_text()) == []
    emulator.journal = [entry(1, "Bake passed", "watching"), entry(2, "watch vetoed", "held")]
    recorder.collect()
    assert [kept["event"] for kept in json.loads(journal.read_text())] == ["Bake passed", "watch vetoed"]


def _ignore(_: dict[str, Any]) -> None:
    pass
