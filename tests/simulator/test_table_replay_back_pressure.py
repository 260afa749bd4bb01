"""Writes that an index rejects on its table: which share of them, and what is retried."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

import pytest

from capacity_guard.simulator.dimension_replay import run
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.supply import ProvisionedSupply, Run
from capacity_guard.simulator.table_replay import rejected_writes, states_after, with_retries
from tests.builders.cases import INDEX_READ, INDEX_WRITE, TABLE_WRITE
from tests.simulator.builders import EVEN, WRITE_PARTITION


def throttled(units: Sequence[float]) -> Run:
    """A replay of an index that throttles these units, one a minute."""
    supply = ProvisionedSupply(1, 1, 1, 1.0)
    result = run(supply, [60.0 * 400] * len(units), WRITE_PARTITION, EVEN)
    for minute, value in enumerate(units):
        result.throttled[minute] = value
    return result


@pytest.mark.parametrize(
    ("writes", "reaching", "rejected"),
    [
        (
            400.0,
            100.0,
            30.0,
        ),  # four times as many writes on the table: each rejected unit is one write, no more
        (101.0, 100.0, 30.0),
        (100.0, 100.0, 30.0),
        (50.0, 100.0, 15.0),
        (0.0, 100.0, 0.0),
        (400.0, 0.0, 30.0),  # what the index throttles was retried: its recorded minute is empty
    ],
)
def test_rejected_writes_are_never_more_than_the_index_throttles(
    writes: float, reaching: float, rejected: float
) -> None:
    recorded = {TABLE_WRITE: array("d", [writes]), INDEX_WRITE: array("d", [reaching])}
    assert rejected_writes(recorded, {INDEX_WRITE: [throttled([30.0])]}) == {0: rejected}


def test_rejected_writes_of_a_gap_and_of_reads_are_unknown_and_none() -> None:
    recorded = {
        TABLE_WRITE: array("d", [math.nan, 100.0]),
        INDEX_WRITE: array("d", [100.0, 100.0]),
        INDEX_READ: array("d", [100.0, 100.0]),
    }
    assert rejected_writes(recorded, {INDEX_WRITE: [throttled([30.0, 20.0])]}) == {1: 20.0}
    assert rejected_writes(recorded, {INDEX_READ: [throttled([30.0, 20.0])]}) == {}
    assert (
        rejected_writes({INDEX_WRITE: recorded[INDEX_WRITE]}, {INDEX_WRITE: [throttled([30.0, 20.0])]}) == {}
    )


def test_rejected_writes_of_several_parts_are_at_the_minutes_of_the_whole() -> None:
    recorded = {TABLE_WRITE: array("d", [100.0] * 5), INDEX_WRITE: array("d", [100.0] * 5)}
    parts = [throttled([0.0, 10.0]), throttled([0.0, 0.0, 20.0])]
    assert rejected_writes(recorded, {INDEX_WRITE: parts}) == {1: 10.0, 4: 20.0}


def test_retries_come_in_the_minute_after_and_not_after_the_last() -> None:
    asked = array("d", [100.0, 100.0, 100.0])
    parameters = Parameters(returning=0.5)
    assert list(with_retries(asked, {0: 10.0, 2: 30.0}, parameters)) == [100.0, 105.0, 100.0]
    assert list(asked) == [100.0] * 3, "the recording stays as it is"
    assert with_retries(asked, {0: 10.0}, Parameters(returning=0.0)) is asked


def test_state_after_the_last_minute_carries_the_writes_that_were_rejected_in_it() -> None:
    parameters = Parameters(returning=0.5)
    runs = {TABLE_WRITE: throttled([0.0, 0.0]), INDEX_WRITE: throttled([0.0, 0.0])}
    before = runs[TABLE_WRITE].state.returned
    assert states_after(runs, {1: 30.0}, parameters)[TABLE_WRITE].returned == before + 15
    assert states_after(runs, {0: 30.0}, parameters)[TABLE_WRITE].returned == before
    assert states_after(runs, {1: 30.0}, parameters)[INDEX_WRITE] == runs[INDEX_WRITE].state
