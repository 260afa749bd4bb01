"""The rounds of a run and the capacity that each declares."""

from __future__ import annotations

import re

import pytest

from capacity_guard.capacity.capacity import maximum_of, minimum_of
from capacity_guard.capacity.errors import InputError
from live.scenario import (
    CREATED,
    GLOBAL,
    KINDS,
    PLAIN,
    PROVISIONED,
    ROUNDS,
    capacity,
    checked_run_id,
    new_run_id,
    stack_name,
)
from live.traffic import BATCH_ITEMS, ITEM_UNITS, OVERLOAD_SECONDS


def test_rounds_when_carried_out_cover_both_tables_in_both_directions_and_end_with_the_veto() -> None:
    committed = {
        (kind, to)
        for change_round in ROUNDS
        if not change_round.vetoed
        for kind, to in change_round.changes.items()
    }
    assert committed == {(kind, to) for kind in KINDS for to in ("on-demand", "provisioned")}
    assert [change_round.vetoed for change_round in ROUNDS] == [False] * 4 + [True] * 2
    assert [change_round.changes for change_round in ROUNDS[-2:]] == [
        {GLOBAL: PROVISIONED},
        {PLAIN: PROVISIONED},
    ]
    assert {GLOBAL, PLAIN} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_rounds_when_carried_out_never_return_to_a_capacity_since_a_relief_is_judged_leniently(
    kind: str,
) -> None:
    capacities = [capacity(CREATED[kind], 0)]
    capacities += [
        capacity(change_round.changes[kind], change_round.turn)
        for change_round in ROUNDS
        if kind in change_round.changes and not change_round.edited
    ]
    assert all(declared not in capacities[:position] for position, declared in enumerate(capacities))


@pytest.mark.parametrize("kind", KINDS)
def test_forced_rollback_when_it_begins_comes_from_more_provisioned_units_in_the_same_mode(kind: str) -> None:
    # A switch from on-demand mode keeps the former peak for a while, so it may not throttle (Guide: bp-switching-capacity-modes).
    rounds = [r for r in ROUNDS if kind in r.changes]
    before, forced = rounds[-2:]
    assert (before.changes[kind], forced.changes[kind]) == (PROVISIONED, PROVISIONED)
    was, becomes = (capacity(PROVISIONED, r.turn).table for r in (before, forced))
    assert minimum_of(was.write) == 2 * minimum_of(becomes.write)  # type: ignore[union-attr]
    written_a_second = BATCH_ITEMS * ITEM_UNITS / OVERLOAD_SECONDS
    assert written_a_second > 2 * maximum_of(becomes.write)  # type: ignore[union-attr]


@pytest.mark.parametrize("run", ["", "12345678\n", "ABCDEF12", "../../etc"])
def test_cleanup_when_the_run_is_no_id_is_refused(run: str) -> None:
    with pytest.raises(InputError):
        checked_run_id(run)


def test_run_id_when_it_is_new_is_accepted_by_cleanup_and_begins_every_stack_name() -> None:
    run = new_run_id()
    assert checked_run_id(run) == run
    assert [
        re.fullmatch(rf"CgLive-{run}-(Global|Plain)", stack_name(run, kind)) is None for kind in KINDS
    ] == [
        False,
        False,
    ]
