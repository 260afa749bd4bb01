"""When a scheduled action runs in a replay, held against the emulator's own reading of the same text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import Dimension
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.rehearsal.emulator.corrections import schedule_expression
from capacity_guard.simulator.schedule import UnreadableSchedule, read_schedule

FIRST = datetime(2026, 7, 9, 9, 0, tzinfo=UTC)
"""A Thursday."""
WRITE = Dimension(None, "write")


def action(schedule: str, timezone: str | None = None, **times: datetime) -> ScheduledAction:
    return ScheduledAction(WRITE, "night", schedule, timezone, 10, 100, **times)


SCHEDULES = [
    "at(2026-07-09T20:00:30)",
    "at(2026-07-09T09:00:00)",
    "cron(0 20 * * ? *)",
    "cron(30 6 ? * MON *)",
    "cron(30 6 ? * 2 *)",
    "cron(0/20 9-10 9 JUL ? 2026)",
    "cron(0 0 ? * FRI-MON *)",
    "cron(15,45 */6 ? * MON-FRI *)",
    "cron(0 0 L * ? *)",
    "cron(0 0 LW * ? *)",
    "cron(0 0 1W * ? *)",
    "cron(0 0 15W * ? *)",
    "cron(0 0 31W * ? *)",
    "cron(0 0 ? * THU#3 *)",
    "cron(0 0 ? * 5L *)",
    "cron(0 0 ? * L *)",
    "cron(0 0 31 2 ? *)",
    "cron(0 12 1-7,20 1/3 ? 2026-2027)",
]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("timezone", [None, "Europe/Rome", "America/New_York", "Australia/Lord_Howe"])
def test_schedule_when_the_emulator_reads_it_too_expects_the_same_runs(
    schedule: str, timezone: str | None
) -> None:
    stop = FIRST + timedelta(days=500)
    ours = read_schedule(action(schedule, timezone)).runs(FIRST, stop)
    theirs = schedule_expression.read_schedule(schedule, timezone).runs(
        FIRST.timestamp() - 1e-3, stop.timestamp() - 1e-3
    )
    assert [run.timestamp() for run in ours] == theirs


@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    day=st.sampled_from(["?", "SUN", "MON-FRI", "7", "SAT#2", "3L"]),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata"]),
    start=st.integers(-5_000, 20_000),
    length=st.integers(0, 20_000),
)
def test_schedule_when_it_begins_and_ends_expects_the_runs_of_the_emulator(
    minute: int, hour: int, day: str, zone: str, start: int, length: int
) -> None:
    text = f"cron({minute} {hour} {'*' if day == '?' else '?'} * {day} *)"
    begin = FIRST + timedelta(minutes=start)
    end, stop = begin + timedelta(minutes=length), FIRST + timedelta(days=14)
    ours = read_schedule(action(text, zone, start=begin, end=end)).runs(FIRST, stop)
    theirs = schedule_expression.read_schedule(text, zone).runs(
        FIRST.timestamp() - 1e-3, stop.timestamp() - 1e-3, start=begin.timestamp(), end=end.timestamp()
    )
    assert [run.timestamp() for run in ours] == theirs


def test_rate_when_it_has_a_start_expects_runs_from_there() -> None:
    start = FIRST - timedelta(hours=50)
    found = read_schedule(action("rate(12 hours)", start=start)).runs(FIRST, FIRST + timedelta(days=1))
    assert found == [FIRST + timedelta(hours=10), FIRST + timedelta(hours=22)]


@pytest.mark.parametrize(
    ("schedule", "times", "expected"),
    [
        ("cron(0 20 * * ? *)", {}, FIRST - timedelta(hours=13)),
        ("cron(0 0 1 1 ? *)", {}, datetime(2026, 1, 1, tzinfo=UTC)),
        ("cron(0 0 29 2 ? *)", {}, datetime(2024, 2, 29, tzinfo=UTC)),
        ("cron(0 0 1 1 ? 2030)", {}, None),
        ("at(2020-01-01T00:00:00)", {}, datetime(2020, 1, 1, tzinfo=UTC)),
        ("at(2030-01-01T00:00:00)", {}, None),
        ("rate(7 days)", {"start": FIRST - timedelta(days=8)}, FIRST - timedelta(days=1)),
        ("rate(7 days)", {"start": FIRST + timedelta(days=8)}, None),
        (
            "rate(1 day)",
            {"start": FIRST - timedelta(days=30), "end": FIRST - timedelta(days=20, hours=1)},
            FIRST - timedelta(days=21),
        ),
    ],
)
def test_schedule_when_asked_for_its_last_run_expects_the_one_before(
    schedule: str, times: dict[str, datetime], expected: datetime | None
) -> None:
    assert read_schedule(action(schedule, **times)).last_before(FIRST) == expected


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ("every night", "neither"),
        ("at(tonight)", "not a schedule"),
        ("rate(1 day)", "without a start"),
        ("rate(0 days)", "not a schedule"),
        ("rate(2 fortnights)", "not a schedule"),
        ("cron(0 20 * * *)", "5 fields"),
        ("cron(60 20 * * ? *)", "not a schedule"),
        ("cron(0 20 * * 2 *)", "ambiguous"),
        ("cron(0 20 ? * MON#6 *)", "not a schedule"),
        ("cron(0/ 20 ? * MON *)", "not a schedule"),
        ("cron(0 0 0W * ? *)", "not a schedule"),
    ],
)
def test_schedule_when_it_cannot_be_replayed_expects_the_reason(schedule: str, reason: str) -> None:
    start = {} if "without" in reason else {"start": FIRST}
    with pytest.raises(UnreadableSchedule, match=reason):
        read_schedule(action(schedule, **start))


def test_schedule_when_its_zone_is_unknown_expects_the_zone_named() -> None:
    with pytest.raises(UnreadableSchedule, match="Atlantis"):
        read_schedule(replace(action("cron(0 8 * * ? *)"), timezone="Europe/Atlantis"))


def test_schedule_when_its_days_are_named_without_a_question_mark_expects_them_read() -> None:
    found = read_schedule(action("cron(0 8 * * MON *)")).runs(FIRST, FIRST + timedelta(days=7))
    assert found == [datetime(2026, 7, 13, 8, tzinfo=UTC)]
