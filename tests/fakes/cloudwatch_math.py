"""Metric math of the fake CloudWatch: arithmetic over series, FILL, and SUM of a list.

A series is values by minute, and a number has every minute (CloudWatch Guide: using-metric-math). Where a minute is
missing on one side of an operator, and what FILL does with an empty series, the sources differ: ``Reading`` decides.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

Series = dict[datetime, float]
_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True)
class Reading:
    """How the sources on CloudWatch are read.

    Attributes:
        missing_is_zero: whether a value that one side of an operator lacks counts as 0 (Guide: using-metric-math), else the
            minute has no value.
        honours_missing_data: whether an alarm on AWS/DynamoDB honours TreatMissingData (Guide: alarms-and-missing-data), else
            it always ignores missing data (API: PutMetricAlarm).
        fills_nothing: whether FILL gives an empty series its value.
        beyond: minutes of the evaluation range besides the evaluation periods.
        delay: seconds after which a minute's points can be seen, from the end of the minute.
        second: second of each minute at which alarms are evaluated. On AWS they changed 40 to 92 seconds after a minute.
        sparse_minutes: minutes that an alarm waits for points of a metric that has gaps: 0, or 3 (Stack Overflow 64045238).
    """

    missing_is_zero: bool = True
    honours_missing_data: bool = True
    fills_nothing: bool = True
    beyond: int = 2
    delay: int = 0
    second: int = 10
    sparse_minutes: int = 0


def evaluate(
    expression: str,
    series: Mapping[str, Series],
    minutes: Sequence[datetime],
    reading: Reading | None = None,
) -> Series:
    """The series that an expression gives.

    Args:
        expression: for example ``FILL(throttled, 0) + 0 * consumed``.
        series: the series of the expression, by id.
        minutes: every minute of the range.
        reading: what missing minutes mean.

    Raises:
        AssertionError: the expression has something that this fake does not support.
    """
    result = _value(ast.parse(expression, mode="eval").body, series, minutes, reading or Reading())
    assert isinstance(result, dict), f"{expression} is not a series"
    return result


def _value(
    node: ast.expr, series: Mapping[str, Series], minutes: Sequence[datetime], reading: Reading
) -> Series | float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name):
        return series[node.id]
    if isinstance(node, ast.BinOp):
        sides = [_value(side, series, minutes, reading) for side in (node.left, node.right)]
        return _combine(_OPERATORS[type(node.op)], *sides, missing_is_zero=reading.missing_is_zero)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "FILL":
        inner, filler = (_value(argument, series, minutes, reading) for argument in node.args)
        assert isinstance(inner, dict)
        assert isinstance(filler, float), "FILL with a number only"
        if not inner and not reading.fills_nothing:
            return {}
        return {minute: inner.get(minute, filler) for minute in minutes}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "SUM":
        (listed,) = node.args
        assert isinstance(listed, ast.List), "SUM of a list only"
        total: Series = {}
        for element in listed.elts:
            member = _value(element, series, minutes, reading)
            assert isinstance(member, dict)
            for minute, value in member.items():
                total[minute] = total.get(minute, 0.0) + value
        return total
    raise AssertionError(f"{ast.dump(node)} is not a metric math that this fake knows")


def _combine(
    operate: Callable[[float, float], float],
    left: Series | float,
    right: Series | float,
    *,
    missing_is_zero: bool,
) -> Series | float:
    if isinstance(left, float):
        return (
            operate(left, right)
            if isinstance(right, float)
            else {minute: operate(left, value) for minute, value in right.items()}
        )
    if isinstance(right, float):
        return {minute: operate(value, right) for minute, value in left.items()}
    if missing_is_zero:
        return {
            minute: operate(left.get(minute, 0.0), right.get(minute, 0.0))
            for minute in left.keys() | right.keys()
        }
    return {minute: operate(left[minute], right[minute]) for minute in left.keys() & right.keys()}
