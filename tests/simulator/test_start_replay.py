"""The replay of starts: with the hours in which none throttles, and without."""

from __future__ import annotations

import pytest

from capacity_guard.capacity.settings import Margins
from capacity_guard.evidence.digest import digest
from capacity_guard.simulator import engine, worst_hour
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.start_replay import changes_supply
from tests.builders.cases import INDEX_WRITE, deployed, flat, provisioned, spike
from tests.simulator.builders import BUSY, short, to
from tests.simulator.scenarios import PAIRS, PARAMETERS, TRAFFICS, TRANSITIONS


@pytest.mark.sampled(every=17)
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


@pytest.mark.parametrize(("name", "carried"), PAIRS)
def test_dimension_that_its_least_units_carry_has_no_start_that_throttles(name: str, carried: str) -> None:
    transition, traffic, margins = TRANSITIONS[name], TRAFFICS[carried], Margins(table_quota=5_000)
    for factor in (1.0, 1.2):
        starts = worst_hour.possible_starts(transition, traffic, margins, engine.runner(), factor)
        for parameters in PARAMETERS.values() if starts is not None else ():
            assert starts is not None
            trial = worst_hour.Trial(factor, parameters)
            calm = worst_hour.starts_carried_by_least(transition, digest(traffic, 10), [trial], margins)
            found = starts.throttling(parameters, range(168), [d for d in traffic.consumed if d in calm])
            assert not any(found.values())


def test_starts_that_the_bound_decides_are_those_with_ample_units_before_and_after() -> None:
    traffic = short(spike(flat(100, 1), BUSY, 10, 200))
    trial = worst_hour.Trial(1.0, Parameters())
    for was, declared, decided in ((300, 300, True), (260, 300, False), (300, 260, False)):
        transition = to(provisioned(declared), deployed(provisioned(was)))
        calm = worst_hour.starts_carried_by_least(transition, digest(traffic, 10), [trial], Margins())
        assert (INDEX_WRITE in calm) is decided
