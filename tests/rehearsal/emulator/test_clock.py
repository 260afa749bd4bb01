"""The rehearsal clock: faster than the wall clock, able to jump, the same for every reader."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from capacity_guard.rehearsal.emulator import Clock
from capacity_guard.rehearsal.emulator.clock import CLOCK_VARIABLE
from tests.builders.clocked_process import START

DAY = 86_400.0


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock.create(tmp_path / "clock", speed=60, start=START)


def test_clock_when_made_starts_where_it_is_told(clock: Clock) -> None:
    assert START <= clock.now() < START + timedelta(hours=1)
    assert clock.speed == 60


def test_clock_when_it_jumps_moves_every_reader_forward(clock: Clock) -> None:
    other = Clock.from_env({CLOCK_VARIABLE: str(clock.path)})
    clock.jump(10 * DAY)
    assert other.now() >= START + timedelta(days=10)


def test_clock_when_the_speed_changes_does_not_leap(clock: Clock) -> None:
    before = clock.seconds()
    clock.set_speed(1)
    assert before <= clock.seconds() < before + 3_600
    assert clock.speed == 1


@pytest.mark.parametrize("speed", [0, 0.5, 61, -1])
def test_clock_when_the_speed_is_out_of_range_is_refused(tmp_path: Path, speed: float) -> None:
    with pytest.raises(ValueError, match="between 1 and 60"):
        Clock.create(tmp_path / "clock", speed=speed)


def test_clock_when_the_start_has_no_time_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        Clock.create(tmp_path / "clock", speed=30, start=START.replace(tzinfo=None))


def test_clock_when_told_to_go_back_refuses(clock: Clock) -> None:
    with pytest.raises(ValueError, match="never goes back"):
        clock.jump(-1)


def test_clock_when_no_file_is_named_is_the_wall_clock_and_cannot_jump() -> None:
    clock = Clock.from_env({})
    assert clock.speed == 1
    with pytest.raises(RuntimeError, match=CLOCK_VARIABLE):
        clock.jump(1)


def test_sleep_when_the_clock_has_passed_its_end_returns(clock: Clock) -> None:
    clock.sleep(-1)
    clock.sleep_until(START)
    assert clock.now() >= START
