"""Which state an alarm takes, from the points of its evaluation range: the documented table as a pure function.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

OK = "OK"
ALARM = "ALARM"
INSUFFICIENT_DATA = "INSUFFICIENT_DATA"

EXTRA_PERIODS = 2
"""How many more periods than EvaluationPeriods are retrieved. The page shows 5 for 3; the size for other
numbers is not published, so this is a reading (an alarm on a sparse metric is minutes late because of it)."""

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")

COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (lambda value, limit: value >= limit, "greater than or equal to"),
    "GreaterThanThreshold": (lambda value, limit: value > limit, "greater than"),
    "LessThanThreshold": (lambda value, limit: value < limit, "less than"),
    "LessThanOrEqualToThreshold": (lambda value, limit: value <= limit, "less than or equal to"),
}
"""Comparison operators of alarms without anomaly detection, with the words of state reasons."""


@dataclass(frozen=True)
class Verdict:
    """The outcome of one evaluation.

    state: the state the alarm is in after it.
    positions: indexes, into the points given, of the real points that were evaluated, newest first.
    filled: how many missing points the treatment supplied.
    """

    state: str
    positions: tuple[int, ...]
    filled: int


def judge(
    points: Sequence[float | None],
    *,
    breaches: Callable[[float], bool],
    periods: int,
    to_alarm: int,
    treatment: str,
    state: str,
) -> Verdict:
    """The state of an alarm.

    points: values of the evaluation range, oldest first, None where one is missing.
    periods, to_alarm: EvaluationPeriods (N) and DatapointsToAlarm (M). treatment: TreatMissingData.
    state: the state before, which `ignore` keeps.
    """
    newest_first = list(range(len(points) - 1, -1, -1))
    present = [index for index in newest_first if points[index] is not None]
    breaching = {index for index in present if breaches(_value(points, index))}
    if len(present) >= periods:
        # Enough real points: the treatment of missing ones is not used at all.
        used = present[:periods]
        return Verdict(ALARM if len(breaching & set(used)) >= to_alarm else OK, tuple(used), 0)
    used = present  # every real point of the range counts, and as few missing ones as possible are filled in
    filled = periods - len(present)
    if len(breaching) >= to_alarm:
        return Verdict(ALARM, tuple(used), filled)
    if treatment == "breaching":
        return Verdict(ALARM if len(breaching) + filled >= to_alarm else OK, tuple(used), filled)
    if treatment == "notBreaching" or len(breaching) < len(present):
        # A real point that does not breach, and too few that do.
        return Verdict(OK, tuple(used), filled)
    if treatment == "ignore":
        return Verdict(state, tuple(used), filled)
    if not present:
        return Verdict(INSUFFICIENT_DATA, (), filled)
    # Against premature alarms: all there is breaches, and the oldest is at least M periods old.
    age = len(points) - min(breaching)
    return Verdict(ALARM if age >= to_alarm else state, tuple(used), filled)


def _value(points: Sequence[float | None], index: int) -> float:
    value = points[index]
    assert value is not None
    return value
