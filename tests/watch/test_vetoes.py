"""What vetoes a change after its deployment: at once, over hours, and what never does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.watch.settings import WatchSettings
from capacity_guard.watch.vetoes import (
    FastVeto,
    MeteredMinute,
    SlowVeto,
    blind_looks,
    fast_veto,
    is_inconclusive,
    slow_veto,
)

CHANGED = datetime(2026, 7, 9, 3, 10, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SETTINGS = WatchSettings()


def metered(throttled: Sequence[float | None], consumed: float = 600) -> dict[datetime, MeteredMinute]:
    return {
        CHANGED + number * MINUTE: MeteredMinute(events, consumed)
        for number, events in enumerate(throttled)
        if events is not None
    }


def fast(
    throttled: Sequence[float | None], noise: float = 5, settings: WatchSettings = SETTINGS
) -> FastVeto | None:
    return fast_veto(metered(throttled), noise=noise, changed_at=CHANGED, settings=settings)


@pytest.mark.parametrize(
    ("throttled", "first"),
    [
        ([6, 6, 0], 0),
        ([6, 0, 6], 0),
        ([0, 0, 6, 6], 2),
        ([6, None, 6], 0),
        ([6, 0, 0, 6, 0, 6], 3),
    ],
)
def test_throttling_when_two_of_three_minutes_have_it_vetoes(
    throttled: list[float | None], first: int
) -> None:
    found = fast(throttled)
    assert found == FastVeto(CHANGED + first * MINUTE, (6, 6))


@pytest.mark.parametrize("throttled", [[], [6], [6, 0, 0, 6], [5, 5, 5], [6, None, None, 6], [None] * 9])
def test_throttling_when_it_is_noise_or_one_minute_does_not_veto(throttled: list[float | None]) -> None:
    assert fast(throttled) is None


def test_throttling_before_the_change_does_not_veto() -> None:
    minutes = {CHANGED - number * MINUTE: MeteredMinute(900, 0) for number in range(1, 9)}
    assert fast_veto(minutes, noise=0, changed_at=CHANGED, settings=SETTINGS) is None


def test_throttling_of_an_hour_ago_when_no_look_saw_it_vetoes_all_the_same() -> None:
    assert fast([9, 9, *[0.0] * 60]) == FastVeto(CHANGED, (9, 9))


def test_minutes_of_the_fast_veto_are_settings() -> None:
    assert fast([9, 9, 0], settings=WatchSettings(fast_minutes=3)) is None
    assert fast([9], settings=WatchSettings(fast_minutes=1, fast_of_minutes=1)) == FastVeto(CHANGED, (9,))


@given(st.lists(st.one_of(st.none(), st.integers(0, 20)), max_size=40), st.integers(0, 10))
def test_fast_veto_is_what_a_count_of_each_window_finds(throttled: list[int | None], noise: int) -> None:
    bad = [events is not None and events > noise for events in throttled]
    expected = any(sum(bad[at : at + 3]) >= 2 for at in range(len(bad)))
    assert (fast(throttled, noise) is not None) is expected


def slow(
    throttled: Sequence[float | None], after: timedelta | None = None, noise: float = 0, budget: float = 0.001
) -> SlowVeto | None:
    return slow_veto(
        metered(throttled),
        noise=noise,
        throttle_budget=budget,
        changed_at=CHANGED,
        now=CHANGED + (after or len(throttled) * MINUTE),
        settings=SETTINGS,
    )


def test_throttling_of_six_times_the_budget_over_both_spans_vetoes() -> None:
    # 4 of 604 a minute are 0.66 %: above 6 times 0.1 %.
    found = slow([4] * 360)
    assert found is not None
    assert found.share == pytest.approx(4 / 604) == found.last_share
    assert found.allowed == pytest.approx(0.006)


@pytest.mark.parametrize(
    "throttled",
    [
        [3.0] * 360,  # 0.5 %
        [*[40.0] * 330, *[0.0] * 30],  # over by now
        [*[0.0] * 330, *[20.0] * 30],  # not yet over six hours
        [0.0] * 360,
        [None] * 360,
        [900.0] * 29,  # too early
    ],
)
def test_throttling_when_one_span_alone_has_it_does_not_veto_slowly(throttled: list[float | None]) -> None:
    assert slow(throttled) is None


def test_throttling_when_it_is_the_recorded_noise_does_not_veto_slowly() -> None:
    assert slow([4.0] * 360, noise=4) is None


def test_budget_of_nothing_when_nothing_is_throttled_does_not_veto() -> None:
    assert slow([0.0] * 360, budget=0) is None
    assert slow([1.0] * 360, budget=0) is not None


def test_throttling_before_the_six_hours_is_forgotten() -> None:
    assert slow([*[600.0] * 60, *[3.0] * 360]) is None


def test_look_when_it_has_no_metrics_is_inconclusive_the_fourth_time_in_a_row() -> None:
    looks = 0
    for _ in range(3):
        looks = blind_looks(looks, sees=False)
        assert not is_inconclusive(looks, SETTINGS)
    assert is_inconclusive(blind_looks(looks, sees=False), SETTINGS)
    assert not is_inconclusive(blind_looks(looks, sees=True), SETTINGS)
