"""The documented table of alarm states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.rehearsal.emulator.corrections import alarm_states as states

KEEP = "keep"


def points(text: str) -> list[float | None]:
    return [None if sign == "-" else 1.0 if sign == "X" else 0.0 for sign in text.split()]


def judged(text: str, to_alarm: int, treatment: str, state: str = "OK") -> str:
    verdict = states.judge(
        points(text),
        breaches=lambda value: value >= 1,
        periods=3,
        to_alarm=to_alarm,
        treatment=treatment,
        state=state,
    )
    return verdict.state


# The two tables of "Configuring how CloudWatch alarms treat missing data": missing, ignore, breaching, notBreaching.
DOCUMENTED = [
    (3, "0 - X - X", "OK", "OK", "OK", "OK"),
    (3, "0 - - - -", "OK", "OK", "OK", "OK"),
    (3, "- - - - -", "INSUFFICIENT_DATA", KEEP, "ALARM", "OK"),
    (3, "0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (3, "- - X - -", "ALARM", KEEP, "ALARM", "OK"),
    (2, "0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (2, "0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (2, "0 - X - -", "OK", "OK", "ALARM", "OK"),
    (2, "- - - - 0", "OK", "OK", "ALARM", "OK"),
    (2, "- - - X -", "ALARM", KEEP, "ALARM", "OK"),
]


@pytest.mark.parametrize(("to_alarm", "text", "missing", "ignore", "breaching", "not_breaching"), DOCUMENTED)
@pytest.mark.parametrize("before", ["OK", "ALARM", "INSUFFICIENT_DATA"])
def test_state_when_points_are_missing_follows_the_documented_table(
    to_alarm: int, text: str, missing: str, ignore: str, breaching: str, not_breaching: str, before: str
) -> None:
    found = [judged(text, to_alarm, treatment, before) for treatment in states.TREATMENTS]

    expected = [before if each == KEEP else each for each in (missing, ignore, breaching, not_breaching)]
    assert found == expected


@pytest.mark.parametrize("text", ["- - - - X", "- - - X -"])
def test_state_when_the_only_breach_is_young_is_not_alarm(text: str) -> None:
    assert judged(text, 3, "missing") == "OK"
    assert judged("- - X - -", 3, "missing") == "ALARM"


@given(
    st.lists(st.sampled_from([0.0, 1.0]), min_size=3, max_size=8),
    st.integers(min_value=1, max_value=3),
    st.sampled_from(states.TREATMENTS),
)
def test_state_when_nothing_is_missing_needs_no_treatment(
    values: list[float], to_alarm: int, treatment: str
) -> None:
    verdict = states.judge(
        values,
        breaches=lambda value: value >= 1,
        periods=3,
        to_alarm=to_alarm,
        treatment=treatment,
        state="OK",
    )

    assert (verdict.state == "ALARM") == (sum(values[-3:]) >= to_alarm)
    assert verdict.filled == 0
