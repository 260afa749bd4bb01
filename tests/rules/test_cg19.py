"""CG19: a change of a later wave before the earlier waves have proved it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity import Capacity, InputError
from capacity_guard.evidence.baseline import Baseline, NewTable
from capacity_guard.evidence.rollout_state import Outcome
from capacity_guard.rules import Case, Level
from tests.builders.cases import NOW, baseline, case, deployed, findings, on_demand, provisioned
from tests.builders.waves import cell_baseline, state, waves
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent

MISSING = InputError(
    "baselines/cell-1/conversations.json", "is missing", "Record it with: capacity-guard record"
)


def change_of(
    cell: str,
    declared: Capacity | None = None,
    *,
    recorded: Baseline | InputError | None = None,
    changing: tuple[str, ...] = (),
    given: dict[str, Any] | None = None,
    **cells: Baseline | InputError,
) -> Case:
    """A cell changes, by default to on-demand. Keywords name the cells whose baselines differ: ``cell_1=...``."""
    fleet = waves({name.replace("_", "-"): one for name, one in cells.items()}, **(given or {}))
    return case(
        declared or on_demand(), recorded or baseline(), wave=fleet.cell(cell), changing_cells=changing
    )


def provisioned_cell(name: str) -> Baseline:
    """A cell that has not changed yet."""
    return cell_baseline(name, None, provisioned())


BAKED = state(Outcome.BAKED, quiet_minutes=23 * 60 + 59)
LOWERED = state(before=provisioned(), after=provisioned(800))
OWN = replace(baseline(), rollout=state(at=NOW - timedelta(days=3)))

EXAMPLES = (
    compliant("settled in the wave before", lambda: change_of("cell-2")),
    compliant(
        "accepted by a person",
        lambda: change_of("cell-3", cell_1=cell_baseline("cell-1", state(Outcome.ACCEPTED))),
    ),
    compliant("the first wave", lambda: change_of("cell-1", cell_1=provisioned_cell("cell-1"))),
    compliant(
        "baked, and quiet for as long as the waves demand",
        lambda: change_of(
            "cell-2",
            given={"quiet_hours": 24},
            cell_1=cell_baseline("cell-1", state(Outcome.BAKED, quiet_minutes=24 * 60)),
        ),
    ),
    refused(
        "the first cell has not changed",
        lambda: change_of("cell-2", cell_1=provisioned_cell("cell-1")),
    ),
    refused("unproven", lambda: change_of("cell-3", cell_1=cell_baseline("cell-1", BAKED))),
    refused(
        "a minute short of the quiet hours",
        lambda: change_of("cell-3", given={"quiet_hours": 24}, cell_1=cell_baseline("cell-1", BAKED)),
    ),
    refused("held", lambda: change_of("cell-2", cell_1=cell_baseline("cell-1", state(Outcome.HELD)))),
    refused(
        "one of two cells of the wave before is held",
        lambda: change_of("cell-4", cell_3=cell_baseline("cell-3", state(Outcome.HELD))),
    ),
    refused("changing in the same synthesis", lambda: change_of("cell-2", changing=("cell-1", "cell-2"))),
    refused("a missing baseline", lambda: change_of("cell-2", cell_1=MISSING)),
    refused("declared as new", lambda: change_of("cell-2", cell_1=NewTable("conversations-cell-1"))),
    refused(
        "another change is proved",
        lambda: change_of("cell-2", cell_1=cell_baseline("cell-1", LOWERED, provisioned(800))),
    ),
    refused(
        "the same kind of change, but the last one",
        lambda: change_of(
            "cell-2",
            provisioned(600),
            recorded=replace(
                baseline(deployed(provisioned(800))),
                rollout=replace(LOWERED, at=NOW, baked_at=NOW - timedelta(hours=10)),
            ),
            cell_1=cell_baseline("cell-1", replace(LOWERED, at=NOW - timedelta(days=2)), provisioned(800)),
        ),
    ),
    silent("no waves", lambda: case(on_demand())),
    silent("no change", lambda: change_of("cell-2", provisioned(), cell_1=provisioned_cell("cell-1"))),
    silent(
        "a relief: raises alone",
        lambda: change_of("cell-2", provisioned(1_200), cell_1=provisioned_cell("cell-1")),
    ),
    silent(
        "a return to the capacity before",
        lambda: change_of(
            "cell-2",
            provisioned(),
            recorded=baseline(deployed(on_demand(), previous=provisioned())),
            cell_1=cell_baseline("cell-1", state(Outcome.HELD)),
        ),
    ),
    silent("a creation", lambda: change_of("cell-2", recorded=NewTable("new"), cell_1=MISSING)),
    silent("an unreadable baseline of its own (CG2)", lambda: change_of("cell-2", recorded=MISSING)),
    silent(
        "a later wave is held",
        lambda: change_of("cell-2", cell_4=cell_baseline("cell-4", state(Outcome.HELD))),
    ),
    silent(
        "another cell of the same wave is unproven",
        lambda: change_of("cell-2", cell_3=cell_baseline("cell-3", BAKED)),
    ),
    silent(
        "an earlier cell has always been on-demand",
        lambda: change_of("cell-4", cell_2=cell_baseline("cell-2", None)),
    ),
)

OTHERS = (
    other("a first wave of two", lambda: change_of("cell-1", given={"waves": [["cell-1", "cell-2"]]})),
    other(
        "four after one",
        lambda: change_of("cell-2", given={"waves": [["cell-1"], ["cell-2", "cell-3", "cell-4", "cell-5"]]}),
    ),
    other(
        "two cells, and nothing to prove before",
        lambda: change_of("cell-2", cell_1=cell_baseline("cell-1", None)),
    ),
    other(
        "six unproven cells",
        lambda: change_of(
            "cell-7",
            given={"waves": [["cell-1"], ["cell-2", "cell-3"], ["cell-4", "cell-5", "cell-6"], ["cell-7"]]},
            **{f"cell_{number}": cell_baseline(f"cell-{number}", BAKED) for number in range(1, 7)},
        ),
    ),
)


@pytest.mark.parametrize(
    "example",
    [
        one
        for one in refused_of(EXAMPLES)
        if "capacity-guard record" in findings(one.make(), "CG19")[0].fix and one.name != "a missing baseline"
    ],
    ids=example_name,
)
def test_change_when_the_printed_commands_were_followed_expects_silence(example: Example) -> None:
    """Each command records a cell whose change has settled: its baseline then says so, and nothing of it changes any more."""
    judged = example.make()
    (finding,) = findings(judged, "CG19")
    assert judged.wave is not None
    fleet = judged.wave.waves
    files = {fleet.baseline_file(name): name for name in fleet.cells}
    recorded = {name: fleet.baseline(name) for name in fleet.cells}
    followed = 0
    for line in finding.fix.splitlines():
        if "capacity-guard record" in line:
            words = shlex.split(line.partition("capacity-guard ")[2])
            assert words[-1] == "--settled"
            name = files[words[words.index("--out") + 1]]
            recorded[name] = cell_baseline(
                name, state(after=judged.declared, at=NOW + timedelta(minutes=1)), judged.declared
            )
            followed += 1
    assert followed
    again = replace(judged, wave=replace(fleet, baselines=recorded).cell(judged.wave.name), changing_cells=())
    assert findings(again, "CG19") == []


@pytest.mark.parametrize("example", OTHERS[:3], ids=example_name)
def test_wide_wave_expects_a_warning(example: Example) -> None:
    (finding,) = findings(example.make(), "CG19")
    assert finding.level is Level.WARN


def test_three_after_one_are_about_twice_as_many() -> None:
    assert (
        findings(change_of("cell-2", given={"waves": [["cell-1"], ["cell-2", "cell-3", "cell-4"]]}), "CG19")
        == []
    )


def test_wide_wave_when_it_is_not_proved_either_expects_the_refusal_alone() -> None:
    judged = change_of(
        "cell-2",
        given={"waves": [["cell-1"], ["cell-2", "cell-3", "cell-4", "cell-5"]]},
        cell_1=provisioned_cell("cell-1"),
    )
    assert [finding.level for finding in findings(judged, "CG19")] == [Level.ERROR]


def test_held_cell_that_the_code_still_declares_changed_is_said_to_be_held() -> None:
    """Its declared capacity differs from the recorded one as well, and to record it as settled would be wrong."""
    held = cell_baseline("cell-1", state(Outcome.HELD), provisioned())
    (finding,) = findings(change_of("cell-2", changing=("cell-1",), cell_1=held), "CG19")
    assert finding.figures[1].value == "held"
    assert "--settled" not in finding.fix


def test_break_glass_passes() -> None:
    judged = replace(change_of("cell-2", cell_1=MISSING), break_glass="INC-4711")
    assert [finding.level for finding in findings(judged, "CG19")] == [Level.WARN]


def test_baseline_of_an_earlier_cell_when_nothing_changes_is_not_read() -> None:
    judged = change_of("cell-2", provisioned())
    assert judged.wave is not None
    findings(judged, "CG19")
    assert judged.wave.waves._read == {}
