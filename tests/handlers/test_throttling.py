"""What counts as throttling, and when a resource is quiet again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from capacity_guard.capacity import (
    Rollout,
)
from capacity_guard.capacity.gate_plan import allowed_events
from capacity_guard.handlers.throttling import ThrottledMinute, find_throttling, quiet_since
from tests.handlers.gate_world import (
    INDEX,
    PROVISIONED,
    a_plan,
    at,
    evidence,
)


def events(*values: float) -> dict[datetime, float]:
    """Throttle events of the minutes from 16:00 on; minutes without any are left out."""
    return {at(minute): value for minute, value in enumerate(values) if value}


def test_allowed_events_when_no_threshold_is_set_are_the_recorded_noise() -> None:
    plan = a_plan()
    noisy = replace(plan, evidence=evidence(PROVISIONED, noise=12))
    assert allowed_events(plan, INDEX) == 0
    assert allowed_events(noisy, INDEX) == noisy.evidence.noise(INDEX) > 0
    assert allowed_events(replace(noisy, rollout=Rollout(alarm_threshold=3)), INDEX) == 3


@pytest.mark.parametrize(
    ("values", "worst"),
    [
        ((5, 0, 0, 0, 0, 7), None),
        ((5, 0, 0, 0, 7), 4),
        ((5, 0, 7), 2),
        ((9, 8, 3), 0),
        ((9,), None),
        ((), None),
    ],
)
def test_throttling_when_two_of_five_minutes_are_above_is_found_with_its_worst(
    values: tuple[float, ...], worst: int | None
) -> None:
    found = find_throttling(a_plan(), INDEX, events(*values))
    expected = None if worst is None else ThrottledMinute(at(worst), values[worst], 0)
    assert found == expected


@pytest.mark.parametrize(
    ("values", "complete", "quiet_from"),
    [((0,) * 5, 5, 5), ((5, *(0,) * 5), 6, 6), ((5, 0, 5, *(0,) * 4), 7, None), ((0,) * 4, 4, None)],
)
def test_quiet_when_the_periods_of_the_alarm_have_passed_is_the_next_minute(
    values: tuple[float, ...], complete: int, quiet_from: int | None
) -> None:
    found = quiet_since(a_plan(), INDEX, events(*values), at(0), at(complete))
    assert found == (None if quiet_from is None else at(quiet_from))
