"""CG3: the table switched to on-demand, or created, with a ceiling below its recorded peak with headroom."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import AutoScaling, Units
from capacity_guard.rules import Case
from tests.builders.cases import (
    TUESDAY_EVENING,
    baseline,
    case,
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


def switch_with_table_peak(units: float, **declared: Units) -> Case:
    seeded = AutoScaling(5_000, 5_000, seed=5_000)
    series = spike(flat(1_000), TUESDAY_EVENING, 1, units)
    was = deployed(provisioned(seeded, seeded), units={"table": Units(1_000, 3_000)})
    return case(on_demand(**declared), baseline(was, traffic(table_write=series)))


def both_too_low() -> Case:
    """Reads and writes of the table above what it starts with."""
    series = spike(flat(1_000), TUESDAY_EVENING, 1, 13_000)
    scaled = AutoScaling(1_000, 20_000, seed=13_000)
    was = deployed(provisioned(1_000, scaled, scaled), warm={"table": Units(12_500, 9_000)})
    return case(on_demand(maximum=Units(write=11_000)), baseline(was, traffic(series, series, series)))


EXAMPLES = (
    compliant(
        "declared warm throughput reaches", lambda: switch_with_table_peak(4_000, warm=Units(write=5_200))
    ),
    refused("a peak above what it starts with", lambda: switch_with_table_peak(4_800)),
    refused("a peak below, its margin above", lambda: switch_with_table_peak(3_900)),
    refused("an on-demand maximum below", lambda: switch_with_table_peak(1_000, maximum=Units(write=1_200))),
    silent("a small table to on-demand", lambda: case(on_demand())),
    silent("a peak whose margin is just met", lambda: switch_with_table_peak(4_000 / 1.3)),
    silent("only the index is too busy", lambda: switch_with_index_peak(9_000)),
)

OTHERS = (other("reads and writes at once", lambda: both_too_low()),)


@pytest.mark.parametrize("example", refused_of(EXAMPLES), ids=example_name)
def test_ceiling_when_its_fix_is_declared_expects_silence(example: Example) -> None:
    assert declare_fix(example.make(), "CG3") == []
