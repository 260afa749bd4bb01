"""Recordings that the tests of recommendations and of their search generate."""

from __future__ import annotations

import math
from array import array
from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from capacity_guard.capacity import Structure, TableKind
from capacity_guard.evidence.baseline import Baseline
from tests.builders.cases import INDEX, baseline, deployed, flat, on_demand, provisioned, traffic

DAYS = 7.0
rates = st.integers(1, 3_000)


@st.composite
def recorded(draw: st.DrawFn) -> Baseline:
    def series() -> array[float]:
        found = flat(draw(rates), DAYS)
        first = draw(st.integers(0, len(found) - 200))
        found[first : first + 200] = array("d", [draw(rates) * 60.0]) * 200
        if draw(st.booleans()):
            found[first : first + 30] = array("d", [float("nan")]) * 30
        return found

    before = (
        on_demand() if draw(st.booleans()) else provisioned(*(draw(st.integers(1, 8_000)) for _ in range(3)))
    )
    table_kind = draw(st.sampled_from([None, *TableKind]))
    structure = (
        None if table_kind is None else Structure(table_kind, "id:S HASH", {INDEX: "agent:S HASH; ALL"})
    )
    carried = traffic(series(), series(), series())
    return baseline(replace(deployed(before), structure=structure), carried)


def days(seed: int) -> array[float]:
    """Two days with a wave, noise and some bursts, by the seed."""
    random = Random(seed)
    base, swing = random.choice([40, 300, 2_000]), random.uniform(0.3, 0.9)
    found = array(
        "d",
        [
            60 * base * max(0.02, (1 - swing * math.cos(at / 720 * math.pi)) * random.gauss(1, 0.05))
            for at in range(2 * 1_440)
        ],
    )
    for _ in range(random.randint(0, 6)):
        first, times = random.randrange(len(found) - 60), random.uniform(1.5, 4)
        for at in range(first, first + random.randint(3, 60)):
            found[at] *= times
    return found
