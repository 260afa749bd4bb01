"""The state of an alarm over points some of which are missing (CloudWatch Guide: alarms-and-missing-data)."""

from __future__ import annotations

from collections.abc import Sequence

RANGE_BEYOND = 2
"""Points that are looked at beyond the evaluation periods: documented for three periods, taken to hold for all."""


def state_of(points: Sequence[bool | None], periods: int, to_alarm: int, missing: str, before: str) -> str:
    """The state that an evaluation gives.

    Args:
        points: of the evaluation range, oldest first: whether each breaches, ``None`` where it is missing.
        periods: EvaluationPeriods, N.
        to_alarm: DatapointsToAlarm, M.
        missing: TreatMissingData.
        before: the state so far.
    """
    real = [point for point in points if point is not None]
    if len(real) >= periods:
        # enough points: the treatment of missing ones is not used at all
        return "ALARM" if sum(real[-periods:]) >= to_alarm else "OK"
    breaching = sum(real)
    if missing in ("breaching", "notBreaching"):
        filled = periods - len(real) if missing == "breaching" else 0
        return "ALARM" if breaching + filled >= to_alarm else "OK"
    if not real:
        return before if missing == "ignore" else "INSUFFICIENT_DATA"
    if len(real) >= to_alarm or not breaching:
        return "ALARM" if breaching >= to_alarm else "OK"
    if missing == "ignore":
        return before
    return "ALARM" if _old_enough(points, to_alarm) else "OK"


def _old_enough(points: Sequence[bool | None], to_alarm: int) -> bool:
    """Whether the oldest breaching point is M periods old and everything since breaches or is missing."""
    oldest = points.index(True)
    return len(points) - oldest >= to_alarm and False not in points[oldest:]
