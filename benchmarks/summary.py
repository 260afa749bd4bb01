"""Medians, ratios and spread of measured seconds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median, quantiles
from typing import Any

from benchmarks.measure import SynthSeconds


def summary(guarded: Sequence[SynthSeconds], plain: Sequence[SynthSeconds]) -> dict[str, Any]:
    """Medians, their ratio and the spread of both sides.

    Args:
        guarded: seconds of the app with the guard, in the order of the pairs.
        plain: seconds of the app without it, in the same order.

    Returns:
        Wall seconds, the ratio of the medians (``ratio``) and the ratios of the pairs (``ratio_of_pairs``). A drift of
        the machine does not change the ratios of the pairs. ``cpu`` has the same figures for processor seconds.

    Raises:
        ValueError: the sides have different lengths, or fewer than two runs.
    """
    if len(guarded) != len(plain) or len(guarded) < 2:
        raise ValueError(f"{len(guarded)} guarded and {len(plain)} plain runs make no pairs")
    wall = _compare([run.wall for run in guarded], [run.wall for run in plain])
    return {
        **wall,
        "pairs": len(guarded),
        "cpu": _compare([run.cpu for run in guarded], [run.cpu for run in plain]),
    }


def _compare(guarded: Sequence[float], plain: Sequence[float]) -> dict[str, Any]:
    return {
        "guarded_seconds": round(median(guarded), 3),
        "plain_seconds": round(median(plain), 3),
        "ratio": round(median(guarded) / median(plain), 3),
        "ratio_of_pairs": _spread(
            [with_guard / without for with_guard, without in zip(guarded, plain, strict=True)]
        ),
        "guarded": _spread(guarded),
        "plain": _spread(plain),
    }


def _spread(values: Sequence[float]) -> dict[str, Any]:
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return {
        "min": round(min(values), 3),
        "quartile_1": round(low, 3),
        "median": round(middle, 3),
        "quartile_3": round(high, 3),
        "max": round(max(values), 3),
        "all": [round(value, 3) for value in values],
    }
