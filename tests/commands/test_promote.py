"""``capacity-guard promote``: declares the next capacity of one wave, and only once the waves before have proved it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import Capacity, OnDemand, Provisioned, Units
from capacity_guard.commands.main import main
from capacity_guard.evidence.baseline import Baseline, NewTable
from capacity_guard.evidence.cell_settings import CellSettings
from capacity_guard.evidence.rollout_state import Outcome, RolloutState
from tests.builders.cases import INDEX, baseline, deployed, flat, on_demand, provisioned, traffic
from tests.builders.waves import state

Captured = pytest.CaptureFixture[str]
CELLS = ("cell-1", "cell-2", "cell-3", "cell-4")
NEXT = Capacity.on_demand(indexes={INDEX: OnDemand(warm=Units(write=5_000))})


class Fleet:
    """Four cells in three waves, each with a baseline and settings that have a next capacity."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "waves.json"
        (folder / "cells").mkdir()
        self.waves()
        for cell in CELLS:
            self.record(cell, provisioned())
            self.settings(cell).save(self.path(cell))

    def waves(self, **fields: Any) -> None:
        data = {
            "schema": "capacity-guard/waves",
            "version": 1,
            "waves": [["cell-1"], ["cell-2", "cell-3"], ["cell-4"]],
            "baselines": "baselines/{cell}.json",
            "settings": "cells/{cell}.json",
        }
        self.file.write_text(json.dumps({**data, **fields}))

    @staticmethod
    def settings(cell: str) -> CellSettings:
        return CellSettings(provisioned(), NEXT)

    def path(self, cell: str) -> Path:
        return self.folder / "cells" / f"{cell}.json"

    def record(self, cell: str, capacity: Capacity, rollout: RolloutState | None = None) -> None:
        recorded = baseline(deployed(capacity), traffic(flat(100, 1)))
        replace(recorded, rollout=rollout).save(self.folder / "baselines" / f"{cell}.json")

    def settle(self, *cells: str) -> None:
        """The cells are deployed as promoted, and recorded once they have settled."""
        for cell in cells:
            capacity = CellSettings.load(self.path(cell)).capacity.for_indexes([INDEX], "x")
            self.record(cell, capacity, state(after=capacity))

    def promoted(self) -> list[str]:
        return [cell for cell in CELLS if CellSettings.load(self.path(cell)).next is None]

    def run(self, *more: str) -> int:
        return main(["promote", str(self.file), *more])


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def test_promote_when_every_wave_settles_goes_from_wave_to_wave_and_ends(
    fleet: Fleet, capsys: Captured
) -> None:
    for wave in (["cell-1"], ["cell-2", "cell-3"], ["cell-4"]):
        before = fleet.promoted()
        assert fleet.run() == 0
        assert fleet.promoted() == [*before, *wave]
        printed = capsys.readouterr().out
        assert f", {', '.join(wave)}: is promoted" in printed
        assert '+  "next": null' in printed
        fleet.settle(*wave)
    assert all(CellSettings.load(fleet.path(cell)).capacity == NEXT for cell in CELLS)
    assert fleet.run() == 0
    assert "nothing to promote" in capsys.readouterr().out


def test_promote_when_the_wave_before_has_not_settled_changes_nothing(fleet: Fleet, capsys: Captured) -> None:
    assert fleet.run() == 0
    written = {cell: fleet.path(cell).read_bytes() for cell in CELLS}
    for _ in range(2):
        assert fleet.run() == 1
    assert {cell: fleet.path(cell).read_bytes() for cell in CELLS} == written
    printed = capsys.readouterr().out
    assert "wave 2 of 3, cell-2, cell-3: not due yet, nothing is changed" in printed
    assert "cell-1: is changing itself" in printed
    assert "capacity-guard record --table conversations" in printed


@pytest.mark.parametrize(
    ("rollout", "problem"),
    [
        (state(Outcome.HELD), "held"),
        (state(Outcome.BAKED, quiet_minutes=60), "unproven"),
        (None, None),
        (state(Outcome.ACCEPTED), None),
    ],
)
def test_promote_when_the_first_cell_is_recorded_goes_by_its_state(
    fleet: Fleet, capsys: Captured, rollout: RolloutState | None, problem: str | None
) -> None:
    """Without a state the cell has been on-demand all the time, and has nothing to prove."""
    CellSettings(on_demand()).save(fleet.path("cell-1"))
    fleet.record("cell-1", on_demand(), rollout)
    assert fleet.run() == (0 if problem is None else 1)
    assert (f"cell-1: {problem}" in capsys.readouterr().out) is (problem is not None)


