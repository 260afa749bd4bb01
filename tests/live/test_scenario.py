"""The rounds of a run and the capacity that each declares."""

from __future__ import annotations

import re

import pytest

from capacity_guard.capacity.errors import InputError
from live.scenario import (
    CREATED,
    GLOBAL,
    KINDS,
    PLAIN,
    ROUNDS,
    capacity,
    checked_run_id,
    new_run_id,
    stack_name,
)


def test_rounds_when_carried_out_cover_both_tables_in_both_directions_and_end_with_the_veto() -> None:
    committed = {
        (kind, to)
        for change_round in ROUNDS
        if not change_round.vetoed
        for kind, to in change_round.changes.items()
    }
    assert committed == {(kind, to) for kind in KINDS for to in ("on-demand", "provisioned")}
    assert [change_round.vetoed for change_round in ROUNDS] == [False, False, True]
    assert {GLOBAL, PLAIN} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_rounds_when_carried_out_never_return_to_a_capacity_since_a_relief_is_judged_leniently(
    kind: str,
) -> None:
    capacities = [capacity(CREATED[kind], 0)]
    capacities += [
        capacity(change_round.changes[kind], change_round.turn)
        for change_round in ROUNDS
        if kind in change_round.changes
    ]
    assert all(declared not in capacities[:position] for position, declared in enumerate(capacities))


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
