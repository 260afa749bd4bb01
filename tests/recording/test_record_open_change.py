"""A change that can still be taken back: recording refreshes the traffic and leaves the deployed capacity as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity.hold import hold_name
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from tests.fakes.recording_aws import GLOBAL_TABLE, NAME, STACK, Services, declared_table

FINGERPRINT = "0123456789"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "orders.json"


def run(out: Path, *more: str) -> int:
    return cli.main(["record", "--table", NAME, "--out", str(out), "--days", "1", *more])


def open_change(services: Services, writes: int) -> None:
    """A template that declares other units and can still be taken back."""
    way_back: dict[str, Any] = {
        "Parameters": {
            "Held": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": hold_name(STACK, "Table")}
        },
        "Conditions": {"IsHeld": {"Fn::Equals": [{"Ref": "Held"}, FINGERPRINT]}},
    }
    services.own(GLOBAL_TABLE, declared_table(writes=writes), **way_back)
    services.parameters = [
        {"ParameterKey": "Held", "ParameterValue": hold_name(STACK, "Table"), "ResolvedValue": "none"}
    ]


def test_record_when_a_change_is_open_refreshes_traffic_alone_and_says_so(
    services: Services, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    services.own(GLOBAL_TABLE, declared_table(writes=400))
    assert run(out) == 0
    before = Baseline.load(out)
    open_change(services, writes=300)
    services.load(value=1_200.0)
    for _ in range(2):
        assert run(out) == 0
        after = Baseline.load(out)
        assert after.deployed == before.deployed
        assert after.traffic != before.traffic
    assert f"Change {FINGERPRINT} can still be taken back" in capsys.readouterr().out


def test_record_when_the_change_has_settled_records_it_as_deployed(services: Services, out: Path) -> None:
    services.own(GLOBAL_TABLE, declared_table(writes=400))
    assert run(out) == 0
    before = Baseline.load(out).deployed
    open_change(services, writes=300)
    assert run(out, "--settled") == 0
    after = Baseline.load(out)
    assert before is not None
    assert after.deployed is not None
    assert after.deployed.template != before.template
    assert after.deployed.previous == before.template
    assert after.recording.note is None


def test_record_when_no_baseline_has_the_capacity_of_before_asks_for_it(
    services: Services, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_change(services, writes=300)
    assert run(out) == 2
    assert "--out names no baseline of before it" in capsys.readouterr().err
    assert not out.exists()
    assert run(out, "--settled") == 0


def test_settled_with_files_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    traffic = tmp_path / "t.csv"
    assert run(tmp_path / "o.json", "--from-csv", str(traffic), "--settled") == 2
    assert "--settled" in capsys.readouterr().err
