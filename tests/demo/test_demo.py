"""The demo's own parts: its demand, its commands and what it shows; the whole is `make demo`."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from capacity_guard.capacity.dimension import Dimension
from capacity_guard.capacity.errors import InputError
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.rehearsal.report.records import Command
from demo.__main__ import main
from demo.commands import Commands, DemoError
from demo.demand import RecordedDemand
from demo.recorder import Recorder
from demo.story import BASELINE, CLOCK_START, INDEX, SURGE_TO
from demo.telling import describe, is_active, mode, tell_event
from demo.terminal import Terminal
from tests.builders.rehearsal_records import event, table

NOW = datetime(2026, 7, 9, 16, 0, tzinfo=UTC)
PATIENCE = 30.0
"""Seconds until a thread that never gets there fails the test."""


class FakeClock:
    def now(self) -> datetime:
        return NOW


class FakePages:
    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    def paginate(self, **_: Any) -> FakePages:
        return self

    def build_full_result(self) -> dict[str, Any]:
        return self._answer


class FakeEmulator:
    """Answers as the services do; the test changes the answers."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = table("PROVISIONED", 3840)
        self.events: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        self.fails = False
        self.failed = threading.Event()

    def env(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PYTHONPATH": "injected"}

    def client(self, service: str) -> FakeEmulator:
        return self

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        if self.fails:
            self.failed.set()
            raise RuntimeError("no answer")
        return {"Table": self.table}

    def get_paginator(self, name: str) -> FakePages:
        answers: dict[str, list[dict[str, Any]]] = {
            "StackEvents": list(reversed(self.events)),
            "AlarmHistoryItems": self.history,
            "MetricAlarms": [],
        }
        return FakePages(dict(answers))


@pytest.fixture
def emulator() -> FakeEmulator:
    return FakeEmulator()


@pytest.fixture
def recorder(emulator: FakeEmulator, tmp_path: Path) -> Iterator[Recorder]:
    raw = tmp_path / "raw"
    raw.mkdir()
    with Recorder(emulator, raw, "Stack", tmp_path) as recorder:  # type: ignore[arg-type]
        yield recorder


# --- demand ---


def test_demand_when_a_period_later_asks_for_what_was_recorded() -> None:
    demand = RecordedDemand(BASELINE)
    traffic = Baseline.load(BASELINE).traffic
    assert traffic is not None
    recorded = traffic.consumed[INDEX][15 * 60 + 55] / 60
    assert demand(INDEX.key, traffic.start + timedelta(hours=15, minutes=55)) == recorded
    assert demand(INDEX.key, traffic.start + demand.period + timedelta(hours=15, minutes=55)) == recorded
    assert demand.period == timedelta(days=14)


def test_demand_when_the_demo_starts_is_about_to_climb_above_what_is_provisioned() -> None:
    demand = RecordedDemand(BASELINE)
    hour = [demand(INDEX.key, CLOCK_START + timedelta(minutes=minute)) for minute in range(30)]
    assert hour[0] < 3_840 < max(hour)


def test_surge_when_compared_with_the_record_exceeds_it() -> None:
    peak = RecordedDemand(BASELINE).peak(INDEX)
    assert round(peak) == 4_800
    assert peak < 5_000 < SURGE_TO


def test_demand_when_the_file_holds_no_traffic_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.json"):
        RecordedDemand(tmp_path / "missing.json")


def test_demand_when_a_dimension_is_unknown_is_an_error() -> None:
    with pytest.raises(KeyError):
        RecordedDemand(BASELINE).peak(Dimension("other", "write"))


# --- recorder ---


def test_run_when_a_command_fails_keeps_its_words_code_and_whole_output(
    recorder: Recorder, tmp_path: Path
) -> None:
    script = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    ran = recorder.run("refused", [sys.executable, "-c", script, str(tmp_path / "x")], {})
    assert ran.exit_code == 3
    assert sorted(ran.output.split()) == ["err", "out"]
    kept = json.loads((tmp_path / "raw" / "commands.json").read_text())
    assert kept[0]["exit_code"] == 3
    assert kept[0]["step"] == "refused"
    assert kept[0]["words"][-1] == "x"
    assert kept[0]["started"] == NOW.isoformat()
    assert (tmp_path / "raw" / kept[0]["output"]).read_text() == ran.output


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
    seen: SimpleQueue[dict[str, Any]] = SimpleQueue()
    settled = threading.Event()
    recorder.watch("T", lambda _, answer: seen.put(answer), _ignore, _ignore, settled.set)
    assert seen.get(timeout=PATIENCE) == table("PROVISIONED", 3840)
    emulator.table = table("PROVISIONED", 4800)
    assert seen.get(timeout=PATIENCE) == table("PROVISIONED", 4800)
    assert settled.wait(PATIENCE)
    recorder.__exit__(None, None, None)
    assert seen.empty()
    lines = [json.loads(line) for line in (tmp_path / "raw" / "tables.jsonl").read_text().splitlines()]
    assert [line["table"]["ProvisionedThroughput"]["WriteCapacityUnits"] for line in lines] == [3840, 4800]
    assert all(line["at"] == NOW.isoformat() for line in lines)


def test_watch_when_it_fails_does_not_pass_for_a_whole_record(
    emulator: FakeEmulator, recorder: Recorder
) -> None:
    emulator.fails = True
    recorder.watch("T", lambda _, __: None, _ignore, _ignore, lambda: None)
    assert emulator.failed.wait(PATIENCE)
    recorder.__exit__(None, None, None)
    with pytest.raises(RuntimeError, match="no answer"):
        recorder.check()


def test_catch_up_when_events_were_told_tells_only_new_ones(
    emulator: FakeEmulator, recorder: Recorder
) -> None:
    emulator.events = [{**event(0, "stack", "UPDATE_IN_PROGRESS"), "EventId": "1"}]
    told: list[str] = []
    changed: list[str] = []
    recorder.watch(
        "T",
        lambda _, __: None,
        lambda one: told.append(one["EventId"]),
        lambda one: changed.append(one["AlarmName"]),
        lambda: None,
    )
    emulator.events.append({**event(1, "table", "UPDATE_COMPLETE"), "EventId": "2"})
    emulator.history = [{"AlarmName": "a", "Timestamp": NOW}]
    recorder.catch_up()
    recorder.catch_up()
    assert told == ["2"]
    assert changed == ["a"]


def test_collect_when_asked_writes_events_oldest_first(
    emulator: FakeEmulator, recorder: Recorder, tmp_path: Path
) -> None:
    emulator.events = [event(0, "stack", "UPDATE_IN_PROGRESS"), event(1, "stack", "UPDATE_COMPLETE")]
    recorder.collect()
    kept = json.loads((tmp_path / "raw" / "stack-events.json").read_text())
    assert [one["ResourceStatus"] for one in kept] == ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]


