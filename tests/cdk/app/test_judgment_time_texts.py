"""The judgment time: today's midnight without a context, and refusals to the letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aws_cdk as cdk
import pytest

from capacity_guard import InputError, NewTable
from capacity_guard.cdk.app import judgment_time as module
from capacity_guard.cdk.app.judgment_time import NOW_CONTEXT, judgment_time, timely_baseline
from tests.builders.guarded import app, baseline

RECORDED = baseline().recording.at


def with_context(value: object) -> cdk.Stack:
    return cdk.Stack(app(**{NOW_CONTEXT: value}), "S")


def without_context() -> cdk.Stack:
    return cdk.Stack(cdk.App(analytics_reporting=False), "S")


def test_time_without_a_context_is_midnight_of_today_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            assert tz is UTC
            return datetime(2026, 7, 9, 15, 40, 31, 777, tzinfo=UTC)

    monkeypatch.setattr(module, "datetime", Clock)
    assert judgment_time(without_context()) == datetime(2026, 7, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2026-07-09", datetime(2026, 7, 9, tzinfo=UTC)),
        ("2026-07-09T15:40Z", datetime(2026, 7, 9, 15, 40, tzinfo=UTC)),
        ("2026-07-09T15:40:00+02:00", datetime(2026, 7, 9, 13, 40, tzinfo=UTC)),
    ],
)
def test_time_of_the_context_is_read_in_utc(value: str, time: datetime) -> None:
    assert judgment_time(with_context(value)) == time
    assert NOW_CONTEXT == "capacity-guard:now"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("soon", "'soon'"), ("2026-07-09T15:40", "'2026-07-09T15:40'"), (5, "5"), (True, "True"), ("", "''")],
)
def test_time_that_is_none_is_refused_to_the_letter(value: object, shown: str) -> None:
    with pytest.raises(InputError) as raised:
        judgment_time(with_context(value))
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "context capacity-guard:now",
        f"{shown} is not a date and no moment with a time zone",
        "Write it like 2026-07-09 or 2026-07-09T15:40:00Z",
    )


def test_baseline_that_is_none_or_new_or_old_enough_is_given_back() -> None:
    early = RECORDED - timedelta(days=9)
    error = InputError("f", "is missing", "Record it")
    assert timely_baseline(with_context("2026-01-01"), error, early) is error
    new = NewTable("orders")
    assert timely_baseline(with_context("2026-01-01"), new, early) is new
    known = baseline()
    assert timely_baseline(with_context("2026-07-09"), known, RECORDED) is known
    assert timely_baseline(without_context(), known, RECORDED) is known


@pytest.mark.parametrize("file", ["baselines/orders.json", ""])
def test_baseline_of_the_future_is_refused_by_a_context_and_unreadable_by_the_clock(file: str) -> None:
    known = replace(baseline(), file=file)
    early = RECORDED - timedelta(days=9)
    with pytest.raises(InputError) as raised:
        timely_baseline(with_context("2026-06-30"), known, early)
    name = file or "conversations"
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "context capacity-guard:now",
        f"2026-06-30T00:00:00Z is before the recording of {name}, 2026-07-09T00:00:00Z",
        "Leave it out, or give a later time",
    )
    error = timely_baseline(without_context(), known, early)
    assert isinstance(error, InputError)
    assert (error.location, error.problem, error.remedy) == (
        f"{name}: recorded.at",
        "2026-07-09T00:00:00Z is still to come",
        "Set the clock right, or record again",
    )
