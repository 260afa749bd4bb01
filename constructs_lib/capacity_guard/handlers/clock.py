"""The clocks of the gates: the only place where a gate reads the time or pauses, so that tests can replace it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The current time, UTC."""
    return datetime.fromtimestamp(time.time(), UTC)


def monotonic() -> float:
    """Seconds of a clock that cannot be set."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Pause for a number of seconds."""
    time.sleep(seconds)
