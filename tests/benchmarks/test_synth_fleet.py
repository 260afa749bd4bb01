"""The synthesis of many tables: both sides declare the same tables, and each variant has the gates that it claims."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import aws_cdk as cdk
import pytest

from benchmarks import floor_fleet_app, guarded_fleet_app, plain_fleet_app, synth_fleet
from benchmarks.assembly import templates_of
from benchmarks.measure import BenchmarkError, SynthSeconds
from capacity_guard.evidence.baseline import Baseline

NOW = "2026-07-09T15:00:00Z"
APP = cdk.App


def synthesize(side: str, stacks: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    output = folder / f"{stacks.stem}-{side}"

    class OutputApp(APP):  # the CDK's own class, which an earlier call has replaced
        def __init__(self) -> None:
            super().__init__(outdir=str(output), context={"capacity-guard:now": NOW})

    app = {"guarded": guarded_fleet_app, "plain": plain_fleet_app, "floor": floor_fleet_app}[side]
    monkeypatch.setattr(cdk, "App", OutputApp)
    monkeypatch.setattr(sys, "argv", [side, str(stacks)])
    app.main()
    return output


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("layout", synth_fleet.LAYOUTS)
@pytest.mark.parametrize("variant", ["unchanged", "switching"])
def test_check_of_both_apps_when_synthesized_finds_the_same_tables(
    layout: str, variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    baselines = synth_fleet.write_baselines(tmp_path / "baselines", 2)
    stacks = tmp_path / "stacks.json"
    stacks.write_text(json.dumps(synth_fleet.stacks_of(layout, variant, baselines)))
    guarded, plain = (synthesize(side, stacks, tmp_path, monkeypatch) for side in ("guarded", "plain"))
    synth_fleet.check_sides(guarded, plain, variant=variant)
    other = "unchanged" if variant == "switching" else "switching"
    with pytest.raises(BenchmarkError, match="gates"):
        synth_fleet.check_sides(guarded, plain, variant=other)
    with pytest.raises(BenchmarkError, match=r"gates|differ"):
        synth_fleet.check_sides(plain, guarded, variant="switching")


def test_stacks_of_three_tables_when_switching_switches_two(tmp_path: Path) -> None:
    baselines = synth_fleet.write_baselines(tmp_path, 3)
    stacks = synth_fleet.stacks_of("stack_each", "switching", baselines)
    modes = [table["capacity"]["billing_mode"] for stack in stacks for table in stack["tables"]]
    assert modes == ["PROVISIONED", "PAY_PER_REQUEST", "PAY_PER_REQUEST"]
    assert len({stack["stack"] for stack in stacks}) == 3


def test_write_baselines_gives_each_table_its_own_name(tmp_path: Path) -> None:
    files = synth_fleet.write_baselines(tmp_path, 2)
    assert [Baseline.load(file).table.name for file in files] == ["Table0", "Table1"]


def test_summary_line_names_every_ratio() -> None:
    ratios = {"unchanged": 1.0, "raised": 1.5, "switching": 2.25}
    line = synth_fleet.summary_line(
        {"tables": 50, "one_stack": ratios, "stack_each": ratios, "floor": {"one_stack": 1.2}}
    )
    assert line == (
        "cdk synth of 50 tables, guarded over plain: one stack unchanged 1.00, raised 1.50, switching 2.25; "
        "stack each unchanged 1.00, raised 1.50, switching 2.25; the added resources alone: one stack 1.20"
    )


def test_measure_when_a_synthesis_fails_states_the_reason_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(apps: object, pairs: int, least: int, budget: float) -> dict[str, list[SynthSeconds]]:
        raise BenchmarkError("guarded: a template of 1,904,187 bytes")

    monkeypatch.setattr(synth_fleet, "measure_in_pairs", failing)
    result = synth_fleet.measure(tmp_path, tables=1, pairs=2)
    assert result["one_stack"] == result["stack_each"] == dict.fromkeys(synth_fleet.VARIANTS)
    assert "1,904,187" in result["seconds"]["one_stack"]["raised"]["not_measured"]
    assert "raised: not measured" in capsys.readouterr().err
    assert "raised not measured" in synth_fleet.summary_line(result)


def test_floor_has_the_resources_that_the_guard_adds_and_passes_the_packs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    baselines = synth_fleet.write_baselines(tmp_path / "baselines", 2)
    stacks = tmp_path / "stacks.json"
    stacks.write_text(json.dumps(synth_fleet.stacks_of("stack_each", "unchanged", baselines)))
    guarded, floor = (synthesize(side, stacks, tmp_path, monkeypatch) for side in ("guarded", "floor"))
    for name, resources in templates_of(guarded).items():
        assert Counter(each["Type"] for each in templates_of(floor)[name].values()) == Counter(
            each["Type"] for each in resources.values()
        )
