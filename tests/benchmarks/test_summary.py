"""The figures of the benchmark: medians, ratios and spread of both sides."""

from __future__ import annotations

import pytest

from benchmarks.measure import SynthSeconds
from benchmarks.summary import summary


def runs(*wall: float) -> list[SynthSeconds]:
    return [SynthSeconds(seconds, seconds / 2) for seconds in wall]


def test_summary_when_one_run_is_slow_gives_medians_and_shows_the_slow_one() -> None:
    found = summary(runs(3.0, 9.0, 3.3), runs(2.0, 2.0, 2.2))
    assert (found["guarded_seconds"], found["plain_seconds"], found["ratio"]) == (3.3, 2.0, 1.65)
    assert found["guarded"]["max"] == 9.0
    assert found["ratio_of_pairs"]["median"] == 1.5
    assert (found["cpu"]["guarded_seconds"], found["cpu"]["ratio"]) == (1.65, 1.65)


def test_summary_when_the_sides_make_no_pairs_refuses() -> None:
    with pytest.raises(ValueError, match="3 guarded and 2 plain"):
        summary(runs(1, 2, 3), runs(1, 2))
