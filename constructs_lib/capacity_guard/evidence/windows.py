"""Windows over a recorded series, which has NaN where a minute was not recorded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate


def highest_ahead(series: Sequence[float], minutes: int) -> list[float]:
    """For each minute, the highest value from that minute to ``minutes`` later, both included; ``-inf`` if all are gaps.

    A window overlaps at most two blocks of its own length: the end of one block and the beginning of the next. A pass in
    each direction gives the running maxima of all blocks (the algorithm of van Herk and Gil-Werman), so the run time does
    not depend on ``minutes``.

    Args:
        series: values per minute, NaN for a gap.
        minutes: minutes to look ahead.
    """
    # Idle indexes, and fixed loads: the window has nothing to find.
    if series and min(series) == max(series) and not math.isnan(sum(series)):
        return list(series)
    values = list(without_gaps(series, -math.inf))
    width = minutes + 1
    # Fill the last block, and the window of the last minute.
    values += [-math.inf] * (minutes + -(len(values) + minutes) % width)
    blocks = [values[start : start + width] for start in range(0, len(values), width)]
    from_block_start = [highest for block in blocks for highest in accumulate(block, max)]
    to_block_end = [highest for block in blocks for highest in [*accumulate(reversed(block), max)][::-1]]
    return list(map(max, to_block_end[: len(series)], from_block_start[minutes:]))


def without_gaps(series: Sequence[float], instead: float) -> Sequence[float]:
    """The series with another value in place of its gaps; the series itself if it has no gap.

    Args:
        series: values per minute, NaN for a gap.
        instead: the value for a gap.
    """
    if not math.isnan(sum(series)):
        return series
    return [instead if value != value else value for value in series]  # only NaN differs from itself


__all__ = ["highest_ahead", "without_gaps"]
