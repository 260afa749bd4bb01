"""A time in a response of a service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from capacity_guard.dynamodb.response_time import response_time

JULY = datetime(2026, 7, 9, 6, tzinfo=UTC)


def test_time_when_it_is_absent_expects_none_and_otherwise_utc() -> None:
    assert response_time(None) is None
    time = response_time(JULY.astimezone(timezone(timedelta(hours=-5))))
    assert time == JULY
    assert time is not None
    assert time.tzinfo is UTC
    with pytest.raises(TypeError, match="2026"):
        response_time("2026-07-09")


@pytest.mark.parametrize("value", ["2026-07-09", 0, 1_752_040_800.0])
def test_time_that_is_none_is_an_error_with_the_value(value: object) -> None:
    with pytest.raises(TypeError, match="is not a moment") as raised:
        response_time(value)
    assert repr(value) in str(raised.value)
