"""Traffic of the emulator, recorded with the command line, simulated and planned."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from capacity_guard.capacity import Dimension
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.simulator.table_replay import simulate

from .lab import DEMAND, INDEX, ROOT, STACK, Lab, on_demand, provisioned

pytestmark = pytest.mark.e2e


def run_capacity_guard(lab: Lab, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = lab.emulator.env()
    environment["PYTHONPATH"] = f"{environment['PYTHONPATH']}:{ROOT}"
    return subprocess.run(
        [sys.executable, "-m", "capacity_guard", *arguments],
        cwd=lab.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_recording_when_made_of_metered_traffic_loads_simulates_and_plans(lab: Lab, tmp_path: Path) -> None:
    started = lab.emulator.clock.now()
    with lab.player():
        lab.until(lambda: lab.emulator.clock.now() >= started + timedelta(minutes=25))
    # By its stack: a fleet of one table.
    out = tmp_path / "fleet"
    recorded = run_capacity_guard(lab, "record", "--stack", STACK, "--out", str(out), "--days", "14")
    assert recorded.returncode == 0, recorded.stderr
    assert "1 of 1 tables recorded" in recorded.stdout
    assert [file for file in out.iterdir() if file.name.endswith(".recording")] == []
    file = out / f"{lab.table_name}.json"
    baseline = Baseline.load(file)
    assert baseline.traffic is not None
    assert baseline.deployed is not None
    assert baseline.recording.asked is not None

    # The recorded units are those of the demand, and the simulator serves them as the table did.
    metered = [
        baseline.traffic.consumed[Dimension(None, "write")][position]
        for position in range(baseline.traffic.minutes)
        if started + timedelta(minutes=3) <= baseline.traffic.minute(position)
    ]
    assert len(metered) >= 15
    assert min(metered) >= DEMAND["table/write"] * 60 * 0.98
    outcome = simulate(baseline.deployed.live, baseline.traffic)
    assert outcome.throttled_units == 0

    # The plan of a synthesis with it: two capacities carry the traffic, a smaller one does not.
    lab.spec["baseline"] = str(file)
    for capacity in (provisioned(), on_demand(), provisioned(table=500, index=150)):
        lab.declare(capacity)
        lab.cdk("synth", "-q", STACK)
        planned = run_capacity_guard(lab, "plan", str(lab.folder / "cdk.out"), "--json", "plan.json")
        assert planned.returncode in (0, 1), planned.stdout + planned.stderr
        (table,) = json.loads((lab.folder / "plan.json").read_text())["tables"]
        throttled = {
            dimension["dimension"]
            for dimension in table["dimensions"]
            for replay in dimension["replays"]
            if not replay["within"]
        }
        assert (f"index/{INDEX}/write" in throttled) == (capacity == provisioned(table=500, index=150)), table
        # CG12 warns of each; only what is refused ends with 1.
        assert any(finding["rule"] == "CG12" for finding in table["findings"]), table
        assert planned.returncode == int(table["refused"]), table
        assert table["refused"] or not throttled
