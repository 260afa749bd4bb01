"""Four cells change in three waves: the second waits for the first, and one that is taken back stops the third."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from capacity_guard.capacity import Capacity
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.cell_settings import CellSettings
from capacity_guard.evidence.rollout_state import Outcome
from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.player import Player

from .lab import BAKE_MINUTES, REGION, START, CliResult, Lab, command

pytestmark = pytest.mark.e2e

APP = Path(__file__).parent / "fleet_app" / "app.py"
CELLS = ("cell-1", "cell-2", "cell-3", "cell-4")
UNITS = {"cell-1": 60, "cell-2": 100, "cell-3": 140, "cell-4": 200}
"""The cells differ in size."""


def _demand(dimension: str, minute: datetime) -> float:
    del dimension
    return 24.0 if minute.hour == 4 else 20.0


class Fleet:
    """The cells, with their settings, baselines and traffic."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self.folder = folder
        self.waves = folder / "waves.json"
        self.waves.write_text(
            json.dumps(
                {
                    "schema": "capacity-guard/waves",
                    "version": 1,
                    "waves": [["cell-1"], ["cell-2", "cell-3"], ["cell-4"]],
                    "baselines": "baselines/{cell}.json",
                    "settings": "cells/{cell}.json",
                }
            )
        )
        (folder / "cells").mkdir()
        for cell, units in UNITS.items():
            before, after = (Capacity.provisioned(read=each, write=each) for each in (units, units - 10))
            CellSettings(before, after).save(self.settings(cell))
        spec = {"waves": str(self.waves), "bake_minutes": BAKE_MINUTES}
        self.lab = Lab(emulator, folder, spec=spec, stack="cell-1", app=APP)

    def settings(self, cell: str) -> Path:
        return self.folder / "cells" / f"{cell}.json"

    def command(self, *arguments: str) -> CliResult:
        return command(self.lab, *arguments)

    def promote(self) -> CliResult:
        return self.command("promote", str(self.waves))

    def record(self, *cells: str, settled: tuple[str, ...] = ()) -> CliResult:
        names = self.folder / "names.txt"
        names.write_text("\n".join(cells))
        out = str(self.folder / "baselines")
        recorded = self.command("record", "--tables-from", str(names), "--out", out, *settled)
        assert recorded.code == 0, recorded.output
        return recorded

    def outcome(self, cell: str) -> Outcome | None:
        rollout = Baseline.load(self.folder / "baselines" / f"{cell}.json", traffic=False).rollout
        return None if rollout is None else rollout.outcome

    def publish(self, since: datetime) -> None:
        """The traffic of all cells from a time until now."""
        for cell in CELLS:
            Player.of(self.lab.emulator, cell, _demand).backfill(since, self.lab.emulator.clock.now())

    def pass_hours(self, hours: float) -> None:
        """Let hours of the recorded traffic pass."""
        clock = self.lab.emulator.clock
        since = clock.now()
        clock.jump(hours * 3_600)
        self.publish(since)

    def deploy(self, *cells: str) -> None:
        """Deploy some cells under their traffic."""
        with ExitStack() as stack:
            for cell in cells:
                stack.enter_context(Player.of(self.lab.emulator, cell, _demand))
            self.lab.emulator.clock.sleep(360)
            for cell in cells:
                deployed = self.lab.deploy(stack=cell)
                assert deployed.code == 0, deployed.output

    def throttle_until_taken_back(self, cell: str) -> None:
        """Play twenty times the traffic of a cell until its units are those of before; nobody calls anything."""
        with Player.of(self.lab.emulator, cell, _demand) as player:
            player.surge(20)
            self.lab.until(lambda: cell not in self.units())
            self.lab.until(lambda: self.lab.status(cell) == "UPDATE_COMPLETE")

    def holds(self, cell: str) -> list[str]:
        """Who holds changes of a cell: what stands before the reason in its hold."""
        client = self.lab.emulator.client("ssm")
        found = client.describe_parameters(
            ParameterFilters=[{"Key": "Name", "Option": "BeginsWith", "Values": [f"/capacity-guard/{cell}/"]}]
        )["Parameters"]
        values = {
            each["Name"]: client.get_parameter(Name=each["Name"])["Parameter"]["Value"] for each in found
        }
        return [each["Description"].partition(":")[0] for each in found if values[each["Name"]] != "none"]

    def units(self) -> dict[str, int]:
        """Live write units of each cell, as far as they differ from those of before."""
        client = self.lab.emulator.client("dynamodb")
        found = {}
        for cell in CELLS:
            throughput = client.describe_table(TableName=cell)["Table"]["ProvisionedThroughput"]
            if throughput["WriteCapacityUnits"] != UNITS[cell]:
                found[cell] = int(throughput["WriteCapacityUnits"])
        return found


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with Emulator(speed=60, start=START, region=REGION) as emulator:
        made = Fleet(emulator, tmp_path)
        assert made.lab.cdk("bootstrap", f"aws://000000000000/{REGION}").code == 0
        first = made.lab.cdk("deploy", "--all", "--require-approval", "never", "--concurrency", "2")
        assert first.code == 0, first.output
        made.publish(emulator.clock.now() - timedelta(days=14))
        made.record(*CELLS)
        yield made


