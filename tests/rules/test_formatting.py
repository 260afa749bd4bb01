"""Units, times and durations as findings print them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from capacity_guard.capacity.evidence import Peak
from capacity_guard.rules import Figure
from capacity_guard.rules.formatting import (
    WARM_RAISE_TEXT,
    days_text,
    minutes_text,
    peak_figure,
    rate_text,
    share_text,
    utc_text,
)
from tests.builders.cases import INDEX_WRITE, TABLE_READ, TUESDAY_EVENING


def test_rate_when_it_has_a_fraction_is_rounded_up() -> None:
    assert rate_text(4_799.2, INDEX_WRITE) == "4,800 writes/s"
    assert rate_text(12, TABLE_READ) == "12 reads/s"


@pytest.mark.parametrize(
    ("share", "above", "text"),
    [
        (0.00129, 0.001, "0.13 %"),
        (0.0010004, 0.001, "0.10004 %"),
        (0.0004049, 0.0004, "0.0405 %"),
        (0.086, 0.001, "8.6 %"),
        (0.001, 0.001, "0.1 %"),
        (0.0009, 0.001, "0.09 %"),
        (0.00129, None, "0.1 %"),
    ],
)
def test_share_that_exceeds_another_is_not_printed_as_equal_to_it(
    share: float, above: float | None, text: str
) -> None:
    assert share_text(share, above=above) == text


def test_time_in_another_time_zone_is_printed_in_utc() -> None:
    time = datetime(2026, 7, 8, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    assert utc_text(time) == "Tue 7 Jul 2026 22:05 UTC"
    assert utc_text(datetime(2026, 1, 4, 9, 30, tzinfo=UTC)) == "Sun 4 Jan 2026 09:30 UTC"


@pytest.mark.parametrize(
    ("days", "text"), [(14, "14 days"), (1, "1 day"), (14.04, "14 days"), (6.96, "7 days"), (0.5, "0.5 days")]
)
def test_days_are_printed_to_a_tenth(days: float, text: str) -> None:
    assert days_text(days) == text


def test_minutes_are_singular_for_one_alone() -> None:
    assert [minutes_text(minutes) for minutes in (1, 2, 1_440)] == ["1 minute", "2 minutes", "1,440 minutes"]


def test_peak_is_printed_with_its_minute_and_the_length_of_the_recording() -> None:
    assert peak_figure(Peak(4_800, TUESDAY_EVENING), INDEX_WRITE, 14) == Figure(
        "recorded peak", "4,800 writes/s", "Tue 7 Jul 2026 21:41 UTC, 14 days recorded"
    )


def test_duration_of_a_raise_is_the_observed_range_in_minutes() -> None:
    assert WARM_RAISE_TEXT == "a raise takes about 5-9 minutes"
