"""Readers of plain data: each error names the field and the remedy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.capacity.plain_data import (
    RECORD_AGAIN,
    read_fields,
    read_object,
    read_text,
    read_time,
    time_text,
)

JULY = datetime(2026, 7, 9, 6, tzinfo=UTC)


def test_object_when_its_fields_are_known_expects_it_unchanged() -> None:
    assert read_object({"a": 1}, "f", "a", "b") == {"a": 1}
    assert read_object({"anything": 1}, "f") == {"anything": 1}
    assert read_fields({"a": 1}, ("a", "b"), "f") == {"a": 1}


@pytest.mark.parametrize(
    ("value", "location", "problem", "remedy"),
    [
        (None, "f", "is missing", RECORD_AGAIN),
        ([1], "f", "is not an object", RECORD_AGAIN),
        ({"c": 1}, "f.c", "is not a known field", "Use a, b"),
    ],
)
def test_object_when_it_is_wrong_expects_an_error_with_the_field(
    value: Any, location: str, problem: str, remedy: str
) -> None:
    with pytest.raises(InputError) as raised:
        read_object(value, "f", "a", "b")
    error = raised.value
    assert (error.location, error.problem, error.remedy) == (location, problem, remedy)


@pytest.mark.parametrize(
    ("value", "location", "problem"),
    [
        (None, "f", "is missing"),
        ([1], "f", "is list, not an object"),
        ({"d": 1, "c": 1}, "f.c", "is not a known field"),
    ],
)
def test_fields_of_a_capacity_when_wrong_expect_an_error_with_the_field(
    value: Any, location: str, problem: str
) -> None:
    with pytest.raises(InputError) as raised:
        read_fields(value, ("a", "b"), "f")
    assert (raised.value.location, raised.value.problem) == (location, problem)


def test_object_when_another_remedy_is_given_expects_it_in_the_error() -> None:
    with pytest.raises(InputError, match="Correct the file"):
        read_object(None, "f", remedy="Correct the file")


@pytest.mark.parametrize(
    ("data", "problem"),
    [({}, "is missing"), ({"by": " "}, "' ' is not text"), ({"by": 7}, "7 is not text")],
)
def test_text_when_missing_or_blank_expects_an_error(data: dict[str, Any], problem: str) -> None:
    assert read_text({"by": "a person"}, "by", "f") == "a person"
    with pytest.raises(InputError) as raised:
        read_text(data, "by", "f")
    assert (raised.value.location, raised.value.problem) == ("f.by", problem)


@pytest.mark.parametrize("text", ["2026-07-09T06:00:00Z", "2026-07-09T06:00:00+00:00"])
def test_time_when_it_is_utc_expects_it(text: str) -> None:
    assert read_time(text, "f") == JULY


@pytest.mark.parametrize(
    "value", [None, 7, "", "yesterday", "2026-07-09T06:00:00", "2026-07-09T08:00:00+02:00"]
)
def test_time_when_it_is_not_utc_expects_an_error(value: object) -> None:
    with pytest.raises(InputError, match=r"f: .*Write it like 2026-07-09T06:00:00Z"):
        read_time(value, "f")


def test_time_when_written_in_another_zone_expects_utc() -> None:
    local = JULY.astimezone(timezone(timedelta(hours=2)))
    assert time_text(local) == "2026-07-09T06:00:00Z"
    assert read_time(time_text(local), "f") == JULY
