"""Alarms that a run watches side by side while writes of a table throttle, and what their states say about CloudWatch.

Each candidate asks one question that CloudWatch's pages answer differently, or not at all (ADR 0007). Reads must not throttle
during the run, so the metric ``read_throttle`` never has a point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from capacity_guard.capacity.settings import Rollout
from capacity_guard.dynamodb.alarm_definition import EXPRESSION

_ROLLOUT = Rollout()
CLEARS_WITHIN = 900.0
"""Seconds without throttling after which every alarm that can clear has cleared: its periods, the longest delay of
metrics, and an evaluation range of twice the periods."""


@dataclass(frozen=True)
class Candidate:
    """One alarm of a run: sums of a minute of ``dynamodb.names.THROTTLE_EVENTS``, ``GreaterThanThreshold``, ``notBreaching``.

    Attributes:
        name: its name in the record and in its construct id.
        expression: metric math over ``read_throttle`` and ``write_throttle``.
        question: what its state answers.
        threshold: throttle events a minute above which a minute breaches.
    """

    name: str
    expression: str
    question: str
    threshold: float = 0.0

    @property
    def periods(self) -> int:
        """Evaluation periods, one minute each: those of the guard's own alarm."""
        return _ROLLOUT.alarm_periods

    @property
    def datapoints(self) -> int:
        """Datapoints to alarm: those of the guard's own alarm."""
        return _ROLLOUT.alarm_datapoints


CANDIDATES = (
    Candidate("guard", EXPRESSION, "does the guard's alarm fire and clear?"),
    Candidate(
        "arithmetic",
        "read_throttle + write_throttle",
        "does a missing value count as 0 in a sum of two series?",
    ),
    Candidate("fill", "FILL(read_throttle, 1)", "does FILL give a series without any point its value?"),
    Candidate(
        "sparse", "SUM([read_throttle, write_throttle])", "does an alarm on AWS/DynamoDB honour notBreaching?"
    ),
    Candidate(
        "constant",
        "SUM([write_throttle, TIME_SERIES(0)])",
        "does an alarm take TIME_SERIES? It would need no FILL",
    ),
)


@dataclass(frozen=True)
class Observed:
    """What a run saw of one candidate.

    Attributes:
        fired: seconds from the start of the first throttled minute to ALARM; ``None`` if it was never in ALARM.
        cleared: seconds from the end of the last throttled minute to OK; ``None`` if it did not return to OK.
        refused: the message with which CloudWatch refused the alarm; ``None`` if it took it.
    """

    fired: float | None = None
    cleared: float | None = None
    refused: str | None = None


def verdicts(observed: Mapping[str, Observed], quiet_seconds: float) -> Iterator[str]:
    """One line for each question: the reading that holds, or why the run does not decide it.

    Args:
        observed: what was seen, by the candidate's name.
        quiet_seconds: how long the run watched after the last throttled minute.
    """
    for candidate in CANDIDATES:
        seen = observed.get(candidate.name)
        if seen is None:
            answer = "not measured"
        elif seen.refused is not None:
            answer = f"CloudWatch refused the alarm: {seen.refused}"
        else:
            answer = _ANSWERS[candidate.name](seen, quiet_seconds, observed)
        yield f"{candidate.name}: {candidate.question} {answer}"


def _of_the_guard(seen: Observed, quiet: float, _: Mapping[str, Observed]) -> str:
    if seen.fired is None:
        return "NO: it never fired"
    if seen.cleared is None:
        fired = f"fired after {seen.fired:.0f} s"
        return f"NO: {fired} and did not clear" if quiet >= CLEARS_WITHIN else _too_short(quiet)
    return f"yes: fired after {seen.fired:.0f} s, cleared after {seen.cleared:.0f} s"


def _of_arithmetic(seen: Observed, _quiet: float, observed: Mapping[str, Observed]) -> str:
    if seen.fired is not None:
        return "yes: arithmetic=zero"
    guard = observed.get("guard")
    if guard is None or guard.fired is None:
        return "undecided: no alarm saw the throttled minutes"
    return "no, the point is dropped: arithmetic=dropped"


def _of_fill(seen: Observed, _quiet: float, _: Mapping[str, Observed]) -> str:
    return "yes: fill_of_nothing=filled" if seen.fired is not None else "no: fill_of_nothing=empty"


def _of_missing_data(seen: Observed, quiet: float, _: Mapping[str, Observed]) -> str:
    if seen.fired is None:
        return "undecided: it never fired"
    if seen.cleared is not None:
        return "yes: missing_data=honoured"
    return "no: missing_data=ignored" if quiet >= CLEARS_WITHIN else _too_short(quiet)


def _too_short(quiet: float) -> str:
    return f"undecided: watched for {quiet:.0f} s without throttling, {CLEARS_WITHIN:.0f} are needed"


_ANSWERS = {
    "guard": _of_the_guard,
    "arithmetic": _of_arithmetic,
    "fill": _of_fill,
    "sparse": _of_missing_data,
    "constant": _of_the_guard,
}
