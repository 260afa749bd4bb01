"""Hours of the week as text, in UTC and in a time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import ChangeWindow, InputError
from capacity_guard.capacity.hours_of_week import hours_text, read_hours

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "UTC",
)


@given(st.frozensets(st.integers(0, 167), min_size=1))
def test_hours_when_written_are_read_again(hours: frozenset[int]) -> None:
    text = hours_text(hours)
    assert read_hours(text, "hours") == (hours, text)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("Sun 06-10 Europe/Berlin", "Sun 05-08"),  # 05-09 in winter, 04-08 in summer
        ("Mon 00-04 Europe/Berlin", "Mon 00-02, Sun 23-24"),
        ("Sun 02-05 Asia/Kolkata", "Sat 21-23"),  # five and a half hours ahead: whole hours alone
        ("Sun 06-10 UTC", "Sun 06-10"),
        ("Sat 22-24, Sun 00-02 America/New_York", "Sun 03-06"),
    ],
)
def test_window_in_a_time_zone_is_the_hours_that_are_in_it_in_summer_and_winter(text: str, utc: str) -> None:
    window = ChangeWindow(text)
    assert window.text == utc
    assert window == ChangeWindow(utc)
    assert window.hours == ChangeWindow(utc).hours


@pytest.mark.parametrize("zone", ZONES)
def test_window_in_a_time_zone_is_never_left_by_a_minute_of_its_hours(zone: str) -> None:
    """Every minute in which a change may start, in every week of a year, is in the window by the clock of the zone."""
    window = ChangeWindow(f"Tue-Wed 01-06 {zone}")
    first = datetime(datetime.now(UTC).year, 1, 1, tzinfo=UTC)
    for minute in range(0, 366 * 1_440, 29):
        at = first + timedelta(minutes=minute)
        if at in window:
            local = at.astimezone(ZoneInfo(zone))
            assert local.weekday() in (1, 2)
            assert 1 <= local.hour < 6


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Sun 06-10 Europe/Berlinn", "is not a time zone"),
        ("Sun 06-10 ../etc/passwd", "is not a span"),
        ("Sun 06-07 Europe/Berlin", "no hour that is in it all year"),
        ("Sun 10-06 Europe/Berlin", "is not a span"),
        ("Europe/Berlin", "is not a span"),
    ],
)
def test_window_that_cannot_be_resolved_names_the_problem(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        ChangeWindow(text)


@pytest.mark.parametrize(
    "text", ["Sux 06-10", "Sun-Xyz 06-10", "Xyz-Sun 06-10", "Sun 06-06", "Sun 10-06", "Sun 00-25", "Sun"]
)
def test_span_that_names_no_hour_is_refused(text: str) -> None:
    with pytest.raises(InputError) as raised:
        read_hours(text, "the hours")
    assert (raised.value.location, raised.value.problem) == ("the hours", f"{text!r} is not a span of hours")
