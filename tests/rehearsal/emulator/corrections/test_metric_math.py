"""Metric math: arithmetic of series, FILL, and expressions that are refused."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections import metric_math as math
from capacity_guard.rehearsal.emulator.corrections.metric_readings import DROPPED, EMPTY, Reading

TIMES = (0, 60, 120, 180)
ONLY_WHERE_BOTH = Reading(arithmetic=DROPPED)


def value(expression: str, *, reading: Reading = ONLY_WHERE_BOTH, **series: Any) -> Any:
    return math.evaluate(math.parse(expression), series, TIMES, reading, sorted(series))


def test_arithmetic_of_two_series_exists_only_where_both_have_a_value() -> None:
    assert value("a + b", a={0: 1.0, 60: 2.0}, b={60: 3.0, 120: 4.0}) == {60: 5.0}


def test_fill_supplies_points_over_the_whole_range() -> None:
    assert value("FILL(a, 0)", a={60: 2.0}) == {0: 0.0, 60: 2.0, 120: 0.0, 180: 0.0}
    assert value("FILL(a, -1)", a={}) == dict.fromkeys(TIMES, -1.0)


def test_fill_combined_with_a_dense_series_exists_at_its_times() -> None:
    # The expression of the rollback alarms: consumed units are the clock of the throttle events.
    found = value("FILL(throttled, 0) + 0 * consumed", throttled={60: 7.0}, consumed={0: 100.0, 60: 200.0})

    assert found == {0: 0.0, 60: 7.0}


def test_arithmetic_when_a_missing_value_counts_as_zero_exists_where_one_series_does() -> None:
    found = value("a - b", reading=Reading(), a={0: 1.0, 60: 2.0}, b={60: 3.0, 120: 4.0})

    assert found == {0: 1.0, 60: -1.0, 120: -4.0}


@pytest.mark.parametrize(
    "expression", ["SUM([FILL(a, 0), FILL(b, 0)])", "SUM(FILL([a, b], 0))", "SUM(FILL(METRICS(), 0))"]
)
def test_sum_of_an_array_adds_what_there_is(expression: str) -> None:
    assert value(expression, a={60: 2.0}, b={60: 1.0, 120: 4.0}) == {0: 0.0, 60: 3.0, 120: 4.0, 180: 0.0}
    empty = Reading(arithmetic=DROPPED, fill_of_nothing=EMPTY)
    assert value(expression, reading=empty, a={}, b={60: 1.0}) == {0: 0.0, 60: 1.0, 120: 0.0, 180: 0.0}
    assert value(expression, reading=empty, a={}, b={}) == {}


def test_functions_of_an_array_without_fill_exist_where_one_series_does() -> None:
    assert value("MAX([a, b])", a={60: 2.0}, b={60: 3.0, 120: 1.0}) == {60: 3.0, 120: 1.0}
    assert value("MIN([a, TIME_SERIES(1)])", a={60: 0.5}) == {0: 1.0, 60: 0.5, 120: 1.0, 180: 1.0}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("8 / 4 / 2", 1.0),
        ("-2 - -3", 1.0),
        ("1.5e2", 150.0),
        (".5", 0.5),
    ],
)
def test_numbers_follow_the_usual_precedence(expression: str, expected: float) -> None:
    assert value(expression) == expected


def test_division_by_zero_gives_no_point() -> None:
    assert value("a / b", a={0: 1.0, 60: 1.0}, b={0: 0.0, 60: 2.0}) == {60: 0.5}


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "a +",
        "a b",
        "(a",
        "SUM(a)",
        "SUM([a, 1])",
        "[a, b]",
        "TIME_SERIES(a)",
        "SUM([a",
        "RATE(a)",
        "FILL(a, REPEAT)",
        "FILL(a)",
        "a > 1",
        "M1",
        "a ^ 2",
        "1 / 0",
    ],
)
def test_expression_when_not_understood_is_refused(expression: str) -> None:
    with pytest.raises(math.ExpressionError):
        value(expression, a={0: 1.0}, b={0: 1.0})
