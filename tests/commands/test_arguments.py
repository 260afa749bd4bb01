"""Arguments that several commands have in common."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from capacity_guard.capacity import ChangeWindow, InputError
from capacity_guard.commands.arguments import parse_time, parse_window


def test_time_is_parsed_to_the_second() -> None:
    assert parse_time("2026-07-09T15:40:03.9Z", "--now") == datetime(2026, 7, 9, 15, 40, 3, tzinfo=UTC)


@pytest.mark.parametrize("text", ["today", "2026-07-09", "2026-07-09T15:40:00", "2026-07-09T15:40:00+02:00"])
def test_time_that_is_not_in_utc_is_refused_with_the_option(text: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_time(text, "--now")
    assert (raised.value.location, raised.value.problem) == ("--now", f"{text!r} is not a moment in UTC")


def test_window_is_that_of_a_change_window() -> None:
    assert parse_window("Sun 06-10 Europe/Berlin", "--change-window") == ChangeWindow(
        "Sun 06-10 Europe/Berlin"
    )


def test_window_that_names_no_hours_is_refused_with_the_option() -> None:
    with pytest.raises(InputError) as raised:
        parse_window("some day", "--change-window")
    with pytest.raises(InputError) as of_window:
        ChangeWindow("some day")
    assert raised.value.location == "--change-window"
    assert (raised.value.problem, raised.value.remedy) == (of_window.value.problem, of_window.value.remedy)
