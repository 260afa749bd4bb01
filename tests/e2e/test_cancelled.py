"""A change that throttles while its own deployment still runs: it is held, and the deployment is cancelled."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.player import Player

from .lab import BAKE_MINUTES, REGION, START, CliResult, Lab, command
from .test_watch import alarm_event
from .test_waves import _demand

pytestmark = pytest.mark.e2e

APP = Path(__file__).parent / "pair_app" / "app.py"
TABLES = ("first", "second", "third")
STACK = "Pair"
BEFORE, AFTER = 60, 50


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Lab]:
    """Three tables with a hold and a recording each."""
    baselines = tmp_path / "baselines"
    spec: dict[str, Any] = {
        "units": BEFORE,
        "baselines": str(baselines),
        # The emulator cancels before its next resource: the gates of the third table come after the second Bake.
        "bake_minutes": {"first": BAKE_MINUTES, "second": 45, "third": BAKE_MINUTES},
    }
    with Emulator(speed=60, start=START, region=REGION) as emulator:
        lab = Lab(emulator, tmp_path, spec=spec, stack=STACK, app=APP)
        assert lab.cdk("bootstrap", f"aws://000000000000/{REGION}").code == 0
        first = lab.deploy()
        assert first.code == 0, first.output
        now = emulator.clock.now()
        for name in TABLES:
            Player.of(emulator, name, _demand).backfill(now - timedelta(days=14), now)
            recorded = command(lab, "record", "--table", name, "--out", str(baselines / f"{name}.json"))
            assert recorded.code == 0, recorded.output
        yield lab


def units(lab: Lab) -> list[int]:
    client = lab.emulator.client("dynamodb")
    tables = [client.describe_table(TableName=name)["Table"] for name in TABLES]
    return [int(table["ProvisionedThroughput"]["WriteCapacityUnits"]) for table in tables]


def events_of(lab: Lab, kind: str, status: str) -> list[str]:
    """Logical ids of the gates of a kind with an event of a status."""
    events = lab.emulator.client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
    return [
        str(event["LogicalResourceId"])
        for event in events
        if event["ResourceType"] == f"Custom::CapacityGuard{kind}" and event["ResourceStatus"] == status
    ]


def held(lab: Lab, name: str) -> str:
    client = lab.emulator.client("ssm")
    found = client.describe_parameters(
        ParameterFilters=[
            {"Key": "Name", "Option": "BeginsWith", "Values": [f"/capacity-guard/{STACK}/{name}"]}
        ]
    )["Parameters"]
    return str(client.get_parameter(Name=found[0]["Name"])["Parameter"]["Value"])


def test_change_that_throttles_while_its_deployment_runs_is_held_and_cancelled(pair: Lab) -> None:
    lab = pair
    ended: list[CliResult] = []
    lab.spec["units"] = AFTER
    with ExitStack() as players:
        first, *_ = [players.enter_context(Player.of(lab.emulator, name, _demand)) for name in TABLES]
        lab.emulator.clock.sleep(360)
        deployment = threading.Thread(target=lambda: ended.append(lab.deploy()))
        deployment.start()
        lab.until(
            lambda: any("first" in each for each in events_of(lab, "Bake", "CREATE_COMPLETE")), minutes=90
        )
        assert not ended
        assert lab.status() == "UPDATE_IN_PROGRESS"
        first.surge(6)
        # Whether the emulator has enabled the rule by now depends on the order in which it changes resources.
        lab.until(lambda: alarm_event(lab) and held(lab, "first") != "none", minutes=40)
        first.surge(1)
        deployment.join()
    (result,) = ended
    assert result.code != 0
    lab.until(lambda: lab.status() == "UPDATE_ROLLBACK_COMPLETE", minutes=90)
    assert units(lab) == [BEFORE] * 3
    assert held(lab, "second") == "none"

    told = command(lab, "status", "first")
    assert "is held" in told.output, told.output
    assert "Table and indexes have the capacity that the template states" in told.output, told.output

    again = lab.deploy()
    assert again.code != 0
    assert "was taken back and is held" in again.output, again.output
    assert units(lab) == [BEFORE] * 3
