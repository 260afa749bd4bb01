"""A fleet in one app: the waves of its cells are judged together."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import aws_cdk as cdk
import pytest

from capacity_guard import (
    Baseline,
    Capacity,
    CapacityGuardChecks,
    GuardEveryTable,
    GuardOptions,
    InputError,
    Waves,
)
from capacity_guard.capacity.transition import Change
from capacity_guard.cdk.end_of_synthesis.late_reading import read_tables
from capacity_guard.commands.main import main
from capacity_guard.evidence.rollout_state import Outcome, RolloutState
from capacity_guard.findings import Findings
from capacity_guard.nag.waves import changing_cells
from tests.builders.guarded import LOWERED, PROVISIONED, app, baseline, table

CELLS = [["cell-1"], ["cell-2", "cell-3"]]
SETTLED = RolloutState(
    Outcome.SETTLED,
    "0123456789",
    {dimension: Change.LOWER for dimension in PROVISIONED.dimensions() if dimension.access == "write"},
    baseline().recording.at,
)


def recorded(capacity: Capacity, rollout: RolloutState | None = None) -> Baseline:
    was = baseline()
    assert was.deployed is not None
    deployed = replace(was.deployed, template=capacity, live=capacity)
    return replace(was, deployed=deployed, rollout=rollout)


def fleet(declared: dict[str, Capacity], baselines: dict[str, Baseline | InputError]) -> cdk.App:
    """An app with a stack for each cell that is declared."""
    made = app()
    waves = Waves(CELLS, baselines=baselines)
    for cell, capacity in declared.items():
        table(
            cdk.Stack(made, f"Chat-{cell}"),
            capacity=capacity,
            baseline=baselines[cell],
            options=GuardOptions(wave=waves.cell(cell)),
        )
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    return made


def refused(made: cdk.App) -> dict[str, list[str]]:
    """The titles of CG19, with their level, by stack."""
    with suppress(RuntimeError):  # a refusal
        made.synth()
    return {
        judged.path.partition("/")[0]: [
            f"{finding.level.value} {finding.title}" for finding in judged.findings if finding.rule == "CG19"
        ]
        for judged in Findings.read(made.outdir).tables
    }


BEFORE = {cell: recorded(PROVISIONED) for cell in ("cell-1", "cell-2", "cell-3")}


def test_fleet_when_the_first_cell_changes_alone_passes() -> None:
    declared = {"cell-1": LOWERED, "cell-2": PROVISIONED, "cell-3": PROVISIONED}
    assert refused(fleet(declared, dict(BEFORE))) == {"Chat-cell-1": [], "Chat-cell-2": [], "Chat-cell-3": []}


def test_fleet_when_two_waves_change_at_once_refuses_the_later_one() -> None:
    declared = {"cell-1": LOWERED, "cell-2": LOWERED, "cell-3": PROVISIONED}
    found = refused(fleet(declared, dict(BEFORE)))
    assert found == {
        "Chat-cell-1": [],
        "Chat-cell-2": ["ERROR earlier waves have not proved this change"],
        "Chat-cell-3": [],
    }


def test_fleet_when_the_first_cell_has_settled_passes_with_and_without_its_stack() -> None:
    baselines = {**BEFORE, "cell-1": recorded(LOWERED, SETTLED)}
    declared = {"cell-1": LOWERED, "cell-2": LOWERED, "cell-3": LOWERED}
    assert refused(fleet(declared, dict(baselines)))["Chat-cell-3"] == []
    assert refused(fleet({"cell-3": LOWERED}, dict(baselines))) == {"Chat-cell-3": []}


def test_cell_when_the_first_cell_is_in_another_app_is_judged_by_its_file() -> None:
    assert refused(fleet({"cell-3": LOWERED}, dict(BEFORE))) == {
        "Chat-cell-3": ["ERROR earlier waves have not proved this change"]
    }


def test_cell_when_the_first_cell_has_settled_and_changes_again_is_refused() -> None:
    """Its proof is of another change than the one that is under way."""
    lower = Capacity.provisioned(read=100, write=800, indexes=LOWERED.indexes)
    baselines = {**BEFORE, "cell-1": recorded(LOWERED, SETTLED)}
    declared = {"cell-1": lower, "cell-2": LOWERED}
    assert refused(fleet(declared, dict(baselines)))["Chat-cell-2"] == [
        "ERROR earlier waves have not proved this change"
    ]


def test_cell_when_the_first_cell_only_raises_is_not_refused() -> None:
    """The raise may be the cure of an incident there, and takes nothing of its proof away."""
    baselines = {**BEFORE, "cell-1": recorded(LOWERED, SETTLED)}
    assert refused(fleet({"cell-1": PROVISIONED, "cell-2": LOWERED}, dict(baselines)))["Chat-cell-2"] == []


def test_changing_cells_are_those_of_the_same_waves_alone() -> None:
    made, waves = app(), Waves(CELLS, baselines=dict(BEFORE))
    others = Waves(CELLS, baselines={**BEFORE, "cell-1": recorded(LOWERED)})
    guards = [
        table(
            cdk.Stack(made, f"S{number}"),
            capacity=LOWERED,
            baseline=BEFORE["cell-1"],
            options=GuardOptions(wave=cell),
        ).guard
        for number, cell in enumerate((waves.cell("cell-1"), others.cell("cell-2"), None))
    ]
    read_tables(guards)
    assert [changing_cells(guard) for guard in guards] == [("cell-1",), ("cell-2",), ()]


def test_options_of_many_tables_when_they_name_a_cell_are_refused() -> None:
    options = GuardOptions(wave=Waves(CELLS, baselines=dict(BEFORE)).cell("cell-1"))
    with pytest.raises(InputError, match="names the baselines of one table"):
        GuardEveryTable(baselines="baselines", options=options)


def test_option_that_is_no_cell_is_refused() -> None:
    with pytest.raises(InputError, match=r"GuardOptions\.wave: is str"):
        GuardOptions(wave="cell-1")  # type: ignore[arg-type]


def test_fleet_that_is_refused_is_so_in_its_findings_and_its_plan(capsys: pytest.CaptureFixture[str]) -> None:
    made = fleet({"cell-1": LOWERED, "cell-2": LOWERED, "cell-3": PROVISIONED}, dict(BEFORE))
    refused(made)
    for command in ("findings", "plan"):
        capsys.readouterr()
        assert main([command, made.outdir]) == 1
        shown = capsys.readouterr().out
        assert "CG19" in shown
        assert "earlier waves have not proved this change" in shown
