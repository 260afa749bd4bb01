"""GateTimes: which times are refused."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard import InputError
from capacity_guard.cdk.gate_times import GateTimes


@pytest.mark.parametrize(
    ("times", "problem"),
    [
        ({"query_seconds": 0}, "0 is not a whole number of seconds"),
        ({"query_seconds": 1.5}, "1.5 is not a whole number of seconds"),
        ({"longest_seconds": 3_600}, "3600 leaves a gate no time to say why it failed"),
        ({"query_seconds": 7}, "3540 is not a multiple of query_seconds (7)"),
    ],
)
def test_gate_times_when_wrong_are_refused(times: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError) as caught:
        GateTimes(**times)
    assert caught.value.problem == problem
