"""The current time: the only place where a gate reads the clock, so that tests can replace it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The current time, UTC."""
    return datetime.fromtimestamp(time.time(), UTC)
