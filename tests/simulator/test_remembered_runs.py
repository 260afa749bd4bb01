"""Replays of whole recordings are remembered; starts, and other questions, are not."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from capacity_guard.simulator.dimension_replay import run, start
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.remembered_runs import remembering
from capacity_guard.simulator.supply import ProvisionedSupply, Run, State, Supply

SUPPLY = ProvisionedSupply(100, 100, 2_000, 0.7)
DAY = array("d", [9_000.0] * 1_440)


class Counted:
    """Counts the replays that are made."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(
        self,
        supply: Supply,
        demand: Sequence[float],
        partition: float,
        parameters: Parameters,
        state: State | None = None,
    ) -> Run:
        self.made += 1
        return run(supply, demand, partition, parameters, state)


def test_replay_of_a_recording_is_made_once_and_is_that_of_the_runner() -> None:
    counted, parameters = Counted(), Parameters()
    remembered = remembering(counted)
    results = [remembered(SUPPLY, DAY, 1_000, parameters, start(SUPPLY, parameters, 5)) for _ in range(3)]
    assert counted.made == 1
    assert results[0] is results[2]
    assert results[0] == run(SUPPLY, DAY, 1_000, parameters, start(SUPPLY, parameters, 5))


def test_replay_of_another_question_is_made_again() -> None:
    counted, parameters = Counted(), Parameters()
    remembered = remembering(counted)
    remembered(SUPPLY, DAY, 1_000, parameters, None)
    remembered(SUPPLY, DAY, 3_000, parameters, None)
    remembered(SUPPLY, DAY[:], 1_000, parameters, None)
    remembered(SUPPLY, DAY, 1_000, Parameters(peak_second=1.0), None)
    remembered(ProvisionedSupply(90, 90, 90, 1.0), DAY, 1_000, parameters, None)
    remembered(SUPPLY, DAY, 1_000, parameters, start(SUPPLY, parameters, 7))
    assert counted.made == 6


def test_start_and_what_continues_another_replay_are_not_kept() -> None:
    counted, parameters = Counted(), Parameters()
    remembered = remembering(counted)
    reached = remembered(SUPPLY, DAY, 1_000, parameters, None).state
    for _ in range(2):
        remembered(SUPPLY, DAY, 1_000, parameters, reached)
        remembered(SUPPLY, DAY[:60], 1_000, parameters, None)
    assert counted.made == 5


def test_memory_holds_the_last_replays_only() -> None:
    counted, parameters = Counted(), Parameters()
    remembered = remembering(counted)
    for units in range(1, 40):
        remembered(ProvisionedSupply(units, units, units, 1.0), DAY, 1_000, parameters, None)
    remembered(ProvisionedSupply(39, 39, 39, 1.0), DAY, 1_000, parameters, None)
    assert counted.made == 39
    remembered(ProvisionedSupply(1, 1, 1, 1.0), DAY, 1_000, parameters, None)
    assert counted.made == 40
