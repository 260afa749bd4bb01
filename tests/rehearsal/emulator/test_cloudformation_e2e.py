"""The real CDK CLI against the emulator: a table with an index behind two gates, committed and rolled back."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.launcher import ACCOUNT
from tests.paths import ROOT

pytestmark = pytest.mark.e2e

APP = Path(__file__).parent / "scratch_app"
CLI = ROOT / "node_modules" / ".bin" / "cdk"
PROVISIONED = ("PROVISIONED", [(50, 100), (20, 100)])
ON_DEMAND = ("PAY_PER_REQUEST", [(0, 0), (0, 0)])


class Deployed:
    """The scratch app in one emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    def cdk(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = self.emulator.env() | {"CDK_VALIDATION": "false"}
        output = ["--output", str(self.emulator.folder / "cdk.out")]
        command = [str(CLI), "--no-notices", "--app", f"{sys.executable} app.py", *output, *arguments]
        return subprocess.run(
            command, cwd=APP, env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    def deploy(self, **context: str) -> subprocess.CompletedProcess[str]:
        settings = [part for name, value in context.items() for part in ("-c", f"{name}={value}")]
        return self.cdk("deploy", "--require-approval", "never", *settings)

    def status(self) -> str:
        stacks = self.emulator.client("cloudformation").describe_stacks(StackName="Scratch")["Stacks"]
        return str(stacks[0]["StackStatus"])

    def capacity(self) -> tuple[str, list[tuple[int, int]]]:
        database = self.emulator.client("dynamodb")
        (name,) = database.list_tables()["TableNames"]
        table: dict[str, Any] = database.describe_table(TableName=name)["Table"]
        throughput = [
            resource["ProvisionedThroughput"] for resource in (table, *table["GlobalSecondaryIndexes"])
        ]
        mode = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
        return mode, [(units["ReadCapacityUnits"], units["WriteCapacityUnits"]) for units in throughput]


@pytest.fixture
def deployed() -> Iterator[Deployed]:
    """A stack for each test: workers take the tests of a module from each other, in any order."""
    with Emulator(speed=60, start=datetime(2026, 7, 9, 15, 40, tzinfo=UTC)) as emulator:
        scratch = Deployed(emulator)
        bootstrapped = scratch.cdk("bootstrap", f"aws://{ACCOUNT}/{emulator.region}")
        assert bootstrapped.returncode == 0, bootstrapped.stderr
        first = scratch.deploy()
        assert first.returncode == 0, first.stderr
        yield scratch


@pytest.mark.slow
@pytest.mark.smoke
def test_deployment_when_the_second_gate_fails_restores_table_and_index(deployed: Deployed) -> None:
    assert deployed.capacity() == PROVISIONED
    failed = deployed.deploy(mode="on-demand", gates="A", outcome="fail", wait="20")
    assert failed.returncode == 1
    assert "veto: the gate was told to fail" in failed.stderr + failed.stdout
    assert deployed.status() == "UPDATE_ROLLBACK_COMPLETE"
    # The way back is a switch: it takes the seeds.
    assert deployed.capacity() == ("PROVISIONED", [(50, 400), (20, 300)])


def test_deployment_when_both_gates_pass_is_committed_and_its_end_leaves_the_table(
    deployed: Deployed,
) -> None:
    committed = deployed.deploy(mode="on-demand", gates="B", wait="20")
    assert committed.returncode == 0, committed.stderr
    assert deployed.capacity() == ON_DEMAND
    ended = deployed.deploy(mode="on-demand")
    assert ended.returncode == 0, ended.stderr
    assert deployed.status() == "UPDATE_COMPLETE"
    assert deployed.capacity() == ON_DEMAND


def test_stack_with_functions_when_destroyed_leaves_nothing(deployed: Deployed) -> None:
    destroyed = deployed.cdk("destroy", "--force")
    assert destroyed.returncode == 0, destroyed.stderr
    assert deployed.emulator.client("dynamodb").list_tables()["TableNames"] == []
    assert deployed.emulator.client("lambda").list_functions()["Functions"] == []