def _ignore(_: dict[str, Any]) -> None:
    pass


# --- commands ---


class FakeRecorder:
    def __init__(self, exit_code: int) -> None:
        self.exit_code = exit_code
        self.ran: list[tuple[str, list[str], dict[str, str]]] = []

    def run(self, step: str, words: list[str], environment: dict[str, str], folder: Path) -> Any:
        self.ran.append((step, list(words), environment))
        return Command(step, tuple(words), self.exit_code, NOW, NOW, 1.0, "what it said")


def commands(emulator: FakeEmulator, recorder: FakeRecorder, pool: ThreadPoolExecutor, out: Path) -> Commands:
    return Commands(emulator, recorder, Terminal(), pool, out)  # type: ignore[arg-type]


def test_commands_when_run_are_shown_as_typed_and_use_the_pinned_tools(
    emulator: FakeEmulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder = FakeRecorder(0)
    with ThreadPoolExecutor(1) as pool:
        do = commands(emulator, recorder, pool, tmp_path)
        baseline = do.record("floor", "T")
        do.synth("floor", "fixed", baseline)
        do.deploy("floor")
    (_, record, _), (_, synth, environment), (_, deploy, _) = recorder.ran
    assert record[0] == sys.executable
    assert record[-1] == str(baseline)
    assert {"change=fixed", f"baseline={baseline}", "capacity-guard:now=2026-07-09T16:00:00Z"} <= set(synth)
    assert synth[synth.index("--output") + 1] == deploy[deploy.index("--app") + 1]
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert environment["PYTHONPATH"].split(os.pathsep)[0] == "injected"
    shown = [line.strip() for line in capsys.readouterr().out.splitlines() if "$" in line]
    assert shown[0].startswith("$ capacity-guard record --table T")
    assert shown[1].startswith("$ cdk synth ")
    assert shown[2].startswith("$ cdk deploy Conversations-production-cell-1 ")


def test_commands_when_one_fails_that_must_not_shows_its_output_and_ends(
    emulator: FakeEmulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ThreadPoolExecutor(1) as pool:
        do = commands(emulator, FakeRecorder(1), pool, tmp_path)
        with pytest.raises(DemoError, match="must not"):
            do.commit("floor")
        assert do.wait(do.start_synth_of_all("refused", "incident")).exit_code == 1
    assert "| what it said" in capsys.readouterr().out


# --- words ---


def test_describe_when_the_index_lags_and_warms_says_so() -> None:
    lagging = table("PROVISIONED", 4800, index_status="UPDATING")
    assert describe(lagging) == "provisioned: table 4,800 writes/s; by_agent 4,800 writes/s, UPDATING"
    assert not is_active(lagging)
    warming = table(warming=True)
    assert describe(warming).startswith("on-demand: table up to 6,240 writes/s at once, warming")
    assert is_active(warming)


def test_mode_when_the_table_never_was_on_demand_is_provisioned() -> None:
    answer = table("PROVISIONED", 1)
    del answer["BillingModeSummary"]
    assert mode(answer) == "PROVISIONED"


def test_tell_event_when_it_is_no_turning_point_says_nothing() -> None:
    assert tell_event(event(0, "bake", "CREATE_FAILED")) == "bake failed: veto"
    assert tell_event(event(0, "table", "UPDATE_IN_PROGRESS")) is None


def test_terminal_when_events_come_late_shows_them_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.event(NOW + timedelta(seconds=5), "second")
    terminal.event(NOW, "first")
    terminal.settle()
    assert capsys.readouterr().out == ""  # an earlier one may still come
    terminal.note("then")
    assert capsys.readouterr().out.split() == ["16:00:00", "first", "16:00:05", "second", "then"]


@pytest.mark.parametrize("speed", ["0", "61", "fast", "nan"])
def test_main_when_the_speed_is_out_of_range_ends_with_code_2_and_starts_nothing(
    speed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["demo", "--speed", speed, "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "1 to 60" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
