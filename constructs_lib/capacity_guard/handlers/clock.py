"""The one place where a gate asks what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.fromtimestamp(time.time(), UTC)
