"""The load on frozen throughput, and what to deploy before a switch."""

from __future__ import annotations

import math
from array import array
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_guard.capacity import Margins
from capacity_guard.capacity.evidence import HOURS_OF_WEEK, hour_of_week
from capacity_guard.rules.replays import throttled_today
from capacity_guard.rules.switch_freeze import (
    FreezeLoad,
    _budget_of,
    find_excess,
    find_excesses,
    load_by_hour,
    measure_load,
)
from tests.builders.cases import (
    INDEX_WRITE,
    TABLE_WRITE,
    TUESDAY_EVENING,
    deployed,
    on_demand,
    switch_from_provisioned,
    traffic,
)

PEAK_HOUR = hour_of_week(TUESDAY_EVENING)


def load(busy_hours: dict[int, float | None], elsewhere: float | None = 2.0) -> FreezeLoad:
    """A load in some hours of the week; every other hour has another."""
    shares = tuple(busy_hours.get(hour, elsewhere) for hour in range(HOURS_OF_WEEK))
    needed = tuple(1 if share is not None and share > 1 else 0 for share in shares)
    return FreezeLoad(shares, (0,) * HOURS_OF_WEEK, needed, ())


def test_load_when_measured_is_the_share_of_fixed_units_in_each_hour() -> None:
    measured = measure_load(switch_from_provisioned(1_000, 1_500), INDEX_WRITE)
    assert measured is not None
    assert measured.highest_share[PEAK_HOUR] == 1.5
    assert measured.needed[PEAK_HOUR] == 1_500
    assert {share for hour, share in enumerate(measured.highest_share) if hour != PEAK_HOUR} == {0.5}
    assert sum(measured.needed) == 1_500
    assert set(measured.provisioned) == {1_000}


def test_load_when_nothing_is_provisioned_is_none() -> None:
    judged = switch_from_provisioned(1_000, 1_500)
    assert judged.recorded is not None
    on_demand_table = replace(judged.recorded, deployed=deployed(on_demand()))
    assert measure_load(replace(judged, baseline=on_demand_table), INDEX_WRITE) is None
    assert measure_load(replace(judged, baseline=replace(judged.recorded, traffic=None)), INDEX_WRITE) is None


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from([0.0, 5.5, 60.0, 61.1, 1e9 / 7, math.nan]), min_size=1, max_size=200),
    st.sampled_from([0.0, 0.001, 0.1, 1 / 3]),
    st.sampled_from([1.0, 61.1 / 60]),
)
def test_a_start_exceeds_the_budget_by_what_is_added_up_from_it(
    units: list[float], budget: float, provisioned: float
) -> None:
    judged = switch_from_provisioned(1, 1_500)
    assert judged.recorded is not None
    recorded = replace(judged.recorded, traffic=traffic(array("d", units)))
    judged = replace(judged, baseline=recorded, margins=Margins(throttle_budget=budget, switch_minutes=9))
    exceeds, before = _budget_of(judged, INDEX_WRITE), throttled_today(judged, INDEX_WRITE)
    for start in range(len(units)):
        window = slice(start, start + 10)
        above = math.fsum(sent - provisioned * 60 for sent in units[window] if sent > provisioned * 60)
        asked = math.fsum(sent for sent in units[start : start + 70] if sent == sent)
        added = above - math.fsum(before[window] if before is not None else ())
        assert exceeds(start, provisioned) == (added > budget * asked)


def test_excess_when_a_minute_is_above_what_is_provisioned_counts_its_units_and_burst() -> None:
    judged = switch_from_provisioned(1_000, 1_500)
    measured = measure_load(judged, INDEX_WRITE)
    assert measured is not None
    excess = find_excess(judged, INDEX_WRITE, measured)
    assert excess is not None
    assert (excess.peak.units, excess.peak.at) == (1_500, TUESDAY_EVENING)
    assert (excess.provisioned, excess.needed) == (1_000, 1_500)
    assert excess.unserved == 500 * 60
    assert excess.after_burst == 0


def test_excesses_when_only_the_index_is_too_busy_are_those_of_the_index() -> None:
    found = find_excesses(switch_from_provisioned(1_000, 1_500), (TABLE_WRITE, INDEX_WRITE))
    assert list(found) == [INDEX_WRITE]


def test_excesses_when_the_change_window_is_elsewhere_are_none() -> None:
    assert find_excesses(switch_from_provisioned(1_000, 1_500, "Sun 06-10"), (INDEX_WRITE,)) == {}


def test_load_by_hour_when_several_dimensions_switch_is_the_highest_share_of_them() -> None:
    found = load_by_hour([load({12: 0.5}, elsewhere=0.1), load({12: 0.9}, elsewhere=0.2)])
    assert (found[12], found[13]) == (0.9, 0.2)


def test_load_by_hour_when_one_dimension_does_not_fit_or_was_not_recorded_is_none() -> None:
    assert set(load_by_hour([load({}, elsewhere=0.1), load({}, elsewhere=1.1)])) == {None}
    assert set(load_by_hour([load({}, elsewhere=0.1), load({}, elsewhere=None)])) == {None}
