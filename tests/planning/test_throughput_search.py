"""The search of the cheapest throughput of one dimension, against a grid of all that it may return."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator

import pytest

from capacity_guard.capacity import AutoScaling
from capacity_guard.capacity.capacity import Throughput
from capacity_guard.planning.throughput_search import (
    STURDY,
    TARGETS,
    cheapest_throughput,
    even,
    never_throttles,
    peak,
    required,
    with_margin,
)
from capacity_guard.simulator import engine
from capacity_guard.simulator.table_replay import partition, settled
from tests.builders.cases import INDEX_WRITE, flat
from tests.planning.recordings import days

MARGIN = 1.3


def mean(series: array[float], throughput: Throughput) -> float:
    if not isinstance(throughput, AutoScaling):
        return float(throughput)
    supply = settled(throughput, series)
    return engine.mean_limit(supply, series, partition(INDEX_WRITE), even(10))


def grid(series: array[float], fixed: int) -> Iterator[AutoScaling]:
    """Every target in steps of 5, five maxima, and minima in steps of 6 %."""
    busiest = required(peak(series) * MARGIN)
    for target in TARGETS:
        top = max(fixed, required(peak(series) * MARGIN * 100 / target))
        for maximum in sorted({fixed, busiest, (fixed + top) // 2, top * 3 // 4, top}):
            minimum = float(max(1, required(min(series) / 60)))
            while minimum < min(fixed, maximum):
                yield AutoScaling(math.ceil(minimum), maximum, target)
                minimum = max(minimum * 1.06, minimum + 1)


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("seed", range(8))
def test_cheapest_throughput_is_as_cheap_as_the_cheapest_of_a_grid_and_serves_at_every_reaction(
    seed: int,
) -> None:
    series = days(seed)
    load = with_margin(series, MARGIN)
    found = cheapest_throughput(series, MARGIN, INDEX_WRITE)
    assert found is not None
    for reaction in range(2, 16):
        assert never_throttles(load, found, INDEX_WRITE, [reaction])
    fixed = required(peak(load))
    cheapest = float(fixed)
    for scaling in grid(series, fixed):
        units = mean(series, scaling)
        if units < cheapest and never_throttles(load, scaling, INDEX_WRITE):
            cheapest = units
    assert mean(series, found) <= cheapest * 1.05


def test_search_covers_every_target_that_application_auto_scaling_takes_in_steps_of_five() -> None:
    assert TARGETS == (20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90)
    assert sorted(STURDY) == list(range(2, 16))


def test_cheapest_throughput_that_starts_empty_serves_the_busiest_minute_without_burst() -> None:
    """Ten minutes of 900 in a day of 300: burst carries them with less, which an empty bucket has not."""
    series = flat(300, 1)
    series[600:610] = array("d", [60 * 900.0]) * 10
    full = cheapest_throughput(series, 1.0, INDEX_WRITE)
    empty = cheapest_throughput(series, 1.0, INDEX_WRITE, starts_empty=True)
    assert full is not None
    assert empty is not None
    highest = [
        throughput.maximum if isinstance(throughput, AutoScaling) else throughput
        for throughput in (full, empty)
    ]
    assert highest[0] < 900 <= highest[1]
    assert mean(series, full) <= mean(series, empty)


def test_cheapest_throughput_above_the_quota_expects_none() -> None:
    assert cheapest_throughput(flat(50_000, 1), 1.0, INDEX_WRITE) is None


def test_never_throttles_when_auto_scaling_comes_late_depends_on_the_reaction() -> None:
    series = flat(60, 1)
    series[600:] = array("d", [60 * 145.0]) * (len(series) - 600)
    scaling = AutoScaling(100, 400, 70)
    assert never_throttles(series, scaling, INDEX_WRITE, [2, 5, 10])
    assert not never_throttles(series, scaling, INDEX_WRITE, [15])
    assert not never_throttles(series, scaling, INDEX_WRITE)
