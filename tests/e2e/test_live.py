"""`python -m live` with the emulator instead of AWS: a run that passes, and one that is interrupted."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.player import Player
from live.record import check
from live.traffic import BATCH_ITEMS, ITEM_UNITS

from .lab import CLI, REGION, ROOT, START

pytestmark = pytest.mark.e2e

ACCOUNT = "000000000000"


class WrittenUnits:
    """The demand that requests to a table made, units per second: the emulator does not meter requests."""

    def __init__(self, emulator: Emulator, table: str) -> None:
        self._emulator, self._table = emulator, table
        self._client = emulator.client("dynamodb")
        self._items, self._at, self._rate = 0, emulator.clock.seconds(), 0.0

    def __call__(self, dimension: str, minute: datetime) -> float:
        # The player calls this for each dimension; all calls of one minute use the same count.
        now = self._emulator.clock.seconds()
        if now - self._at >= 20:
            try:
                items = self._client.describe_table(TableName=self._table)["Table"]["ItemCount"]
            except self._client.exceptions.ResourceNotFoundException:
                return 0.0  # the run removed the table
            new_items = items - self._items
            # The emulator has no item sizes: many items are those of the overload, a few are small ones of steady traffic.
            self._rate = new_items * (ITEM_UNITS if new_items >= BATCH_ITEMS else 1) / (now - self._at)
            self._items, self._at = items, now
        return self._rate if dimension.endswith("/write") else 0.0


@contextmanager
def metered(emulator: Emulator) -> Iterator[None]:
    """Publish the metrics of everything that is written to any table, as DynamoDB does."""
    players: dict[str, Player] = {}
    end = threading.Event()
    client = emulator.client("dynamodb")

    def work() -> None:
        while not end.wait(0.2):
            for name in client.list_tables()["TableNames"]:
                if name not in players:
                    players[name] = Player.of(emulator, name, WrittenUnits(emulator, name)).start()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
        for player in players.values():
            player.stop()


@pytest.fixture(scope="module")
def bootstrapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("live")
    with Emulator(speed=60, start=START, region=REGION) as emulator:
        subprocess.run(
            [str(CLI), "--no-notices", "bootstrap", f"aws://{ACCOUNT}/{REGION}"],
            cwd=folder,
            env=emulator.env(),
            check=True,
            capture_output=True,
            timeout=120,
        )
        emulator.save(folder / "saved")
    return folder / "saved"


@pytest.fixture
def emulator(bootstrapped: Path) -> Iterator[Emulator]:
    with Emulator(speed=60, restore=bootstrapped, region=REGION) as emulator:
        yield emulator


def start(emulator: Emulator, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-u", "-m", "live", "--account", ACCOUNT, "--region", REGION),
            *("--yes", "--out", str(out)),
        ],
        cwd=ROOT,
        env=emulator.env() | {"CDK_VALIDATION": "false", "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read(out: Path) -> dict[str, Any]:
    (path,) = out.glob("*.json")
    record: dict[str, Any] = json.loads(path.read_text())
    check(record)
    return record


def assert_empty(emulator: Emulator) -> None:
    assert emulator.client("dynamodb").list_tables()["TableNames"] == []
    stacks = emulator.client("cloudformation").list_stacks()["StackSummaries"]
    left = [s["StackName"] for s in stacks if s["StackStatus"] != "DELETE_COMPLETE"]
    assert left == ["CDKToolkit"]
    assert emulator.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert emulator.client("lambda").list_functions()["Functions"] == []
    targets = emulator.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="dynamodb"
    )
    assert targets["ScalableTargets"] == []


def test_live_when_run_against_the_emulator_records_switches_veto_and_alarms_and_cleans_up(
    emulator: Emulator, tmp_path: Path
) -> None:
    with metered(emulator):
        process = start(emulator, tmp_path)
        output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    record = read(tmp_path)
    assert record["outcome"] == "passed", output
    assert record["system"] == "emulator"
    rounds = {entry["name"]: entry for entry in record["rounds"]}
    committed = [
        (switch["table"], switch["to"])
        for name in ("first switch", "second switch")
        for switch in rounds[name]["switches"]
    ]
    assert sorted(committed) == [
        ("Global", "on-demand"),
        ("Global", "provisioned"),
        ("Plain", "on-demand"),
        ("Plain", "provisioned"),
    ]
    forced = rounds["forced rollback"]
    assert [switch["to"] for switch in forced["switches"]] == ["provisioned", "on-demand"]
    assert all(switch["seconds"] > 0 for entry in record["rounds"] for switch in entry["switches"])
    assert forced["vetoed"]
    assert "veto" in forced["reason"].lower()
    assert forced["exit_code"] != 0
    assert record["restored"]["equal"]
    assert record["restored"]["before"]["mode"] == "on-demand"
    assert record["restored"]["seconds"] > 0
    alarms = record["alarms"]
    assert alarms["items_written"] > 0
    for name in ("expression_table", "expression_index", "dense", "sparse"):
        assert alarms[name]["minute"] >= alarms["storm_started"][:16], name
        assert 0 < alarms[name]["seconds"] < 600, name
    assert record["cleaned_up"]
    assert record["left"] == []
    assert_empty(emulator)


def test_live_when_it_is_terminated_while_it_deploys_removes_everything(
    emulator: Emulator, tmp_path: Path
) -> None:
    process = start(emulator, tmp_path)
    client = emulator.client("cloudformation")
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if any(s["StackName"].startswith("CgLive-") for s in client.list_stacks()["StackSummaries"]):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    record = read(tmp_path)
    assert record["outcome"] == "interrupted"
    assert record["cleaned_up"], output
    assert re.search(r"--cleanup [0-9a-f]{8}", output)
    assert_empty(emulator)
