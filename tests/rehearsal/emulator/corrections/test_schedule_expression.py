"""When a schedule runs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from capacity_guard.rehearsal.emulator.corrections.schedule_expression import ScheduleError, read_schedule

START = datetime(2026, 7, 9, 9, 0, tzinfo=UTC)
"""A Thursday."""
DAY = 86_400.0


def runs(
    text: str, days: float, zone: str | None = None, first: datetime = START, **options: float
) -> list[str]:
    """Its runs in the days after a time, as texts."""
    both = bool(options.pop("both_days", False))
    begin = first.timestamp()
    found = read_schedule(text, zone, both_days=both).runs(begin, begin + days * DAY, **options)  # type: ignore[arg-type]
    return [f"{datetime.fromtimestamp(run, UTC):%Y-%m-%d %H:%M:%S}" for run in found]


@pytest.mark.parametrize(
    ("text", "days", "expected"),
    [
        ("at(2026-07-09T20:00:30)", 1, ["2026-07-09 20:00:30"]),
        ("at(2026-07-09T09:00:00)", 1, []),
        ("cron(0 20 * * ? *)", 2, ["2026-07-09 20:00:00", "2026-07-10 20:00:00"]),
        ("cron(30 6 ? * MON *)", 7, ["2026-07-13 06:30:00"]),
        ("cron(30 6 ? * 2 *)", 7, ["2026-07-13 06:30:00"]),
        (
            "cron(0/20 9-10 9 JUL ? 2026)",
            7,
            [f"2026-07-09 {t}:00" for t in ("09:20", "09:40", "10:00", "10:20", "10:40")],
        ),
        ("cron(0 0 ? * FRI-SUN *)", 4, ["2026-07-10 00:00:00", "2026-07-11 00:00:00", "2026-07-12 00:00:00"]),
        ("cron(0 0 L * ? *)", 60, ["2026-07-31 00:00:00", "2026-08-31 00:00:00"]),
        ("cron(0 0 1W * ? *)", 60, ["2026-08-03 00:00:00", "2026-09-01 00:00:00"]),
        ("cron(0 0 ? * THU#3 *)", 30, ["2026-07-16 00:00:00"]),
        ("cron(0 0 ? * 5L *)", 30, ["2026-07-30 00:00:00"]),
        ("cron(0 0 ? * L *)", 7, ["2026-07-11 00:00:00"]),
        ("cron(0 0 31 2 ? *)", 700, []),
    ],
)
def test_schedule_runs_at_its_times(text: str, days: float, expected: list[str]) -> None:
    assert runs(text, days) == expected


def test_schedule_in_a_time_zone_follows_its_clock_through_the_year() -> None:
    in_summer = runs("cron(0 8 * * ? *)", 1, "Europe/Rome")
    in_winter = runs("cron(0 8 * * ? *)", 1, "Europe/Rome", datetime(2026, 12, 9, tzinfo=UTC))

    assert in_summer == ["2026-07-10 06:00:00"]
    assert in_winter == ["2026-12-09 07:00:00"]
    assert runs("at(2026-07-10T08:00:00)", 1, "Europe/Rome") == in_summer


def test_schedule_with_start_and_end_runs_at_its_start_and_not_after_its_end() -> None:
    start, end = START.timestamp() + 1_800, START.timestamp() + 2 * DAY

    assert runs("cron(0 20 * * ? *)", 7, start=start, end=end) == [
        "2026-07-09 09:30:00",
        "2026-07-09 20:00:00",
        "2026-07-10 20:00:00",
    ]
    assert runs("rate(12 hours)", 7, start=start, end=start + DAY / 2) == [
        "2026-07-09 09:30:00",
        "2026-07-09 21:30:00",
    ]


@pytest.mark.parametrize(
    ("first_at_once", "expected"),
    [(False, ["2026-07-10 09:00:00"]), (True, ["2026-07-09 09:00:01", "2026-07-10 09:00:00"])],
)
def test_rate_without_a_start_counts_from_when_it_was_made(first_at_once: bool, expected: list[str]) -> None:
    made = START.timestamp() + first_at_once

    found = runs("rate(1 day)", 1.0, made=made, first_at_once=first_at_once)

    assert found == expected[:1] if first_at_once else expected


def test_days_when_read_as_the_older_text_need_no_question_mark_and_begin_on_monday() -> None:
    assert runs("cron(30 6 * * 2 *)", 7, both_days=True) == ["2026-07-14 06:30:00"]
    with pytest.raises(ScheduleError):
        runs("cron(30 6 * * 2 *)", 7)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "30 3 * * *",
            "at(2026-07-09)",
            "rate(0 minutes)",
            "rate(1 week)",
            "rate(1  day)",
            "cron(0 20 * * ?)",
        ),
        *(
            "cron(60 20 * * ? *)",
            "cron(0 24 * * ? *)",
            "cron(0 20 32 * ? *)",
            "cron(0 20 ? * 8 *)",
            "cron(0 0 ? 13 1 *)",
        ),
        *("cron(0 0/0 * * ? *)", "cron(x 0 * * ? *)", "", "later"),
    ],
)
def test_schedule_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match="Invalid schedule expression"):
        read_schedule(text)


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../etc"])
def test_time_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(ScheduleError, match="Invalid timezone"):
        read_schedule("cron(0 20 * * ? *)", zone)
