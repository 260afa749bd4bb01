"""The initial on-demand throughput, and the duration of a raise of warm throughput."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import Dimension
from capacity_guard.capacity.dimension import Access
from capacity_guard.capacity.warm_throughput import initial_ceiling, warm_raise_seconds


@pytest.mark.parametrize("index", [None, "by_agent"])
def test_initial_throughput_when_on_demand_expects_the_documented_units(index: str | None) -> None:
    assert initial_ceiling(Dimension(index, "read")) == 12_000
    assert initial_ceiling(Dimension(index, "write")) == 4_000


@pytest.mark.parametrize(
    ("access", "live", "target", "doublings"),
    [
        ("write", 4_000, 4_001, 1),
        ("write", 4_000, 8_000, 1),
        ("write", 4_000, 8_001, 2),
        ("write", 4_000, 40_000, 4),
        ("write", 1, 4_000, 2),  # one partition serves 1,000 writes
        ("read", 1, 12_000, 2),  # and 3,000 reads
        ("read", 12_000, 12_000, 1),
    ],
)
def test_raise_when_estimated_expects_the_longest_observed_time_for_each_doubling(
    access: Access, live: int, target: int, doublings: int
) -> None:
    assert warm_raise_seconds(access, live, target) == doublings * 514
