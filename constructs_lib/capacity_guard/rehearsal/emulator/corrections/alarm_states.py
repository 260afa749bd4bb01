"""The state of an alarm from the points of its evaluation range: the documented table as a pure function.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

OK = "OK"
ALARM = "ALARM"
INSUFFICIENT_DATA = "INSUFFICIENT_DATA"

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")

COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (
        lambda value, threshold: value >= threshold,
        "greater than or equal to",
    ),
    "GreaterThanThreshold": (lambda value, threshold: value > threshold, "greater than"),
    "LessThanThreshold": (lambda value, threshold: value < threshold, "less than"),
    "LessThanOrEqualToThreshold": (lambda value, threshold: value <= threshold, "less than or equal to"),
}
"""Comparison operators of alarms without anomaly detection, with their text in state reasons."""


@dataclass(frozen=True)
class StateJudgment:
    """The outcome of one evaluation.

    state: the state of the alarm after it.
    positions: positions of the evaluated real points in the given points, newest first.
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
) -> StateJudgment:
    """The state of an alarm.

    points: values of the evaluation range, oldest first, None where one is missing.
    periods, to_alarm: EvaluationPeriods (N) and DatapointsToAlarm (M). treatment: TreatMissingData.
    state: the state before the evaluation, which `ignore` keeps.
    """
    newest_first = list(range(len(points) - 1, -1, -1))
    present = [position for position in newest_first if points[position] is not None]
    breaching = {position for position in present if breaches(_value(points, position))}
    if len(present) >= periods:
        # With enough real points CloudWatch does not use the treatment of missing points.
        used = present[:periods]
        return StateJudgment(ALARM if len(breaching & set(used)) >= to_alarm else OK, tuple(used), 0)
    used = (
        present  # every real point of the range counts; CloudWatch fills in as few missing points as possible
    )
    filled = periods - len(present)
    if len(breaching) >= to_alarm:
        return StateJudgment(ALARM, tuple(used), filled)
    if treatment == "breaching":
        return StateJudgment(ALARM if len(breaching) + filled >= to_alarm else OK, tuple(used), filled)
    if treatment == "notBreaching" or len(breaching) < len(present):
        # At least one real point does not breach, and too few points do.
        return StateJudgment(OK, tuple(used), filled)
    if treatment == "ignore":
        return StateJudgment(state, tuple(used), filled)
    if not present:
        return StateJudgment(INSUFFICIENT_DATA, (), filled)
    # To avoid a premature alarm, the oldest breaching point must be at least M periods old; all real points breach.
    age = len(points) - min(breaching)
    return StateJudgment(ALARM if age >= to_alarm else state, tuple(used), filled)


def _value(points: Sequence[float | None], position: int) -> float:
    value = points[position]
    assert value is not None
    return value
