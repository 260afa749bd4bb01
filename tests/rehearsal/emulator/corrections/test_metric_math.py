"""Metric math: arithmetic of series, FILL, and expressions that are refused."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections import metric_math as math

TIMES = (0, 60, 120, 180)


def value(expression: str, **series: Any) -> Any:
    return math.evaluate(math.parse(expression), series, TIMES)


def test_arithmetic_of_two_series_exists_only_where_both_have_a_value() -> None:
    assert value("a + b", a={0: 1.0, 60: 2.0}, b={60: 3.0, 120: 4.0}) == {60: 5.0}


def test_fill_supplies_points_over_the_whole_range() -> None:
    assert value("FILL(a, 0)", a={60: 2.0}) == {0: 0.0, 60: 2.0, 120: 0.0, 180: 0.0}
    assert value("FILL(a, -1)", a={}) == dict.fromkeys(TIMES, -1.0)


def test_fill_combined_with_a_dense_series_exists_at_its_times() -> None:
    # The expression of the rollback alarms: consumed units are the clock of the throttle events.
    found = value("FILL(throttled, 0) + 0 * consumed", throttled={60: 7.0}, consumed={0: 100.0, 60: 200.0})

    assert found == {0: 0.0, 60: 7.0}


def test_fill_of_two_series_in_the_rollback_alarms_expression_follows_its_clock() -> None:
    found = value(
        "FILL(read_throttle, 0) + FILL(write_throttle, 0) + 0 * (read_consumed + write_consumed)",
        read_throttle={},
        write_throttle={120: 4.0, 180: 9.0},
        read_consumed={0: 1.0, 60: 1.0, 120: 1.0},
        write_consumed={60: 5.0, 120: 5.0, 180: 5.0},
    )

    assert found == {60: 0.0, 120: 4.0}


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
    ["", "a +", "a b", "(a", "SUM(a)", "FILL(a, REPEAT)", "FILL(a)", "a > 1", "M1", "a ^ 2", "1 / 0"],
)
def test_expression_when_not_understood_is_refused(expression: str) -> None:
    with pytest.raises(math.ExpressionError):
        value(expression, a={0: 1.0}, b={0: 1.0})
