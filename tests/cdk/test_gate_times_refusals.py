"""GateTimes: each refusal to the letter, and the bounds."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard import InputError
from capacity_guard.cdk.gate_times import GateTimes


@pytest.mark.parametrize(
    ("given", "location", "problem", "remedy"),
    [
        ({"query_seconds": 0}, "query_seconds", "0 is not a whole number of seconds", "Give at least 1"),
        (
            {"query_seconds": True},
            "query_seconds",
            "True is not a whole number of seconds",
            "Give at least 1",
        ),
        ({"query_seconds": 1.5}, "query_seconds", "1.5 is not a whole number of seconds", "Give at least 1"),
        (
            {"longest_seconds": -1},
            "longest_seconds",
            "-1 is not a whole number of seconds",
            "Give at least 1",
        ),
        (
            {"longest_seconds": False},
            "longest_seconds",
            "False is not a whole number of seconds",
            "Give at least 1",
        ),
        (
            {"longest_seconds": 3_600},
            "longest_seconds",
            "3600 leaves a gate no time to say why it failed",
            "Stay below 3600",
        ),
        (
            {"query_seconds": 31, "longest_seconds": 30},
            "query_seconds",
            "31 is more than longest_seconds (30)",
            "Give 30 at most",
        ),
        (
            {"query_seconds": 20, "longest_seconds": 70},
            "longest_seconds",
            "70 is not a multiple of query_seconds (20)",
            "Take 60",
        ),
    ],
)
def test_times_that_a_gate_cannot_have_are_refused(
    given: dict[str, Any], location: str, problem: str, remedy: str
) -> None:
    with pytest.raises(InputError) as raised:
        GateTimes(**given)
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        f"GateTimes.{location}",
        problem,
        remedy,
    )


@pytest.mark.parametrize(("query", "longest"), [(1, 1), (30, 30), (1, 3_599), (15, 3_540)])
def test_times_at_their_bounds_are_taken(query: int, longest: int) -> None:
    times = GateTimes(query_seconds=query, longest_seconds=longest)
    assert (times.query_seconds, times.longest_seconds) == (query, longest)
    assert GateTimes() == GateTimes(15, 3_540)
