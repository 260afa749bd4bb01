"""Windows over a series, compared with their definition."""

from __future__ import annotations

import math
from array import array

from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.evidence.windows import highest_ahead, without_gaps
from tests.builders.domain import minutes


@given(minutes, st.integers(0, 40))
def test_highest_ahead_when_calculated_expects_the_maximum_of_each_window(
    series: list[float], ahead: int
) -> None:
    expected = [
        max(
            (units for units in series[start : start + ahead + 1] if not math.isnan(units)), default=-math.inf
        )
        for start in range(len(series))
    ]
    assert highest_ahead(series, ahead) == expected


def test_gaps_when_replaced_expects_the_other_values_unchanged() -> None:
    series = array("d", [1.0, 2.0])
    assert without_gaps(series, 0.0) is series
    assert list(without_gaps([1.0, math.nan, 2.0], -1.0)) == [1.0, -1.0, 2.0]
