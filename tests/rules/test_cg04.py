"""CG4: an index switched to on-demand, or created, with a ceiling below its recorded peak with headroom."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import AutoScaling, OnDemand, Units
from capacity_guard.rules import Case
from tests.builders.cases import (
    TUESDAY_EVENING,
    baseline,
    case,
    creation_with_index_peak,
    deployed,
    flat,
    on_demand,
    provisioned,
    spike,
    switch_with_index_peak,
    traffic,
)
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent
from tests.rules.pasting import declare_fix


def switch_to(index: OnDemand, peak: float, warm: int = 0) -> Case:
    """A switch of the index, which carried ``peak`` writes per second and may have warm throughput today."""
    series = spike(flat(1_000), TUESDAY_EVENING, 1, peak)
    was = deployed(
        provisioned(AutoScaling(3_840, 8_000, seed=8_000), AutoScaling(5_000, 5_000, seed=5_000)),
        warm={"index/by_agent": Units(12_000, warm)} if warm else {},
    )
    return case(on_demand(indexes={"by_agent": index}), baseline(was, traffic(series)))


NEW_TABLE = "a new table that shall carry it"

EXAMPLES = (
    compliant(
        "declared warm throughput reaches", lambda: switch_to(OnDemand(warm=Units(write=6_240)), 4_800)
    ),
    refused("a peak above what it starts with", lambda: switch_to(OnDemand(), 4_800)),
    refused("warm throughput a unit too low", lambda: switch_to(OnDemand(warm=Units(write=6_239)), 4_800)),
    refused("an on-demand maximum below", lambda: switch_to(OnDemand(maximum=Units(write=1_299)), 1_000)),
    refused(NEW_TABLE, lambda: creation_with_index_peak(4_000)),
    silent("a new small table", lambda: creation_with_index_peak(3_000)),
    silent("live warm throughput reaches", lambda: switch_to(OnDemand(), 4_800, warm=6_240)),
    silent("provisioned throughput is inherited", lambda: switch_with_index_peak(7_600)),
    silent("a small index to on-demand", lambda: case(on_demand())),
)

OTHERS = (
    other("provisioned for less than its margin", lambda: switch_with_index_peak(9_000)),
    other("warm throughput of today, a unit too low", lambda: switch_to(OnDemand(), 4_800, warm=6_239)),
    other(
        "a maximum above its margin, and little warm throughput",
        lambda: switch_to(OnDemand(Units(write=5_000), Units(write=9_000)), 4_800),
    ),
    other(
        "a maximum at its margin, and little warm throughput",
        lambda: switch_to(OnDemand(Units(read=13_000), Units(read=20_000, write=6_240)), 4_800),
    ),
    other(
        "a maximum below its margin, and warm throughput at it",
        lambda: switch_to(OnDemand(Units(write=6_240), Units(write=6_239)), 4_800),
    ),
    other("a new table that shall carry more than one starts with", lambda: creation_with_index_peak(9_000)),
)


@pytest.mark.parametrize(
    "example", [example for example in refused_of(EXAMPLES) if example.name != NEW_TABLE], ids=example_name
)
def test_ceiling_when_its_fix_is_declared_expects_silence(example: Example) -> None:
    assert declare_fix(example.make(), "CG4") == []
