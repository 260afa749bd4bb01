"""Figures out of measured seconds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median, quantiles
from typing import Any

from benchmarks.measure import Seconds


def summary(guarded: Sequence[Seconds], plain: Sequence[Seconds]) -> dict[str, Any]:
    """Medians, their ratio and the spread of both sides.

    Args:
        guarded: seconds of the app with the guard, in the order measured.
        plain: seconds of the same stacks without it; the same number, each measured beside its partner.

    Returns:
        Wall seconds, and their ratio: of the medians (``ratio``) and pair by pair (``ratio_of_pairs``), which drift
        of the machine does not touch. ``cpu`` has the same of the processor's seconds.

    Raises:
        ValueError: the sides have different lengths, or fewer than two runs.
    """
    if len(guarded) != len(plain) or len(guarded) < 2:
        raise ValueError(f"{len(guarded)} guarded and {len(plain)} plain runs make no pairs")
    wall = _compared([run.wall for run in guarded], [run.wall for run in plain])
    return {
        **wall,
        "pairs": len(guarded),
        "cpu": _compared([run.cpu for run in guarded], [run.cpu for run in plain]),
    }


def _compared(guarded: Sequence[float], plain: Sequence[float]) -> dict[str, Any]:
    return {
        "guarded_seconds": round(median(guarded), 3),
        "plain_seconds": round(median(plain), 3),
        "ratio": round(median(guarded) / median(plain), 3),
        "ratio_of_pairs": _spread([g / p for g, p in zip(guarded, plain, strict=True)]),
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
