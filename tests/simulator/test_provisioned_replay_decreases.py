"""Decreases of auto scaling: the quota of a day ends at midnight (UTC), in plain Python and in the compiled twin."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from capacity_guard.capacity.limits import DECREASES_A_DAY, DECREASES_AT_ONCE
from capacity_guard.simulator.dimension_replay import start
from capacity_guard.simulator.supply import ProvisionedSupply, Run
from capacity_guard.simulator.table_replay import Runner
from tests.simulator.builders import EVEN, RUNNERS, WRITE_PARTITION

DAY = 24 * 60
HIGH = 10**15
DECREASES = DECREASES_AT_ONCE.value + 22
"""Decreases of a day in which something could always be lowered: four within the
first hour, which each need a quiet quarter of one, then one an hour until midnight."""


def falling(minutes: int) -> list[float]:
    """Units per minute of traffic that halves every hour, so that the units are too many in every hour."""
    return [0.3 * HIGH * 60 * 0.5 ** (minute / 60) for minute in range(minutes)]


def decreases(result: Run) -> list[int]:
    """Positions of the minutes before which the units were lowered."""
    return [minute + 1 for minute, (before, after) in enumerate(pairwise(result.limit)) if after < before]


@pytest.mark.parametrize("runner", RUNNERS)
def test_run_when_a_new_day_begins_allows_the_decreases_of_a_day_again(runner: Runner) -> None:
    supply = ProvisionedSupply(HIGH, 1, HIGH, 0.7)
    result = runner(supply, falling(2 * DAY + 600), WRITE_PARTITION, EVEN, start(supply, EVEN, 0))
    by_day = Counter(minute // DAY for minute in decreases(result))
    assert by_day[0] == DECREASES <= DECREASES_A_DAY.value
    assert by_day[1] == DECREASES
    second = [minute for minute in decreases(result) if minute // DAY == 1]
    gaps = [after - before for before, after in pairwise(second)]
    assert all(minutes < 60 for minutes in gaps[: DECREASES_AT_ONCE.value - 1]), (
        "no hour between the first four"
    )
    assert all(minutes >= 60 for minutes in gaps[DECREASES_AT_ONCE.value - 1 :])


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("minute", [1, 700, DAY - 200])
def test_run_when_it_begins_within_a_day_ends_the_quota_at_midnight_all_the_same(
    runner: Runner, minute: int
) -> None:
    supply = ProvisionedSupply(HIGH, 1, HIGH, 0.7)
    result = runner(supply, falling(DAY + 100), WRITE_PARTITION, EVEN, start(supply, EVEN, minute))
    by_day = Counter((at + minute) // DAY for at in decreases(result))
    hours = (DAY - minute) / 60
    assert by_day[0] == pytest.approx(DECREASES_AT_ONCE.value - 2 + hours, abs=1)
    assert by_day[1] >= DECREASES_AT_ONCE.value


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("cut", [300, DAY - 1, DAY, DAY + 1, DAY + 500])
def test_run_when_it_is_continued_beyond_midnight_counts_the_decreases_of_the_new_day_alone(
    runner: Runner, cut: int
) -> None:
    supply = ProvisionedSupply(HIGH, 1, HIGH, 0.7)
    demand = falling(2 * DAY)
    before = start(supply, EVEN, 0)
    first = runner(supply, demand[:cut], WRITE_PARTITION, EVEN, before)
    today = [minute for minute in decreases(first) if minute // DAY == (cut - 1) // DAY]
    assert first.state.decreases == pytest.approx(len(today), abs=1)  # the last may take effect after the end
    rest = runner(supply, demand[cut:], WRITE_PARTITION, EVEN, first.state)
    undivided = runner(supply, demand, WRITE_PARTITION, EVEN, before)
    assert [*first.limit, *rest.limit] == list(undivided.limit)
    assert rest.state == undivided.state