def test_second_wave_waits_for_the_first_and_a_cell_that_is_taken_back_stops_the_third(fleet: Fleet) -> None:
    promoted = fleet.promote()
    assert promoted.code == 0, promoted.output
    fleet.deploy("cell-1")
    assert fleet.units() == {"cell-1": 50}

    # Too early: the change of the first cell has baked, and nothing more is known of it.
    fleet.record("cell-1")
    assert fleet.outcome("cell-1") is Outcome.BAKED
    early = fleet.promote()
    assert early.code == 1, early.output
    kept = fleet.settings("cell-2").read_text()
    CellSettings.load(fleet.settings("cell-2")).promoted.save(fleet.settings("cell-2"))
    skipped = fleet.lab.deploy(stack="cell-2")
    assert skipped.code != 0
    assert "CG19  ERROR" in skipped.output, skipped.output
    fleet.settings("cell-2").write_text(kept)
    assert fleet.units() == {"cell-1": 50}

    # A day with its busiest hour later the traffic shows that it has settled.
    fleet.pass_hours(26)
    fleet.record(*CELLS[1:])
    fleet.record("cell-1", settled=("--settled",))
    assert fleet.outcome("cell-1") is Outcome.SETTLED
    promoted = fleet.promote()
    assert promoted.code == 0, promoted.output
    fleet.deploy("cell-2", "cell-3")
    assert fleet.units() == {"cell-1": 50, "cell-2": 90, "cell-3": 130}

    # One cell of the second wave throttles, and its watch takes it back. Its file says so, and the third wave does not begin.
    fleet.throttle_until_taken_back("cell-2")
    assert fleet.units() == {"cell-1": 50, "cell-3": 130}
    assert fleet.holds("cell-2") == ["watch"]
    assert fleet.holds("cell-1") == fleet.holds("cell-3") == []
    fleet.pass_hours(26)
    fleet.record("cell-1", "cell-2", "cell-4")
    fleet.record("cell-3", settled=("--settled", "--later-wave"))
    assert [fleet.outcome(cell) for cell in CELLS[:3]] == [Outcome.SETTLED, Outcome.HELD, Outcome.SETTLED]
    stopped = fleet.promote()
    assert stopped.code == 1, stopped.output
    assert "cell-2: held: " in stopped.output
    assert "cell-3" not in stopped.output
    CellSettings.load(fleet.settings("cell-4")).promoted.save(fleet.settings("cell-4"))
    refused = fleet.lab.cdk("synth", "-q")
    assert refused.code != 0
    assert "cell-2" in refused.output.partition("CG19  ERROR")[2], refused.output
    assert fleet.units() == {"cell-1": 50, "cell-3": 130}
