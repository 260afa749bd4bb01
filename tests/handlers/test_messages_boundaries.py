"""Boundaries of the gates' texts: what fits exactly is shown in full."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from capacity_guard.handlers.messages import (
    REASON_CHARACTERS,
    format_minute,
    format_number,
    format_resource,
    join_reasons,
    passed_data,
    shorten,
)

OPENING = "Refused"
ENDING = "; and 1 more, see the function's log"


def test_reason_is_at_most_900_characters() -> None:
    assert REASON_CHARACTERS == 900


@pytest.mark.parametrize(("value", "text"), [(99.96, "100.0"), (100.4, "100"), (-3, "-3"), (0.04, "0.0")])
def test_number_of_less_than_a_hundred_keeps_one_decimal(value: float, text: str) -> None:
    assert format_number(value) == text


def test_time_is_shown_in_utc_and_an_index_by_its_name() -> None:
    assert format_minute(datetime(2026, 7, 9, 6, 5, 59, tzinfo=UTC)) == "06:05 UTC"
    assert format_resource("index/index/x") == "index index/x"


@pytest.mark.parametrize(("characters", "text"), [(4, "text"), (3, "te…"), (5, "text")])
def test_text_that_fits_exactly_is_not_cut(characters: int, text: str) -> None:
    assert shorten("text", characters) == text


def test_last_reason_that_fits_exactly_is_shown_in_full() -> None:
    room = REASON_CHARACTERS - len(f"{OPENING}: first; ")
    fits = join_reasons(OPENING, ["first", "x" * room])
    assert len(fits) == REASON_CHARACTERS
    assert fits.endswith("x" * room)
    assert join_reasons(OPENING, ["first", "x" * (room + 1)]) == f"{OPENING}: first{ENDING}"


def test_reason_before_others_leaves_room_for_their_number() -> None:
    # The room is that of the sentence with its place holder, two characters for the number.
    room = REASON_CHARACTERS - len(f"{OPENING}: first; ") - len(ENDING.replace("1", "{}"))
    fits = join_reasons(OPENING, ["first", "x" * room, "third" * 100])
    assert fits == f"{OPENING}: first; {'x' * room}{ENDING}"
    assert len(fits) <= REASON_CHARACTERS
    cut = join_reasons(OPENING, ["first", "x" * (room + 1), "third" * 100])
    assert cut == f"{OPENING}: first{ENDING.replace('1', '2')}"


def test_first_reason_is_shown_even_if_it_has_to_be_cut() -> None:
    alone = join_reasons(OPENING, ["y" * 2_000])
    assert len(alone) == REASON_CHARACTERS
    assert alone.endswith("y…")
    first = join_reasons(OPENING, ["y" * 2_000, "z" * 100])
    assert first.endswith(f"y…{ENDING}")
    assert len(first) <= REASON_CHARACTERS


def test_reasons_that_fit_are_joined_in_their_order() -> None:
    assert join_reasons(OPENING, ["a", "b", "c"]) == f"{OPENING}: a; b; c"
    assert join_reasons(OPENING, []) == f"{OPENING}: "


def test_data_of_a_gate_without_warnings_has_an_empty_text() -> None:
    assert passed_data("change", []) == {"Result": "passed", "Judged": "change", "Warnings": ""}
