"""The state of an alarm when some points are missing (CloudWatch Guide: alarms-and-missing-data)."""

from __future__ import annotations

from collections.abc import Sequence


def state_of(points: Sequence[bool | None], periods: int, to_alarm: int, missing: str, before: str) -> str:
    """The state after an evaluation.

    Args:
        points: points of the evaluation range, oldest first: whether each breaches, ``None`` for a missing point.
        periods: EvaluationPeriods, N.
        to_alarm: DatapointsToAlarm, M.
        missing: TreatMissingData.
        before: the state before the evaluation.
    """
    present = [point for point in points if point is not None]
    if len(present) >= periods:
        # with enough points the treatment of missing points is not used
        return "ALARM" if sum(present[-periods:]) >= to_alarm else "OK"
    breaching = sum(present)
    if missing in ("breaching", "notBreaching"):
        filled = periods - len(present) if missing == "breaching" else 0
        return "ALARM" if breaching + filled >= to_alarm else "OK"
    if not present:
        return before if missing == "ignore" else "INSUFFICIENT_DATA"
    if len(present) >= to_alarm or not breaching:
        return "ALARM" if breaching >= to_alarm else "OK"
    if missing == "ignore":
        return before
    return "ALARM" if _old_enough(points, to_alarm) else "OK"


def _old_enough(points: Sequence[bool | None], to_alarm: int) -> bool:
    """Whether the oldest breaching point is M periods old and everything since breaches or is missing."""
    oldest = points.index(True)
    return len(points) - oldest >= to_alarm and False not in points[oldest:]
