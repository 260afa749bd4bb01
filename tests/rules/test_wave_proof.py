"""What the baseline of an earlier cell says about a change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from capacity_guard.capacity import Capacity, InputError
from capacity_guard.evidence.baseline import Baseline, NewTable
from capacity_guard.evidence.rollout_state import Outcome, RolloutState
from capacity_guard.rules.wave_proof import CellProof, proofs, settle
from tests.builders.cases import END, baseline, deployed, on_demand, provisioned
from tests.builders.waves import cell_baseline, state, waves

WITHOUT_INDEX = replace(provisioned(), indexes={})


def proof(
    first: Baseline | InputError,
    before: Capacity | None = None,
    after: Capacity | None = None,
    last: RolloutState | None = None,
) -> CellProof:
    """What the first cell's baseline says about a change of the second; by default a switch to on-demand."""
    transition = baseline(deployed(before or provisioned())).transition_to(after or on_demand())
    (found,) = proofs(waves({"cell-1": first}).cell("cell-2"), transition, last)
    return found


@pytest.mark.parametrize("outcome", [Outcome.SETTLED, Outcome.ACCEPTED])
def test_cell_when_it_has_made_the_change_proves_it(outcome: Outcome) -> None:
    found = proof(cell_baseline("cell-1", state(outcome)))
    assert (found.problem, found.proves) == (None, True)


@pytest.mark.parametrize(
    ("has", "before", "after"),
    [
        (on_demand(), provisioned(), on_demand()),
        (provisioned(300), on_demand(), provisioned()),
        (provisioned(), WITHOUT_INDEX, provisioned()),
        (WITHOUT_INDEX, provisioned(), WITHOUT_INDEX),
    ],
)
def test_cell_when_it_had_all_the_time_what_the_change_leads_to_proves_nothing_and_stops_nothing(
    has: Capacity, before: Capacity, after: Capacity
) -> None:
    found = proof(cell_baseline("cell-1", None, has), before, after)
    assert (found.problem, found.proves) == (None, False)


@pytest.mark.parametrize(
    ("has", "before", "after", "what"),
    [
        (provisioned(), provisioned(), on_demand(), "to on-demand: table, by_agent"),
        (on_demand(), on_demand(), provisioned(), "to provisioned: table, by_agent"),
        (provisioned(), provisioned(), provisioned(800, 700), "lower: table, by_agent"),
        (provisioned(800), provisioned(), provisioned(800), "lower: by_agent"),
        (WITHOUT_INDEX, WITHOUT_INDEX, provisioned(), "index change: by_agent"),
    ],
)
def test_cell_when_it_has_not_made_the_change_is_named_with_what_is_missing(
    has: Capacity, before: Capacity, after: Capacity, what: str
) -> None:
    found = proof(cell_baseline("cell-1", None, has), before, after)
    assert (found.problem, found.detail) == ("has not made this change", what)
    assert found.remedy.startswith("change cell-1 first, and once cell-1 has settled: capacity-guard record")


def test_raises_of_a_change_need_no_proof() -> None:
    """The table is raised while the index is lowered: the first cell has lowered its index."""
    lowered = state(before=provisioned(), after=provisioned(800))
    assert proof(cell_baseline("cell-1", lowered, provisioned(800)), after=provisioned(900, 1_500)).proves


@pytest.mark.parametrize(("hours", "proves"), [(-1, False), (0, False), (1, True)])
def test_proof_counts_if_it_is_newer_than_the_bake_of_the_last_change_of_the_cell(
    hours: int, proves: bool
) -> None:
    lowered = state(before=provisioned(), after=provisioned(800))
    baked_at = END - timedelta(days=3)
    first = cell_baseline("cell-1", replace(lowered, at=baked_at + timedelta(hours=hours)), provisioned(800))
    found = proof(first, after=provisioned(800), last=replace(lowered, baked_at=baked_at))
    assert found.proves is proves


def test_baseline_that_cannot_be_read_is_said_to_be_so() -> None:
    found = proof(InputError("a.json", "is missing", "Record it"))
    assert (found.problem, found.detail, found.remedy) == ("cannot be read", "a.json is missing", "Record it")
    assert found.is_unreadable
    assert not proof(NewTable("orders")).is_unreadable


def test_command_is_quoted_for_a_shell() -> None:
    recorded = replace(cell_baseline("cell-1", None), file="base lines/a.json")
    assert settle(recorded, recorded.file).endswith("--out 'base lines/a.json' --settled")
    assert settle(recorded, "").endswith("--out FILE --settled")
