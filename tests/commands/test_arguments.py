"""Arguments that several commands have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from capacity_guard.capacity import ChangeWindow, InputError
from capacity_guard.commands.arguments import (
    decimal_number,
    parse_time,
    parse_window,
    plain_text,
    whole_number,
)


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


def test_text_that_is_no_utf_8_is_refused() -> None:
    assert plain_text("größer") == "größer"
    with pytest.raises(argparse.ArgumentTypeError, match="holds bytes that are no UTF-8"):
        plain_text("a\udcff")


@pytest.mark.parametrize(
    ("read", "text"), [(whole_number, "7"), (decimal_number, "1.5"), (whole_number, "-3")]
)
def test_number_has_digits_of_ascii_alone(read: Callable[[str], float], text: str) -> None:
    assert read(text) == float(text)
    for other in ("٣", "１", "three"):
        with pytest.raises(argparse.ArgumentTypeError, match=r"is not a (whole )?number"):
            read(other)
