"""CG11: a table that stays on-demand, with a maximum below its recorded peak with headroom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import OnDemand, Units
from tests.builders.cases import INDEX, baseline, case, deployed, index_maximum, on_demand
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent
from tests.rules.pasting import declare_fix

EXAMPLES = (
    compliant("above the peak with margin", lambda: index_maximum(1_300)),
    refused("below the peak", lambda: index_maximum(999)),
    refused("below the margin", lambda: index_maximum(1_299)),
    silent("raised, and still below the peak", lambda: index_maximum(800, was=500)),
    silent(
        "no maximum",
        lambda: case(on_demand(warm=Units(write=5_000)), baseline(deployed(on_demand()))),
    ),
)

OTHERS = (
    other("at the peak", lambda: index_maximum(1_000)),
    other(
        "with warm throughput, and reads with a maximum",
        lambda: replace(
            index_maximum(999),
            declared=on_demand(indexes={INDEX: OnDemand(Units(write=5_000), Units(read=70, write=999))}),
        ),
    ),
    other("lowered from a higher one", lambda: index_maximum(1_100, was=1_200)),
)


@pytest.mark.parametrize("example", refused_of(EXAMPLES), ids=example_name)
def test_maximum_when_its_fix_is_declared_expects_silence(example: Example) -> None:
    assert declare_fix(example.make(), "CG11") == []
