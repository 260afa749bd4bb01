"""Recordings that the tests of recommendations generate."""

from __future__ import annotations

from array import array
from dataclasses import replace

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
