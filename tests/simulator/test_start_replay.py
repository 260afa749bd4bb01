"""The replay of starts: with the hours in which none throttles, and without."""

from __future__ import annotations

import pytest

from capacity_guard.capacity.settings import Margins
from capacity_guard.simulator import engine, worst_hour
from capacity_guard.simulator.start_replay import changes_supply
from tests.simulator.scenarios import PAIRS, PARAMETERS, TRAFFICS, TRANSITIONS


@pytest.mark.parametrize(("name", "carried"), PAIRS)
def test_start_that_throttles_is_found_with_and_without_the_others(name: str, carried: str) -> None:
    transition, traffic, margins = TRANSITIONS[name], TRAFFICS[carried], Margins(switch_minutes=8)
    starts = worst_hour.possible_starts(transition, traffic, margins, engine.runner(), 1.2)
    for parameters in PARAMETERS.values() if starts is not None else ():
        assert starts is not None
        whole = starts.worst(parameters)
        found = starts.throttling(parameters, range(168), whole)
        assert found.keys() == {d for d in whole if changes_supply(transition, d)}
        for dimension, by_hour in whole.items():
            throttling = {start for start in by_hour if start is not None and start.throttled}
            assert throttling == {start for start in found.get(dimension, ()) if start in by_hour}
