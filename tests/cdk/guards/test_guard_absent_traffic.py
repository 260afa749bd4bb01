"""Guards of tables whose recorded traffic lies elsewhere: a synthesis without a change has enough of the digest."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest

from capacity_guard import CapacityGuard, CapacityGuardChecks, GuardOptions, Margins
from capacity_guard.capacity import Capacity
from capacity_guard.capacity.errors import InputError
from capacity_guard.findings import Findings
from capacity_guard.planning.build import build_plan
from tests.builders.adopted import LOWERED, PROVISIONED, RAISED, recorded, table
from tests.builders.guarded import app, synthesize


def synthesized(tmp_path: Path, capacity: Capacity, options: GuardOptions | None = None) -> cdk.App:
    file = tmp_path / "orders.json"
    recorded().save(file, traffic_folder=tmp_path / "elsewhere")
    made = app()
    stack = cdk.Stack(made, "S")
    CapacityGuard(stack, "Guard", table=table(stack, capacity), baseline=file, options=options)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    return made


@pytest.mark.parametrize("capacity", [PROVISIONED, RAISED], ids=["no change", "relief"])
def test_synthesis_needs_no_minutes(capacity: Capacity, tmp_path: Path) -> None:
    made = synthesized(tmp_path, capacity)
    gates = synthesize(made).gates
    assert len(gates) == (1 if capacity is RAISED else 0)
    assert Findings.read(made.outdir).errors == 0


def test_change_fails_the_synthesis_and_its_plan_with_the_remedy(tmp_path: Path) -> None:
    made = synthesized(tmp_path, LOWERED)
    with pytest.raises(RuntimeError, match="recorded minutes are not here"):
        made.synth()
    with pytest.raises(InputError, match="CAPACITY_GUARD_TRAFFIC=FOLDER"):
        build_plan(Path(made.outdir))


def test_change_is_judged_once_the_traffic_was_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPACITY_GUARD_TRAFFIC", str(tmp_path / "elsewhere"))
    made = synthesized(tmp_path, LOWERED)
    assert len(synthesize(made).gates) == 2
    assert build_plan(Path(made.outdir)).tables[0].dimensions


@pytest.mark.parametrize("capacity", [RAISED, LOWERED], ids=["relief", "change"])
def test_digest_of_another_longest_switch_is_one_error_that_names_the_file(
    capacity: Capacity, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = synthesized(tmp_path, capacity, GuardOptions(margins=Margins(switch_minutes=20)))
    with pytest.raises(RuntimeError, match="alidation") as raised:
        made.synth()
    assert "Resolution error" not in str(raised.value)
    assert "CAPACITY_GUARD_TRAFFIC=FOLDER" in str(raised.value) + capsys.readouterr().err
