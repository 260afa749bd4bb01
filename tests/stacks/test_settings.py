"""The environments of the example app: which exist, what a change alters, and that they match their baselines."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard import Baseline, InputError
from capacity_guard.commands.main import main
from capacity_guard.rules import Case, evaluate
from stacks.settings import CHANGED, CHANGES, ENVIRONMENTS, INDEX, WAVES, Settings, environments
from tests.paths import ROOT


def test_environments_when_chosen_are_those_in_order() -> None:
    names = [settings.name for settings in environments(only="production-cell-1, dev")]
    assert names == ["dev", "production-cell-1"]


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_environments_when_changed_differ_in_the_first_cell_alone(change: str) -> None:
    changed = {
        settings.name
        for settings, committed in zip(environments(change=change), ENVIRONMENTS, strict=True)
        if settings != committed
    }
    assert changed == {CHANGED}


def test_environments_when_a_change_is_unknown_are_refused() -> None:
    with pytest.raises(InputError, match="incident, fixed, switch, provisioned, quiet"):
        environments(change="fix")


def test_environments_when_watched_differ_in_the_first_cell_alone() -> None:
    assert [settings.name for settings in environments(watched=True) if settings.watched] == [CHANGED]
    assert not any(settings.watched for settings in environments())


@pytest.mark.parametrize(
    "settings",
    [settings for settings in ENVIRONMENTS if isinstance(settings.baseline, Path)],
    ids=lambda settings: settings.name,
)
def test_environment_declares_what_its_baseline_says_is_deployed(settings: Settings) -> None:
    assert isinstance(settings.baseline, Path)
    baseline = Baseline.load(settings.baseline)
    assert baseline.table.stack == settings.stack_name
    assert baseline.transition_to(settings.capacity.for_indexes([INDEX], "test")).is_empty


def test_production_cells_change_one_first_then_twice_as_many() -> None:
    assert [settings.cell for settings in ENVIRONMENTS if settings.cell is not None] == list(WAVES.cells)
    assert [WAVES.width_problem(position) for position in range(len(WAVES.waves))] == [None, None]


def test_cell_of_the_second_wave_when_it_changes_before_the_first_is_refused() -> None:
    """Cell 1 is provisioned: it has not made the switch that cell 2 declares."""
    cell = ENVIRONMENTS[3]
    assert cell.cell == "cell-2"
    assert isinstance(cell.baseline, Path)
    recorded = Baseline.load(cell.baseline)
    judged = Case(
        table="Conversations",
        indexes=(INDEX,),
        declared=CHANGES["switch"],
        baseline=recorded,
        now=recorded.recording.at,
        wave=WAVES.cell("cell-2"),
    )
    (finding,) = [finding for finding in evaluate(judged) if finding.rule == "CG19"]
    assert [figure.label for figure in finding.figures] == ["wave", "cell-1"]


def test_promote_of_the_example_has_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["promote", str(ROOT / "stacks" / "waves.json")]) == 0
    assert "nothing to promote" in capsys.readouterr().out
