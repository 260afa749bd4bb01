"""Units per second as whole numbers."""

from __future__ import annotations

import math


def round_up(units: float) -> int:
    """Units per second rounded up, without floating-point error: 1,290 x 1.1 is 1,419, not 1,420."""
    return math.ceil(round(units, 6))


def tenth_up(units: float) -> float:
    """Units per second rounded up to a tenth: ``round_up`` of it is that of the exact value."""
    return math.ceil(round(units * 10, 5)) / 10


__all__ = ["round_up", "tenth_up"]
