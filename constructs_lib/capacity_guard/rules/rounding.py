"""Units per second as whole numbers."""

from __future__ import annotations

import math


def round_up(units: float) -> int:
    """Units per second rounded up, without floating-point error: 1,290 x 1.1 is 1,419, not 1,420."""
    return math.ceil(round(units, 6))


__all__ = ["round_up"]
