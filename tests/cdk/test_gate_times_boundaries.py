"""Times of the gates at the edges of what they accept."""

from __future__ import annotations

import pytest

from capacity_guard import InputError
from capacity_guard.capacity.limits import GATE_SECONDS
from capacity_guard.cdk.gate_times import GateTimes


@pytest.mark.parametrize("name", ["query_seconds", "longest_seconds"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "15"])
def test_time_that_is_no_whole_number_of_seconds_is_named(name: str, value: object) -> None:
    with pytest.raises(InputError) as raised:
        GateTimes(**{name: value})  # type: ignore[arg-type]
    assert raised.value.location == f"GateTimes.{name}"
    assert raised.value.problem == f"{value!r} is not a whole number of seconds"
    assert raised.value.remedy == "Give at least 1"


def test_shortest_and_longest_times_are_accepted() -> None:
    assert GateTimes(query_seconds=1, longest_seconds=1).longest_seconds == 1
    most = GATE_SECONDS.value - 1
    assert GateTimes(query_seconds=1, longest_seconds=most).longest_seconds == most
    with pytest.raises(InputError) as raised:
        GateTimes(query_seconds=1, longest_seconds=most + 1)
    assert raised.value.problem == f"{most + 1} leaves a gate no time to say why it failed"
    assert raised.value.remedy == f"Stay below {GATE_SECONDS.value}"


@pytest.mark.parametrize(("longest", "taken"), [(31, 30), (44, 30), (46, 45)])
def test_longest_time_that_is_no_multiple_names_the_next_that_is(longest: int, taken: int) -> None:
    with pytest.raises(InputError) as raised:
        GateTimes(longest_seconds=longest)
    assert raised.value.location == "GateTimes.longest_seconds"
    assert raised.value.problem == f"{longest} is not a multiple of query_seconds (15)"
    assert raised.value.remedy == f"Take {taken}"
