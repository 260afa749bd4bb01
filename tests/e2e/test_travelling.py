"""Two tables of one stack change in one deployment: both are committed, and one veto restores both."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.player import Player
from tests.paths import ROOT

from .lab import BAKE_MINUTES, REGION, START, Lab

pytestmark = pytest.mark.e2e

APP = Path(__file__).parent / "shop_app" / "app.py"
TABLES = ("Orders", "Carts")
UNITS = 100


def _demand(dimension: str, minute: datetime) -> float:
    del dimension, minute
    return 20.0


class Shop:
    """The stack with both tables."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        tables: dict[str, Any] = {name: {"units": UNITS} for name in TABLES}
        spec = {"tables": tables, "bake_minutes": BAKE_MINUTES}
        self.lab = Lab(emulator, folder, spec=spec, stack="Shop", app=APP)
        self.tables = tables
        self.players: dict[str, Player] = {}

    def arm(self) -> None:
        """Deploy the tables, publish their traffic, record them, and deploy their guards."""
        assert self.lab.cdk("bootstrap", f"aws://000000000000/{REGION}").code == 0
        assert self.lab.deploy().code == 0
        now = self.lab.emulator.clock.now()
        for name in TABLES:
            self.players[name] = Player.of(self.lab.emulator, name.lower(), _demand)
            self.players[name].backfill(now - timedelta(days=14), now)
        self.record()
        armed = self.lab.deploy()
        assert armed.code == 0, armed.output
        self.record()

    def record(self) -> None:
        """Record both tables."""
        environment = self.lab.emulator.env()
        environment["PYTHONPATH"] = f"{environment['PYTHONPATH']}:{ROOT}"
        for name in TABLES:
            out = self.lab.folder / f"{name}.json"
            command = [sys.executable, "-m", "capacity_guard", "record", "--table", name.lower()]
            subprocess.run(
                [*command, "--out", str(out)], env=environment, check=True, capture_output=True, timeout=120
            )
            self.tables[name]["baseline"] = str(out)

    def declare(self, units: int, *names: str) -> None:
        """Declare other units for some tables, for both without names."""
        for name in names or TABLES:
            self.tables[name]["units"] = units

    def units(self) -> dict[str, int]:
        """Live write units of both tables."""
        client = self.lab.emulator.client("dynamodb")
        tables = {name: client.describe_table(TableName=name.lower())["Table"] for name in TABLES}
        return {name: table["ProvisionedThroughput"]["WriteCapacityUnits"] for name, table in tables.items()}

    def surge_once_changed(self, name: str) -> Callable[[], None]:
        """More traffic on one table than it has."""
        return lambda: self.players[name].surge(10, keys=["table/write"])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with ExitStack() as stack:
        emulator = stack.enter_context(Emulator(speed=60, start=START, region=REGION))
        made = Shop(emulator, tmp_path)
        made.arm()
        for player in made.players.values():
            stack.enter_context(player)
        emulator.clock.sleep(360)
        yield made


def test_two_tables_when_both_change_are_committed_together_and_one_veto_restores_both(shop: Shop) -> None:
    shop.declare(80)
    committed = shop.lab.deploy()
    assert committed.code == 0, committed.output
    assert "one veto takes all of them back" in " ".join(committed.output.split())
    assert shop.units() == {"Orders": 80, "Carts": 80}
    assert len(shop.lab.gates()) == 4
    shop.record()

    shop.declare(70)
    with shop.lab.once_table_updated(shop.surge_once_changed("Carts")):
        vetoed = shop.lab.deploy()
    assert vetoed.code != 0
    assert "veto" in vetoed.output.lower(), vetoed.output
    assert shop.lab.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert shop.units() == {"Orders": 80, "Carts": 80}


def test_two_tables_when_one_changes_its_time_to_live_too_are_refused_at_synth(shop: Shop) -> None:
    before = shop.lab.status()
    shop.declare(80)
    shop.tables["Carts"]["ttl"] = "expires"
    refused = shop.lab.deploy()
    assert refused.code != 0
    output = " ".join(refused.output.split())
    assert "CG10 ERROR Carts" in output, refused.output
    assert "TimeToLiveSpecification" in output, refused.output
    assert shop.lab.status() == before
    assert shop.units() == dict.fromkeys(TABLES, UNITS)
    described = shop.lab.emulator.client("dynamodb").describe_time_to_live(TableName="carts")
    assert described["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"