def test_promote_when_quiet_hours_suffice_goes_on(fleet: Fleet) -> None:
    CellSettings(on_demand()).save(fleet.path("cell-1"))
    fleet.record("cell-1", on_demand(), state(Outcome.BAKED, quiet_minutes=24 * 60))
    assert fleet.run() == 1
    fleet.waves(quiet_hours=24)
    assert fleet.run() == 0
    assert fleet.promoted() == ["cell-1", "cell-2", "cell-3"]


def test_promote_when_the_baseline_of_an_earlier_cell_cannot_be_read_cannot_tell(
    fleet: Fleet, capsys: Captured
) -> None:
    assert fleet.run() == 0
    (fleet.folder / "baselines" / "cell-1.json").unlink()
    assert fleet.run() == 3
    assert "cell-1: cannot be read: " in capsys.readouterr().out
    assert fleet.promoted() == ["cell-1"]


def test_promote_when_it_was_cut_off_within_a_wave_goes_on_with_the_rest(fleet: Fleet) -> None:
    fleet.run()
    fleet.settle("cell-1")
    CellSettings(provisioned(), NEXT).promoted.save(fleet.path("cell-2"))
    assert fleet.run() == 0
    assert fleet.promoted() == ["cell-1", "cell-2", "cell-3"]


def test_promote_when_the_cell_is_changing_already_leaves_its_plan_alone(
    fleet: Fleet, capsys: Captured
) -> None:
    CellSettings(provisioned(800), NEXT).save(fleet.path("cell-1"))
    assert fleet.run() == 1
    assert "cell-1: is changing already" in capsys.readouterr().out


def test_dry_run_prints_the_difference_and_writes_nothing(fleet: Fleet, capsys: Captured) -> None:
    assert fleet.run("--dry-run") == 0
    assert fleet.promoted() == []
    planned = capsys.readouterr().out
    assert "would be promoted" in planned
    assert fleet.run() == 0
    done = capsys.readouterr().out.replace("is promoted", "would be promoted")
    assert done == planned + "commit the files, with the reason, and deploy\n"


@pytest.mark.parametrize(
    "following",
    [
        provisioned(1_500),
        Capacity.provisioned(read=1_000, write=1_000, indexes={INDEX: Provisioned(read=1_000, write=1_000)}),
    ],
    ids=["a raise", "no change"],
)
def test_promote_when_nothing_is_lowered_waits_for_nobody(fleet: Fleet, following: Capacity) -> None:
    CellSettings(provisioned()).save(fleet.path("cell-1"))
    for cell in ("cell-2", "cell-3"):
        CellSettings(provisioned(), following).save(fleet.path(cell))
    (fleet.folder / "baselines" / "cell-1.json").unlink()
    assert fleet.run() == 0
    assert fleet.promoted() == ["cell-1", "cell-2", "cell-3"]


def test_promote_when_the_table_does_not_exist_yet_waits_for_nobody(fleet: Fleet) -> None:
    NewTable("conversations").save(fleet.folder / "baselines" / "cell-1.json")
    assert fleet.run() == 0


def test_wide_wave_is_a_warning(fleet: Fleet, capsys: Captured) -> None:
    fleet.waves(waves=[["cell-1", "cell-2"], ["cell-3"], ["cell-4"]])
    assert fleet.run() == 0
    assert "the first wave has 2 cells" in capsys.readouterr().err


@pytest.mark.parametrize("broken", ["waves.json", "cells/cell-4.json", "baselines/cell-1.json"])
@pytest.mark.parametrize("content", [None, "{"])
def test_promote_when_a_file_of_its_own_cannot_be_read_is_bad_input(
    fleet: Fleet, capsys: Captured, broken: str, content: str | None
) -> None:
    path = fleet.folder / broken
    path.unlink()
    if content is not None:
        path.write_text(content)
    assert fleet.run() == 2
    assert path.name in capsys.readouterr().err


def test_waves_without_settings_are_bad_input(fleet: Fleet, capsys: Captured) -> None:
    fleet.waves(settings=None)
    assert fleet.run() == 2
    assert "Waves.settings: is missing" in capsys.readouterr().err


def test_file_that_was_written_by_hand_is_kept_but_for_its_form(fleet: Fleet) -> None:
    path = fleet.path("cell-1")
    path.write_text(json.dumps(json.loads(path.read_text()), indent=7))
    assert fleet.run() == 0
    assert CellSettings.load(path) == CellSettings(NEXT)
    assert isinstance(Baseline.load(fleet.folder / "baselines" / "cell-1.json"), Baseline)
