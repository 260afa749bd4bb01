"""The rehearsal clock: one time for emulator, functions, CDK CLI and traffic. It can run faster than the wall clock and jump.

The clock is a file of 64 bytes that every process maps into memory or reads:

    bytes 0-7     index of the valid slot (unsigned, little-endian; its lowest bit counts)
    bytes 8-31    slot 0: wall epoch, rehearsal epoch (seconds), speed (rehearsal seconds per wall second)
    bytes 32-55   slot 1: the same values

    rehearsal now = rehearsal epoch + (wall now - wall epoch) * speed

A change fills the slot that is not valid and then increments the index, so a reader never reads half of a change.
`inject/sitecustomize.py` and `inject/clock.js` put entire processes on the rehearsal clock. `Clock` is for code that
reads rehearsal time explicitly (the traffic player, the demo) and otherwise stays on the wall clock.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

CLOCK_VARIABLE = "CAPACITY_GUARD_CLOCK"
"""Environment variable: path of the clock file."""

MIN_SPEED = 1.0
MAX_SPEED = 60.0

_SIZE = 64
_INDEX = struct.Struct("<Q")
_SLOT = struct.Struct("<3d")
_POLL_SECONDS = 0.05
"""Wall seconds between two readings of the clock during a sleep, so that a jump ends the sleep."""


def _real(function: Callable[..., float | None]) -> Callable[..., float | None]:
    # In a process on the rehearsal clock, `time` has rehearsal time and keeps the original functions as `.real`.
    return cast("Callable[..., float | None]", getattr(function, "real", function))


def wall_seconds() -> float:
    """Wall time in seconds since 1970, also in a process that is on the rehearsal clock."""
    return cast(float, _real(time.time)())


def wall_sleep(seconds: float) -> None:
    """Sleep `seconds` of wall time, also in a process that is on the rehearsal clock."""
    _real(time.sleep)(seconds)


def _check_speed(speed: float) -> float:
    if not MIN_SPEED <= speed <= MAX_SPEED:
        raise ValueError(
            f"speed {speed:g}: must lie between {MIN_SPEED:g} and {MAX_SPEED:g} rehearsal seconds per wall second"
        )
    return float(speed)


class Clock:
    """Rehearsal time of one emulator.

    Without a file it is the wall clock (speed 1, cannot jump), so code that uses `Clock` also runs without a rehearsal.
    """

    def __init__(self, path: Path | None) -> None:
        """Open the clock file `path`; None is the wall clock.

        Raises OSError when the file cannot be opened.
        """
        self.path = path
        self._shared: mmap.mmap | None = None
        if path is not None:
            with path.open("r+b") as file:
                self._shared = mmap.mmap(file.fileno(), _SIZE)

    @classmethod
    def create(cls, path: Path, *, speed: float, start: datetime | None = None) -> Clock:
        """Write a new clock file.

        speed: rehearsal seconds per wall second, 1 to 60.
        start: rehearsal time now, with a time zone; None is the wall clock's time.
        Raises ValueError for a speed out of range or a start without a time zone.
        """
        _check_speed(speed)
        if start is not None and start.tzinfo is None:
            raise ValueError(
                "start: give it a time zone, for example datetime(2026, 7, 9, 15, 40, tzinfo=UTC)"
            )
        path.write_bytes(bytes(_SIZE))
        clock = cls(path)
        clock._set(wall_seconds() if start is None else start.timestamp(), speed)
        return clock

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Clock:
        """The clock whose file the environment variable CAPACITY_GUARD_CLOCK names, else the wall clock."""
        name = (os.environ if environment is None else environment).get(CLOCK_VARIABLE)
        return cls(Path(name) if name else None)

    @property
    def speed(self) -> float:
        """Rehearsal seconds per wall second."""
        return self._state()[2]

    def seconds(self) -> float:
        """Rehearsal time in seconds since 1970."""
        wall, rehearsal, speed = self._state()
        return rehearsal + (wall_seconds() - wall) * speed

    def now(self) -> datetime:
        """Rehearsal time, in UTC."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def sleep(self, rehearsal_seconds: float) -> None:
        """Sleep until `rehearsal_seconds` of rehearsal time have passed; a jump beyond the end ends the sleep."""
        self.sleep_until(self.seconds() + rehearsal_seconds)

    def sleep_until(self, when: datetime | float) -> None:
        """Sleep until rehearsal time `when` (a datetime with a time zone, or seconds since 1970)."""
        end = when.timestamp() if isinstance(when, datetime) else when
        while (remaining := end - self.seconds()) > 0:
            wall_sleep(min(remaining / self.speed, _POLL_SECONDS))

    def jump(self, seconds: float) -> None:
        """Move the clock forward by `seconds` of rehearsal time, for every process at once.

        Raises ValueError for a negative length (the clock never goes back), RuntimeError on the wall clock.
        """
        if seconds < 0:
            raise ValueError(f"jump of {seconds:g} seconds: the rehearsal clock never goes back")
        self._set(self.seconds() + seconds, self.speed)

    def set_speed(self, speed: float) -> None:
        """Change the speed (rehearsal seconds per wall second, 1 to 60) from now on.

        Raises ValueError for a speed out of range, RuntimeError on the wall clock.
        """
        self._set(self.seconds(), _check_speed(speed))

    def _state(self) -> tuple[float, float, float]:
        if self._shared is None:
            return 0.0, 0.0, 1.0
        valid = _INDEX.unpack_from(self._shared, 0)[0] & 1
        return cast("tuple[float, float, float]", _SLOT.unpack_from(self._shared, 8 + valid * _SLOT.size))

    def _set(self, rehearsal: float, speed: float) -> None:
        if self._shared is None:
            raise RuntimeError(f"the wall clock cannot be set: {CLOCK_VARIABLE} names no clock file")
        index = _INDEX.unpack_from(self._shared, 0)[0] + 1
        _SLOT.pack_into(self._shared, 8 + (index & 1) * _SLOT.size, wall_seconds(), rehearsal, speed)
        _INDEX.pack_into(self._shared, 0, index)
