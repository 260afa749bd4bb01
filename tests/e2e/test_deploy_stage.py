"""``capacity-guard deploy`` of a stack in a Stage: its id is a path, its name is another one, and it needs a second stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from tests.paths import ROOT

from .lab import CLI, REGION, START, CliResult

pytestmark = pytest.mark.e2e

APP = Path(__file__).parent / "stage_app" / "app.py"


def run(emulator: Emulator, folder: Path, *words: str, write: int = 5) -> CliResult:
    """Run ``capacity-guard`` with the app, or the CDK CLI for ``bootstrap``."""
    spec = folder / "spec.json"
    spec.write_text(json.dumps({"write": write, "baseline": None}))
    environment = emulator.env() | {"CDK_VALIDATION": "false", "PYTHONWARNINGS": "ignore"}
    environment["PYTHONPATH"] = f"{environment['PYTHONPATH']}:{ROOT}"
    environment["PATH"] = f"{CLI.parent}{os.pathsep}{environment['PATH']}"
    now = f"capacity-guard:now={emulator.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    app = ["--app", f"{sys.executable} {APP}", "-c", f"spec={spec}", "-c", now, "--no-notices"]
    command = (
        [str(CLI), "--no-notices", *words]
        if words[0] == "bootstrap"
        else [sys.executable, "-m", "capacity_guard", *words, "--", *app]
    )
    ended = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    print(ended.stdout)
    return CliResult(ended.returncode, ended.stdout)


def test_stack_of_a_stage_is_deployed_after_the_stack_that_it_needs(tmp_path: Path) -> None:
    with Emulator(speed=60, start=START, region=REGION) as emulator:
        bootstrapped = run(emulator, tmp_path, "bootstrap", f"aws://000000000000/{REGION}")
        assert bootstrapped.code == 0, bootstrapped.output

        created = run(emulator, tmp_path, "deploy", "Prod/Orders", "--yes")
        assert created.code == 0, created.output
        places = [
            created.output.index(f"Prod/{name}: the operation has ended") for name in ("Alerts", "Orders")
        ]
        assert places == sorted(places)
        stacks = emulator.client("cloudformation").list_stacks()["StackSummaries"]
        status = {stack["StackName"]: stack["StackStatus"] for stack in stacks}
        assert status["Prod-Alerts"] == status["Prod-Orders"] == "CREATE_COMPLETE"

        # a table that was not recorded: the gate of the stack lets no change of its capacity through
        refused = run(emulator, tmp_path, "deploy", "Prod/*", "--exclusively", "--yes", write=4)
        assert refused.code == 1, refused.output
        assert "Prod/Orders: " in refused.output
        (name,) = (
            each for each in emulator.client("dynamodb").list_tables()["TableNames"] if "Journals" not in each
        )
        described = emulator.client("dynamodb").describe_table(TableName=name)["Table"]
        assert described["ProvisionedThroughput"]["WriteCapacityUnits"] == 5
